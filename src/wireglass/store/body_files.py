"""Body files: ``bodies/ab/<hash>`` for what is complete, ``open/<key>-<side>`` for what still grows.

bodies.py decides what becomes a file. Nothing is written under a final name: a file is complete before it is renamed.
Nothing here is synced to the disk: what a process has written survives its death, and after a power cut
``open_bodies.length`` and ``bodies.size`` tell what is missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

INLINE = 64 * 1024
"""Bodies up to this many bytes are kept in the database."""

DESCRIPTORS = 64
CHUNK = 256 * 1024


@dataclass(frozen=True)
class File:
    path: Path
    hash: bytes
    size: int


class Folders:
    """The paths below the store's folder."""

    def __init__(self, folder: Path) -> None:
        self.complete = folder / "bodies"
        self.open = folder / "open"

    def make(self) -> None:
        for path in (self.complete, self.open):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def final(self, hash: bytes) -> Path:
        name = hash.hex()
        return self.complete / name[:2] / name

    def growing(self, key: int, side: int) -> Path:
        return self.open / f"{key}-{side}"

    def move(self, name: str, hash: bytes) -> None:
        """Give an open file its final name. Harmless when it was done before."""
        final = self.final(hash)
        final.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            (self.open / name).replace(final)
        except FileNotFoundError:
            if not final.exists():
                raise

    def bring(self, name: str, pieces: Iterable[bytes]) -> File | bytes:
        """A body from elsewhere, as an open file of this name; up to ``INLINE`` bytes, as they are."""
        path = self.open / name
        hasher = hashlib.sha256()
        held: list[bytes] = []
        size = 0
        descriptor = -1
        try:
            for piece in pieces:
                hasher.update(piece)
                held.append(piece)
                size += len(piece)
                if size > INLINE:
                    if descriptor < 0:
                        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                    data = b"".join(held)
                    write_all(descriptor, data, size - len(data))
                    held.clear()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        return b"".join(held) if descriptor < 0 else File(path, hasher.digest(), size)

    def write(self, name: str, pieces: Iterable[bytes]) -> Path:
        """A complete body at once, as an open file of this name."""
        path = self.open / name
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            offset = 0
            for piece in pieces:
                write_all(descriptor, piece, offset)
                offset += len(piece)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        return path


class Growing:
    """A body that arrives in parts. ``length`` and the hash follow what was written; a transaction that fails takes
    them back to where they were when it began."""

    def __init__(self, path: Path, length: int = 0, broken: int = 0) -> None:
        self.path = path
        self.length = length
        self.broken = broken
        """Not 0: what comes next stands behind a gap, and is not kept (why: ``bodies.GAPS``)."""
        # A body found at start is hashed again only when somebody adds to it or ends it.
        self._hash = None if length else hashlib.sha256()
        self._saved: tuple[int, hashlib._Hash | None] | None = None

    def append(self, descriptors: Descriptors, data: bytes) -> None:
        self.save()
        hash = self._hasher()
        write_all(descriptors.get(self.path, self.length), data, self.length)
        hash.update(data)
        self.length += len(data)

    def cut(self, descriptors: Descriptors) -> bool:
        """True if somebody deleted or shortened the file. ``length`` is then what is left, and no rollback brings more
        back."""
        try:
            found = self.path.stat().st_size
        except FileNotFoundError:
            found = 0
        if found >= self.length:
            return False
        self.length = found
        self._hash = self._saved = None
        descriptors.close(self.path)
        return True

    def digest(self) -> bytes:
        return self._hasher().digest()

    def save(self) -> None:
        if self._saved is None:
            self._saved = (self.length, self._hash and self._hash.copy())

    def commit(self) -> None:
        self._saved = None

    def roll_back(self, descriptors: Descriptors) -> None:
        if self._saved is not None:
            self.length, self._hash = self._saved
            self._saved = None
            descriptors.close(self.path)
            self.trim()

    def trim(self) -> None:
        """Take away what was written and not committed: it takes room, and the file may be ended as it is."""
        with contextlib.suppress(OSError):
            if not self.length:
                self.path.unlink()
            elif self.path.stat().st_size > self.length:  # a shorter one must not be filled up with zeros
                os.truncate(self.path, self.length)

    def _hasher(self) -> hashlib._Hash:
        if self._hash is None:
            self._hash = hashlib.sha256()
            for piece in read(self.path, self.length):
                self._hash.update(piece)
        return self._hash


class Descriptors:
    """Open files, the most recently used ones: a thousand streams need not be a thousand descriptors."""

    def __init__(self, limit: int = DESCRIPTORS) -> None:
        self._limit = limit
        self._open: OrderedDict[Path, int] = OrderedDict()

    def get(self, path: Path, length: int) -> int:
        descriptor = self._open.get(path)
        if descriptor is not None:
            self._open.move_to_end(path)
            return descriptor
        # Made only at its beginning: one that is made again later would hold zeros where the body began.
        descriptor = os.open(path, os.O_WRONLY | (0 if length else os.O_CREAT), 0o600)
        try:
            os.ftruncate(descriptor, length)
        except OSError:
            os.close(descriptor)
            raise
        self._open[path] = descriptor
        if len(self._open) > self._limit:
            os.close(self._open.popitem(last=False)[1])
        return descriptor

    def close(self, path: Path) -> None:
        if (descriptor := self._open.pop(path, None)) is not None:
            os.close(descriptor)

    def close_all(self) -> None:
        while self._open:
            os.close(self._open.popitem()[1])


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """A full disk shows first as a short write, and as an error only at the next."""
    done = os.pwrite(descriptor, data, offset)
    while done < len(data):
        done += os.pwrite(descriptor, memoryview(data)[done:], offset + done)


def read(path: Path, length: int, start: int = 0) -> Iterator[bytes]:
    """``length`` bytes of a file from ``start`` on, in pieces of at most 256 KiB; fewer if it is shorter."""
    with path.open("rb", buffering=0) as file:
        if start:
            file.seek(start)
        while length > 0:
            piece = file.read(min(CHUNK, length))
            if not piece:
                return
            length -= len(piece)
            yield piece
