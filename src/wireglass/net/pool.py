"""Upstream connections kept for the next request."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections import deque

from wireglass.errors import LimitReached, Refused, UpstreamClosed
from wireglass.net.contexts import HTTP1
from wireglass.net.dial import Check, Dialler
from wireglass.net.upstream import Attempt, Route, Upstream

_SWEEP = 5.0  # seconds between looks for connections that have been idle too long


class Pool:
    """Idle connections per route, newest first, and bounds on how many there are, of a route and in all.

    ``take`` is for the hot path and never waits; ``connect`` opens a new connection. Where a bound is reached, it
    closes what has been idle longest, and waits for a free place.
    """

    def __init__(
        self,
        dialler: Dialler,
        *,
        per_route: int = 512,
        total: int = 4096,
        idle_seconds: float = 30.0,
        wait_seconds: float = 30.0,
    ) -> None:
        self._dialler = dialler
        self.own_addresses = dialler.own_addresses
        self.connect_seconds = dialler.timeout
        self._per_route = min(per_route, total)
        self._total = total
        self._idle_seconds = idle_seconds
        self._wait_seconds = wait_seconds
        self._idle: dict[Route, list[Upstream]] = {}
        self._open: dict[Route, int] = {}
        self._places = 0
        """Taken: by connections that are idle, used, or being opened."""
        self._waiting_for_any: deque[asyncio.Future[None]] = deque()
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
            if upstream.early:  # it was kept for its first request, and its server has not waited for that
                upstream.abort()
                continue
            try:
                self.allow(route, upstream, check)
            except Refused:
                idle.append(upstream)
                raise
            return upstream
        return None

    def allow(self, route: Route, upstream: Upstream, check: Check) -> None:
        """Raises Refused where the policy forbids this client the address of a connection that is there already."""
        refused = check(*upstream.address)
        if refused is not None:
            raise Refused(f"No connection to {route.host} port {route.port} is made: {refused}.")

    async def connect(
        self,
        route: Route,
        check: Check,
        *,
        fresh: bool = False,
        attempt: Attempt | None = None,
        alpn: tuple[str, ...] = HTTP1,
    ) -> Upstream:
        """A connection that nobody uses; ``fresh``: nor has used. Raises UpstreamError, Refused or LimitReached, and
        ``attempt`` is told how far it came."""
        while self._open.get(route, 0) >= self._per_route:
            idle = self._idle.get(route)
            if idle:
                idle.pop(0).close()
            upstream = await self._wait(route)
            if upstream is not None and fresh and upstream.used:
                upstream.close()
            elif upstream is not None and not upstream.closed:
                try:
                    self.allow(route, upstream, check)
                except Refused:
                    self.give_back(upstream)
                    raise
                return upstream
        self._open[route] = self._open.get(route, 0) + 1  # before the first await: whoever comes meanwhile sees it
        try:
            await self._take_place()
            try:
                upstream = await self._dial(route, check, attempt, alpn)
            except BaseException:
                self._free_place()
                raise
        except BaseException:
            self._route_left(route)
            raise
        if upstream.closed:
            self._free_place()
            self._route_left(route)
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
        if self._waiting_for_any:
            upstream.close()  # for another route: its place is free when it is closed
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

    async def _dial(self, route: Route, check: Check, attempt: Attempt | None, alpn: tuple[str, ...]) -> Upstream:
        try:
            return await self._dialler.dial(route, check, attempt, alpn)
        except LimitReached:  # the system's: somebody else has the descriptors
            if not self._evict():
                raise
        await asyncio.sleep(0)  # what was aborted lets go of its descriptor with the next turn of the loop
        return await self._dialler.dial(route, check, attempt, alpn)

    async def _take_place(self) -> None:
        while self._places >= self._total:
            self._evict()
            await self._wait_for_any()
        self._places += 1

    def _free_place(self) -> None:
        self._places -= 1
        self._wake_one()

    def _wake_one(self) -> None:
        while self._waiting_for_any:
            waiter = self._waiting_for_any.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _evict(self) -> bool:
        """Closes the connections that have been idle longest, whatever their route. False if there are none."""
        idle = [upstream for kept in self._idle.values() for upstream in kept]
        # More than one where there are many, since all have to be looked at.
        oldest = heapq.nsmallest(1 + len(idle) // 64, idle, key=lambda upstream: upstream.idle_since)
        for upstream in oldest:
            self._idle[upstream.route].remove(upstream)
            upstream.abort()  # nothing waits to be sent on it
        return bool(oldest)

    async def _wait_for_any(self) -> None:
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiting_for_any.append(waiter)
        try:
            async with asyncio.timeout(self._wait_seconds):
                await waiter
        except BaseException as error:
            if not waiter.cancelled():
                self._wake_one()  # it was this one's turn
            else:
                with contextlib.suppress(ValueError):  # somebody was woken since, and it was passed over
                    self._waiting_for_any.remove(waiter)
            if isinstance(error, TimeoutError):
                raise LimitReached(
                    f"No connection became free in {self._wait_seconds:g} s: {self._total} are in use.",
                    "Ask fewer servers at the same time, or raise this system's limit of open files.",
                ) from None
            raise

    async def _wait(self, route: Route) -> Upstream | None:
        waiter: asyncio.Future[Upstream | None] = self._loop.create_future()
        self._waiting.setdefault(route, deque()).append(waiter)
        try:
            async with asyncio.timeout(self._wait_seconds):
                return await waiter
        except asyncio.CancelledError:  # whoever waited has left; what came for it in the same moment is the next one's
            if waiter.cancelled():
                self._forget(route, waiter)
            elif (upstream := waiter.result()) is not None:
                self.give_back(upstream)
            else:
                self._wake_route(route)
            raise
        except TimeoutError:
            if not waiter.cancelled():
                return waiter.result()  # it came in the same moment
            self._forget(route, waiter)
            raise LimitReached(
                f"No connection to {route.host} port {route.port} became free in {self._wait_seconds:g} s: "
                f"{self._per_route} are in use."
            ) from None

    def _forget(self, route: Route, waiter: asyncio.Future[Upstream | None]) -> None:
        with contextlib.suppress(KeyError, ValueError):  # somebody was woken since, and it was passed over
            self._waiting[route].remove(waiter)

    def _lost(self, upstream: Upstream) -> None:
        idle = self._idle.get(upstream.route)
        if idle and upstream in idle:
            idle.remove(upstream)
        self._free_place()
        self._route_left(upstream.route)

    def _route_left(self, route: Route) -> None:
        left = self._open[route] - 1
        if left:
            self._open[route] = left
        else:
            del self._open[route]
            self._idle.pop(route, None)
        self._wake_route(route)

    def _wake_route(self, route: Route) -> None:
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
