"""Many clients and a server for them in one event loop: a crowd, not a measuring device."""

from __future__ import annotations

import asyncio
import itertools
import resource
import socket
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar, cast

import pytest
import uvloop
from tests.peers.client import split_address

T = TypeVar("T")

_PIECE = bytes(65_536)
_AT_ONCE = 200  # connections that are opened at the same time: fewer than a listener's backlog


def run(main: Callable[[], Awaitable[T]], seconds: float) -> T:
    """``main`` in a loop of its own; AssertionError when it takes longer."""

    async def bounded() -> T:
        try:
            async with asyncio.timeout(seconds):
                return await main()
        except TimeoutError:
            raise AssertionError(f"not done in {seconds:g} s") from None

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(bounded())


def need_files(count: int) -> None:
    """Raises the test process's own limit. Where this machine allows fewer, the test is skipped."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        if hard != resource.RLIM_INFINITY and hard < count:
            reason = f"this test needs {count} open files; this machine allows a process {hard} (ulimit -Hn)"
            pytest.skip(reason)
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def memory(pid: int) -> int:
    """Resident bytes now (VmRSS, proc_pid_status(5))."""
    return 1024 * int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0])


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def free_descriptor(pid: int) -> int:
    """The number of the next file it opens: with that as its limit it can open none (getrlimit(2))."""
    taken = {int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()}
    return next(number for number in itertools.count() if number not in taken)


async def until(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - conditions of all kinds, in objects that know no events
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"not in {seconds:g} s: {what}") from None


async def still(value: Callable[[], int], what: str, seconds: float = 30.0) -> int:
    """The value once it has been the same for 60 looks, some 0.3 s."""
    seen: list[int] = []

    def settled() -> bool:
        seen.append(value())
        return len(seen) > 60 and len(set(seen[-60:])) == 1

    await until(settled, what, seconds)
    return seen[-1]


def every(seconds: float, call: Callable[[], None]) -> Callable[[], None]:
    """Calls again and again, until what is returned is called."""
    loop = asyncio.get_running_loop()
    handle: list[asyncio.TimerHandle] = []

    def tick() -> None:
        handle[:] = [loop.call_later(seconds, tick)]
        call()

    tick()
    return lambda: handle[0].cancel()


class Client(asyncio.Protocol):
    """One connection. ``ask`` sends and returns the whole response (all of them have a Content-Length)."""

    __slots__ = ("_data", "_waiter", "ended", "transport")

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._data = b""
        self._waiter: asyncio.Future[None] | None = None
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        self._wake()

    def eof_received(self) -> bool:
        self.ended = True
        self._wake()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def send(self, data: bytes) -> None:
        if not self.ended:
            self.transport.write(data)

    async def ask(self, request: bytes) -> bytes:
        self.send(request)
        return await self.response()

    async def response(self) -> bytes:
        """Empty if the connection ended without one."""
        while (size := _whole(self._data)) is None and not self.ended:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        response, self._data = self._data[:size], self._data[size:] if size else b""
        return response

    def close(self) -> None:
        self.transport.abort()


def _whole(data: bytes) -> int | None:
    """Bytes of the response that ``data`` begins with, once it is whole."""
    head, end, _ = data.partition(b"\r\n\r\n")
    if not end:
        return None
    size = len(head) + 4 + int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
    return size if len(data) >= size else None


async def connect(address: str) -> Client:
    host, port = split_address(address)
    _, client = await asyncio.get_running_loop().create_connection(Client, host, port)
    return client


async def crowd(address: str, count: int) -> list[Client]:
    """``count`` connections."""
    clients: list[Client] = []
    while len(clients) < count:
        clients += await asyncio.gather(*(connect(address) for _ in range(min(_AT_ONCE, count - len(clients)))))
    return clients


async def in_groups(work: Iterable[Awaitable[T]], at_once: int) -> list[T]:
    """The results of all, so many at the same time."""
    gate = asyncio.Semaphore(at_once)

    async def one(awaitable: Awaitable[T]) -> T:
        async with gate:
            return await awaitable

    return await asyncio.gather(*map(one, work))


def deaf(address: str, request: bytes) -> socket.socket:
    """A client that has asked and reads only what the test reads, with the smallest receive buffer there is."""
    host, port = split_address(address)
    sock = socket.socket(socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect((host, port))
    sock.sendall(request)
    sock.setblocking(False)
    return sock


class Server:
    """``/big/N``: N bytes, as fast as they are taken. ``/drip/N``: N bytes, one at a time. ``/hold``: an answer when
    ``release`` is called. Anything else: its target."""

    port: int

    def __init__(self) -> None:
        self.answered = 0
        self.poured = 0
        """Bytes of ``/big`` that have left or are in a buffer."""
        self.connections: set[_Connection] = set()
        self.held: list[_Connection] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Server:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for connection in list(self.connections):
            connection.end()
        await until(lambda: not self.connections, "the server's connections to end")

    def get(self, path: str, *lines: str, method: str = "GET") -> bytes:
        where = f"127.0.0.1:{self.port}"
        return "\r\n".join((f"{method} http://{where}{path} HTTP/1.1", f"Host: {where}", *lines, "", "")).encode()

    def release(self) -> None:
        held, self.held = self.held, []
        for connection in held:
            connection.answer(b"released")


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self._server = server
        self._data = b""
        self._left = 0
        self._blocked = False
        self._stop: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._server.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.end()
        self._server.connections.discard(self)

    def end(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None
        self.transport.abort()

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._pour()

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (size := _whole(self._data)) is not None:  # a request is whole by the same rule
            target = self._data.split(b" ", 2)[1]
            self._data = self._data[size:]
            self._answer(target)

    def _answer(self, target: bytes) -> None:
        _, kind, *rest = target.split(b"/")
        if kind == b"hold":
            self._server.held.append(self)
        elif kind == b"big":
            self._left = int(rest[0])
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self._left)
            self._pour()
        elif kind == b"drip":
            self._left = int(rest[0])
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self._left)
            self._stop = every(0.05, self._drip)
        else:
            self.answer(target)

    def answer(self, body: bytes) -> None:
        self._server.answered += 1
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def _pour(self) -> None:
        while self._left and not self._blocked and not self.transport.is_closing():
            piece = _PIECE[: self._left]
            self._left -= len(piece)
            self.transport.write(piece)
            self._server.poured += len(piece)
            if not self._left:
                self._server.answered += 1

    def _drip(self) -> None:
        if self._left:
            self._left -= 1
            self.transport.write(b".")
        elif self._stop is not None:
            self._stop()
            self._stop = None
