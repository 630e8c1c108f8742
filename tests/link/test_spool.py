"""The spool: what was appended is read, up to where a process was killed."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.link import read_spool, spool_file, writer_is_gone
from wireglass.link.frames import batch_payload
from wireglass.link.spool import Spool
from wireglass.model import Batch, Certificate


def payload(seq: int) -> bytes:
    return batch_payload(Batch(1, seq, [Certificate(b"hash", b"der" * seq)]))


def seqs(path: Path) -> list[int]:
    return [batch.seq for batch in read_spool(path)]


def test_entries_in_order(tmp_path: Path) -> None:
    spool = Spool(spool_file(tmp_path, 12))
    assert spool.path.name == "00000012.spool" and spool.path.stat().st_mode & 0o777 == 0o600
    for seq in (1, 2, 3):
        spool.append(payload(seq))
    assert seqs(spool.path) == [1, 2, 3]
    assert spool.size == spool.path.stat().st_size
    spool.empty()
    assert seqs(spool.path) == [] and spool.size == 0
    spool.append(payload(4))
    assert seqs(spool.path) == [4]
    spool.close(remove=True)
    assert not spool.path.exists()


@given(st.integers(0, 1000), st.binary(max_size=40))
def test_a_torn_tail_is_left_out(cut: int, garbage: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(spool_file(Path(folder), 1))
        ends = []
        for seq in (1, 2, 3):
            spool.append(payload(seq))
            ends.append(spool.size)
        spool.close(remove=False)
        data = spool.path.read_bytes()
        kept = cut % (len(data) + 1)
        spool.path.write_bytes(data[:kept] + garbage if kept < len(data) else data)
        whole = [seq for seq, end in zip((1, 2, 3), ends, strict=True) if end <= kept]
        read = seqs(spool.path)
        assert read[: len(whole)] == whole
        # Garbage may be the very bytes that were cut off.
        assert read == whole or spool.path.read_bytes()[: ends[len(read) - 1]] == data[: ends[len(read) - 1]]


def test_a_damaged_entry_ends_it(tmp_path: Path) -> None:
    spool = Spool(spool_file(tmp_path, 1))
    for seq in (1, 2, 3):
        spool.append(payload(seq))
    first = len(payload(1)) + 8
    data = bytearray(spool.path.read_bytes())
    data[first + 12] ^= 1
    spool.path.write_bytes(data)
    assert seqs(spool.path) == [1]
    spool.close(remove=True)


def test_writing_anew(tmp_path: Path) -> None:
    spool = Spool(spool_file(tmp_path, 1))
    for seq in (1, 2, 3):
        spool.append(payload(seq))
    spool.rewrite([payload(3)])
    assert seqs(spool.path) == [3] and spool.size == spool.path.stat().st_size
    spool.append(payload(4))
    assert seqs(spool.path) == [3, 4]
    assert not writer_is_gone(spool.path)
    spool.close(remove=False)
    assert writer_is_gone(spool.path)
    assert [path.name for path in tmp_path.iterdir()] == ["00000001.spool"]


@pytest.mark.parametrize("broken", ["open", "write"])
def test_no_room_to_write_anew_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    spool = Spool(spool_file(tmp_path, 1))
    for seq in (1, 2):
        spool.append(payload(seq))

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, broken, full)
        spool.rewrite([payload(2)])
    spool.append(payload(3))
    assert seqs(spool.path) == [1, 2, 3]
    spool.close(remove=True)
    assert not list(tmp_path.iterdir())


def test_an_entry_that_does_not_fit_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(spool_file(tmp_path, 1))
    spool.append(payload(1))
    write = os.write
    calls = 0

    def short(descriptor: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:5])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", short)
        with pytest.raises(OSError, match="No space"):
            spool.append(payload(2))
    assert spool.path.stat().st_size == spool.size
    spool.append(payload(3))
    assert seqs(spool.path) == [1, 3]
    spool.close(remove=True)
