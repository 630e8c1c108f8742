"""One connection to a server: who is told what."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable

import pytest
from tests.net.conftest import Run
from tests.proxy.peer import Origin, Peer, until

from wireglass.net import Dialler, Route, Upstream, address_of


class User:
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


def between(run: Run, scenario: Callable[[Upstream, User, Peer], Awaitable[None]]) -> None:
    """Plays it with a connection that has a user, and the server's end of it."""

    async def main() -> None:
        origin = Origin()
        await origin.start()
        dialler = Dialler(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        upstream = await dialler.dial(Route(False, "127.0.0.1", origin.port, ""), lambda address, port: None)
        user = User()
        upstream.attach(user)
        server = await origin.accept()
        await scenario(upstream, user, server)
        upstream.close()
        server.transport.abort()
        origin.stop()

    run(main())


def test_bytes_both_ways_and_half_closes(run: Run) -> None:
    async def scenario(upstream: Upstream, user: User, server: Peer) -> None:
        upstream.write(b"question")
        upstream.write_eof()
        assert await server.rest() == b"question"
        server.send(b"answer")
        await until(lambda: user.data == b"answer")
        server.eof()
        await until(lambda: "eof" in user.told)

    between(run, scenario)


def test_a_reset_is_told_once(run: Run) -> None:
    async def scenario(upstream: Upstream, user: User, server: Peer) -> None:
        server.reset()
        await until(lambda: upstream.closed)
        assert user.told == ["lost"] and upstream.user is None

    between(run, scenario)


@pytest.mark.parametrize("end", ["close", "abort"])
def test_who_closes_it_is_told_no_more(run: Run, end: str) -> None:
    async def scenario(upstream: Upstream, user: User, server: Peer) -> None:
        getattr(upstream, end)()
        await until(lambda: server.ended)
        assert user.told == [] and upstream.closed

    between(run, scenario)


def test_what_nobody_asked_for_ends_a_used_connection(run: Run) -> None:
    async def scenario(upstream: Upstream, user: User, server: Peer) -> None:
        upstream.user = None
        server.send(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        await until(lambda: server.ended)
        assert upstream.closed and user.data == b""

    between(run, scenario)


def test_a_server_that_does_not_read_is_told(run: Run) -> None:
    async def scenario(upstream: Upstream, user: User, server: Peer) -> None:
        server.transport.pause_reading()
        sent = 0
        while "blocked" not in user.told:
            upstream.write(bytes(1 << 20))
            sent += 1 << 20
        server.transport.resume_reading()
        await until(lambda: server.received == sent)
        await until(lambda: user.told == ["blocked", "free"])

    between(run, scenario)


@pytest.mark.parametrize(
    ("name", "shown"), [(("127.0.0.1", 80), "127.0.0.1:80"), (("::1", 80, 0, 0), "[::1]:80"), ("", ""), (None, "")]
)
def test_addresses_are_shown_as_host_and_port(
    name: tuple[str, int] | tuple[str, int, int, int] | str | None, shown: str
) -> None:
    assert address_of(name) == shown
