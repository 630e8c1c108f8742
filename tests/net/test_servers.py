"""What servers speak, and who shares their connections: openings, failures, ends, and that every place comes back."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from typing import Any

import pytest
import trustme
from hyperframe.frame import GoAwayFrame, SettingsFrame
from tests.net.conftest import Run
from tests.proxy.http2_peer import Http2Peer, Setting, server_of
from tests.proxy.peer import Origin, Peer, until

from wireglass.errors import ConnectRefused, ConnectTimeout, LimitReached, Refused, UpstreamClosed, WireglassError
from wireglass.model import Headers
from wireglass.net import Dialler, Pool, Route, Seen, Servers, ServerSide, Spoken
from wireglass.net.http1 import Http1Server
from wireglass.net.http2_stream import Http2Stream
from wireglass.wire.head import ResponseHead
from wireglass.wire.http2_heads import read_request


def allowed(address: str, port: int) -> str | None:
    return None


def forbidden(address: str, port: int) -> str | None:
    return "not this one"


class Asker:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def response_informational(self, head: ResponseHead) -> None:
        self.told.append(head.status)

    def response_head(self, head: ResponseHead) -> None:
        self.told.append(head.status)

    def response_body(self, data: bytes) -> None:
        self.told.append(data)

    def response_end(self, trailers: Headers) -> None:
        self.told.append("end")

    def server_told(self) -> None:
        pass

    def server_ended(self) -> None:
        self.told.append("ended")

    def server_failed(self, error: WireglassError) -> None:
        self.told.append(error)

    def server_gone(self, error: WireglassError, seen: Seen) -> None:
        self.told.append(seen)

    def server_blocked(self, blocked: bool) -> None:
        self.told.append("blocked" if blocked else "free")

    def note(self, text: str) -> None:
        pass


def ask(server: ServerSide, *more: tuple[bytes, bytes], method: bytes = b"GET", ended: bool = True) -> Asker:
    asker = Asker()
    fields = [(b":method", method), *more, (b":scheme", b"http"), (b":authority", b"a.example"), (b":path", b"/")]
    server.ask(asker, read_request(fields, ended), b"/", b"a.example", [], [] if ended else None)
    return asker


class House:
    """Servers and an origin; at the end nothing may be left."""

    def __init__(self, *, pool: dict[str, Any] | None = None, timeout: float = 5.0, **servers: Any) -> None:
        self.ca = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.ca.configure_trust(context)
        self.pool = Pool(Dialler(context, timeout=timeout), **(pool or {}))
        self.servers = Servers(self.pool, **servers)
        self.origin = Origin()
        self.route = Route(False, "127.0.0.1", 0, "")
        self.tasks: list[asyncio.Task[ServerSide]] = []

    async def __aenter__(self) -> House:
        await self.origin.start()
        self.route = self.route._replace(port=self.origin.port)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.servers.close()
        self.pool.close()
        for peer in self.origin.peers:
            peer.transport.abort()
        self.origin.stop()
        if kind is None:
            await until(lambda: not self.pool._open, f"places to be free: {self.pool._open}")
            assert not self.pool._places and not self.pool._waiting
            assert not self.servers._http2 and not self.servers._opening
            assert all(task.done() for task in self.tasks)

    def connect(self, check: Any = allowed, **options: Any) -> asyncio.Task[ServerSide]:
        work: Coroutine[Any, Any, ServerSide] = self.servers.connect(self.route, check, http2=True, **options)
        self.tasks.append(asyncio.get_running_loop().create_task(work))
        return self.tasks[-1]

    async def secure(self, *alpn: str) -> Peer:
        peer = await self.origin.accept()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert("localhost").configure_cert(context)
        context.set_alpn_protocols(list(alpn))
        await peer.secure(context, name="localhost", server_side=True)
        return peer


def test_one_connection_for_all_who_ask_at_once(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            tasks = [house.connect() for _ in range(20)]
            await server_of(house.origin)
            streams = await asyncio.gather(*tasks)
            assert len({id(stream.connection) for stream in streams}) == 1
            assert len(house.origin.peers) == 1
            taken = house.servers.take(house.route, allowed, http2=True, repeatable=False)
            assert taken is not None and taken.connection is streams[0].connection

    run(main())


def test_a_failure_is_told_to_all_who_wait(run: Run) -> None:
    """One that tried again for each of them would keep the last one waiting for all of them."""

    async def main() -> None:
        async with House() as house:
            house.origin.stop()
            tasks = [house.connect() for _ in range(5)]
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(result) for result in results] == [ConnectRefused] * 5
            assert len({id(result) for result in results}) == 1

    run(main())


def test_the_limit_is_told_to_all_who_wait(run: Run) -> None:
    async def main() -> None:
        async with House(pool={"total": 1, "wait_seconds": 0.05}) as house:
            await house.pool.connect(house.route, allowed)
            results = await asyncio.gather(*(house.connect() for _ in range(3)), return_exceptions=True)
            assert [type(result) for result in results] == [LimitReached] * 3
            assert len({id(result) for result in results}) == 1

    run(main())


def test_what_one_client_is_refused_another_is_not(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            first, second, third = house.connect(forbidden), house.connect(), house.connect(forbidden)
            await server_of(house.origin)
            assert isinstance(await second, Http2Stream)
            for refused in (first, third):
                with pytest.raises(Refused):
                    await refused
            with pytest.raises(Refused):
                house.servers.take(house.route, forbidden, http2=True, repeatable=True)

    run(main())


@pytest.mark.parametrize("alone", [True, False])
def test_the_one_who_opens_leaves(run: Run, alone: bool) -> None:
    """Before the server's SETTINGS: its connection is not kept, and the next one opens another."""

    async def main() -> None:
        async with House() as house:
            opener = house.connect()
            waiter = None if alone else house.connect()
            peer = await house.origin.accept()
            await until(lambda: peer.data)
            opener.cancel()
            await until(lambda: peer.ended, "the end of the connection that nobody waits for")
            if waiter is not None:
                await server_of(house.origin)
                assert isinstance(await waiter, Http2Stream)
            else:
                await until(lambda: not house.pool._open)

    run(main())


