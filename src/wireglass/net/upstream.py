"""One connection to a server."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from wireglass.errors import UpstreamClosed, UpstreamReset, UpstreamTls
from wireglass.model import Endpoint
from wireglass.net.flow import WAITING, ReadGate, unsent
from wireglass.net.tls import TlsPipe
from wireglass.wire.target import bracketed

if TYPE_CHECKING:
    from wireglass.net.http1 import Http1Server

_LAST = 256 * 1024  # bytes that are still taken from a connection that broke
_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class Route(NamedTuple):
    """What makes two requests able to share a connection."""

    tls: bool
    host: str
    port: int
    server_name: str
    """SNI and the name that is verified; empty without TLS."""


class User(Protocol):
    """Who uses a connection at the moment."""

    def upstream_data(self, data: bytes) -> None: ...
    def upstream_eof(self) -> None: ...
    def upstream_lost(self, error: Exception | None) -> None: ...
    def upstream_blocked(self, blocked: bool) -> None: ...


class Phases(NamedTuple):
    """Milliseconds that opening took; None where a phase did not happen."""

    dns: float | None
    connect: float
    tls: float | None


class Attempt:
    """How far the opening of a connection came: what is known of the server when there is no ``Upstream`` in the end.
    Times are milliseconds; None where a phase did not happen, or connecting did not end."""

    __slots__ = ("certificates", "connect", "dns", "endpoint", "notes", "tls")

    def __init__(self) -> None:
        self.dns: float | None = None
        self.connect: float | None = None
        self.tls: float | None = None
        self.endpoint: Endpoint | None = None
        self.certificates: list[bytes] = []
        """DER of what the server sent, its own first."""
        self.notes: list[str] = []
        """For the record: by which way, and as whom, the server was asked."""


def address_of(name: tuple[str, int] | tuple[str, int, int, int] | str | None) -> str:
    """A socket name as ``host:port``."""
    return f"{bracketed(name[0])}:{name[1]}" if isinstance(name, tuple) else str(name or "")


def broken(error: Exception, where: str) -> UpstreamClosed:
    """A connection's end by ``error``; ``where``: "inside the response", "before it answered" …"""
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return UpstreamReset(f"The server reset the connection {where}.", "Its log may say why.")
    return UpstreamClosed(f"The server broke the connection {where}: {error}.", "Its log may say why.")


