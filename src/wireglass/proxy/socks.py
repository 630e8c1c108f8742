"""SOCKS 5 on the proxy's port: what comes behind its CONNECT is what comes behind an HTTP CONNECT."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wireglass.errors import ProtocolError, WireglassError
from wireglass.proxy.tunnel import failed_exchange, tell_failed
from wireglass.wire.head import NO_BODY, RequestHead
from wireglass.wire.socks import SOCKS4_REFUSED, Socks5

if TYPE_CHECKING:
    from wireglass.proxy.client import ClientConnection

NOTE = "over SOCKS 5"


class SocksSession:
    """A ``Session`` of the connection until it is known where it leads."""

    running = False

    def __init__(self, connection: ClientConnection) -> None:
        auth = connection.door.auth
        self._connection = connection
        self._socks = Socks5(auth.allows if auth is not None else None)
        connection.head_begun = time.time()
        connection.deadline = connection.service.loop.time() + connection.service.hello_seconds

    def feed(self, data: bytes) -> None:
        connection, socks = self._connection, self._socks
        try:
            socks.receive(data)
        except WireglassError as error:
            self._refuse(error)
            return
        if socks.target is not None:
            # As for an HTTP CONNECT: a server is asked when it is known what for, and what goes wrong is told there.
            socks.accept()
        if out := socks.take():
            connection.write([out])
        if socks.target is not None:
            connection.tunnel_begun(_head(socks.asked), *socks.target, socks.rest)

    def interrupt(self, error: WireglassError) -> bool:
        self.lost(error)
        return False

    def lost(self, error: WireglassError) -> bool:
        return False

    def ended(self) -> None:
        self._connection.close()

    def look(self) -> None:
        """Nothing runs."""

    def expired(self) -> None:
        seconds = self._connection.service.hello_seconds
        self._refuse(ProtocolError(f"The SOCKS client did not say within {seconds:g} s where it wants to go."))

    def client_blocked(self, blocked: bool) -> None:
        """What is written here is a few bytes."""

    def drain(self) -> None:
        self._connection.close()

    def _refuse(self, error: WireglassError) -> None:
        connection = self._connection
        record_refused(connection, error, "socks5")
        if out := self._socks.take():
            connection.write([out])
        connection.linger()


def refuse_socks4(client: ClientConnection, data: bytes) -> None:
    """It has no passwords, and what still speaks it speaks version 5 as well."""
    error = ProtocolError(
        "The client speaks SOCKS 4 to the proxy, which speaks HTTP and SOCKS 5.",
        "Give the proxy's address with http:// or socks5h:// in front, for https targets too.",
    )
    error.received = data
    record_refused(client, error, "socks4")
    client.write([SOCKS4_REFUSED])
    client.linger()


def record_refused(client: ClientConnection, error: WireglassError, protocol: str) -> None:
    """There is no status in SOCKS that a reader would know."""
    exchange = failed_exchange(client, error)
    summary = exchange.summary
    summary.method, summary.url, summary.status, summary.protocol = "", "", None, protocol
    exchange.detail.target, exchange.detail.request_version = b"", protocol.upper()
    tell_failed(client.service.sink, exchange, error)


class _SocksHead(RequestHead):
    __slots__ = ()

    @property
    def version(self) -> str:
        return "SOCKS5"


def _head(asked: bytes) -> RequestHead:
    """What the client asked for as the head that HTTP has for it."""
    head = _SocksHead()
    head.minor = 1
    head.headers = []
    head.special = {}
    head.block = b"\n\r\n"
    head.body = NO_BODY
    head.method = b"CONNECT"
    head.target = asked
    return head
