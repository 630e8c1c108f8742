"""Raw connections in the event loop of the test: what a client or a server does, byte for byte."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from typing import cast

from wireglass.errors import WireglassError
from wireglass.net import TlsPipe

PATIENCE = 30.0  # seconds until a condition that does not come true is a failure


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Lets the loop run until ``condition``; AssertionError when it takes too long."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - conditions of all kinds, in objects that know no events
                await asyncio.sleep(0.0005)
    except TimeoutError:
        raise AssertionError(f"not in {PATIENCE:g} s: {what or condition}") from None


class Peer(asyncio.Protocol):
    """One end. ``data`` is what has come and was not taken yet."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.data = bytearray()
        self.received = 0
        self.ended = False
        """The other side has ended its stream."""
        self.lost = False
        self.error: Exception | None = None
        self.pipe: TlsPipe | None = None
        self.writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.pipe is not None:
            try:
                data = self.pipe.feed(data)
            except WireglassError as error:
                self.error, self.ended = error, True
                return
            if out := self.pipe.out():
                self.transport.write(out)
        self.data += data
        self.received += len(data)

    def eof_received(self) -> bool:
        self.ended = True
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = self.ended = True
        self.error = self.error or error

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True

    async def secure(
        self, context: ssl.SSLContext, *, name: str, server_side: bool = False, session: ssl.SSLSession | None = None
    ) -> None:
        """The TLS handshake, which takes up ``session``; returns when it is done."""
        self.pipe = TlsPipe(context, server_side=server_side, server_hostname=name)
        if session is not None:
            self.pipe._ssl.session = session
        first = bytes(self.data)
        self.data.clear()
        self.pipe.start()
        if out := self.pipe.out():
            self.transport.write(out)
        if first:
            self.data_received(first)
        pipe = self.pipe
        await until(lambda: pipe.established or self.ended, "the TLS handshake")
        assert pipe.established, self.error

    def send(self, data: bytes) -> None:
        self.transport.write(data if self.pipe is None else self.pipe.write(data))

    def eof(self) -> None:
        self.transport.write_eof()

    def close(self) -> None:
        self.transport.close()

    def reset(self) -> None:
        """Closes with a RST."""
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def take(self) -> bytes:
        taken = bytes(self.data)
        self.data.clear()
        return taken

    async def head(self) -> bytes:
        return await self.upto(b"\r\n\r\n")

    async def upto(self, mark: bytes) -> bytes:
        """Takes what came up to and with ``mark``."""
        await until(lambda: mark in self.data or self.ended, f"{mark!r}, there is {bytes(self.data[:200])!r}")
        assert mark in self.data, f"ended before {mark!r}: {bytes(self.data[:500])!r}"
        end = self.data.index(mark) + len(mark)
        taken = bytes(self.data[:end])
        del self.data[:end]
        return taken

    async def exactly(self, size: int) -> bytes:
        await until(lambda: len(self.data) >= size or self.ended, f"{size} bytes, there are {len(self.data)}")
        assert len(self.data) >= size, f"ended before {size} bytes: {bytes(self.data[:500])!r}"
        taken = bytes(self.data[:size])
        del self.data[:size]
        return taken

    async def rest(self) -> bytes:
        """All until the other side ends."""
        await until(lambda: self.ended, f"the end, there is {bytes(self.data[:200])!r}")
        return self.take()


class Origin:
    """A server; ``accept`` gives its connections one after the other."""

    port: int

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self._taken = 0
        self._server: asyncio.Server | None = None

    async def start(self, greeting: bytes = b"") -> None:
        """``greeting`` is sent to whoever connects, at once."""

        self._server = await asyncio.get_running_loop().create_server(
            lambda: Accepted(self.peers, greeting), "127.0.0.1", 0
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def accept(self) -> Peer:
        await until(lambda: len(self.peers) > self._taken, "a connection")
        self._taken += 1
        return self.peers[self._taken - 1]

    def stop(self) -> None:
        """Refuses from now on."""
        assert self._server is not None
        self._server.close()


class Accepted(Peer):
    def __init__(self, peers: list[Peer], greeting: bytes) -> None:
        super().__init__()
        self._peers = peers
        self._greeting = greeting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._peers.append(self)
        if self._greeting:
            self.transport.write(self._greeting)
