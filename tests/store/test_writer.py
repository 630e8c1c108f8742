"""What is submitted is in the store when ``done`` is called."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from tests.store.recording import Recording, closed, opened, summary

from wireglass.errors import StoreError
from wireglass.model import REQUEST, RESPONSE, Batch, Certificate, Part
from wireglass.store import Reader, database, open_store
from wireglass.store.body_files import Growing


def test_a_closed_exchange_reads_back_as_it_was_sent(recording: Recording) -> None:
    """The summary with its session, the detail, and both bodies."""
    session = recording.store.start_session("morning", "proxy").id
    recording.send(closed(recording.key(1), b"question", b"answer"), sessions=(session,))
    with Reader(recording.folder) as reader:
        record = reader.get(1)
        assert record.summary == summary(
            1, state="done", status=200, request_size=8, response_size=6, id=1, seq=1, sessions=("morning",)
        )
        assert record.detail.target == b"/1"
        assert (record.request_body.kept, record.response_body.kept) == (8, 6)
        assert b"".join(reader.body(record, "request")) == b"question"
        assert b"".join(reader.body(1, "response")) == b"answer"


def test_an_open_exchange_grows_and_ends(recording: Recording) -> None:
    """Opened twice, a part, the end: one row, each change with a new seq, the body readable all along."""
    key = recording.key(1)
    seqs = []
    with Reader(recording.folder) as reader:
        recording.send(opened(key))
        seqs.append(reader.newest_seq())
        recording.send(opened(key, status=200))
        seqs.append(reader.newest_seq())
        recording.send(Part(key, RESPONSE, b"one "))
        seqs.append(reader.newest_seq())
        assert b"".join(reader.body(1, "response")) == b"one "
        row = reader.page(10)[0]
        assert (row.state, row.status, row.response_size) == ("open", 200, 4)
        recording.send(closed(key, b"", b"two", before=(0, 4)))
        seqs.append(reader.newest_seq())
        record = reader.get(1)
        assert record.summary.state == "done"
        assert b"".join(reader.body(record, "response")) == b"one two"
        assert len(reader.page(10)) == 1
    assert seqs == sorted(set(seqs))
    assert list((recording.folder / "open").iterdir()) == []


@pytest.mark.parametrize("size", [64 * 1024, 64 * 1024 + 1, 300_000])
@pytest.mark.parametrize("in_parts", [True, False])
def test_bodies_above_64_kib_are_files(recording: Recording, size: int, in_parts: bool) -> None:
    """Named by hash, mode 0600, however they came."""
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    key = recording.key(1)
    if in_parts:
        recording.send(opened(key), Part(key, REQUEST, body[:1000]), Part(key, REQUEST, body[1000:50_000]))
        recording.send(closed(key, body[50_000:], before=(50_000, 0)))
    else:
        recording.send(closed(key, body))
    with Reader(recording.folder) as reader:
        record = reader.get(1)
        assert b"".join(reader.body(record, "request")) == body
    files = list((recording.folder / "bodies").glob("*/*"))
    assert [path.name for path in files] == ([record.request_body.hash] if size > 64 * 1024 else [])
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)


def test_equal_bodies_are_kept_once(recording: Recording) -> None:
    """Inline and as files, whole and in parts, in this process and after a restart."""
    for body in (b"small", b"L" * 100_000):
        first, second, third = (recording.key(number) for number in (1, 2, 3))
        recording.send(closed(first, body, body), opened(second), Part(second, REQUEST, body))
        recording.send(closed(second, before=(len(body), 0)))
        recording.reopen()
        recording.send(closed(third, b"", body))
    recording.store.close()
    assert recording.sql("SELECT count(*) FROM bodies") == [(2,)]
    assert len(list((recording.folder / "bodies").glob("*/*"))) == 1
    assert list((recording.folder / "open").iterdir()) == []


def test_a_batch_delivered_again_is_done_and_changes_nothing(recording: Recording) -> None:
    """Also after a restart: the highest seq of a run is in the transaction of its batch."""
    batch = Batch(recording.run, 1, [closed(recording.key(1), b"a")])
    recording.deliver(batch)
    recording.deliver(batch)
    recording.reopen()
    recording.deliver(batch)
    assert recording.store.last_seq(recording.run) == 1
    assert recording.store.last_seq(99) == 0
    with Reader(recording.folder) as reader:
        assert len(reader.page(10)) == 1


def test_numbers_are_never_used_twice(recording: Recording) -> None:
    """Runs, ids and seqs count on after a restart, even when the newest exchange was deleted meanwhile."""
    recording.send(closed(recording.key(1)), closed(recording.key(2)))
    recording.store.close()
    recording.sql("DELETE FROM exchanges WHERE id = 2")
    recording.reopen()
    recording.send(closed(recording.key(3)))
    with Reader(recording.folder) as reader:
        assert [(row.id, row.seq) for row in reader.page(10)] == [(1, 1), (3, 3)]
    assert recording.store.begin_run() == recording.run + 1


def test_the_end_of_a_run_fails_what_is_open_of_it(recording: Recording) -> None:
    """With the error given, and with what is there of the bodies; other runs are left alone."""
    other = recording.store.begin_run()
    mine, theirs = recording.key(1), other << 40 | 1
    recording.send(opened(mine, response_size=100), opened(theirs), Part(mine, RESPONSE, b"half"))
    recording.store.end_run(recording.run, "proxy_died", "the proxy process died")
    with Reader(recording.folder) as reader:
        record = reader.get(1)
        assert (record.summary.state, record.summary.error_kind) == ("failed", "proxy_died")
        assert record.summary.error == "the proxy process died"
        assert record.response_body.note == "96 bytes were not recorded: the proxy process died"
        assert b"".join(reader.body(record, "response")) == b"half"
        assert reader.get(2).summary.state == "open"
        recording.reopen()
        recording.store.fail_open("restarted", "Wireglass was started again")
        assert reader.get(2).summary.error_kind == "restarted"


def test_an_open_body_goes_on_after_a_restart(recording: Recording) -> None:
    """What a crash left behind the committed length is cut off, and files of no exchange are removed."""
    key = recording.key(1)
    recording.send(opened(key), Part(key, RESPONSE, b"one "))
    recording.store.close()
    with (recording.folder / "open" / f"{key}-1").open("ab") as file:
        file.write(b"never committed, and longer than what follows")
    (recording.folder / "open" / "77-0").write_bytes(b"of a batch that was never committed")
    recording.reopen()
    recording.send(Part(key, RESPONSE, b"two "))
    recording.send(closed(key, b"", b"three", before=(0, 8)))
    with Reader(recording.folder) as reader:
        assert b"".join(reader.body(1, "response")) == b"one two three"
    assert list((recording.folder / "open").iterdir()) == []


def test_a_body_not_yet_moved_is_found_and_moved_at_the_next_start(recording: Recording) -> None:
    """A process that dies between the commit and the renaming of a large body's file."""
    key, body = recording.key(1), b"m" * 100_000
    recording.send(opened(key), Part(key, RESPONSE, body))
    recording.send(closed(key, before=(0, len(body))))
    recording.store.close()
    (file,) = (recording.folder / "bodies").glob("*/*")
    recording.sql("INSERT INTO moves SELECT id, ? FROM bodies", f"{key}-1")
    file.rename(recording.folder / "open" / f"{key}-1")
    with Reader(recording.folder) as reader:
        assert b"".join(reader.body(1, "response")) == body
        recording.reopen()
        assert file.exists()
        assert b"".join(reader.body(1, "response")) == body


