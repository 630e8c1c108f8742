"""The load: one process, one thread, non-blocking sockets on epoll.

No event loop and no HTTP library: a request costs here about as much as its system calls, so that the proxy is what is
measured. Each connection has one request under way; each response is checked: status 200, and its body names the
target that was asked for, which no other request shares.
"""

from __future__ import annotations

import errno
import select
import socket
import ssl
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

READ = select.EPOLLIN
WRITE = select.EPOLLOUT
SILENCE = 20.0
"""Seconds without any event after which a run is given up."""
LONGEST_HEAD = 65_536


class BadAnswer(Exception):
    """A response that is not the one that was asked for."""


@dataclass(frozen=True)
class Target:
    """Where the load goes. ``proxy`` 0 means directly to the origin."""

    proxy: int
    origin: int
    tls: bool
    prefix: str
    """Beginning of every request target, ``/tool/round/scenario``: with the count behind it each is used once."""
    fresh: bool = False
    """One connection for each request."""


@dataclass
class Result:
    asked: int
    """Requests sent since the start, warm-up included."""
    answered: int
    seconds: float
    latencies: array[float]
    """Seconds of each answer after the warm-up; with ``fresh`` from the start of its connection."""

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds; 0 if nothing was answered."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def run(target: Target, seconds: float, warm_up: float = 2.0, connections: int = 16) -> Result:
    """Ask as fast as the answers come, for ``warm_up + seconds``, then wait for what is under way."""
    return _Run(target, connections).run(seconds, warm_up)


def ask(target: Target, count: int, connections: int = 16) -> None:
    """Ask ``count`` times as fast as the answers come, and return when all have come."""
    _Run(target, connections).ask(count)


def pace(target: Target, rate: float, going: Callable[[], bool], connections: int = 32) -> Result:
    """Ask ``rate`` times a second while ``going`` says so. A latency counts from when the request was due, so that one
    that waited for a free connection shows it; what is due and finds none is asked as soon as it can be."""
    return _Run(target, connections, rate).pace(going)


class _Run:
    def __init__(self, target: Target, connections: int, rate: float = 0.0) -> None:
        self.target = target
        self.rate = rate
        """0: as fast as the answers come."""
        self.begun = 0.0
        self.idle: deque[_Connection] = deque()
        self.epoll = select.epoll()
        self.latencies: array[float] = array("d")
        self.answered = 0
        self.stopping = False
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.by_descriptor: dict[int, _Connection] = {}
        self.asked = 0
        self.pending = [_Connection(self) for _ in range(connections)]

    def run(self, seconds: float, warm_up: float) -> Result:
        for connection in self.pending:
            connection.open()
        measuring = False
        mark = time.perf_counter() + warm_up
        begin = end = mark
        deadline = mark + seconds + SILENCE
        while self.by_descriptor:
            events = self.epoll.poll(SILENCE)
            now = time.perf_counter()
            if not events or now > deadline:
                raise BadAnswer(f"{len(self.by_descriptor)} connections have no answer after {SILENCE:.0f} s")
            if now >= mark:
                if not measuring:
                    measuring, begin, mark = True, now, now + seconds
                    del self.latencies[:]
                elif not self.stopping:
                    self.stopping, end = True, now
            for descriptor, _ in events:
                if ready := self.by_descriptor.get(descriptor):
                    ready.ready()
            if self.stopping and end == now:
                measured = self.latencies[:]
        self.epoll.close()
        return Result(self.asked, self.answered, end - begin, measured)

    def ask(self, count: int) -> None:
        for connection in self.pending:
            connection.open()
        while self.by_descriptor:
            events = self.epoll.poll(SILENCE)
            if not events:
                raise BadAnswer(f"{len(self.by_descriptor)} connections have no answer after {SILENCE:.0f} s")
            for descriptor, _ in events:
                if ready := self.by_descriptor.get(descriptor):
                    ready.ready()
                self.stopping = self.asked > count - len(self.pending)
        self.epoll.close()

    def pace(self, going: Callable[[], bool]) -> Result:
        for connection in self.pending:
            connection.open()
        self.begun = heard = time.perf_counter()
        end = self.begun
        while self.by_descriptor:
            now = time.perf_counter()
            if not self.stopping and not going():
                self.stopping, end = True, now
                measured = self.latencies[:]
                while self.idle:
                    self.idle.popleft().ready()
            while self.idle and self.due() <= now:
                self.idle.popleft().ready()
            events = self.epoll.poll(max(self.due() - now, 0.0) if self.idle else 1.0)
            if events:
                heard = now
            elif now - heard > SILENCE and not self.idle:
                raise BadAnswer(f"{len(self.by_descriptor)} connections have no answer after {SILENCE:.0f} s")
            for descriptor, _ in events:
                if ready := self.by_descriptor.get(descriptor):
                    ready.ready()
        self.epoll.close()
        return Result(self.asked, self.answered, end - self.begun, measured)

    def due(self) -> float:
        """When the next request is."""
        return self.begun + self.asked / self.rate

    def next_path(self) -> bytes:
        path = f"{self.target.prefix}/{self.asked}".encode()
        self.asked += 1
        return path


