"""The servers as an exchange asks them, whatever each of them speaks."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import NamedTuple

from wireglass.errors import ConnectTimeout, Refused, TlsNoProtocol, UpstreamClosed, WireglassError
from wireglass.net.contexts import HTTP1, HTTP_BOTH
from wireglass.net.dial import Check
from wireglass.net.http1 import Http1Server
from wireglass.net.http2 import Http2Server
from wireglass.net.pool import Pool
from wireglass.net.remedy import wait_longer
from wireglass.net.server_side import ServerSide
from wireglass.net.upstream import Attempt, Route, Upstream

HTTP2 = "h2"
"""As in ALPN (RFC 7301)."""

_HTTP1 = "http/1.1"

_REMEMBERED = 4096
_TRUSTED = 600.0  # seconds for which what a server spoke is taken for what it speaks
_SWEEP = 5.0


class Spoken(NamedTuple):
    """What a server answered to the question."""

    protocol: str
    extended_connect: bool
    """It takes WebSockets over HTTP/2 (RFC 8441)."""
    insists: bool = False
    """It could speak another, and wants this one (RFC 9113 7: HTTP_1_1_REQUIRED)."""


class Servers:
    """``take`` is for the hot path and never waits; ``connect`` opens a new connection where it has to; ``learn`` asks
    a server what it speaks, before there is anything to ask it for.

    ``http2`` says that whoever asks understands HTTP/2, so that the server may choose; connections over HTTP/2 are
    shared by all who ask."""

    def __init__(self, pool: Pool, *, idle_seconds: float = 30.0) -> None:
        """``idle_seconds``: how long a connection over HTTP/2 is kept without a stream."""
        self.pool = pool
        self._settings_seconds = pool.connect_seconds
        self._idle_seconds = idle_seconds
        self._loop = asyncio.get_running_loop()
        self._http2: dict[Route, list[Http2Server]] = {}
        self._opening: dict[Route, asyncio.Future[None]] = {}
        self._spoken: OrderedDict[Route, tuple[Spoken, float]] = OrderedDict()
        self._only_http2: OrderedDict[Route, None] = OrderedDict()
        """Their servers understand nothing else, whoever asks."""
        self._sweeper = self._loop.call_later(_SWEEP, self._sweep)

    def take(self, route: Route, check: Check, *, http2: bool, repeatable: bool) -> ServerSide | None:
        """One that can be asked at once, or None; ``repeatable``: what is asked may be asked again. Raises Refused."""
        if http2 or (self._only_http2 and route in self._only_http2):
            if (server := self._shared(route, check)) is not None:
                return server
            if self._expects_http2(route):
                return None
        while (connection := self.pool.take(route, check)) is not None:
            if repeatable or not connection.ended_unseen():
                return self._http1(connection)
            connection.abort()
        return None

    def _shared(self, route: Route, check: Check) -> ServerSide | None:
        """A stream of a connection that is there. Raises Refused."""
        for server in self._http2.get(route, ()):
            if server.has_room():
                self.pool.allow(route, server.connection, check)
                return server.open()
        return None

    async def connect(
        self,
        route: Route,
        check: Check,
        *,
        http2: bool,
        repeatable: bool = True,
        fresh: bool = False,
        attempt: Attempt | None = None,
    ) -> ServerSide:
        """``fresh``: on a connection that was not used before. Raises as ``Pool.connect``."""
        if not http2 and route not in self._only_http2:
            try:
                connection = await self.pool.connect(route, check, fresh=fresh, attempt=attempt)
                if repeatable or not self._may_be_only_http2(connection):
                    return self._http1(connection)
                connection.close()  # before the next one: small servers take one at a time
                if not await self.only_http2(route, check):
                    return await self.connect(route, check, http2=False, fresh=fresh, attempt=attempt)
            except TlsNoProtocol:
                if not await self.only_http2(route, check):
                    raise
        # Many streams of one client begin at once: one of them connects, and the others share what comes of it.
        while (opening := self._opening.get(route)) is not None:
            await asyncio.shield(opening)
            if (shared := self._shared(route, check)) is not None:  # it is new, and so fresh as well
                return shared
        if not self._expects_http2(route):
            return await self._open(route, check, fresh, attempt)
        self._opening[route] = opening = self._loop.create_future()
        try:
            server = await self._open(route, check, fresh, attempt)
        except Refused:
            raise  # one client's, and not another's
        except WireglassError as error:
            opening.set_exception(error)
            opening.exception()  # perhaps nobody waits for it
            raise
        finally:
            del self._opening[route]
            if not opening.done():
                opening.set_result(None)  # who waits looks again
        return server

    async def learn(self, route: Route, check: Check) -> Spoken:
        """What the server speaks: remembered, or by a connection that is kept for the first request. Raises as
        ``connect``."""
        known = self.known(route)
        if known is None:
            (await self.connect(route, check, http2=True)).spare()
            known = self.known(route)
        return known or Spoken(_HTTP1, False)

    async def only_http2(self, route: Route, check: Check) -> bool:
        """Asked when a server understood nothing over HTTP/1: whether HTTP/2 is what it speaks. From then on it is
        asked so."""
        if not route.tls:
            return False
        try:
            spoken = await self.learn(route, check)
        except WireglassError:
            return False
        if spoken.protocol != HTTP2:
            return False
        self._only_http2[route] = None
        if len(self._only_http2) > _REMEMBERED:
            self._only_http2.popitem(last=False)
        return True

    def known(self, route: Route) -> Spoken | None:
        found = self._spoken.get(route)
        if found is not None and found[1] >= self._loop.time() - _TRUSTED:
            return found[0]
        servers = self._http2.get(route)
        return Spoken(HTTP2, servers[0].extended_connect) if servers else None

    def close(self) -> None:
        """Closes what is idle; the rest is closed by its users."""
        self._sweeper.cancel()
        for servers in list(self._http2.values()):
            for server in list(servers):
                if not server.running:
                    server.close()

    def _expects_http2(self, route: Route) -> bool:
        known = self.known(route)
        return known is None or known.protocol == HTTP2

    async def _open(self, route: Route, check: Check, fresh: bool, attempt: Attempt | None) -> ServerSide:
        known = self.known(route)
        insists = known is not None and known.insists
        alpn = HTTP1 if insists else HTTP_BOTH
        connection = await self.pool.connect(route, check, fresh=fresh, attempt=attempt, alpn=alpn)
        if connection.used:  # somebody gave it back while this one waited for a place
            return self._http1(connection)
        if not self._begins_http2(connection):
            if not insists:
                self._learned(route, Spoken(_HTTP1, False))
            return self._http1(connection)
        server = Http2Server(connection, self._gone)
        try:
            async with asyncio.timeout(self._settings_seconds):
                await asyncio.shield(server.ready)
        except TimeoutError:
            connection.abort()
            raise ConnectTimeout(
                f"{route.host} port {route.port} sent no SETTINGS within {self._settings_seconds:g} s, with which "
                "HTTP/2 begins.",
                wait_longer("--connect-timeout", self._settings_seconds or 0.0),
            ) from None
        except asyncio.CancelledError:
            connection.abort()  # nobody knows of it yet
            raise
        except WireglassError:
            connection.abort()
            if route.tls or self.known(route) == Spoken(_HTTP1, False):
                raise
            # Asked in clear with prior knowledge (RFC 9113 3.3), and it does not speak it: then as everybody does.
            self._learned(route, Spoken(_HTTP1, False))
            return await self._open(route, check, True, attempt)
        if server.going:
            connection.close()
            raise UpstreamClosed(f"{route.host} port {route.port} took no requests on a new connection (GOAWAY).")
        self._learned(route, Spoken(HTTP2, server.extended_connect))
        self._http2.setdefault(route, []).append(server)
        server.idle_since = self._loop.time()
        return server.open()

    def _may_be_only_http2(self, connection: Upstream) -> bool:
        """It has agreed on no protocol, and was never asked. What cannot be sent again is not sent to find out."""
        tls = connection.tls
        return tls is not None and not tls.alpn and not connection.used and self.known(connection.route) is None

    def _begins_http2(self, connection: Upstream) -> bool:
        if connection.tls is not None:
            return connection.tls.alpn == HTTP2
        known = self.known(connection.route)
        return known is None or known.protocol == HTTP2

    def _learned(self, route: Route, spoken: Spoken) -> None:
        self._spoken[route] = (spoken, self._loop.time())
        self._spoken.move_to_end(route)
        if len(self._spoken) > _REMEMBERED:
            self._spoken.popitem(last=False)

    def _gone(self, server: Http2Server) -> None:
        route = server.connection.route
        servers = self._http2.get(route)
        if servers and server in servers:
            servers.remove(server)
            if not servers:
                del self._http2[route]
        if server.wants_http1:
            self._only_http2.pop(route, None)
            self._learned(route, Spoken(_HTTP1, False, insists=True))

    def _sweep(self) -> None:
        self._sweeper = self._loop.call_later(_SWEEP, self._sweep)
        oldest = self._loop.time() - self._idle_seconds
        for servers in list(self._http2.values()):
            for server in list(servers):
                if not server.running and server.idle_since < oldest:
                    server.close()

    def _http1(self, connection: Upstream) -> Http1Server:
        if connection.http1 is None:
            connection.http1 = Http1Server(connection, self.pool.give_back)
        return connection.http1
