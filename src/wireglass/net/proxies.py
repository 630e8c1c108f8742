"""Upstream proxies: which servers are reached through one, and what is said to it (RFC 9110 9.3.6, RFC 1928, 1929)."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Callable
from typing import Any, cast

from wireglass.errors import BadResponse, ProxyAuthRefused, ProxyRefused, ProxyUnreachable, WireglassError
from wireglass.model import Headers
from wireglass.net.tls import TlsPipe
from wireglass.net.upstream import Route
from wireglass.proxy_url import ProxyUrl, goes_direct
from wireglass.wire.head import ResponseHead
from wireglass.wire.http1 import ResponseParser
from wireglass.wire.target import bracketed

_READ = 64 * 1024
_SHOWN = 200  # characters of what a proxy says
_LONG = 365 * 86400.0  # seconds; whoever calls has a deadline of its own
_PORTS = "Many proxies allow CONNECT to port 443 alone (Squid: SSL_ports)."


class Proxies:
    """``exceptions`` as ``parse_no_proxy`` gives them. ``must_look_up(port)``: whether the policy has to know the
    addresses of a name that the proxy will look up, because somebody else might ask for what only this machine may
    reach, or anybody for ourselves."""

    def __init__(
        self,
        url: ProxyUrl,
        exceptions: tuple[str, ...] = (),
        *,
        must_look_up: Callable[[int], bool] = lambda port: False,
    ) -> None:
        self._url = url
        self._exceptions = exceptions
        self.must_look_up = must_look_up

    def find(self, route: Route) -> ProxyUrl | None:
        """The proxy for a server; None where it is reached directly."""
        return None if goes_direct(self._exceptions, route.host, route.port) else self._url


class Line:
    """A connected socket, inside TLS if ``tls`` is given, as long as the proxy itself is spoken to."""

    def __init__(self, sock: socket.socket, tls: TlsPipe | None) -> None:
        self.sock = sock
        self.tls = tls
        self.rest = b""
        """What came behind the proxy's last word: the server's first."""
        self._loop = asyncio.get_running_loop()

    async def secure(self) -> None:
        """The TLS handshake with the proxy. Raises UpstreamTls, or OSError."""
        assert self.tls is not None
        self.tls.start()
        while True:
            await self._flush()
            if self.tls.established:
                return
            data = await self._loop.sock_recv(self.sock, _READ)
            if not data:
                raise ConnectionResetError("the proxy closed during the TLS handshake")
            try:
                self.rest += self.tls.feed(data)
            except WireglassError:
                await self._flush()  # the alert
                raise

    async def write(self, data: bytes) -> None:
        await self._loop.sock_sendall(self.sock, data if self.tls is None else self.tls.write(data))

    async def read(self) -> bytes:
        """At least one byte; empty at the end."""
        rest, self.rest = self.rest, b""
        while not rest:
            data = await self._loop.sock_recv(self.sock, _READ)
            if not data or self.tls is None:
                return data
            rest = self.tls.feed(data)
            await self._flush()
            if self.tls.closed:
                return rest
        return rest

    async def _flush(self) -> None:
        if self.tls is not None and (out := self.tls.out()):
            await self._loop.sock_sendall(self.sock, out)


class _Reply:
    """The response to a CONNECT: its head. What follows is the server's, or a page about an error."""

    head: ResponseHead | None = None

    def response_informational(self, head: ResponseHead) -> None:
        """RFC 9110 15.2: it may come, and says nothing here."""

    def response_head(self, head: ResponseHead) -> None:
        self.head = head

    def response_body(self, data: bytes) -> None:
        """Never: see ``connect``."""

    def response_end(self, trailers: Headers) -> None:
        """At once."""


