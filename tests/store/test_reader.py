from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.store.recording import Recording, closed, opened

from wireglass.errors import NotFound, StoreError
from wireglass.model import RESPONSE, Batch, Part
from wireglass.store import Reader


def test_pages_go_back_from_the_newest(recording: Recording) -> None:
    """Newest last; ``before_id`` is the first id of the page before."""
    recording.send(*(closed(recording.key(number)) for number in range(1, 8)))
    with Reader(recording.folder) as reader:
        assert [row.id for row in reader.page(3)] == [5, 6, 7]
        assert [row.id for row in reader.page(3, before_id=5)] == [2, 3, 4]
        assert [row.id for row in reader.page(3, before_id=2)] == [1]


def test_changes_come_in_the_order_they_happened(recording: Recording) -> None:
    """Each exchange once, as it is now, at the place of its newest change."""
    recording.send(opened(recording.key(1)), closed(recording.key(2)))
    recording.send(closed(recording.key(3)), closed(recording.key(1)))
    with Reader(recording.folder) as reader:
        rows = reader.changes(0, 10)
        assert [(row.id, row.state) for row in rows] == [(2, "done"), (3, "done"), (1, "done")]
        assert [row.id for row in reader.changes(rows[0].seq, 1)] == [3]
        assert reader.changes(reader.newest_seq(), 10) == []


def test_what_is_not_there_names_what_is(recording: Recording) -> None:
    with Reader(recording.folder) as reader:
        with pytest.raises(NotFound, match="no exchange 5: none has been recorded yet"):
            reader.get(5)
        recording.send(closed(recording.key(1)))
        with pytest.raises(NotFound, match="no exchange 5: the newest is 1"):
            reader.get(5)
        with pytest.raises(NotFound):
            list(reader.body(5, "request"))


def test_no_store_yet(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing has been recorded yet") as caught:
        Reader(tmp_path / "store")
    assert str(tmp_path) in caught.value.message
    assert "wireglass" in caught.value.hint


def test_a_query_ends_at_its_time_limit(recording: Recording) -> None:
    recording.send(*(closed(recording.key(number)) for number in range(1, 5000)))
    with Reader(recording.folder, time_limit=0) as reader, pytest.raises(StoreError, match="took more than 0 s"):
        reader.page(5000)


def test_reading_while_the_writer_writes(recording: Recording) -> None:
    """A reader sees whole transactions: ids without gaps, every body there."""
    batches = 200
    done = threading.Semaphore(0)
    for seq in range(1, batches + 1):
        keys = [recording.key(seq * 4 + number) for number in range(4)]
        messages = [closed(key, b"%d" % key, b"%d" % key * 100) for key in keys]
        recording.store.submit(Batch(recording.run, seq, list(messages)), (), done.release)
    seen = 0
    with Reader(recording.folder) as reader:
        while seen < batches * 4:
            rows = reader.changes(seen, 1000)
            assert [row.seq for row in rows] == list(range(seen + 1, seen + len(rows) + 1))
            assert len(rows) % 4 == 0 or len(rows) == 1000
            if rows:
                seen = rows[-1].seq
                assert len(b"".join(reader.body(rows[-1].id, "response"))) == rows[-1].response_size


def test_the_file_of_a_body_is_gone(recording: Recording) -> None:
    recording.send(closed(recording.key(1), b"x" * 100_000))
    (file,) = (recording.folder / "bodies").glob("*/*")
    file.unlink()
    with Reader(recording.folder) as reader, pytest.raises(StoreError, match=f"{file.name} does not exist"):
        list(reader.body(1, "request"))


def test_an_open_body_ends_while_it_is_read(recording: Recording) -> None:
    """What the reader has begun to read it can read to the end."""
    key, body = recording.key(1), bytes(256) * 3000
    recording.send(opened(key), Part(key, RESPONSE, body))
    with Reader(recording.folder) as reader:
        pieces = reader.body(1, "response")
        first = next(pieces)
        recording.send(closed(key, b"", b"more", before=(0, len(body))))
        assert first + b"".join(pieces) == body
        assert b"".join(reader.body(1, "response")) == body + b"more"
