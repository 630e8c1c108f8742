"""Bytes that are not ours to read."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.proxy.house import House, Play, get, ok
from tests.proxy.peer import Peer, until

from wireglass.model import REQUEST, RESPONSE

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


async def upgraded(house: House, *lines: str, first: bytes = b"") -> tuple[Peer, Peer]:
    """A connection that has switched to WebSocket: the client's end and the server's."""
    origin, client = await house.origin(), await house.client()
    client.send(get(origin, "/chat", "Connection: Upgrade", "Upgrade: websocket", *lines))
    server = await origin.accept()
    await server.head()
    server.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n" + first)
    assert b" 101 " in await client.head()
    return client, server


def test_an_upgraded_connection_is_recorded_with_its_times(play: Play) -> None:
    async def scenario(house: House) -> None:
        before = time.time()
        client, server = await upgraded(house, first=b"\x81\x02hi")
        assert await client.exactly(4) == b"\x81\x02hi"
        recorded = house.sink.last
        assert recorded.exchange.summary.protocol == "websocket"
        client.send(b"\x81\x81\0\0\0\0a")
        assert await server.exactly(7) == b"\x81\x81\0\0\0\0a"
        assert (recorded.request, recorded.response) == (b"\x81\x81\0\0\0\0a", b"\x81\x02hi")
        server.send(b"\x88\x00")
        assert await client.exactly(2) == b"\x88\x00"
        server.close()
        assert await client.rest() == b""
        client.close()
        await house.recorded()
        marks = recorded.marks
        assert [(mark.side, mark.size) for mark in marks] == [(RESPONSE, 4), (REQUEST, 7), (RESPONSE, 2)]
        assert before - 0.001 <= marks[0].time <= marks[1].time <= marks[2].time <= time.time()
        summary = recorded.exchange.summary
        assert (summary.request_size, summary.response_size, summary.state) == (7, 6, "done")
        assert summary.duration_ms is not None
        assert summary.duration_ms >= 1000 * (marks[2].time - summary.started) - 1, "counted from the request"

    play(scenario)


def test_another_protocol_than_websocket_is_recorded_as_bytes(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Connection: Upgrade", "Upgrade: x"))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nabc")
        await client.head()
        assert await client.exactly(3) == b"abc"
        server.close()
        client.close()
        await house.recorded()
        assert house.sink.last.exchange.summary.protocol == "http/1.1"
        assert house.sink.last.response == b"abc"

    play(scenario)


def test_frames_behind_a_body_are_not_taken_apart(play: Play) -> None:
    """A body of the request that asks for the upgrade stands before the frames in the record."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Connection: Upgrade", "Upgrade: websocket", "Content-Length: 3") + b"abc")
        server = await origin.accept()
        await server.upto(b"\r\n\r\nabc")
        server.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        await client.head()
        client.send(b"\x81\x81\0\0\0\0a")
        await server.exactly(7)
        client.close()
        server.close()
        await house.recorded()
        recorded = house.sink.last
        assert recorded.request == b"abc\x81\x81\0\0\0\0a"
        assert recorded.exchange.summary.protocol == "http/1.1"
        assert any("had a body" in note for note in recorded.exchange.detail.notes)

    play(scenario)


@pytest.mark.parametrize("who", ["client", "server"])
def test_an_upgraded_connection_stops_while_the_record_is_full(play: Play, who: str) -> None:
    async def scenario(house: House) -> None:
        client, server = await upgraded(house)
        writes, reads = (client, server) if who == "client" else (server, client)
        house.sink.full = True
        size, sent = 32 * MB, 0
        for _ in range(200):
            if writes.writable and sent < size:
                writes.send(bytes(MB))
                sent += MB
            await asyncio.sleep(0.001)
        assert reads.received < 16 * MB and house.sink.waiting
        house.sink.make_room()
        while sent < size:
            await until(lambda: writes.writable)
            writes.send(bytes(MB))
            sent += MB
        await until(lambda: reads.received >= size)
        client.close()
        server.close()
        await house.recorded()

    play(scenario)
