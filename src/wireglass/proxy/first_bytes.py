"""The first bytes of a connection or tunnel: TLS, plain HTTP, a client of another kind of proxy, or none of these."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from wireglass.errors import ClientTlsTimeout, ProtocolError, WireglassError
from wireglass.proxy.site import HOST
from wireglass.proxy.tunnel import Tunnel, failed_connect
from wireglass.wire.client_hello import looks_like_tls, read_client_hello

if TYPE_CHECKING:
    from wireglass.proxy.client import ClientConnection

_NEVER = float("inf")
_SERVER_FIRST = 0.5  # seconds of silence after CONNECT that make us ask whether the server speaks first (SSH, SMTP)
_REQUEST_START = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} (?:/|\*|[Hh][Tt][Tt][Pp])")
_MAYBE_REQUEST = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?: (?:[Hh][Tt]{0,2})?)?")

OTHER_PROTOCOLS = {0x16: "TLS", 0x04: "SOCKS 4", 0x05: "SOCKS 5"}
"""What a client may speak to the proxy's port by mistake, by its first byte."""


class FirstBytes:
    """Looks at what comes behind a CONNECT until it is known what it is; lives no longer than that.

    ``look`` takes the bytes, ``wait`` is said instead where the client has sent none, ``stop`` when it has gone.
    """

    __slots__ = ("_client", "_held", "_silence")

    def __init__(self, client: ClientConnection) -> None:
        self._client = client
        self._held = b""
        self._silence: asyncio.TimerHandle | None = None

    def wait(self) -> None:
        """The client is silent: after a moment it may be that the server is to speak first. We are never."""
        if self._for_ourselves:
            return
        self._silence = self._client.service.loop.call_later(_SERVER_FIRST, self._client_is_silent)

    def look(self, data: bytes) -> None:
        self.stop()
        self._held += data
        first = self._held
        tls = looks_like_tls(first)
        if tls:
            self._hello(first)
        elif tls is None:
            return
        elif _REQUEST_START.match(first):
            self._client.begin_http(first)
        elif not _MAYBE_REQUEST.fullmatch(first):
            self._begin_tunnel(first)

    def stop(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def expired(self) -> None:
        """What has come is still not enough to tell."""
        client = self._client
        if self._for_ourselves:
            client.abort()
            return
        if looks_like_tls(self._held) is False:
            self._begin_tunnel(self._held)
            return
        failed_connect(client, ClientTlsTimeout(f"No complete TLS hello within {client.service.hello_seconds:g} s."))
        client.abort()

    def _hello(self, first: bytes) -> None:
        client = self._client
        assert client.tunnel_origin is not None
        try:
            hello = read_client_hello(first)
        except ProtocolError:
            self._begin_tunnel(first)  # it began like TLS and is something else
            return
        if hello is None:
            return
        name = hello.sni or client.tunnel_origin.host
        try:
            context = client.service.contexts.for_host(name)
        except WireglassError as error:
            failed_connect(client, error)
            client.abort()
            return
        client.begin_tls(context, name, first)

    @property
    def _for_ourselves(self) -> bool:
        origin = self._client.tunnel_origin
        return origin is not None and origin.host == HOST

    def _client_is_silent(self) -> None:
        self._silence = None
        self._begin_tunnel(b"")

    def _begin_tunnel(self, first: bytes) -> None:
        client = self._client
        if self._for_ourselves:
            client.abort()  # our pages are asked for in HTTP, and there is nobody else of that name
            return
        assert client.tunnel_origin is not None and client.connect is not None
        client.first_bytes = None
        client.deadline = _NEVER
        client.tunnel = Tunnel(client, client.connect, client.tunnel_origin, client.head_begun)
        client.take = client.tunnel.client_data
        client.tunnel.begin(first)


def wrong_protocol(client: ClientConnection, data: bytes) -> None:
    """Not HTTP to the proxy's own port. No answer in HTTP would be understood."""
    error = ProtocolError(
        f"The client speaks {OTHER_PROTOCOLS[data[0]]} to the proxy, which speaks HTTP.",
        "Give the proxy's address with http:// in front, for https targets too.",
    )
    error.received = data
    failed_connect(client, error)
    client.abort()
