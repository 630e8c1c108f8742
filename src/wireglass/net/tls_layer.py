"""A connection inside a connection: TLS with a proxy, and in it what is said to the server."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any, cast

from wireglass.errors import UpstreamTls
from wireglass.net.tls import TlsPipe

_READ = 256 * 1024


class TlsLayer(asyncio.Transport, asyncio.Protocol):
    """The protocol of the outer connection, whose handshake is done, and the transport of ``inner``."""

    def __init__(self, pipe: TlsPipe, inner: asyncio.Protocol) -> None:
        super().__init__()
        self._pipe = pipe
        self._inner = inner
        self._outer: asyncio.Transport
        self._ended = False
        self._fault: UpstreamTls | None = None

    # The outer transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._outer = cast("asyncio.Transport", transport)  # uvloop has classes of its own
        self._inner.connection_made(self)

    def data_received(self, data: bytes) -> None:
        pipe = self._pipe
        try:
            plain = pipe.feed(data)
        except UpstreamTls as error:
            self._fault = error
            self._send(pipe.out())  # the alert
            self._outer.close()
            return
        self._send(pipe.out())
        if plain:
            self._inner.data_received(plain)
        if pipe.closed and not self.eof_received():
            self.close()

    def eof_received(self) -> bool:
        if self._ended:
            return False
        self._ended = True
        return bool(self._inner.eof_received())

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None:
            self._take_last()
        self._inner.connection_lost(self._fault or error)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def _take_last(self) -> None:
        """What came before the connection broke, and the transport reads no more: it can be read by nobody else, being
        encrypted for us."""
        try:
            with socket.socket(fileno=os.dup(self._outer.get_extra_info("socket").fileno())) as sock:
                while last := sock.recv(_READ, socket.MSG_DONTWAIT):
                    self.data_received(last)
        except OSError:
            return

    # The inner protocol's calls

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._outer.write(self._pipe.write(bytes(data)))

    def close(self) -> None:
        self._send(self._pipe.close())
        self._outer.close()

    def abort(self) -> None:
        self._outer.abort()

    def is_closing(self) -> bool:
        return self._outer.is_closing()

    def can_write_eof(self) -> bool:
        return False  # proxies take close_notify for the end of both directions

    def pause_reading(self) -> None:
        self._outer.pause_reading()

    def resume_reading(self) -> None:
        self._outer.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._outer.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._outer.set_write_buffer_limits(high, low)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._outer.get_extra_info(name, default)

    def _send(self, data: bytes) -> None:
        if data and not self._outer.is_closing():
            self._outer.write(data)