class Upstream(asyncio.Protocol):
    __slots__ = (
        "_ready",
        "address",
        "certificates",
        "closed",
        "early",
        "endpoint",
        "gate",
        "http1",
        "idle_since",
        "notes",
        "on_lost",
        "phases",
        "route",
        "tls",
        "transport",
        "unverified",
        "used",
        "user",
    )

    transport: asyncio.Transport
    gate: ReadGate
    endpoint: Endpoint
    phases: Phases
    address: tuple[str, int]

    def __init__(self, route: Route, tls: TlsPipe | None) -> None:
        self.route = route
        self.tls = tls
        self.user: User | None = None
        self.http1: Http1Server | None = None
        """What reads responses from it, once one was asked for."""
        self.used = 0
        """Exchanges that have been sent over it."""
        self.idle_since = 0.0
        self.unverified = ""
        """The setting that let its certificate pass unverified; empty where it was verified, or without TLS."""
        self.closed = False
        self.early = b""
        """What the server of a new connection said before anybody was there to be told: many protocols begin so."""
        self.certificates: list[bytes] = []
        self.notes: list[str] = []
        """For the record of each exchange over it."""
        self.on_lost: Callable[[Upstream], None] | None = None
        self._ready: asyncio.Future[None] | None = None

    async def handshake(self) -> None:
        """Raises UpstreamTls, or OSError if the connection breaks."""
        assert self.tls is not None
        self._ready = asyncio.get_running_loop().create_future()
        if self.closed:
            raise ConnectionResetError("closed before the TLS handshake")
        self.tls.start()
        self.transport.write(self.tls.out())
        await self._ready

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has classes of its own
        self.transport = transport
        self.gate = ReadGate(transport)

    def attach(self, user: User) -> None:
        """From now on ``user`` is told what comes, and soon what a new server has said already."""
        self.user = user
        self.used += 1
        if self.early:
            asyncio.get_running_loop().call_soon(self._tell_early)

    def _tell_early(self) -> None:
        early, self.early = self.early, b""
        self.gate.release(WAITING)
        if self.user is not None:
            self.user.upstream_data(early)

    def data_received(self, data: bytes) -> None:
        tls = self.tls
        if tls is not None:
            try:
                data = tls.feed(data)
            except UpstreamTls as error:
                self._write(tls.out())  # the alert
                self._broken(error)
                return
            pending = tls.out()
            if pending:
                self._write(pending)
            if self._ready is not None and tls.established:
                if not self._ready.done():
                    self._ready.set_result(None)
                self._ready = None
        user = self.user
        if user is not None:
            if data:
                user.upstream_data(data)
        elif data and not self.used:
            self.early += data
            self.gate.hold(WAITING)
        elif data:
            self.abort()  # bytes that nobody asked for: the connection cannot be trusted with a request
        if tls is not None and tls.closed and not self.closed:
            self._eof()

    def _eof(self) -> None:
        if self.user is not None:
            self.user.upstream_eof()
        else:
            self.close()

    def _broken(self, error: Exception) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(error)
        elif self.user is not None:
            user, self.user = self.user, None
            user.upstream_lost(error)
        self.close()

    def eof_received(self) -> bool:
        if self._ready is not None:
            self._broken(ConnectionResetError("the server closed during the TLS handshake"))
            return False
        self._eof()
        return self.tls is None

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        self.http1 = None  # each holds the other
        if error is not None and (self.user is not None or self._ready is not None):
            self._take_last()
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(error or ConnectionResetError("the server closed during the TLS handshake"))
        user, self.user = self.user, None
        if user is not None:
            user.upstream_lost(error)
        if self.on_lost is not None:
            self.on_lost(self)

    def _take_last(self) -> None:
        """What the server said before it broke the connection is often the reason: an alert, a 413. A write that fails
        is told before what there is to read, and the transport then reads no more."""
        try:
            descriptor = os.dup(self.transport.get_extra_info("socket").fileno())
            with socket.socket(fileno=descriptor) as sock:
                last = sock.recv(_LAST, socket.MSG_DONTWAIT)
        except OSError:
            return
        if last:
            self.data_received(last)

    def pause_writing(self) -> None:
        if self.user is not None:
            self.user.upstream_blocked(True)

    def resume_writing(self) -> None:
        if self.user is not None:
            self.user.upstream_blocked(False)

    def _write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def write(self, data: bytes) -> None:
        self.transport.write(data if self.tls is None else self.tls.write(data))

    def unsent(self) -> int:
        """Bytes that the server has not taken yet."""
        return unsent(self.transport)

    def ask_for_more(self) -> None:
        """Acknowledges what has come now. A server that writes head and body apart waits for it (Nagle), and the system
        holds it back for 40 ms on a connection that has been used before. Linux alone can be told."""
        if _QUICK_ACK is not None and not self.transport.is_closing():
            self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    def ended_unseen(self) -> bool:
        """Whether something has come that the event loop has not told yet: on an idle connection its end, which makes
        it useless for a request that cannot be sent twice."""
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def write_eof(self) -> None:
        """Passes a half-close on where the transport can."""
        if self.tls is not None:
            self.transport.write(self.tls.close())
        elif self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()

    def close(self) -> None:
        """Sends what is buffered, then closes."""
        self.user = None
        self.closed = True
        self.transport.close()

    def abort(self) -> None:
        self.user = None
        self.closed = True
        self.transport.abort()
