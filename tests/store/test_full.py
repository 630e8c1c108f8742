"""A disk that is full, a store that is read-only: said once, counted, and recorded again when it can be."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from tests.store.recording import Recording, closed, opened

from wireglass.errors import StoreError, StoreFull
from wireglass.model import RESPONSE, Batch, Part
from wireglass.store import Reader, open_store
from wireglass.store.database import explain


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB. Only root can mount one; the continuous integration is."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs root, to mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    """Small bodies, files and parts alike; what was kept before stays whole."""
    recording = Recording(small_disk / "store")
    stream = recording.key(0)
    recording.send(opened(stream), Part(stream, RESPONSE, b"begun, "))
    filler = fill(small_disk)
    number = 0
    while len(recording.troubles) == 0 or number < 300:
        number += 1
        body = b"%d" % number * 2000
        recording.send(closed(recording.key(number), b"", body), closed(recording.key(number + 1000), b"", body * 8))
    recording.send(Part(stream, RESPONSE, bytes(256 * 1024)))
    (trouble,) = recording.troubles
    assert trouble is not None
    assert "no room left" in trouble
    counts = recording.store.counts
    assert counts.exchanges + counts.lost == 2 * number
    assert counts.lost > 0

    filler.unlink()
    recording.send(Part(stream, RESPONSE, b"behind the gap"))
    recording.send(closed(stream, b"", b"end", before=(0, 7 + 256 * 1024 + 14)))
    assert recording.troubles == [trouble, None]
    with Reader(recording.folder) as reader:
        assert b"".join(reader.body(1, "response")) == b"begun, "
        assert reader.get(1).response_body.note == f"{256 * 1024 + 14 + 3} bytes were lost: the store was full"
        for row in reader.page(10_000):
            if row.id > 1:
                assert len(b"".join(reader.body(row.id, "response"))) == row.response_size
        assert len(reader.page(10_000)) == counts.exchanges + 1
    recording.store.close()
    db = apsw.Connection(str(recording.folder / "wireglass.db"))
    assert db.pragma("integrity_check") == "ok"
    db.close()


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)) == 4096:
            pass
    return filler


@pytest.mark.parametrize("free", [0, 16 << 10, 32 << 10, 64 << 10])
@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
def test_a_start_on_a_full_disk(small_disk: Path, old: bool, free: int) -> None:
    """Fails with what, where and what to do, or works; and works when there is room. SQLite has three errors for it,
    depending on which file is the first without room."""
    folder = small_disk / "store"
    if old:
        open_store(folder, lambda message: None).close()
    filler = fill(small_disk)
    os.truncate(filler, filler.stat().st_size - free)
    said = ""
    try:
        open_store(folder, lambda message: None).close()
    except StoreFull as error:
        said = error.line()
    assert (f"no room left for {folder}" in said and "Free some space" in said) or (old and free and not said)
    if free == 0:
        with pytest.raises(StoreFull if old else StoreError, match="no room left" if old else "nothing has been"):
            Reader(folder)
    filler.unlink()
    open_store(folder, lambda message: None).close()
    with Reader(folder) as reader:
        assert reader.page(1) == []


@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
def test_a_start_on_a_read_only_disk(small_disk: Path, old: bool) -> None:
    folder = small_disk / "store"
    if old:
        open_store(folder, lambda message: None).close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreFull, match=r"store.* cannot be written \(Read-only file system\)\.$") as caught:
        open_store(folder, lambda message: None)
    assert caught.value.line().count(str(folder)) == 1
    assert caught.value.hint == "Make it and its folder writable."
    if old:
        with pytest.raises(StoreError, match="cannot be opened") as caught_reader:
            Reader(folder)
        assert "copy its folder" in caught_reader.value.hint


def test_a_file_where_the_store_should_be(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("something else")
    with pytest.raises(StoreError, match="there is a file in its place"):
        open_store(tmp_path / "store", lambda message: None)


def test_a_used_up_quota_is_no_room() -> None:
    """SQLite has no word of its own for EDQUOT."""
    error = apsw.exception_for(apsw.SQLITE_IOERR_WRITE)
    assert isinstance(explain(error, Path("store")), StoreFull)
    assert not isinstance(explain(apsw.exception_for(apsw.SQLITE_IOERR_READ), Path("store")), StoreFull)


@pytest.fixture
def troubled(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path / "store")
    yield recording
    recording.store.close()


def writable(recording: Recording, yes: bool) -> None:
    """SQLite answers every write with the error it has for a read-only file system."""
    recording.store._ask(lambda: recording.store._db.pragma("query_only", not yes))


def test_a_read_only_store(troubled: Recording) -> None:
    writable(troubled, False)
    for number in range(3):
        troubled.send(closed(troubled.key(number)))
    (trouble,) = troubled.troubles
    assert trouble is not None
    assert "cannot be written" in trouble
    writable(troubled, True)
    troubled.send(closed(troubled.key(4)))
    assert troubled.troubles == [trouble, None]
    assert (troubled.store.counts.exchanges, troubled.store.counts.lost) == (1, 3)


def test_an_exchange_whose_end_was_lost_is_failed_later(troubled: Recording) -> None:
    """Its row cannot stay open for ever."""
    key = troubled.key(1)
    troubled.send(opened(key), Part(key, RESPONSE, b"first"))
    writable(troubled, False)
    troubled.send(closed(key, b"", b"last", before=(0, 5)))
    writable(troubled, True)
    troubled.send(closed(troubled.key(2)))
    troubled.store.end_run(99, "proxy_died", "not of this run")
    with Reader(troubled.folder) as reader:
        record = reader.get(1)
        assert (record.summary.state, record.summary.error_kind) == ("failed", "store_full")
        assert record.response_body.note == "the rest was lost: the store was full"
        assert b"".join(reader.body(1, "response")) == b"first"
    assert (troubled.store.counts.exchanges, troubled.store.counts.lost) == (1, 1)


def test_an_exchange_whose_beginning_was_lost(troubled: Recording) -> None:
    """It is recorded from the next word about it, and says what is missing."""
    key = troubled.key(1)
    writable(troubled, False)
    troubled.send(opened(key), Part(key, RESPONSE, b"first"))
    writable(troubled, True)
    troubled.send(opened(key, status=200), Part(key, RESPONSE, b"second"))
    troubled.reopen()
    troubled.send(closed(key, b"", b"third", before=(0, 11)))
    with Reader(troubled.folder) as reader:
        assert reader.get(1).response_body.note == "16 bytes were lost: the store was full"
        assert list(reader.body(1, "response")) == []


def test_what_never_got_in_is_counted_when_its_run_ends(troubled: Recording) -> None:
    writable(troubled, False)
    troubled.send(opened(troubled.key(1)))
    troubled.store.end_run(troubled.run, "proxy_died", "the proxy died")
    assert troubled.store.counts.lost == 1
    writable(troubled, True)


def test_a_batch_nobody_can_store_is_not_the_loss_of_others(troubled: Recording) -> None:
    """The writer goes on after any error, and says it."""
    broken = closed(troubled.key(1))
    broken.summary.status = object()  # type: ignore[assignment]  # what no way in can send
    troubled.send(broken)
    (trouble,) = troubled.troubles
    assert trouble is not None
    assert "TypeError" in trouble
    troubled.deliver(Batch(troubled.run, 50, [closed(troubled.key(2))]))
    assert (troubled.store.counts.exchanges, troubled.store.counts.lost) == (1, 1)
    assert troubled.troubles == [trouble, None]