async def connect(line: Line, proxy: ProxyUrl, host: str, port: int) -> None:
    """Makes ``line`` a connection to ``host:port`` by the words of an HTTP proxy. Raises a ProxyError by kind, or
    OSError."""
    target = f"{bracketed(host)}:{port}"
    head = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
    if proxy.username:
        # RFC 7617 2.1: UTF-8, which most expect.
        pair = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode("ascii")
        head += f"Proxy-Authorization: Basic {pair}\r\n"
    await line.write(f"{head}\r\n".encode())
    reply, parser = _Reply(), ResponseParser()
    # RFC 9110 9.3.6: a successful response to CONNECT has no content, whatever its fields say; as to HEAD.
    parser.begin(reply, b"HEAD")
    while reply.head is None:
        data = await line.read()
        if not data:
            raise ProxyUnreachable(
                f"The upstream proxy {proxy} closed the connection without an answer to CONNECT {target}.",
                _is_it(proxy),
            )
        try:
            parser.feed(data)
        except BadResponse as error:
            raise ProxyUnreachable(
                f"What answers at {proxy} is no HTTP proxy: {error.message[:_SHOWN]}", _is_it(proxy)
            ) from error
    if not 200 <= reply.head.status < 300:
        raise _refused(proxy, target, port, reply.head)
    line.rest = parser.rest()


def _refused(proxy: ProxyUrl, target: str, port: int, head: ResponseHead) -> WireglassError:
    said = f"{head.status} {head.reason.decode('latin-1')[:_SHOWN]}".strip()
    if head.status == 407:
        asked = [value.decode("latin-1") for name, value in head.headers if name.lower() == b"proxy-authenticate"]
        schemes = sorted({value.split(" ")[0][:_SHOWN] for value in asked if value})
        if schemes and "basic" not in map(str.lower, schemes):
            hint = f"It asks for {', '.join(schemes)}; Wireglass can say Basic alone. A local helper such as cntlm can."
        elif proxy.username:
            hint = "The user name or the password that --upstream gives is not the right one."
        else:
            hint = f"Give it both: --upstream {proxy.scheme}://USER:PASSWORD@{str(proxy).partition('://')[2]}"
        return ProxyAuthRefused(f"The upstream proxy {proxy} refused to let us in: {said}.", hint)
    hint = f"To reach {target} without it: --no-proxy {target}"
    return ProxyRefused(
        f"The upstream proxy {proxy} refused CONNECT {target}: {said}.", hint if port == 443 else f"{_PORTS} {hint}"
    )


async def socks5(line: Line, proxy: ProxyUrl, host: str, port: int) -> None:
    """The same by the words of a SOCKS 5 proxy, which looks names up itself."""
    # Imported here: few have one, and it takes 14 ms or more.
    from python_socks import ProxyError, ProxyType
    from python_socks.async_.asyncio import Proxy

    sock = line.sock

    class Dialled:
        """The library's own way to connect knows neither our deadlines nor several addresses of a name."""

        async def connect(self, *_: object, **__: object) -> socket.socket:
            return sock

    library = Proxy(
        ProxyType.SOCKS5,
        proxy.host,
        proxy.port,
        proxy.username or None,
        proxy.password or None,
        rdns=True,
        forward=cast("Any", Dialled()),
        loop=asyncio.get_running_loop(),
    )
    target = f"{bracketed(host)}:{port}"
    try:
        await library.connect(host, port, timeout=_LONG)
    except ProxyError as error:
        said = str(error)[:_SHOWN]
        if error.error_code is not None:
            raise ProxyRefused(
                f"The upstream proxy {proxy} made no connection to {target}: {said.lower()}.",
                f"To reach it without the proxy: --no-proxy {target}",
            ) from error
        if "auth" in said.lower():
            raise ProxyAuthRefused(
                f"The upstream proxy {proxy} refused to let us in: {said.lower()}.",
                "The user name or the password that --upstream gives is not the right one."
                if proxy.username
                else f"Give it both: --upstream socks5://USER:PASSWORD@{str(proxy).partition('://')[2]}",
            ) from error
        raise ProxyUnreachable(f"What answers at {proxy} is no SOCKS 5 proxy: {said}.", _is_it(proxy)) from error
    except ValueError as error:  # a name that its protocol cannot say, UnicodeError among them
        raise ProxyRefused(f"SOCKS 5 cannot name {target[:_SHOWN]}: {error}.") from error


def _is_it(proxy: ProxyUrl) -> str:
    others = ", ".join(f"{scheme}://" for scheme in ("http", "https", "socks5") if scheme != proxy.scheme)
    return f"Is it a proxy of another kind ({others}), or another port? --upstream says which."
