"""A skipped test turns a run red where CI is set, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import in_ci

HOOKS = Path(__file__).parent / "conftest.py"
SKIPPING = """
import pytest

def test_good():
    pass

def test_skipped():
    pytest.skip("no such thing here")

@pytest.mark.xfail(reason="known")
def test_known():
    raise AssertionError
"""
SKIPPED_WHOLE = "import pytest\npytest.skip('not for this system', allow_module_level=True)\n"
GOOD = "def test_good():\n    pass\n"


def run(folder: Path, ci: str | None) -> tuple[int, str]:
    (folder / "conftest.py").write_text(HOOKS.read_text())
    env = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if ci is not None:
        env["CI"] = ci
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder), str(folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, cwd=folder, timeout=60)
    return done.returncode, done.stdout


@pytest.mark.parametrize(("ci", "code"), [("1", 1), (None, 0)])
def test_skipped(tmp_path: Path, ci: str | None, code: int) -> None:
    (tmp_path / "test_it.py").write_text(SKIPPING)
    (tmp_path / "test_whole.py").write_text(SKIPPED_WHOLE)
    got, out = run(tmp_path, ci)
    assert got == code, out
    assert ("test_it.py::test_skipped: Skipped: no such thing here" in out) == bool(code), out
    assert ("test_whole.py: Skipped: not for this system" in out) == bool(code), out
    assert "test_known:" not in out, "an expected failure is no skipped test"


def test_nothing_skipped(tmp_path: Path) -> None:
    (tmp_path / "test_good.py").write_text(GOOD)
    got, out = run(tmp_path, "1")
    assert got == 0, out


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("true", True), ("", False), ("0", False), ("false", False)])
def test_in_ci(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    monkeypatch.setenv("CI", value)
    assert in_ci() is meant