def test_bytes_that_never_came_are_said(recording: Recording) -> None:
    """The end counts more than the store was given. Nobody knows where the gap is, so nothing is shown as whole."""
    key = recording.key(1)
    recording.send(opened(key), Part(key, RESPONSE, b"one"))
    recording.send(closed(key, b"", b"three", before=(0, 6)), closed(recording.key(2), b"tail", before=(10, 0)))
    with Reader(recording.folder) as reader:
        body = reader.get(1).response_body
        assert (body.size, body.kept, body.note) == (11, 0, "11 bytes were lost: the store was full")
        assert reader.get(2).request_body.note == "14 bytes were lost: the store was full"
        assert list(reader.body(2, "request")) == []


def test_counts(recording: Recording) -> None:
    recording.send(closed(recording.key(1), b"12", b"345"), closed(recording.key(2), b"12"))
    counts = recording.store.counts
    assert (counts.exchanges, counts.body_bytes, counts.lost) == (2, 7, 0)


def test_failed_exchanges_are_counted(recording: Recording) -> None:
    """Those that say so at their end, whole or open before; and those whose run ended first."""
    first, second, third = (recording.key(number) for number in (1, 2, 3))
    recording.send(closed(first, state="failed", error_kind="timeout"), opened(second), opened(third))
    recording.send(closed(second, state="failed", error_kind="upstream_closed"), closed(recording.key(4)))
    assert (recording.store.counts.exchanges, recording.store.counts.failed) == (3, 2)
    recording.store.end_run(recording.run, "proxy_died", "the proxy process died")
    assert (recording.store.counts.exchanges, recording.store.counts.failed) == (4, 3)


