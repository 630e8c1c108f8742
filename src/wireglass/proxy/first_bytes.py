"""The first bytes of a connection or tunnel: TLS, plain HTTP, a client of another kind of proxy, or none of these."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING

from wireglass.errors import ClientTlsTimeout, ProtocolError, WireglassError
from wireglass.net import HTTP1, HTTP2, HTTP_BOTH, WAITING, Route, Spoken, spawn
from wireglass.proxy.interception import refuse
from wireglass.proxy.site import HOST
from wireglass.proxy.tunnel import Tunnel, failed_connect
from wireglass.wire.client_hello import looks_like_tls, read_client_hello
from wireglass.wire.http2_frames import PREFACE

if TYPE_CHECKING:
    from wireglass.proxy.client import ClientConnection

_NEVER = float("inf")
_SERVER_FIRST = 0.5  # seconds of silence after CONNECT that make us ask whether the server speaks first (SSH, SMTP)
_ASKED = 3.0  # seconds that a server may take to say what it speaks, while the client waits inside its handshake
_REQUEST_START = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} (?:/|\*|[Hh][Tt][Tt][Pp])")
_MAYBE_REQUEST = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?: (?:[Hh][Tt]{0,2})?)?")


class FirstBytes:
    """Looks at what comes behind a CONNECT, or to a port in reverse mode, until it is known what it is; lives no longer
    than that.

    ``look`` takes the bytes, ``wait`` is said instead where the client has sent none, ``stop`` when it has gone.
    """

    __slots__ = ("_asking", "_client", "_held", "_silence")

    def __init__(self, client: ClientConnection) -> None:
        self._client = client
        self._held = b""
        self._silence: asyncio.TimerHandle | None = None
        self._asking: asyncio.Task[None] | None = None

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
        elif first.startswith(PREFACE):
            self._client.begin_http2(first)
        elif PREFACE.startswith(first):
            return
        elif _REQUEST_START.match(first):
            self._client.begin_http(first)
        elif not _MAYBE_REQUEST.fullmatch(first):
            self._begin_tunnel(first)

    def stop(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def expired(self) -> None:
        """What has come is still not enough to tell."""
        client = self._client
        if self._asking is not None:  # which has a limit of its own
            return
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
        if self._reverse:
            name = hello.sni or client.local_ip.partition("%")[0]
        else:
            decision = client.service.interception.decide(client, hello.sni)
            if decision.action == "refuse":
                refuse(client, hello.sni, decision.pattern)
                return
            if decision.action == "pass":
                self._begin_tunnel(first, hello.sni, decision.note)
                return
            name = hello.sni or client.tunnel_origin.host
        origin = client.tunnel_origin
        # A server in clear cannot be asked what it speaks but by the preface of HTTP/2, which is noise to most of them.
        in_clear = self._reverse and origin.scheme == "http" and not client.door.http2 and HTTP1[0] in hello.alpn
        if HTTP2 not in hello.alpn or self._for_ourselves or in_clear:
            self._begin_tls(name, first, None)
            return
        if self._reverse:
            secure = origin.scheme == "https"
            route = Route(secure, origin.host, origin.port, origin.host if secure else "")
        else:
            route = Route(True, origin.host, origin.port, name)
        known = client.service.servers.known(route)
        if known is not None:
            self._answer(name, first, hello.alpn, known)
            return
        client.gate.hold(WAITING)
        self._asking = spawn(self._ask(route, name, first, hello.alpn))

    async def _ask(self, route: Route, name: str, first: bytes, offered: tuple[str, ...]) -> None:
        """The client is offered what the server speaks, which that alone can tell. Where it does not, or not soon, the
        client gets its first choice, and the answer to its request says what is wrong."""
        client = self._client
        learning = spawn(_learn(client, route))
        await asyncio.wait([learning], timeout=_ASKED)  # not ended with the time: the request will wait for it too
        self._asking = None
        if not client.transport.is_closing():
            client.gate.release(WAITING)
            client.deadline = client.service.loop.time() + client.service.hello_seconds  # for the rest of the handshake
            self._answer(name, first, offered, client.service.servers.known(route))

    def _answer(self, name: str, first: bytes, offered: tuple[str, ...], spoken: Spoken | None) -> None:
        choice = next((protocol for protocol in offered if protocol in HTTP_BOTH), HTTP2)
        if spoken is not None and spoken.protocol in offered:
            choice = spoken.protocol
        self._client.extended_connect = spoken is not None and spoken.extended_connect
        self._begin_tls(name, first, choice)

    def _begin_tls(self, name: str, first: bytes, protocol: str | None) -> None:
        client = self._client
        try:
            context = client.service.contexts.for_host(name, (protocol,) if protocol else HTTP1)
        except WireglassError as error:
            failed_connect(client, error)
            client.abort()
            return
        client.begin_tls(context, name, first)

    @property
    def _for_ourselves(self) -> bool:
        origin = self._client.tunnel_origin
        return origin is not None and origin.host == HOST

    @property
    def _reverse(self) -> bool:
        return self._client.door.target is not None

    def _client_is_silent(self) -> None:
        self._silence = None
        self._begin_tunnel(b"")

    def _begin_tunnel(self, first: bytes, name: str = "", note: str = "") -> None:
        client = self._client
        if self._reverse:
            client.begin_http(first)  # which says what is wrong with it
            return
        if self._for_ourselves:
            client.abort()  # our pages are asked for in HTTP, and there is nobody else of that name
            return
        assert client.tunnel_origin is not None and client.connect is not None
        client.first_bytes = None
        client.deadline = _NEVER
        client.tunnel = Tunnel(client, client.connect, client.tunnel_origin, client.head_begun)
        client.take = client.tunnel.client_data
        if note:
            client.tunnel.passed_through(name, note)
        client.tunnel.begin(first)


async def _learn(client: ClientConnection, route: Route) -> None:
    with contextlib.suppress(WireglassError):  # the request will meet it again, and be told
        await client.service.servers.learn(route, client.why_refused)


def tls_to_proxy(client: ClientConnection, data: bytes) -> None:
    """To the proxy's own port. No answer in HTTP would be understood."""
    error = ProtocolError(
        "The client speaks TLS to the proxy, which speaks HTTP and SOCKS 5.",
        "Give the proxy's address with http:// in front, for https targets too.",
    )
    error.received = data
    failed_connect(client, error)
    client.abort()
