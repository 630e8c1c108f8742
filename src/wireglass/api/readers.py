"""Reading the store for the API: in threads, so that nothing of it blocks the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from wireglass.errors import LimitReached
from wireglass.store import Reader

T = TypeVar("T")

READING = 4
"""Threads; SQLite and the decoders let go of the interpreter lock."""

_STREAMS = 16  # downloads at a time


class Readers:
    """Readers of the store, each used by one thread at a time; nothing of it blocks the event loop."""

    def __init__(self, folder: Path, threads: int = READING) -> None:
        self._folder = folder
        self._mine = threading.local()
        self._all: list[Reader] = []
        self._pool = ThreadPoolExecutor(threads, "api-read")
        self._streams: set[_Download] = set()

    async def ask(self, work: Callable[[Reader], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: work(self._reader()))

    async def stream(self, work: Callable[[Reader], Iterator[bytes]]) -> AsyncIterator[bytes]:
        """What ``work`` yields, with a reader of its own; the first piece is read before this returns, so that an error
        in it can still be said. Raises LimitReached."""
        if len(self._streams) >= _STREAMS:
            raise LimitReached(f"{_STREAMS} downloads run already.", "Wait for one of them, or end it.")
        download = _Download(self._folder, work)
        self._streams.add(download)
        stream = _Stream(self._pool, download, self._end)
        await stream.begin()
        return stream

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        for reader in self._all:
            reader.close()
        for download in list(self._streams):
            download.close()

    def _end(self, download: _Download) -> None:
        self._streams.discard(download)
        with contextlib.suppress(RuntimeError):  # it is closed, and ``close`` has seen to it
            self._pool.submit(download.close)

    def _reader(self) -> Reader:
        reader: Reader | None = getattr(self._mine, "reader", None)
        if reader is None:
            reader = self._mine.reader = Reader(self._folder)
            self._all.append(reader)
        return reader


class _Download:
    """On the threads: a reader of its own, and what is read with it. Closed while a piece is read, it ends then."""

    def __init__(self, folder: Path, work: Callable[[Reader], Iterator[bytes]]) -> None:
        self._folder = folder
        self._work = work
        self._using = threading.Lock()
        self._opened: tuple[Reader, Iterator[bytes]] | None = None
        self._closed = False

    def next(self) -> bytes | None:
        with self._using:
            if self._closed:
                return None
            if self._opened is None:
                reader = Reader(self._folder)
                self._opened = reader, self._work(reader)
            return next(self._opened[1], None)

    def close(self) -> None:
        with self._using:
            self._closed = True
            if self._opened is not None:
                self._opened[0].close()
                self._opened = None


class _Stream:
    """In the event loop: the pieces, of which the first is there. Whoever sends them may leave at any moment, also
    before the first one: what it holds is given back when it is forgotten."""

    def __init__(self, pool: ThreadPoolExecutor, download: _Download, end: Callable[[_Download], None]) -> None:
        self._pool = pool
        self._download = download
        self._first: bytes | None = None
        # Later: this may be forgotten at any moment, also at one when the pool holds a lock that ``end`` wants.
        self._end = weakref.finalize(self, _later, asyncio.get_running_loop(), end, download)
        self._end.atexit = False

    async def begin(self) -> None:
        self._first = await self._read()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece, self._first = self._first, None
        if piece is None:
            piece = await self._read()
        if piece is None:
            self._end()
            raise StopAsyncIteration
        return piece

    async def _read(self) -> bytes | None:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._download.next)
        except BaseException:
            self._end()
            raise


def _later(loop: asyncio.AbstractEventLoop, end: Callable[[_Download], None], download: _Download) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed, and with it everything
        loop.call_soon_threadsafe(end, download)
