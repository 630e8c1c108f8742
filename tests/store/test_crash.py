"""A writer that is killed at any moment has lost nothing it called done, and leaves a store that opens clean."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import apsw
from tests.store import accounting
from tests.store.crashing import RUN, STREAM, batch, piece

from wireglass.model import Closed, Opened
from wireglass.store import Reader, open_store

KILLS = 20


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Each round goes on where the one before was killed; every row, body and file is checked at the end of each."""
    choose = random.Random(os.environ.get("WIREGLASS_TEST_SEED", "1"))
    checked = 0
    for _ in range(KILLS):
        checked = check(tmp_path, run_and_kill(tmp_path, choose.randint(1, 60)), checked)
    store = open_store(tmp_path, lambda message: None)
    store.fail_open("killed", "the process was killed")
    store.close()
    assert list((tmp_path / "open").iterdir()) == []


def test_killed_while_it_deletes(tmp_path: Path) -> None:
    """Rows, bodies, files, hashes and counts fit together afterwards, and what was not to be deleted is there."""
    choose = random.Random(os.environ.get("WIREGLASS_TEST_SEED", "1"))
    keep = 40
    for _ in range(KILLS // 2):
        last = run_and_kill(tmp_path, choose.randint(20, 120), str(keep))
        store = open_store(tmp_path, lambda message: None)
        assert store.last_seq(RUN) >= last
        last = store.last_seq(RUN)
        store.close()
        accounting.check(tmp_path)
        db = apsw.Connection(str(tmp_path / "wireglass.db"))
        assert db.pragma("integrity_check") == "ok"
        db.close()
        with Reader(tmp_path) as reader:
            there = {row.url: row.id for row in reader.page(1 << 20)}
            for seq in range(max(1, last - keep // 4), last + 1):
                for message in batch(seq).messages:
                    if isinstance(message, Closed) and message.response_kept == sum(map(len, message.response)):
                        body = reader.body(there[message.summary.url], "response")
                        assert b"".join(body) == b"".join(message.response)


def run_and_kill(folder: Path, lines: int, *arguments: str) -> int:
    """Killed when it has printed so many lines; the last batch that it has called done."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'src'}"}
    program = [sys.executable, "-m", "tests.store.crashing", str(folder), *arguments]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout is not None
        for _ in range(lines):
            printed = writer.stdout.readline()
        writer.kill()
        return int((writer.stdout.read().splitlines() or [printed])[-1])


def check(folder: Path, printed: int, checked: int) -> int:
    """Open and close the store as the next start does; the newest batch it has."""
    store = open_store(folder, lambda message: None)
    last = store.last_seq(RUN)
    store.close()
    assert last >= printed
    db = apsw.Connection(str(folder / "wireglass.db"))
    assert db.pragma("integrity_check") == "ok"
    db.close()
    with Reader(folder) as reader:
        rows = reader.page(1 << 20)
        ids = {row.url: row.id for row in rows}
        assert len(ids) == len(rows), "recorded twice"
        for seq in range(checked + 1, last + 1):
            for message in batch(seq).messages:
                if isinstance(message, Closed) and message.response_kept == sum(map(len, message.response)):
                    assert b"".join(reader.body(ids[message.summary.url], "response")) == b"".join(message.response)
        for first in range(max(0, checked - checked % STREAM), last + 1, STREAM):
            so_far = range(first + 1, min(first + STREAM - 1, last) + 1)
            if first == 0 or not so_far:
                continue
            body = b"".join(map(piece, so_far))
            beginning = batch(first).messages[2]
            assert isinstance(beginning, Opened)
            record = reader.get(ids[beginning.summary.url])
            assert record.summary.state == ("done" if last >= first + STREAM - 1 else "open")
            assert b"".join(reader.body(record, "response")) == body
    return last
