"""scripts/ui.py: the web UI is built where its sources have changed, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts import ui


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What npm was asked for, in a folder of the test's own; nothing is run."""
    called: list[tuple[str, ...]] = []
    folder = tmp_path / "ui"
    (folder / "src").mkdir(parents=True)
    (folder / "package.json").write_text("{}")
    (folder / "package-lock.json").write_text("{}")
    (folder / "src/main.tsx").write_text("one")
    (folder / "src/main.test.tsx").write_text("one")
    monkeypatch.setattr(ui, "UI", folder)
    monkeypatch.setattr(ui, "MODULES", folder / "node_modules")
    monkeypatch.setattr(ui, "WEB", tmp_path / "web")
    monkeypatch.setattr(ui, "BUILT_FROM", tmp_path / "web/built-from.txt")

    def run(*arguments: str, quiet: bool = True) -> None:
        called.append(arguments)
        if arguments == ("ci",):
            (folder / "node_modules").mkdir(exist_ok=True)
        if arguments == ("run", "build"):
            (tmp_path / "web").mkdir(exist_ok=True)
            (tmp_path / "web/index.html").write_text("page")

    monkeypatch.setattr(ui, "_npm", run)
    return called


def test_it_is_built_once_for_the_same_sources(npm: list[tuple[str, ...]]) -> None:
    assert ui.main("is-built") == 1
    assert ui.main("build") == 0
    assert npm == [("ci",), ("run", "build")]
    assert ui.main("is-built") == 0
    ui.build()
    assert len(npm) == 2
    (ui.UI / "src/main.test.tsx").write_text("two")  # no part of the build
    (ui.UI / "node_modules/x").write_text("two")
    assert ui.is_built()
    (ui.UI / "src/main.tsx").write_text("two")
    ui.build()
    assert npm[2:] == [("run", "build")]


def test_a_build_by_hand_is_not_taken_for_a_whole_one(npm: list[tuple[str, ...]]) -> None:
    """vite empties the folder first."""
    ui.build()
    ui.BUILT_FROM.unlink()
    assert not ui.is_built()
    ui.build()
    assert ui.is_built()


def test_packages_are_installed_anew_where_the_lock_has_changed(npm: list[tuple[str, ...]]) -> None:
    ui.install()
    ui.install()
    (ui.UI / "package-lock.json").write_text('{"name": "x"}')
    ui.install()
    assert npm == [("ci",), ("ci",)]


def test_checks_are_run_again_after_a_change_of_a_test_as_well(npm: list[tuple[str, ...]]) -> None:
    ui.check("test")
    ui.check("test")
    ui.check("check")
    (ui.UI / "src/main.test.tsx").write_text("two")
    ui.check("test")
    assert npm == [("ci",), ("run", "test"), ("run", "check"), ("run", "test")]


def test_it_says_what_is_needed_where_there_is_no_node(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert ui.node() is None
    monkeypatch.setattr(ui, "is_built", lambda: False)
    monkeypatch.setattr(ui, "BUILT_FROM", tmp_path / "no")
    monkeypatch.setattr(ui, "MODULES", tmp_path)
    assert ui.main("has-node") == 1
    assert ui.main("build") == 1
    assert "Node.js 20.19 or newer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ("v18.20.1", False),
        ("v20.18.9", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.0.0", True),
    ],
)
def test_which_node_of_the_system_will_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, good: bool
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert (ui.node() == [str(tmp_path / "npm")]) is good
