"""A client's connection: malformed requests, deadlines, TLS, limits, its end."""

from __future__ import annotations

import asyncio

import pytest
from tests.proxy.house import House, Play, get, ok
from tests.proxy.peer import Peer, until


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET http://a/ HTTP/1.1\r\nA : b\r\n\r\n",
        b"GET http://a/ HTTP/1.1\n\n",
        b"GET ftp://a/ HTTP/1.1\r\n\r\n",
        b"GET http://a b/ HTTP/1.1\r\n\r\n",
        b"POST http://a/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"CONNECT a HTTP/1.1\r\n\r\n",
        b"CONNECT http://a/ HTTP/1.1\r\n\r\n",
        b"GET http://a/ HTTP/1.1\r\nA: " + b"x" * 70_000,
        b"\x80 no head end",
    ],
)
def test_a_malformed_request_is_answered_recorded_and_the_last(play: Play, request_bytes: bytes) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(request_bytes)
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n") and b"Connection: close\r\n" in answer
        client.send(b"GET http://a/ HTTP/1.1\r\n\r\n")
        client.close()
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert (summary.state, summary.status, summary.error_kind) == ("failed", 400, "malformed_request")

    play(scenario)


@pytest.mark.parametrize(
    ("first", "name"),
    [(b"\x16\x03\x01\x02\x00\x01\x00", "TLS"), (b"\x04\x01\x00\x50", "SOCKS 4")],
)
def test_a_client_of_another_kind_of_proxy_is_closed_at_once(play: Play, first: bytes, name: str) -> None:
    """``curl -x https://…`` or ``-x socks4://…``: the record says what to set instead."""

    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(first)
        assert await client.rest() == (b"\x00\x5b" + bytes(6) if name == "SOCKS 4" else b"")
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert summary.state == "failed" and summary.error is not None
        assert f"speaks {name} to the proxy" in summary.error and "http://" in summary.error

    play(scenario)


@pytest.mark.parametrize(
    ("request_bytes", "method", "url"),
    [
        (b"GET ftp://a/ HTTP/1.1\r\nA: b\r\n\r\n", "GET", "ftp://a/"),
        (b"CONNECT a HTTP/1.1\r\n\r\n", "CONNECT", "a"),
        (b"GET http://a/ HTTP/1.1\r\nA : b\r\n\r\n", "GET", "http://a/"),
        (b"nonsense\r\n\r\n", "", ""),
    ],
)
def test_a_refused_request_is_recorded_as_far_as_it_can_be_read(
    play: Play, request_bytes: bytes, method: str, url: str
) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(request_bytes)
        await client.rest()
        client.close()
        await house.recorded()
        exchange = house.sink.last.exchange
        assert (exchange.summary.method, exchange.summary.url) == (method, url)
        assert exchange.detail.notes == [f"received: {request_bytes!r}"]

    play(scenario)


def test_a_malformed_request_behind_a_good_one(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin) + b"nonsense\r\n\r\n")
        server = await origin.accept()
        await server.head()
        server.send(ok(b"hello"))
        answer = await client.rest()
        assert answer.index(b"200 OK") < answer.index(b"400 Bad Request")
        client.close()
        await house.recorded(2)

    play(scenario)