def test_certificates_are_kept_once(recording: Recording) -> None:
    recording.send(Certificate(b"h" * 32, b"der"), Certificate(b"h" * 32, b"der"))
    with Reader(recording.folder) as reader:
        assert reader.certificate(b"h" * 32) == b"der"
        assert reader.certificate(b"x" * 32) is None


def test_close_keeps_what_was_submitted(recording: Recording) -> None:
    """And refuses what comes later."""
    done = threading.Semaphore(0)
    for seq in range(1, 101):
        recording.store.submit(Batch(recording.run, seq, [closed(recording.key(seq))]), (), done.release)
    recording.store.close()
    assert all(done.acquire(blocking=False) for _ in range(100))
    assert not (recording.folder / "wireglass.db-wal").exists()
    with pytest.raises(StoreError, match="is closed"):
        recording.store.submit(Batch(recording.run, 101, []), (), done.release)
    with Reader(recording.folder) as reader:
        assert reader.newest_seq() == 100


def test_files_are_for_their_owner_alone(recording: Recording) -> None:
    recording.send(closed(recording.key(1)))
    assert stat.S_IMODE(recording.folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in recording.folder.iterdir()}
    assert modes == {
        "wireglass.db": 0o600,
        "wireglass.db-wal": 0o600,
        "wireglass.db-shm": 0o600,
        "bodies": 0o700,
        "open": 0o700,
    }


@pytest.mark.parametrize("mode", [0o644, 0o666])
def test_a_database_that_was_there_is_closed_to_others(tmp_path: Path, mode: int) -> None:
    """As one copied, or unpacked from a backup, may not be."""
    database = tmp_path / "wireglass.db"
    open_store(tmp_path, lambda message: None).close()
    database.chmod(mode)
    open_store(tmp_path, lambda message: None).close()
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "wireglass.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError, match="is damaged"):
        open_store(tmp_path, lambda message: None)


@pytest.mark.parametrize("watched", [False, True])
def test_the_write_ahead_log_stays_small(recording: Recording, watched: bool) -> None:
    """Checkpoints go on under load, so that the log is used again from its beginning; also while somebody polls."""
    done = threading.Semaphore(0)
    for seq in range(1, 301):
        body = seq.to_bytes(4, "big") * 15_000
        recording.store.submit(
            Batch(recording.run, seq, [closed(recording.key(seq * 4 + n), body[n:]) for n in range(4)]),
            (),
            done.release,
        )
    seen = 0
    with Reader(recording.folder) as reader:
        while watched and seen < 1200:
            rows = reader.changes(seen, 100)
            seen += len(rows)
            if rows:
                assert reader.get(rows[-1].id).request_body.kept == rows[-1].request_size
    for _ in range(300):
        done.acquire()
    assert (recording.folder / "wireglass.db-wal").stat().st_size < 16 << 20


def test_a_log_that_a_slow_reader_made_long_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot that is held keeps the log growing; afterwards its room is given back."""
    monkeypatch.setattr(database, "WAL_LIMIT", 2 << 20)
    recording = Recording(tmp_path)
    log = tmp_path / "wireglass.db-wal"
    slow = apsw.Connection(str(tmp_path / "wireglass.db"), flags=apsw.SQLITE_OPEN_READONLY)
    slow.execute("BEGIN")
    slow.execute("SELECT count(*) FROM exchanges").fetchall()
    for number in range(400):
        recording.send(closed(recording.key(number), number.to_bytes(4, "big") * 15_000))
    assert log.stat().st_size > 20 << 20
    slow.close()
    for number in range(400, 403):
        recording.send(closed(recording.key(number)))
    assert log.stat().st_size <= 2 << 20
    recording.store.close()


def delete(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    os.truncate(file, 2)


def test_what_a_killed_writer_had_not_committed_is_cut_off(recording: Recording) -> None:
    """The part was in the file, and the transaction was not. A body's file holds what its name says."""
    key = recording.key(1)
    recording.send(opened(key), Part(key, RESPONSE, bytes(100_000)))
    recording.store.close()
    with (recording.folder / "open" / f"{key}-{RESPONSE}").open("ab") as file:
        file.write(b"not committed")
    recording.reopen()
    recording.store.fail_open("interrupted", "Wireglass ended before the exchange did.")
    [file_of_body] = (path for path in (recording.folder / "bodies").rglob("*") if path.is_file())
    assert file_of_body.name == hashlib.sha256(file_of_body.read_bytes()).hexdigest()
    with Reader(recording.folder) as reader:
        assert b"".join(reader.body(1, "response")) == bytes(100_000)


