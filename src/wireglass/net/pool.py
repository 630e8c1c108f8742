"""Upstream connections kept for the next request."""

from __future__ import annotations

import asyncio
from collections import deque

from wireglass.errors import Refused, UpstreamClosed, UpstreamTimeout
from wireglass.net.dial import Check, Dialler
from wireglass.net.upstream import Route, Upstream

_SWEEP = 5.0  # seconds between looks for connections that have been idle too long


class Pool:
    """Idle connections per route, newest first, and a bound on how many there are.

    ``take`` is for the hot path and never waits; ``connect`` opens a new connection, after waiting for a free place
    where the bound is reached.
    """

    def __init__(
        self, dialler: Dialler, *, per_route: int = 512, idle_seconds: float = 30.0, wait_seconds: float = 30.0
    ) -> None:
        self._dialler = dialler
        self.own_addresses = dialler.own_addresses
        self._per_route = per_route
        self._idle_seconds = idle_seconds
        self._wait_seconds = wait_seconds
        self._idle: dict[Route, list[Upstream]] = {}
        self._open: dict[Route, int] = {}
        self._waiting: dict[Route, deque[asyncio.Future[Upstream | None]]] = {}
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(_SWEEP, self._sweep)

    def take(self, route: Route, check: Check) -> Upstream | None:
        """An idle connection, or None. Raises Refused where the policy forbids this client its address."""
        idle = self._idle.get(route)
        while idle:
            upstream = idle.pop()
            if upstream.closed or upstream.transport.is_closing():
                continue
            refused = check(*upstream.address)
            if refused is not None:
                idle.append(upstream)
                raise Refused(f"No connection to {route.host} port {route.port} is made: {refused}.")
            return upstream
        return None

    async def connect(self, route: Route, check: Check, *, fresh: bool = False) -> Upstream:
        """A connection that nobody uses; ``fresh``: nor has used. Raises UpstreamError or Refused."""
        while self._open.get(route, 0) >= self._per_route:
            idle = self._idle.get(route)
            if idle:
                idle.pop(0).close()
            upstream = await self._wait(route)
            if upstream is not None and fresh and upstream.used:
                upstream.close()
            elif upstream is not None and not upstream.closed:
                refused = check(*upstream.address)
                if refused is None:
                    return upstream
                self.give_back(upstream)
                raise Refused(f"No connection to {route.host} port {route.port} is made: {refused}.")
        self._open[route] = self._open.get(route, 0) + 1
        try:
            upstream = await self._dialler.dial(route, check)
        except BaseException:
            self._left(route)
            raise
        if upstream.closed:
            self._left(route)
            raise UpstreamClosed(f"{route.host} port {route.port} closed the connection at once.")
        upstream.on_lost = self._lost
        return upstream

    def give_back(self, upstream: Upstream) -> None:
        """The exchange is over and the connection is clean: somebody else may use it."""
        upstream.user = None
        if upstream.closed:
            return
        if upstream.early:
            upstream.abort()
            return
        waiting = self._waiting.get(upstream.route)
        while waiting:
            waiter = waiting.popleft()
            if not waiter.done():
                waiter.set_result(upstream)
                return
        upstream.idle_since = self._loop.time()
        self._idle.setdefault(upstream.route, []).append(upstream)

    def close(self) -> None:
        """Closes the idle connections; those in use are closed by their users."""
        self._timer.cancel()
        for idle in self._idle.values():
            for upstream in idle:
                upstream.close()
        self._idle.clear()

    async def _wait(self, route: Route) -> Upstream | None:
        waiter: asyncio.Future[Upstream | None] = self._loop.create_future()
        self._waiting.setdefault(route, deque()).append(waiter)
        try:
            async with asyncio.timeout(self._wait_seconds):
                return await waiter
        except TimeoutError:
            if not waiter.cancelled():
                return waiter.result()  # it came in the same moment
            raise UpstreamTimeout(
                f"No connection to {route.host} port {route.port} became free in {self._wait_seconds:g} s: "
                f"{self._per_route} are in use."
            ) from None

    def _lost(self, upstream: Upstream) -> None:
        idle = self._idle.get(upstream.route)
        if idle and upstream in idle:
            idle.remove(upstream)
        self._left(upstream.route)

    def _left(self, route: Route) -> None:
        left = self._open[route] - 1
        if left:
            self._open[route] = left
        else:
            del self._open[route]
            self._idle.pop(route, None)
        waiting = self._waiting.get(route)
        while waiting:
            waiter = waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                break
        if not waiting:
            self._waiting.pop(route, None)

    def _sweep(self) -> None:
        oldest = self._loop.time() - self._idle_seconds
        for idle in self._idle.values():
            while idle and idle[0].idle_since < oldest:
                idle.pop(0).close()
        self._timer = self._loop.call_later(_SWEEP, self._sweep)