@pytest.mark.parametrize("answered", [False, True])
def test_a_malformed_body(play: Play, answered: bool) -> None:
    """An error page inside a response that has begun would be taken for a part of it."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Transfer-Encoding: chunked", method="POST") + b"3\r\nabc\r\n")
        server = await origin.accept()
        await server.upto(b"abc")
        if answered:
            server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
            await client.upto(b"\r\n\r\nx")
        client.send(b"zz\r\n")
        answer = await client.rest()
        assert answer == b"" if answered else answer.startswith(b"HTTP/1.1 400 ")
        await until(lambda: server.ended)
        client.close()
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "malformed_request"

    play(scenario)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"])
@pytest.mark.parametrize("connect", [False, True])
def test_loops_are_refused(play: Play, host: str, connect: bool) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        where = f"{host}:{house.port}".encode()
        if connect:
            client.send(b"CONNECT " + where + b" HTTP/1.1\r\n\r\n")
            await client.head()
            client.send(b"GET / HTTP/1.1\r\nHost: " + where + b"\r\n\r\n")
        else:
            client.send(b"GET http://" + where + b"/ HTTP/1.1\r\n\r\n")
        answer = await client.upto(b"(refused_by_policy)\n")
        assert answer.startswith(b"HTTP/1.1 403 ") and b"would loop" in answer
        assert b"its page is http://wireglass.internal/. (" in answer  # what a person wanted who asks for our address
        await house.recorded()

    play(scenario)


def test_a_client_on_another_machine_may_not_reach_loopback(play: Play) -> None:
    async def scenario(house: House) -> None:
        refused = house.service.why_refused
        assert refused("192.0.2.9", "192.0.2.1", "127.0.0.1", 80) is not None
        assert refused("192.0.2.9", "192.0.2.1", "169.254.169.254", 80) is not None
        assert refused("192.0.2.9", "192.0.2.1", "198.51.100.1", 80) is None
        assert refused("127.0.0.1", "127.0.0.1", "127.0.0.1", 80) is None

    play(scenario)


def test_an_address_found_to_be_ours_is_asked_about_again(play: Play) -> None:
    """What was allowed before must not be remembered over it."""

    async def scenario(house: House) -> None:
        client = await house.client()
        await until(lambda: house.service.connections)
        (connection,) = house.service.connections
        house.service.listeners = (("0.0.0.0", house.port),)
        assert connection.why_refused("192.0.2.1", house.port) is None
        house.pool.own_addresses.add("192.0.2.1")
        assert connection.why_refused("192.0.2.1", house.port) is not None
        client.close()

    play(scenario)


def test_a_head_that_never_ends(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(b"GET http://a/ HTTP/1.1\r\n")
        answer = await client.rest()
        assert b"not complete within 0.1 s. To wait longer: stop Wireglass and start it with" in answer
        assert b"`wireglass up --head-timeout 200ms`." in answer
        client.close()
        await house.recorded()

    play(scenario, head_timeout=0.1)


def test_a_second_head_that_never_ends(play: Play) -> None:
    """Its first bytes came with the request before it."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin) + b"GET ht")
        server = await origin.accept()
        await server.head()
        server.send(ok())
        assert b"not complete within 0.1 s" in await client.rest()
        client.close()
        await house.recorded(2)

    play(scenario, head_timeout=0.1)


