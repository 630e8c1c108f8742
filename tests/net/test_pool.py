"""Kept connections: who gets which, how many there are, and that every place comes back."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from functools import partial

import pytest
from tests.net.conftest import Run
from tests.proxy.peer import Origin, until

from wireglass.errors import ConnectRefused, LimitReached, Refused, UpstreamClosed
from wireglass.net import Attempt, Check, Dialler, Pool, Route, Upstream


class User:
    """Of an upstream connection: notes what it is told."""

    def __init__(self) -> None:
        self.data = b""
        self.told: list[str] = []

    def upstream_data(self, data: bytes) -> None:
        self.data += data

    def upstream_eof(self) -> None:
        self.told.append("eof")

    def upstream_lost(self, error: Exception | None) -> None:
        self.told.append("lost")

    def upstream_blocked(self, blocked: bool) -> None:
        self.told.append("blocked" if blocked else "free")


def allowed(address: str, port: int) -> str | None:
    return None


def forbidden(address: str, port: int) -> str | None:
    return "not this one"


class House:
    """A pool and an origin; at the end no place may be taken."""

    def __init__(
        self, *, per_route: int = 2, total: int = 100, wait_seconds: float = 5.0, idle_seconds: float = 30.0
    ) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.pool = Pool(
            Dialler(context, timeout=5),
            per_route=per_route,
            total=total,
            wait_seconds=wait_seconds,
            idle_seconds=idle_seconds,
        )
        self.origin = Origin()
        self.route = Route(False, "127.0.0.1", 0, "")

    async def __aenter__(self) -> House:
        await self.origin.start()
        self.route = self.route._replace(port=self.origin.port)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.pool.close()
        for peer in self.origin.peers:
            peer.transport.abort()
        self.origin.stop()
        if kind is None:
            await until(lambda: not self.pool._open, f"places to be free: {self.pool._open}")
            assert not self.pool._idle and not self.pool._waiting
            assert not self.pool._places and not self.pool._waiting_for_any

    async def connect(self) -> Upstream:
        upstream = await self.pool.connect(self.route, allowed)
        upstream.attach(User())
        return upstream


def test_the_one_used_last_is_taken_first(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            assert house.pool.take(house.route, allowed) is None
            first, second = await house.connect(), await house.connect()
            house.pool.give_back(first)
            house.pool.give_back(second)
            assert house.pool.take(house.route, allowed) is second
            assert house.pool.take(house.route._replace(host="localhost"), allowed) is None
            second.close()

    run(main())


def test_a_kept_connection_is_no_way_round_the_policy(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            house.pool.give_back(await house.connect())
            with pytest.raises(Refused, match="not this one"):
                house.pool.take(house.route, forbidden)
            assert house.pool.take(house.route, allowed) is not None
            house.origin.peers[0].close()

    run(main())


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_connection_the_server_closed_is_not_taken(run: Run, how: str) -> None:
    async def main() -> None:
        async with House() as house:
            house.pool.give_back(await house.connect())
            getattr(await house.origin.accept(), how)()
            await until(lambda: not house.pool._open)
            assert house.pool.take(house.route, allowed) is None

    run(main())


def test_who_waits_gets_what_is_given_back(run: Run) -> None:
    async def main() -> None:
        async with House(per_route=1) as house:
            first = await house.connect()
            waiting = [
                asyncio.get_running_loop().create_task(house.pool.connect(house.route, allowed)) for _ in range(2)
            ]
            await until(lambda: len(house.pool._waiting.get(house.route, ())) == 2)
            house.pool.give_back(first)
            assert await waiting[0] is first
            first.close()  # its place goes to the other one
            second = await waiting[1]
            assert second is not first
            second.close()

    run(main())


def test_who_needs_a_fresh_one_gets_no_used_one(run: Run) -> None:
    async def main() -> None:
        async with House(per_route=1) as house:
            first = await house.connect()
            waiting = asyncio.get_running_loop().create_task(house.pool.connect(house.route, allowed, fresh=True))
            await until(lambda: house.pool._waiting)
            house.pool.give_back(first)
            fresh = await waiting
            assert not fresh.used and first.closed
            fresh.close()

    run(main())


def test_idle_connections_make_room(run: Run) -> None:
    async def main() -> None:
        async with House(per_route=1) as house:
            house.pool.give_back(await house.connect())
            fresh = await house.pool.connect(house.route, allowed, fresh=True)
            assert not fresh.used
            fresh.close()

    run(main())


def test_waiting_has_an_end(run: Run) -> None:
    async def main() -> None:
        async with House(per_route=1, wait_seconds=0.05) as house:
            first = await house.connect()
            with pytest.raises(LimitReached, match=r"became free in 0\.05 s: 1 are in use"):
                await house.pool.connect(house.route, allowed)
            house.pool.give_back(first)
            assert house.pool.take(house.route, allowed) is first
            first.close()

    run(main())


def test_a_failed_dial_gives_its_place_back(run: Run) -> None:
    async def main() -> None:
        async with House(per_route=1) as house:
            house.origin.stop()
            for _ in range(3):
                with pytest.raises(ConnectRefused):
                    await house.pool.connect(house.route, allowed)
            with pytest.raises(Refused):
                await house.pool.connect(house.route, forbidden)

    run(main())


def test_a_server_that_closes_at_once(run: Run) -> None:
    """An error, or a connection whose user is told: never one that is dead and says nothing."""

    async def main() -> None:
        async with House(per_route=1) as house:
            loop = asyncio.get_running_loop()
            with socket.create_server(("127.0.0.1", 0)) as listening:
                listening.setblocking(False)
                route = house.route._replace(port=listening.getsockname()[1])
                for _ in range(20):
                    connecting = asyncio.get_running_loop().create_task(house.pool.connect(route, allowed))
                    accepted, _ = await loop.sock_accept(listening)
                    accepted.close()
                    with suppress(UpstreamClosed):
                        user = User()
                        upstream = await connecting
                        upstream.attach(user)
                        await until(partial(bool, user.told))
                        upstream.close()

    run(main())


def test_what_a_server_says_first_waits_for_the_user(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            greeter = Origin()
            await greeter.start(b"220 ready\r\n")
            route = house.route._replace(port=greeter.port)
            upstream = await house.pool.connect(route, allowed)
            await until(lambda: upstream.early)
            user = User()
            upstream.attach(user)
            await until(lambda: user.data == b"220 ready\r\n")
            upstream.close()
            unused = await house.pool.connect(route, allowed)
            await until(lambda: unused.early)
            house.pool.give_back(unused)
            assert house.pool.take(route, allowed) is None
            greeter.stop()
            for peer in greeter.peers:
                peer.close()

    run(main())


def test_idle_connections_are_closed_in_time(run: Run) -> None:
    async def main() -> None:
        async with House(idle_seconds=-1.0) as house:
            first, second = await house.connect(), await house.connect()
            house.pool.give_back(first)
            house.pool._sweep()
            assert first.closed and not second.closed
            second.close()
            await until(lambda: not house.pool._open)

    run(main())


class Several:
    """``House`` with ``count`` origins, and so routes."""

    def __init__(self, house: House, count: int) -> None:
        self.house = house
        self.origins = [Origin() for _ in range(count)]

    async def __aenter__(self) -> list[Route]:
        for origin in self.origins:
            await origin.start()
        return [Route(False, "127.0.0.1", origin.port, "") for origin in self.origins]

    async def __aexit__(self, *_: object) -> None:
        for origin in self.origins:
            for peer in origin.peers:
                peer.transport.abort()
            origin.stop()


async def used(pool: Pool, route: Route) -> Upstream:
    upstream = await pool.connect(route, allowed)
    upstream.attach(User())
    return upstream


def test_above_the_total_the_one_idle_longest_is_closed_whatever_its_route(run: Run) -> None:
    async def main() -> None:
        async with House(total=3) as house, Several(house, 4) as routes:
            pool = house.pool
            connections = [await used(pool, route) for route in routes[:3]]
            for index in (1, 2):
                pool.give_back(connections[index])
                connections[index].idle_since += index  # the clock is coarser than this test
            fourth = await used(pool, routes[3])
            await until(lambda: pool._places == 3)
            assert connections[1].closed and not connections[0].closed and not connections[2].closed
            assert pool.take(routes[2], allowed) is connections[2]
            for upstream in (connections[0], connections[2], fourth):
                upstream.close()

    run(main())


def test_above_the_total_and_none_idle_one_waits(run: Run) -> None:
    async def main() -> None:
        async with House(total=2) as house, Several(house, 4) as routes:
            pool = house.pool
            first, second = [await used(pool, route) for route in routes[:2]]
            waiting = [asyncio.get_running_loop().create_task(used(pool, route)) for route in routes[2:]]
            await until(lambda: len(pool._waiting_for_any) == 2)
            assert pool._places == 2
            pool.give_back(first)  # idle for nobody else to use: its place is taken
            third = await waiting[0]
            assert first.closed and pool._places == 2
            second.close()
            fourth = await waiting[1]
            third.close()
            fourth.close()

    run(main())


def test_waiting_for_the_total_has_an_end_and_takes_no_place(run: Run) -> None:
    async def main() -> None:
        async with House(total=1, wait_seconds=0.05) as house, Several(house, 2) as routes:
            first = await used(house.pool, routes[0])
            with pytest.raises(LimitReached, match=r"became free in 0\.05 s: 1 are in use"):
                await house.pool.connect(routes[1], allowed)
            assert house.pool._places == 1 and not house.pool._waiting_for_any
            first.close()

    run(main())


def test_one_that_is_cancelled_in_its_turn_leaves_it_to_the_next(run: Run) -> None:
    async def main() -> None:
        async with House(total=1) as house, Several(house, 3) as routes:
            first = await used(house.pool, routes[0])
            loop = asyncio.get_running_loop()
            waiting = [loop.create_task(used(house.pool, route)) for route in routes[1:]]
            await until(lambda: len(house.pool._waiting_for_any) == 2)
            house.pool._wake_one()
            waiting[0].cancel()
            first.close()
            (await waiting[1]).close()
            with pytest.raises(asyncio.CancelledError):
                await waiting[0]

    run(main())


def test_when_the_system_has_no_descriptors_idle_connections_make_room(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with House() as house, Several(house, 2) as routes:
            pool = house.pool
            idle = await used(pool, routes[0])
            pool.give_back(idle)
            dial = pool._dialler.dial

            async def short(route: Route, check: Check, attempt: Attempt | None, alpn: tuple[str, ...]) -> Upstream:
                if not idle.closed:
                    raise LimitReached("no more open files")
                return await dial(route, check, attempt, alpn)

            monkeypatch.setattr(pool._dialler, "dial", short)
            second = await used(pool, routes[1])
            assert idle.closed
            second.close()

            async def never(route: Route, check: Check, attempt: Attempt | None, alpn: tuple[str, ...]) -> Upstream:
                raise LimitReached("no more open files")

            monkeypatch.setattr(pool._dialler, "dial", never)
            with pytest.raises(LimitReached):
                await pool.connect(routes[1], allowed)

    run(main())
