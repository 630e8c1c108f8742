# `make help` lists what there is.
PYTHON ?= python3
BIN := .venv/bin
CODE := src tests bench scripts fuzz
export PYTHON

.PHONY: help setup dev run test lint lint-python lint-ui test-ui bench build docs pictures lock

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile | expand -t 14

setup: ## install Wireglass and its locked dependencies into .venv
	@scripts/setup run

run: setup ## start Wireglass; flags go into ARGS, as in make run ARGS="--workers 2"
	@exec bin/wireglass up $(ARGS)

dev:
	@scripts/setup dev

test: dev ## check and test everything
	@$(MAKE) --no-print-directory --jobs 2 lint-python lint-ui test-ui
	@scripts/test-peers
	@PATH="$$PATH:/usr/sbin:/sbin" $(if $(ARGS),$(BIN)/python -m pytest $(ARGS),scripts/test)

lint: dev ## formatting, lint, types and floors
	@$(MAKE) --no-print-directory --jobs 2 lint-python lint-ui

lint-python:
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

lint-ui:
	@$(BIN)/python scripts/ui.py check

test-ui:
	@$(BIN)/python scripts/ui.py test

bench: dev ## compare with other proxies on this machine
	@scripts/test-peers
	@PATH="$$PATH:/usr/sbin:/sbin" $(BIN)/python -m bench $(ARGS)

build: dev ## wheel and sdist into dist/
	$(BIN)/hatchling build -d dist

docs: dev ## write docs/reference and the UI's types anew from the program
	$(BIN)/python scripts/reference.py
	$(BIN)/python scripts/http1.py
	$(BIN)/python scripts/api.py

pictures: dev ## photograph the web UI into build/pictures; ARGS=--docs: what docs show
	@scripts/test-peers
	@PYTHONPATH=. $(BIN)/python scripts/pictures.py $(ARGS)

lock: dev ## write requirements/ anew from pyproject.toml
	scripts/lock $(ARGS)