def test_an_idle_connection_is_closed(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        assert await client.rest() == b""

    play(scenario, idle_seconds=0.1)


def test_a_client_that_never_reads_is_let_go(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.transport.pause_reading()
        client.send(get(origin) * 100)
        server = await origin.accept()

        def answer() -> bool:
            while b"\r\n\r\n" in server.data:
                del server.data[: server.data.index(b"\r\n\r\n") + 4]
                server.send(ok(bytes(200_000)))
            return not house.service.connections

        await until(answer)

    play(scenario, idle_seconds=0.1)


@pytest.mark.parametrize("how", ["reset", "close", "eof"])
def test_clients_that_connect_and_leave(play: Play, how: str) -> None:
    async def scenario(house: House) -> None:
        for sent in (b"", b"GET http://a/ HT"):
            client = await house.client()
            client.send(sent)
            getattr(client, how)()
        await until(lambda: not house.service.connections)

    play(scenario)


async def tls_client(house: House, port: int, name: str = "localhost") -> Peer:
    client = await house.client()
    client.send(b"CONNECT localhost:%d HTTP/1.1\r\n\r\n" % port)
    await client.head()
    await client.secure(house.trusts_us, name=name)
    return client


def test_tls_both_ways(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await tls_client(house, origin.port)
        for number in range(3):
            client.send(b"GET /%d HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % (number, origin.port))
            if not number:
                server = await origin.accept()
                await server.secure(house.serves, name="localhost", server_side=True)
            assert (await server.head()).startswith(b"GET /%d HTTP/1.1\r\n" % number)
            server.send(ok(bytes(100_000)))
            await client.head()
            assert await client.exactly(100_000) == bytes(100_000)
        await house.recorded(3)
        detail = house.sink.last.exchange.detail
        assert detail.client is not None and detail.client.tls is not None and detail.client.tls.sni == "localhost"
        assert house.sink.last.exchange.summary.url == f"https://localhost:{origin.port}/2"

    play(scenario)


@pytest.mark.parametrize(
    "request_bytes", [b"nonsense\r\n\r\n", b"GET http://other/ HTTP/1.1\r\nHost: localhost\r\n\r\n"]
)
@pytest.mark.parametrize("end", ["eof", "notify", "reset", "data"])
def test_a_malformed_request_in_tls(play: Play, request_bytes: bytes, end: str) -> None:
    """After the answer our side is closed, whatever the client does: nothing more is written."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await tls_client(house, origin.port)
        client.send(request_bytes)
        await client.upto(b"(malformed_request)\n")
        assert client.pipe is not None
        await until(lambda: client.ended)
        if end == "notify":
            client.transport.write(client.pipe.close())
            client.close()
        elif end == "data":
            client.send(b"GET / HTTP/1.1\r\n\r\n" * 100)
            client.close()
        else:
            getattr(client, end)()
        await until(lambda: not house.service.connections)
        await house.recorded()

    play(scenario)


@pytest.mark.parametrize("end", ["eof", "notify", "reset", "close"])
@pytest.mark.parametrize("when", ["handshake", "idle", "waiting", "body", "response"])
def test_a_tls_client_that_leaves(play: Play, when: str, end: str) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        if when == "handshake":
            client = await house.client()
            client.send(b"CONNECT localhost:%d HTTP/1.1\r\n\r\n" % origin.port)
            await client.head()
            client.send(bytes.fromhex("1603010200010001fc0303") + bytes(20))
        else:
            client = await tls_client(house, origin.port)
        if when in ("waiting", "response"):
            client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        elif when == "body":
            client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")
        if when in ("body", "response"):
            server = await origin.accept()
            await server.secure(house.serves, name="localhost", server_side=True)
            await server.head()
        if when == "response":
            server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            await client.upto(b"abc")
        if end == "notify":
            if client.pipe is not None:
                client.transport.write(client.pipe.close())
            client.eof()
        else:
            getattr(client, end)()
        if when in ("waiting", "response") and end in ("eof", "notify"):
            # Half-closed: it may still be answered.
            if when == "waiting":
                server = await origin.accept()
                server.reset()
            else:
                server.send(bytes(97))
            await house.recorded()
        await until(lambda: not house.service.connections or client.ended)

    play(scenario)


def test_a_drain_finishes_what_runs_and_closes_what_is_idle(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client, idle = await house.origin(), await house.client(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        drain = asyncio.get_running_loop().create_task(house.service.drain(5.0))
        await until(lambda: idle.ended)
        server.send(ok(b"hello"))
        answer = await client.rest()
        assert answer.endswith(b"hello") and b"Connection: close\r\n" in answer
        client.close()
        await drain
        await house.recorded()
        assert house.sink.last.exchange.summary.state == "done"

    play(scenario)


def test_a_drain_ends_what_takes_too_long(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        tunnel = await house.tunnel(origin)
        tunnel.send(b"\x00binary")
        (await origin.accept()).send(b"x")
        await tunnel.exactly(1)
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        await house.service.drain(0.05)
        assert b" 503 " in await client.head()  # it had been told nothing yet
        await until(lambda: client.ended and tunnel.ended)
        await house.recorded(2)
        assert {recorded.exchange.summary.error_kind for recorded in house.sink.all} == {"interrupted"}

    play(scenario)
