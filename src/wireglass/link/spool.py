"""The spool: batches that the store has not acknowledged in time, on disk.

One file per proxy run, appended to and emptied again when everything in it is acknowledged. Each entry is length and
CRC-32, then the batch as msgpack. A process killed while appending leaves a torn last entry, which is left out.
No fsync: it guards against processes that die, and the page cache outlives them.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from wireglass.file_lock import try_lock
from wireglass.link.frames import MAX_FRAME, read_batch
from wireglass.model import Batch

_ENTRY = struct.Struct("!II")


def spool_file(folder: Path, run: int) -> Path:
    return folder / f"{run:08d}.spool"


class Spool:
    """The writing end. Raises OSError where the disk does. Holds a lock on the file, by which a later start knows that
    this proxy still writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._descriptor = self._open(path)

    @staticmethod
    def _open(path: Path) -> int:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try_lock(descriptor)
        return descriptor

    def append(self, payload: bytes) -> None:
        self._append(self._descriptor, payload)

    def _append(self, descriptor: int, payload: bytes) -> None:
        entry = memoryview(_ENTRY.pack(len(payload), zlib.crc32(payload)) + payload)
        written = 0
        try:
            while written < len(entry):
                written += os.write(descriptor, entry[written:])
        except OSError:
            os.ftruncate(descriptor, self.size)
            raise
        self.size += len(entry)

    def empty(self) -> None:
        """Everything in it is acknowledged."""
        if self.size:
            os.ftruncate(self._descriptor, 0)
            self.size = 0

    def rewrite(self, payloads: list[bytes]) -> None:
        """Only these are still unacknowledged. The old file stays until the new one is whole."""
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        try:
            descriptor = self._open(fresh)
        except OSError:
            return
        old_size, self.size = self.size, 0
        try:
            for payload in payloads:
                self._append(descriptor, payload)
            fresh.replace(self.path)
        except OSError:
            self.size = old_size
            os.close(descriptor)
            fresh.unlink(missing_ok=True)
            return
        os.close(self._descriptor)
        self._descriptor = descriptor

    def close(self, *, remove: bool) -> None:
        os.close(self._descriptor)
        if remove:
            self.path.unlink(missing_ok=True)


def writer_is_gone(path: Path) -> bool:
    """Whether the proxy that wrote this spool has ended."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        return try_lock(descriptor)
    finally:
        os.close(descriptor)


def read_spool(path: Path) -> Iterator[Batch]:
    """The whole entries of a spool, in order; stops at a torn or damaged one."""
    with path.open("rb") as file:
        while len(prefix := file.read(_ENTRY.size)) == _ENTRY.size:
            length, checksum = _ENTRY.unpack(prefix)
            if length > MAX_FRAME:
                return
            payload = file.read(length)
            if len(payload) < length or zlib.crc32(payload) != checksum:
                return
            try:
                yield read_batch(payload)
            except msgspec.DecodeError:
                return
