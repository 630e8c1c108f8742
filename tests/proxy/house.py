"""The proxy, its clients and servers in one event loop, and what must be true of each of them at the end."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from tests.proxy.peer import Origin, Peer, until
from tests.proxy.sink import MemorySink

from wireglass.net import Dialler, Pool, ServerContexts
from wireglass.net.http1 import Http1Server
from wireglass.proxy import Service
from wireglass.proxy.client import ClientConnection
from wireglass.proxy.forward import Forward
from wireglass.proxy.http1_session import Http1Session


class House:
    """``url(origin, path)`` names an origin; ``client()`` connects to the proxy, ``tunnel(origin)`` through it."""

    service: Service
    pool: Pool
    port: int

    def __init__(self, contexts: ServerContexts, trusted: ssl.SSLContext) -> None:
        self.sink = MemorySink()
        self.contexts = contexts
        self.trusted = trusted
        """For connections to servers: knows the CA of the test's origins."""
        self.trusts_us: ssl.SSLContext
        self.serves: ssl.SSLContext
        self.failures: list[dict[str, Any]] = []
        self._peers: list[Peer] = []
        self._origins: list[Origin] = []

    async def start(
        self, *, pool: dict[str, Any] | None = None, dialler: dict[str, Any] | None = None, **service: Any
    ) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: self.failures.append(context))
        sock = socket.create_server(("127.0.0.1", 0))
        sock.setblocking(False)
        self.port = sock.getsockname()[1]
        self.pool = Pool(Dialler(self.trusted, **(dialler or {})), **(pool or {}))
        self.service = Service(self.sink, self.pool, self.contexts, (("127.0.0.1", self.port),), **service)
        await self.service.serve(sock)

    async def end(self) -> None:
        """Ends what the test left open; then nothing may be left, and no callback may have raised."""
        self._let_go()
        await until(lambda: not self.service.connections, "all connections of clients to end")
        await self.service.drain(1.0)
        # Again and again: a connection to an origin may have been on its way.
        await until(lambda: self._let_go() or not self.pool._open, f"the pool to let go of {self.pool._open}")
        assert not self.sink.still_open, [recorded.exchange for recorded in self.sink.still_open]
        assert not any(self.pool._waiting.values())
        assert not self.service.servers._http2 and not self.service.servers._opening
        assert not self.failures, self.failures

    def abandon(self) -> None:
        """After a failure, so that the next test does not meet what this one left."""
        self._let_go()
        self.service.abort()

    def _let_go(self) -> bool:
        for peer in (*self._peers, *(peer for origin in self._origins for peer in origin.peers)):
            peer.transport.abort()
        for origin in self._origins:
            origin.stop()
        return False

    async def origin(self, greeting: bytes = b"") -> Origin:
        origin = Origin()
        await origin.start(greeting)
        self._origins.append(origin)
        return origin

    async def client(self, port: int | None = None) -> Peer:
        _, peer = await asyncio.get_running_loop().create_connection(Peer, "127.0.0.1", port or self.port)
        self._peers.append(peer)
        return peer

    async def tunnel(self, origin: Origin, host: str = "127.0.0.1") -> Peer:
        peer = await self.client()
        peer.send(b"CONNECT %b:%d HTTP/1.1\r\n\r\n" % (host.encode(), origin.port))
        assert await peer.head() == b"HTTP/1.1 200 Connection established\r\n\r\n"
        return peer

    async def recorded(self, count: int = 1) -> None:
        """Waits until that many exchanges are in the record, and closed."""
        await until(
            lambda: len(self.sink.all) >= count and not self.sink.still_open, f"{count} exchanges: {self.sink.all}"
        )
        assert len(self.sink.all) == count, [recorded.exchange for recorded in self.sink.all]


Scenario = Callable[[House], Awaitable[None]]
Play = Callable[..., None]


def get(origin: Origin, path: str = "/", *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    """A request head as a client sends it to a proxy."""
    where = f"127.0.0.1:{origin.port}"
    head = [f"{method} http://{where}{path} HTTP/{version}", f"Host: {where}", *lines, "", ""]
    return "\r\n".join(head).encode()


async def exchange(house: House, client: Peer, origin: Origin, server: Peer | None = None) -> Peer:
    """A GET that is answered; gives the origin's connection."""
    client.send(get(origin))
    server = server or await origin.accept()
    await server.head()
    server.send(ok(b"hello"))
    assert (await client.head()).startswith(b"HTTP/1.1 200 OK\r\n")
    assert await client.exactly(5) == b"hello"
    return server


def ok(body: bytes = b"", *lines: bytes, status: bytes = b"200 OK") -> bytes:
    """A response with its length."""
    return b"\r\n".join((b"HTTP/1.1 " + status, *lines, b"Content-Length: %d" % len(body), b"", body))


def running_on(connection: ClientConnection) -> Forward:
    """The exchange that a client's HTTP/1 connection waits for."""
    session = connection.session
    assert isinstance(session, Http1Session) and session.current is not None
    return session.current


def server_of(connection: ClientConnection) -> Http1Server:
    """What reads the response to it."""
    server = running_on(connection)._server
    assert isinstance(server, Http1Server)
    return server
