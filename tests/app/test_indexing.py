"""Watching the search indexer's process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from wireglass.app import indexing
from wireglass.app.indexing import Indexing


def test_one_that_always_dies_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_LATER", 0.0)
    monkeypatch.setattr(indexing, "_PAUSE", 0.0)
    monkeypatch.setattr("sys.executable", "/bin/false")
    notices: list[str] = []

    async def main() -> None:
        told = asyncio.Event()

        def notice(text: str) -> None:
            notices.append(text)
            told.set()

        with (tmp_path / "log").open("wb") as log:
            watching = Indexing(tmp_path, log, notice)
            async with asyncio.timeout(60):
                await told.wait()
            await watching.close()

    asyncio.run(main())
    assert len(notices) == 1
    assert "ended 5 times in a row (exit code 1) and is left out" in notices[0]
    assert str(tmp_path / "log") in notices[0]


def test_a_capture_that_ends_at_once_starts_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
    notices: list[str] = []

    async def main() -> None:
        with (tmp_path / "log").open("wb") as log:
            await Indexing(tmp_path, log, notices.append).close()

    asyncio.run(main())
    assert notices == []
