# `make help` lists what there is.
PYTHON ?= python3
BIN := .venv/bin
CODE := src tests bench scripts fuzz
export PYTHON

.PHONY: help setup dev run test lint bench build docs lock

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile | expand -t 14

setup: ## install Wireglass and its locked dependencies into .venv
	@scripts/setup run

run: setup ## start Wireglass; flags go into ARGS, as in make run ARGS="--workers 2"
	@exec bin/wireglass up $(ARGS)

dev:
	@scripts/setup dev

test: lint ## check and test everything
	@$(BIN)/python scripts/ui.py test
	@scripts/test-peers
	@PATH="$$PATH:/usr/sbin:/sbin" $(if $(ARGS),$(BIN)/python -m pytest $(ARGS),scripts/test)

lint: dev ## formatting, lint, types and floors
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	@$(BIN)/python scripts/ui.py check

bench: dev ## compare with other proxies on this machine
	@scripts/test-peers
	@PATH="$$PATH:/usr/sbin:/sbin" $(BIN)/python -m bench $(ARGS)

build: dev ## wheel and sdist into dist/
	$(BIN)/hatchling build -d dist

docs: dev ## write docs/reference and the UI's types anew from the program
	$(BIN)/python scripts/reference.py
	$(BIN)/python scripts/http1.py
	$(BIN)/python scripts/api.py

lock: dev ## write requirements/ anew from pyproject.toml
	scripts/lock $(ARGS)