@pytest.mark.parametrize(("harm", "left"), [(delete, b""), (cut, b"on")])
@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("ended", [False, True], ids=["fails", "ends"])
def test_an_open_file_that_somebody_harmed_is_the_loss_of_one_body(
    recording: Recording, harm: Callable[[Path], None], left: bytes, restart: bool, ended: bool
) -> None:
    """The rest of its batch is stored, the record says what is missing, and no zeros stand in for it."""
    key = recording.key(1)
    recording.send(opened(key), Part(key, RESPONSE, b"one "))
    if restart:
        recording.store.close()
    harm(recording.folder / "open" / f"{key}-1")
    if restart:
        recording.store = open_store(recording.folder, recording.troubles.append)
    recording.send(Part(key, RESPONSE, b"two "), closed(recording.key(2), b"", b"other"))
    if ended:
        recording.send(closed(key, b"", b"end", before=(0, 8)), closed(recording.key(3)))
        note = f"{11 - len(left)} bytes were lost: the file that held them was deleted or cut short"
    else:
        recording.store.end_run(recording.run, "proxy_died", "the proxy process died")
        note = "the rest was lost: the file that held them was deleted or cut short"
    with Reader(recording.folder) as reader:
        record = reader.get(1)
        assert record.summary.state == ("done" if ended else "failed")
        assert record.response_body.note == note
        assert b"".join(reader.body(1, "response")) == left
        assert b"".join(reader.body(2, "response")) == b"other"
    assert list((recording.folder / "open").iterdir()) == []
    assert recording.store.counts.lost == 0


@pytest.mark.parametrize("in_parts", [True, False])
def test_a_body_whose_file_was_deleted_comes_back_with_the_next_of_its_kind(
    recording: Recording, in_parts: bool
) -> None:
    body, key = b"again" * 20_000, recording.key(2)
    recording.send(closed(recording.key(1), b"", body))
    (file,) = (recording.folder / "bodies").glob("*/*")
    file.unlink()
    if in_parts:
        recording.send(opened(key), Part(key, RESPONSE, body))
        recording.send(closed(key, before=(0, len(body))))
    else:
        recording.send(closed(key, b"", body))
    with Reader(recording.folder) as reader:
        assert b"".join(reader.body(1, "response")) == body
        assert b"".join(reader.body(2, "response")) == body


def test_an_exchange_that_cannot_be_ended_is_not_the_hindrance_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose row was deleted, and one whose body cannot be read: both are passed over, and said once."""
    recording = Recording(tmp_path)
    first, second, third = (recording.key(number) for number in (1, 2, 3))
    recording.send(opened(first), opened(second), opened(third))
    recording.send(Part(second, RESPONSE, b"unreadable"))
    recording.sql("DELETE FROM exchanges WHERE id = 1")

    def unreadable(body: Growing) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Growing, "digest", unreadable)
        recording.store.end_run(recording.run, "proxy_died", "the proxy process died")
    with Reader(tmp_path) as reader:
        assert [row.state for row in reader.page(10)] == ["open", "failed"]
    (trouble,) = recording.troubles
    assert trouble is not None and "Input/output error" in trouble
    recording.reopen()
    recording.store.fail_open("restarted", "Wireglass was started again")
    with Reader(tmp_path) as reader:
        assert b"".join(reader.body(2, "response")) == b"unreadable"
    recording.store.close()


def test_a_listener_that_fails_does_not_end_the_writer(tmp_path: Path) -> None:
    """And neither does a message that no way in can send."""

    def gone(trouble: str | None) -> None:
        raise RuntimeError("Event loop is closed")

    store = open_store(tmp_path, gone)
    done = threading.Semaphore(0)
    store.submit(Batch(1, 1, [opened(1 << 40), Part(1 << 40, 7, b"no such side")]), (), done.release)
    store.submit(Batch(1, 2, [opened(1 << 40), Part(1 << 40, 1, b"fine")]), (), done.release)
    store.submit(Batch(1, 3, [closed(1 << 40, before=(0, 4))]), (), done.release)
    store.close()
    assert all(done.acquire(blocking=False) for _ in range(3))
    with Reader(tmp_path) as reader:
        assert b"".join(reader.body(1, "response")) == b"fine"
