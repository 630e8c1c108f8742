"""Hints can be copied: they lead to this program and to the same home."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.recording import Run

from wireglass.app.home import Home
from wireglass.cli.hint import hint, program, with_hints


def _installed(folder: Path) -> Path:
    folder.mkdir(parents=True)
    file = folder / "wireglass"
    file.touch(mode=0o700)
    return file


def test_only_another_home_is_named(home: Home) -> None:
    assert hint("ls", None) == hint("ls", home.path) == "wireglass ls"
    assert hint("ls", Path("/my home")) == "wireglass ls --home '/my home'"
    assert with_hints("no 7; `wireglass ls` and `x`", Path("/h")) == "no 7; `wireglass ls --home /h` and `x`"


def test_a_wrong_variable_does_not_matter_beside_the_flag(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIREGLASS_HOME", " ")
    assert hint("ls", home.path) == f"wireglass ls --home {home.path}"


def test_the_program_is_named_as_it_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, other = _installed(tmp_path / "a b" / "bin"), _installed(tmp_path / "other")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(file)])
    monkeypatch.setenv("PATH", str(file.parent))
    assert program() == "wireglass"
    for path in ("", str(other.parent)):
        monkeypatch.setenv("PATH", path)
        assert program() == "'a b/bin/wireglass'"
    monkeypatch.chdir(file.parent)
    assert program() == "./wireglass"
    monkeypatch.chdir(other.parent)
    assert program() == f"'{file}'"


def test_a_module_is_named_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _installed(tmp_path / "bin")
    monkeypatch.setattr("sys.argv", [str(tmp_path / "wireglass" / "__main__.py")])
    monkeypatch.setattr("sys.executable", str(file.parent / "python"))
    monkeypatch.setenv("PATH", "")
    assert program() == f"{file.parent}/python -m wireglass"
    monkeypatch.setenv("PATH", str(file.parent))
    assert program() == "wireglass"


def test_messages_of_every_kind_name_the_home(wireglass: Run, tmp_path: Path) -> None:
    other = str(tmp_path / "other home")
    named = f" --home '{other}'"
    for arguments in (("ls",), ("show", "1"), ("show", "x")):
        assert named in wireglass(*arguments, "--home", other).err
