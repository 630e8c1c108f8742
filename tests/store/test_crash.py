"""A writer that is killed at any moment has lost nothing it called done, and leaves a store that opens clean."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import apsw
from tests.store.crashing import RUN, STREAM, batch, piece

from wireglass.model import Closed, Opened
from wireglass.store import Reader, open_store

KILLS = 20


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Each round goes on where the one before was killed; every row, body and file is checked at the end of each."""
    choose = random.Random(os.environ.get("WIREGLASS_TEST_SEED", "1"))
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'src'}"}
    checked = 0
    for _ in range(KILLS):
        program = [sys.executable, "-m", "tests.store.crashing", str(tmp_path)]
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment) as writer:
            assert writer.stdout is not None
            for _ in range(choose.randint(1, 60)):
                printed = writer.stdout.readline()
            writer.kill()
            printed = (writer.stdout.read().splitlines() or [printed])[-1]
        checked = check(tmp_path, int(printed), checked)
    store = open_store(tmp_path, lambda message: None)
    store.fail_open("killed", "the process was killed")
    store.close()
    assert list((tmp_path / "open").iterdir()) == []


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
