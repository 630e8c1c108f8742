"""Batches from the link into the store, and spools once more."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import cast

import apsw
import pytest
from tests.store.recording import Recording, closed

from wireglass.capture import Recorder
from wireglass.link import LinkServer, read_spool, spool_file
from wireglass.link.frames import batch_payload
from wireglass.link.spool import Spool
from wireglass.model import Batch


class Link:
    def __init__(self) -> None:
        self.acks: list[int] = []
        self.told = threading.Event()

    def ack(self, seq: int) -> None:
        self.acks.append(seq)
        self.told.set()


def test_a_batch_is_answered_when_it_is_committed(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    link = Link()
    Recorder(recording.store).on_batch(cast("LinkServer", link), Batch(recording.run, 5, [closed(recording.key(1))]))
    assert link.told.wait(30)
    assert link.acks == [5]
    assert recording.sql("SELECT count(*) FROM exchanges") == [(1,)]
    recording.store.close()


def test_a_spool_is_stored_once(tmp_path: Path) -> None:
    """What the store has already is passed over, the rest is added, and the file is gone."""
    recording = Recording(tmp_path)
    spool = Spool(spool_file(tmp_path, recording.run))
    batches = [Batch(recording.run, seq, [closed(recording.key(seq))]) for seq in (1, 2, 3)]
    for batch in batches:
        spool.append(batch_payload(batch))
    spool.close(remove=False)
    assert list(read_spool(spool.path)) == batches
    recording.deliver(batches[0])
    assert Recorder(recording.store).replay(spool.path)
    assert not spool.path.exists()
    assert recording.sql("SELECT count(*) FROM exchanges") == [(3,)]
    recording.store.close()


def test_a_spool_that_finds_no_room_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start on a full disk must not throw away what a killed run has left."""
    recording = Recording(tmp_path)
    spool = Spool(spool_file(tmp_path, recording.run))
    spool.append(batch_payload(Batch(recording.run, 1, [closed(recording.key(1))])))
    spool.close(remove=False)
    recorder = Recorder(recording.store)

    def no_room(batch: Batch, sessions: tuple[int, ...]) -> None:
        raise apsw.FullError("database or disk is full")

    with monkeypatch.context() as full:
        full.setattr(recording.store._ledger, "apply", no_room)
        assert not recorder.replay(spool.path)
    assert spool.path.exists()
    assert recorder.replay(spool.path)
    assert recording.sql("SELECT count(*) FROM exchanges") == [(1,)]
    recording.store.close()
