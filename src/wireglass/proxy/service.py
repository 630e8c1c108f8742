"""The proxy as a whole: what its connections share, their deadlines, its end."""

from __future__ import annotations

import asyncio
import itertools
import math
import socket
from collections import OrderedDict
from collections.abc import Collection
from typing import TYPE_CHECKING

from wireglass.model import Sink
from wireglass.net import Pool, ServerContexts, Servers, certificate_hash
from wireglass.policy import why_refused
from wireglass.proxy.client import ClientConnection
from wireglass.proxy.doors import PROXY, Door
from wireglass.proxy.interception import Interception
from wireglass.proxy.site import Site
from wireglass.proxy.turned_away import TurnedAway
from wireglass.proxy.watch import Limits
from wireglass.proxy.wordless import Wordless

if TYPE_CHECKING:
    from wireglass.net import Attempt, Upstream

_SWEEP = 0.5  # seconds between looks at the deadlines
_BACKLOG = 1024
# A client that has gone looks like one that has only ended its side and still reads, until something is written to it.
# Those that do end their side (nc -N, scripts that pipe a request in) ask for what is answered within seconds.
_HALF_CLOSED = 10.0
_CERTIFICATES = 4096


class Service:
    """``serve`` listening sockets, then ``drain``. ``listeners``: (address, port) of those that are open at any moment.
    ``hello_seconds`` bounds the first bytes in a tunnel,
    ``idle_seconds`` the time between requests, and that in which a client takes nothing of what is left to send,
    ``half_closed_seconds`` how long a client that sends no more is waited for while the server is silent;
    ``response_timeout``, ``idle_timeout`` and ``head_timeout`` are the settings of these names, in seconds.

    Above ``max_clients`` connections a new one is answered 503; ``limit_hint`` says there how to allow more. ``site``
    has the pages of our own; without one a line of text stands for them."""

    def __init__(
        self,
        sink: Sink,
        pool: Pool,
        contexts: ServerContexts,
        listeners: Collection[tuple[str, int]],
        *,
        response_timeout: float | None = 300.0,
        idle_timeout: float | None = 600.0,
        head_timeout: float | None = 60.0,
        allow_remote_loopback: bool = False,
        hello_seconds: float = 10.0,
        idle_seconds: float = 300.0,
        half_closed_seconds: float = _HALF_CLOSED,
        max_clients: int = 12_000,
        limit_hint: str = "",
        site: Site | None = None,
        interception: Interception | None = None,
        keeps_alt_svc: bool = False,
        postman_headers: bool = False,
    ) -> None:
        self.sink = sink
        self.pool = pool
        self.servers = Servers(pool)
        self.contexts = contexts
        self.listeners = listeners
        self.limits = Limits(response_timeout, idle_timeout, half_closed_seconds)
        self.hello_seconds = hello_seconds
        self.head_seconds = math.inf if head_timeout is None else head_timeout
        self.idle_seconds = idle_seconds
        self.max_clients = max_clients
        self.limit_hint = limit_hint
        self.site = site
        self.interception = interception or Interception()
        self.keeps_alt_svc = keeps_alt_svc
        """Offers of HTTP/3 are passed on to clients."""
        self.postman_headers = postman_headers
        """Fields of requests and Location go by other names (``wire.postman_headers``)."""
        self.draining = False
        self.connections: set[ClientConnection] = set()
        self.numbers = itertools.count(1)
        self._allow_remote_loopback = allow_remote_loopback
        self._doors: dict[Door, list[asyncio.Server]] = {}
        self._told_certificates: OrderedDict[bytes, None] = OrderedDict()
        self.loop = asyncio.get_running_loop()
        self.turned_away = TurnedAway(self)
        self.wordless = Wordless(self)
        self._gone: asyncio.Future[None] | None = None
        self._sweeper = self.loop.call_later(_SWEEP, self._sweep)

    async def serve(self, sock: socket.socket, door: Door = PROXY) -> None:
        """``sock`` listens already; several processes may accept from the same one. ``door``: what it is for."""
        server = await self.loop.create_server(lambda: ClientConnection(self, door), sock=sock, backlog=_BACKLOG)
        self._doors.setdefault(door, []).append(server)

    def close_door(self, door: Door) -> None:
        """Accepts no more on its sockets, and lets what runs through it end."""
        for server in self._doors.pop(door, []):
            server.close()
        for connection in [one for one in self.connections if one.door is door]:
            connection.drain()

    def has_room(self) -> bool:
        return len(self.connections) < self.max_clients

    def why_refused(self, client: str, local: str, target: str, port: int) -> str | None:
        return why_refused(
            client,
            local,
            target,
            port,
            listeners=self.listeners,
            own_addresses=self.pool.own_addresses,
            allow_remote_loopback=self._allow_remote_loopback,
        )

    def tell_certificates(self, upstream: Upstream | Attempt) -> None:
        """Each certificate goes to the record once in a while, not with every exchange."""
        for der in upstream.certificates:
            digest = certificate_hash(der)
            if digest not in self._told_certificates:
                self._told_certificates[digest] = None
                if len(self._told_certificates) > _CERTIFICATES:
                    self._told_certificates.popitem(last=False)
                self.sink.certificate(digest, der)
        upstream.certificates = []

    async def drain(self, seconds: float) -> None:
        """Accepts no more, lets running exchanges end, and after ``seconds`` ends them."""
        self.draining = True
        self._close_doors()
        self.turned_away.close()
        for connection in list(self.connections):
            connection.drain()
        if self.connections:
            self._gone = self.loop.create_future()
            await asyncio.wait([self._gone], timeout=seconds)
        self.abort()

    def abort(self) -> None:
        """Ends everything now; what runs is recorded as interrupted."""
        self._sweeper.cancel()
        self._close_doors()
        for connection in list(self.connections):
            connection.interrupt()
        self.turned_away.close()
        self.wordless.decide(math.inf)
        self.servers.close()
        self.pool.close()

    def _close_doors(self) -> None:
        for servers in self._doors.values():
            for server in servers:
                server.close()

    def left(self, connection: ClientConnection) -> None:
        self.connections.discard(connection)
        if not self.connections and self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    def _sweep(self) -> None:
        # First: whatever fails below, there is a next one.
        self._sweeper = self.loop.call_later(_SWEEP, self._sweep)
        now = self.loop.time()
        self.wordless.decide(now)
        for connection in [c for c in self.connections if c.deadline < now]:
            connection.expired()
