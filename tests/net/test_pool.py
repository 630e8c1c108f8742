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

from wireglass.errors import ConnectRefused, Refused, UpstreamClosed, UpstreamTimeout
from wireglass.net import Dialler, Pool, Route, Upstream


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

    def __init__(self, *, per_route: int = 2, wait_seconds: float = 5.0, idle_seconds: float = 30.0) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.pool = Pool(
            Dialler(context, timeout=5), per_route=per_route, wait_seconds=wait_seconds, idle_seconds=idle_seconds
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
            with pytest.raises(UpstreamTimeout, match=r"became free in 0\.05 s: 1 are in use"):
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