class _Connection:
    """A connection that asks, checks and asks again."""

    __slots__ = ("_steps", "descriptor", "owner", "sock")

    def __init__(self, owner: _Run) -> None:
        self.owner = owner
        self.descriptor = -1

    def open(self) -> None:
        self._steps = self._live()
        self.ready()

    def ready(self) -> None:
        """Go on until the socket has nothing more."""
        for _ in self._steps:
            return

    def _watch(self, events: int) -> None:
        if self.descriptor < 0:
            self.descriptor = self.sock.fileno()
            self.owner.by_descriptor[self.descriptor] = self
            self.owner.epoll.register(self.descriptor, events)
        else:
            self.owner.epoll.modify(self.descriptor, events)

    def _leave(self) -> None:
        del self.owner.by_descriptor[self.descriptor]
        self.owner.epoll.unregister(self.descriptor)
        self.descriptor = -1
        self.sock.close()

    def _live(self) -> Iterator[None]:
        """A generator: each ``yield`` waits for the socket."""
        owner, target = self.owner, self.owner.target
        while not owner.stopping:
            started = time.perf_counter()
            yield from self._connect()
            if target.tls:
                yield from self._secure()
            if target.fresh:
                yield from self._ask(started)
            else:
                while not owner.stopping:
                    if owner.rate:
                        owner.idle.append(self)
                        yield
                        if owner.stopping:
                            break
                        yield from self._ask(owner.due())
                    else:
                        yield from self._ask(time.perf_counter())
            self._leave()

    def _connect(self) -> Iterator[None]:
        target = self.owner.target
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = self.sock.connect_ex(("127.0.0.1", target.proxy or target.origin))
        if code not in (0, errno.EINPROGRESS):
            raise BadAnswer(f"connecting to port {target.proxy or target.origin}: {errno.errorcode[code]}")
        self._watch(WRITE)
        yield
        self._watch(READ)

    def _secure(self) -> Iterator[None]:
        """CONNECT, unless it goes directly, and the handshake."""
        target = self.owner.target
        if target.proxy:
            authority = b"127.0.0.1:%d" % target.origin
            self.sock.send(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (authority, authority))
            data = b""
            while b"\r\n\r\n" not in data:
                yield
                data += self._receive()
            if b" 200 " not in data.split(b"\r\n", 1)[0] + b" ":
                raise BadAnswer(f"CONNECT was answered with {data[:200]!r}")
        # wrap_socket takes the descriptor over, so the registration with epoll stays good.
        self.sock = self.owner.context.wrap_socket(
            self.sock, do_handshake_on_connect=False, server_hostname="localhost", suppress_ragged_eofs=True
        )
        while True:
            try:
                self.sock.do_handshake()
                return
            except ssl.SSLWantReadError:
                yield

    def _ask(self, started: float) -> Iterator[None]:
        owner, sock = self.owner, self.sock
        target = owner.target
        path = owner.next_path()
        host = b"127.0.0.1:%d" % target.origin
        form = path if target.tls or not target.proxy else b"http://" + host + path
        sock.send(b"GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n" % (form, host))
        yield
        data = b""
        while True:
            try:
                data += self._receive()
            except (ssl.SSLWantReadError, BlockingIOError):
                yield
                continue
            end = data.find(b"\r\n\r\n")
            if end >= 0:
                break
            if len(data) > LONGEST_HEAD:
                raise BadAnswer(f"no end of the head of {path!r} in {len(data)} bytes")
        left = end + 4 + _length(data[:end], path) - len(data)
        asked = data
        while left > 0 or b'"' + path + b'"' not in asked:
            if left <= 0:
                raise BadAnswer(f"the answer to {path!r} is for another target: {asked[:300]!r}")
            try:
                piece = self._receive()
            except (ssl.SSLWantReadError, BlockingIOError):
                yield
                continue
            left -= len(piece)
            if len(asked) < end + 200:
                asked += piece
        owner.latencies.append(time.perf_counter() - started)
        owner.answered += 1

    def _receive(self) -> bytes:
        piece = self.sock.recv(262_144)
        if not piece:
            raise BadAnswer(
                f"{self.owner.target.prefix}: closed inside an answer, after {self.owner.answered} good ones"
            )
        return piece


def _length(head: bytes, path: bytes) -> int:
    if not head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 ")):
        raise BadAnswer(f"{path!r} was answered with {head[:200]!r}")
    lower = head.lower()
    at = lower.find(b"\r\ncontent-length:")
    if at < 0:
        raise BadAnswer(f"the answer to {path!r} has no Content-Length: {head!r}")
    return int(lower[at + 17 :].split(b"\r\n", 1)[0])
