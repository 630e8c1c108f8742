from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import apsw
import pytest
from tests.store.recording import Recording, closed, detail, opened, summary

from wireglass.errors import NotFound, StoreError
from wireglass.model import RESPONSE, Batch, Certificate, Closed, Part
from wireglass.store import Reader, open_store


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


def test_no_transaction_is_left_open(recording: Recording) -> None:
    """Whatever was asked, and however it ended: a reader that is open for hours holds no old snapshot."""
    key = recording.key(1)
    recording.send(opened(key), Part(key, RESPONSE, bytes(1_000_000)), closed(recording.key(2), b"", b"b"))
    with Reader(recording.folder) as reader:
        calls: list[Callable[[], object]] = [
            lambda: reader.page(1),
            lambda: reader.changes(0, 1),
            reader.newest_seq,
            lambda: reader.get(1),
            lambda: next(reader.body(1, "response")),
            lambda: list(reader.body(2, "response")),
            lambda: reader.certificate(b"h" * 32),
            reader.sessions,
        ]
        for call in calls:
            call()
            assert reader._db.txn_state() == apsw.SQLITE_TXN_NONE
        with pytest.raises(NotFound):
            reader.get(99)
        assert reader._db.txn_state() == apsw.SQLITE_TXN_NONE
        recording.send(*(closed(recording.key(number)) for number in range(10, 5000)))
        reader._time_limit = 0
        for slow in (reader.page, partial(reader.changes, 0)):
            with pytest.raises(StoreError, match="took more than"):
                slow(5000)
            assert reader._db.txn_state() == apsw.SQLITE_TXN_NONE