def test_one_who_waits_leaves(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            opener, waiter, last = house.connect(), house.connect(), house.connect()
            await until(lambda: house.origin.peers)
            waiter.cancel()
            await server_of(house.origin)
            assert isinstance(await opener, Http2Stream) and isinstance(await last, Http2Stream)

    run(main())


@pytest.mark.parametrize("end", ["goaway", "close", "reset"])
def test_a_server_that_leaves_with_its_settings(run: Run, end: str) -> None:
    """In the same moment, so that nobody has taken the connection yet: it is not listed for others."""

    async def main() -> None:
        async with House() as house:
            task = house.connect()
            peer = await house.origin.accept()
            await until(lambda: peer.data)
            peer.send(SettingsFrame(0).serialize() + (GoAwayFrame(0).serialize() if end == "goaway" else b""))
            if end != "goaway":
                getattr(peer, end)()
            # The end may come behind the settings: then there is a stream, which is told.
            try:
                stream = await task
            except UpstreamClosed:
                pass
            else:
                assert end != "goaway"
                asker = ask(stream)
                await until(lambda: asker.told)
            await until(lambda: not house.servers._http2 and not house.pool._open)

    run(main())


def test_no_settings(run: Run) -> None:
    async def main() -> None:
        async with House(timeout=0.2) as house:
            tasks = [house.connect() for _ in range(3)]
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(result) for result in results] == [ConnectTimeout] * 3
            await until(lambda: not house.pool._open)
            assert len(house.origin.peers) == 1

    run(main())


def test_a_server_in_clear_that_speaks_http1(run: Run) -> None:
    """The preface is a request that it does not know."""

    async def main() -> None:
        async with House() as house:
            task = house.connect()
            peer = await house.origin.accept()
            await peer.upto(b"SM\r\n\r\n")
            peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            server = await task
            assert isinstance(server, Http1Server)
            assert house.servers.known(house.route) == Spoken("http/1.1", False)
            assert isinstance(await house.connect(), Http1Server)
            assert len(house.origin.peers) == 3

    run(main())


