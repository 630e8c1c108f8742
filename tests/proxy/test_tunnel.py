"""Bytes that are not ours to read."""

from __future__ import annotations

import asyncio

import pytest
from tests.proxy.house import House, Play, ok
from tests.proxy.peer import until

MB = 1 << 20


def test_an_unknown_protocol_passes_untouched(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        client.send(b"\x00\x01hello")
        server = await origin.accept()
        assert await server.exactly(7) == b"\x00\x01hello"
        server.send(b"\xff" * 100_000)
        assert await client.exactly(100_000) == b"\xff" * 100_000
        client.close()
        assert await server.rest() == b""
        server.close()
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert (summary.method, summary.protocol, summary.status, summary.state) == ("CONNECT", "tunnel", 200, "done")
        assert (summary.request_size, summary.response_size) == (7, 100_000)
        assert house.sink.last.exchange.detail.server is not None

    play(scenario)


@pytest.mark.parametrize(
    "first",
    [
        b"\x00",
        b"SSH-2.0-x\r\n",
        b"GEX\r",
        b"EHLO a\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"CONNECT other:1 HTTP/1.1\r\n\r\n",
    ],
)
@pytest.mark.parametrize("cut", [False, True])
def test_first_bytes_that_are_neither_tls_nor_http(play: Play, first: bytes, cut: bool) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        for piece in [bytes([byte]) for byte in first] if cut else [first]:
            client.send(piece)
        server = await origin.accept()
        assert await server.exactly(len(first)) == first
        client.close()
        server.close()
        await house.recorded()

    play(scenario)


def test_first_bytes_that_could_still_become_a_request(play: Play) -> None:
    """A client that says a word and waits for an answer is passed on when the look has taken long enough."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        client.send(b"HELLO")
        server = await origin.accept()
        assert await server.exactly(5) == b"HELLO"
        server.send(b"WORLD")
        assert await client.exactly(5) == b"WORLD"

    play(scenario, hello_seconds=0.1)


def test_half_a_hello_ends_at_its_deadline(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        client.send(bytes.fromhex("1603010200010001fc0303"))
        assert await client.rest() == b""
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "client_tls_timeout"
        assert not origin.peers

    play(scenario, hello_seconds=0.1)


def test_plain_http_in_a_tunnel(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        for byte in b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % origin.port:
            client.send(bytes([byte]))
        server = await origin.accept()
        await server.head()
        server.send(ok(b"hi"))
        await client.upto(b"\r\n\r\nhi")
        await house.recorded()
        assert house.sink.last.exchange.summary.url == f"http://127.0.0.1:{origin.port}/x"

    play(scenario)


def test_a_server_that_speaks_first(play: Play) -> None:
    """Its banner is there before anybody could take it: it waits."""

    async def scenario(house: House) -> None:
        origin = await house.origin(greeting=b"220 ready\r\n")
        client = await house.tunnel(origin)
        assert await client.upto(b"\r\n") == b"220 ready\r\n"
        client.send(b"EHLO a\r\n")
        server = await origin.accept()
        assert await server.upto(b"\r\n") == b"EHLO a\r\n"
        server.close()
        assert await client.rest() == b""
        client.close()
        await house.recorded()
        assert house.sink.last.exchange.summary.response_size == 11

    play(scenario)


def test_a_greeting_that_waits_for_the_clients_first_bytes(play: Play) -> None:
    async def scenario(house: House) -> None:
        for count in range(1, 11):
            origin = await house.origin(greeting=b"220 ready\r\n")
            client = await house.tunnel(origin)
            client.send(b"\x00")
            assert await client.upto(b"\r\n") == b"220 ready\r\n"
            client.close()
            (await origin.accept()).close()
            await house.recorded(count)

    play(scenario)


def test_a_client_that_was_silent_and_speaks_http_after_all(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        await origin.accept()
        client.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % origin.port)
        server = await origin.accept()
        await server.head()
        server.send(ok(b"hi"))
        await client.upto(b"\r\n\r\nhi")
        await house.recorded()
        assert house.sink.last.exchange.summary.method == "GET"

    play(scenario)


@pytest.mark.parametrize("end", ["close", "reset", "eof"])
def test_a_silent_client_that_leaves_is_not_recorded(play: Play, end: str) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        server = await origin.accept()
        getattr(client, end)()
        await until(lambda: server.ended)
        server.close()
        await until(lambda: not house.service.connections or client.ended)
        assert not house.sink.all

    play(scenario)


def test_half_close(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        client.send(b"\x00question")
        client.eof()
        server = await origin.accept()
        assert await server.rest() == b"\x00question"
        server.send(b"answer")
        assert await client.exactly(6) == b"answer"
        assert not client.ended
        server.eof()
        assert await client.rest() == b""
        await house.recorded()

    play(scenario)


@pytest.mark.parametrize(("who", "kind"), [("client", "client_closed"), ("server", "upstream_reset")])
def test_a_reset_is_named(play: Play, who: str, kind: str) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        client.send(b"\x00")
        server = await origin.accept()
        await server.exactly(1)
        (client if who == "client" else server).reset()
        await until(lambda: (server if who == "client" else client).ended)
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == kind

    play(scenario)


def test_a_server_that_cannot_be_reached(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        origin.stop()
        client = await house.tunnel(origin)
        client.send(b"\x00")
        assert await client.rest() == b""
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "connection_refused"

    play(scenario)


@pytest.mark.parametrize("reader", ["client", "server"])
def test_who_does_not_read_holds_the_other_up(play: Play, reader: str) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        client.send(b"\x00")
        server = await origin.accept()
        await server.exactly(1)
        reads, writes = (client, server) if reader == "client" else (server, client)
        reads.transport.pause_reading()
        size, sent = 64 * MB, 0
        steady = 0
        while sent < size and steady < 50:
            if writes.writable:
                writes.send(bytes(MB))
                sent += MB
                steady = 0
            steady += 1
            await asyncio.sleep(0.001)
        assert sent < 32 * MB
        reads.transport.resume_reading()
        before = reads.received
        while sent < size:
            await until(lambda: writes.writable)
            writes.send(bytes(MB))
            sent += MB
        await until(lambda: reads.received >= size)
        assert before < 32 * MB

    play(scenario)