def test_the_file_of_a_body_is_cut(recording: Recording) -> None:
    recording.send(closed(recording.key(1), b"x" * 100_000))
    (file,) = (recording.folder / "bodies").glob("*/*")
    os.truncate(file, 70_000)
    with Reader(recording.folder) as reader, pytest.raises(StoreError, match="has 70000 of 100000 bytes"):
        list(reader.body(1, "request"))


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("size", [10, 65_536, 65_537, 600_000])
def test_a_body_from_where_somebody_stopped_reading(recording: Recording, size: int, ended: bool) -> None:
    """Of an open exchange, of one in the database, of one in a file; the timeline likewise."""
    data, key = bytes(range(256)) * (size // 256 + 1), recording.key(1)
    data = data[:size]
    parts = [Part(key, side, data[at : at + 200_000]) for side in (1, 2) for at in range(0, size, 200_000)]
    recording.send(opened(key), *parts)
    if ended:
        end = closed(key, before=(0, size))
        end.timeline_kept = size
        recording.send(end)
    with Reader(recording.folder) as reader:
        for start in (0, 1, 9, size - 1, size, size + 1):
            assert b"".join(reader.body(1, "response", start)) == data[start:]
            assert b"".join(reader.body(1, "request", start)) == b""
            assert reader.timeline(1, start) == data[start:]
        record = reader.get(1)
        assert (record.timeline.size, record.timeline.kept, record.timeline.note) == (size, size, "")


def test_the_timeline_is_no_body_that_is_counted(recording: Recording) -> None:
    whole = closed(recording.key(1), b"ab", b"cd")
    whole.timeline, whole.timeline_kept = [bytes(9)], 9
    recording.send(opened(recording.key(2)), Part(recording.key(2), 2, bytes(18)))
    parted = closed(recording.key(2), b"ef")
    parted.timeline_kept, parted.timeline_note = 18, "no times of what came later"
    recording.send(whole, parted)
    assert recording.store.counts.body_bytes == 6
    with Reader(recording.folder) as reader:
        assert [reader.timeline(id) for id in (2, 1)] == [bytes(9), bytes(18)]
        assert reader.get(1).timeline.note == "no times of what came later"
        assert reader.get(1).request_body.kept == 2


SMALL = {
    "exchanges_open",
    "open_bodies",
    "moves",
    "runs",
    "counters",
    "sessions",
    "fresh_hashes",
    "gone",
    "doomed_files",
    "dropped",
    "o",
}
"""Tables and indexes that may be read whole: they hold what is open or new, or (``o``) the counts of it."""


def test_no_query_reads_a_whole_table(tmp_path: Path) -> None:
    """Neither of readers nor of the writer, from its start on; and none sorts what it finds."""
    asked: dict[str, apsw.Bindings | None] = {}

    def note(cursor: apsw.Cursor, sql: str, bindings: apsw.Bindings | None) -> bool:
        asked[sql] = bindings
        return True

    def trace(db: apsw.Connection) -> None:
        db.exec_trace = note

    open_store(tmp_path, lambda message: None).close()
    apsw.connection_hooks.append(trace)
    try:
        recording = Recording(tmp_path)
        key, body = recording.key(1), bytes(100_000)
        session = recording.store.start_session("a", "proxy").id
        recording.send(opened(key), opened(recording.key(2)), sessions=(session,))
        recording.send(opened(key, status=200), Part(key, RESPONSE, body), Certificate(b"h" * 32, b"der"))
        recording.send(closed(key, before=(0, len(body))), closed(recording.key(3), b"a", body), sessions=(session,))
        recording.store.end_run(recording.run, "proxy_died", "the proxy process died")
        recording.store.set_session_state(session, "ended")
        recording.store.close()
        with Reader(tmp_path) as reader:
            reader.page(10, before_id=5)
            reader.changes(1, 10)
            reader.newest_seq()
            reader.get(1)
            list(reader.body(1, "response"))
            reader.certificate(b"h" * 32)
            with pytest.raises(NotFound):
                reader.get(99)
    finally:
        apsw.connection_hooks.remove(trace)
    db = apsw.Connection(str(tmp_path / "wireglass.db"), flags=apsw.SQLITE_OPEN_READONLY)
    plans = {
        str(step[3])
        for sql, bindings in asked.items()
        if sql.split()[0] in {"SELECT", "UPDATE", "DELETE", "INSERT"}
        for step in db.execute(f"EXPLAIN QUERY PLAN {sql}", bindings)
    }
    db.close()
    assert {"SEARCH e USING INDEX exchanges_seq (seq>?)", "SEARCH e USING INTEGER PRIMARY KEY (rowid<?)"} <= plans
    assert [plan for plan in plans if plan.startswith("SCAN") and not SMALL & set(plan.split())] == []
    assert [plan for plan in plans if "FOR ORDER BY" in plan] == []


def test_ids_of_a_range_that_began_since_a_time(recording: Recording) -> None:
    with Reader(recording.folder) as reader:
        assert (reader.newest_id(), reader.ids(1, 9)) == (0, [])
        for number, started in enumerate((10.0, 30.0, 20.0, 40.0)):
            recording.send(
                Closed(recording.key(number), summary(number, started=started), detail(number), [], [], 0, 0)
            )
        assert reader.newest_id() == 4
        assert reader.ids(1, 4) == [1, 2, 3, 4]
        assert reader.ids(2, 3) == [2, 3]
        assert reader.ids(1, 4, since=20.0) == [2, 3, 4]
        assert reader.ids(1, 3, since=20.5) == [2]


def test_exchanges_by_the_end_of_their_url(recording: Recording) -> None:
    """Those of the host first, and of them the newest."""
    urls = ("a/x/Info", "b/x/Info", "a/y/Info", "a/x/info", "b/x/Info?q", "a/z")
    for number, url in enumerate(urls, 1):
        row = summary(number, url=f"https://{url}", host=url[0])
        recording.send(Closed(recording.key(number), row, detail(number), [], [], 0, 0))
    with Reader(recording.folder) as reader:
        assert reader.of_paths(("/x/Info", "/y/Info"), "a", 9) == [3, 1, 2]
        assert reader.of_paths(("/x/Info", "/y/Info"), "b", 2) == [2, 3]
        assert reader.of_paths(("/none",), "a", 9) == []