def test_a_second_connection_where_the_first_has_no_room(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            task = house.connect()
            server = await server_of(house.origin, settings={Setting.MAX_CONCURRENT_STREAMS: 2})
            first = await task
            await server.round_trip()
            asker = ask(first)
            second = house.servers.take(house.route, allowed, http2=True, repeatable=True)
            assert second is not None and second.connection is first.connection
            ask(second)
            assert house.servers.take(house.route, allowed, http2=True, repeatable=True) is None
            task = house.connect()
            await server_of(house.origin)
            assert (await task).connection is not first.connection
            server.say(await server.asked(), b"one")
            await until(lambda: "end" in asker.told)
            first.leave(request_done=True)
            third = house.servers.take(house.route, allowed, http2=True, repeatable=True)
            assert third is not None and third.connection is first.connection

    run(main())


def test_idle_connections_are_closed(run: Run) -> None:
    async def main() -> None:
        async with House(idle_seconds=0.0) as house:
            task = house.connect()
            server = await server_of(house.origin)
            stream = await task
            asker = ask(stream)
            house.servers._sweep()
            assert house.servers._http2, "there is a stream"
            server.say(await server.asked(), b"one")
            await until(lambda: "end" in asker.told)
            stream.leave(request_done=True)
            await until(lambda: asyncio.get_running_loop().time() > house.servers._http2[house.route][0].idle_since)
            house.servers._sweep()
            await server.until(lambda: server.goaway == (0, 0) and server.peer.ended)
            await until(lambda: not house.pool._open)

    run(main())


def test_learning(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            assert house.servers.known(house.route) is None
            task = asyncio.get_running_loop().create_task(house.servers.learn(house.route, allowed))
            server = await server_of(house.origin, settings={Setting.ENABLE_CONNECT_PROTOCOL: 1})
            assert await task == Spoken("h2", True) == house.servers.known(house.route)
            assert await house.servers.learn(house.route, allowed) == Spoken("h2", True)
            house.servers._spoken.clear()  # as time does
            assert house.servers.known(house.route) == Spoken("h2", True), "there is a connection to it"
            await server.round_trip()
            assert len(house.origin.peers) == 1

    run(main())


def test_what_is_remembered_is_bounded(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            for port in range(5_000):
                house.servers._learned(Route(True, "a.example", port, "a.example"), Spoken("h2", False))
            assert len(house.servers._spoken) == 4096
            assert house.servers.known(Route(True, "a.example", 0, "a.example")) is None

    run(main())


def test_a_server_that_insists_on_http1(run: Run) -> None:
    """RFC 9113 7: it would choose HTTP/2 again if it were offered."""

    async def main() -> None:
        async with House() as house:
            house.route = Route(True, "localhost", house.origin.port, "localhost")
            task = house.connect()
            server = Http2Peer(await house.secure("h2", "http/1.1"), client_side=False)
            asker = ask(await task)
            server.reset(await server.asked(), 0xD)
            await until(lambda: asker.told == [Seen.NO])
            assert house.servers.known(house.route) == Spoken("http/1.1", False, insists=True)
            for _ in range(2):
                task = house.connect()
                peer = await house.secure("h2", "http/1.1")
                assert isinstance(await task, Http1Server)
                assert peer.pipe is not None and peer.pipe.alpn == "http/1.1"
            assert house.servers.known(house.route) == Spoken("http/1.1", False, insists=True)

    run(main())


def test_a_connection_kept_for_its_first_request_that_speaks_unasked_is_not_used(run: Run) -> None:
    """What it said would be taken for the answer."""

    async def main() -> None:
        async with House() as house:
            (await house.servers.connect(house.route, allowed, http2=False)).spare()
            peer = await house.origin.accept()
            peer.send(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
            (upstream,) = house.pool._idle[house.route]
            await until(lambda: upstream.early)
            assert house.servers.take(house.route, allowed, http2=False, repeatable=True) is None
            await until(lambda: not house.pool._open)

    run(main())
