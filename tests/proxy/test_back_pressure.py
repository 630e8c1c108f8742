"""Who does not take its bytes holds the other side up, and memory stays bounded."""

from __future__ import annotations

import asyncio

from tests.proxy.house import House, Play, get, ok
from tests.proxy.peer import Peer, until

MB = 1 << 20


def test_a_client_that_does_not_read_holds_the_server_up(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.transport.pause_reading()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        size = 64 * MB
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        sent = 0
        while server.writable and sent < size:
            server.send(bytes(MB))
            sent += MB
            await asyncio.sleep(0.002)
        assert sent < 32 * MB
        assert house.sink.last.exchange.summary.response_size < 32 * MB
        (connection,) = house.service.connections
        assert connection.transport.get_write_buffer_size() < 2 * MB
        client.transport.resume_reading()
        while sent < size:
            await until(lambda: server.writable)
            server.send(bytes(MB))
            sent += MB
        await until(lambda: client.received > size)
        await house.recorded()

    play(scenario)


def test_a_client_that_does_not_read_its_pipelined_answers(play: Play) -> None:
    """Answers that nobody takes must not pile up: neither many small ones nor a second large one."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.transport.pause_reading()
        server: Peer | None = None
        count = 200
        client.send(get(origin) * count)
        server = await origin.accept()
        answered = 0
        buffered = 0

        def answer() -> None:
            nonlocal answered, buffered
            while b"\r\n\r\n" in server.data:
                del server.data[: server.data.index(b"\r\n\r\n") + 4]
                server.send(ok(bytes(200_000)))
                answered += 1
            for connection in house.service.connections:
                buffered = max(buffered, connection.transport.get_write_buffer_size())

        for _ in range(300):
            answer()
            await asyncio.sleep(0.0005)
        assert answered < count
        assert buffered < 2 * MB
        client.transport.resume_reading()
        while answered < count:
            await until(lambda: b"\r\n\r\n" in server.data)
            answer()
        await until(lambda: client.received > count * 200_000)
        await house.recorded(count)

    play(scenario)


def test_a_server_that_does_not_read_holds_the_client_up(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        size = 64 * MB
        client.send(get(origin, "/", f"Content-Length: {size}", method="POST"))
        server = await origin.accept()
        await server.head()
        server.transport.pause_reading()
        sent = 0
        while client.writable and sent < size:
            client.send(bytes(MB))
            sent += MB
            await asyncio.sleep(0.002)
        assert sent < 32 * MB
        server.transport.resume_reading()
        while sent < size:
            await until(lambda: client.writable)
            client.send(bytes(MB))
            sent += MB
        await until(lambda: server.received >= size)
        server.send(ok())
        await client.head()
        await house.recorded()
        assert house.sink.last.exchange.summary.request_size == size

    play(scenario)


def test_a_full_record_holds_both_sides_up_until_there_is_room(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Content-Length: 6", method="POST") + b"abc")
        server = await origin.accept()
        await server.upto(b"abc")
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nuvw")
        await client.upto(b"uvw")
        house.sink.full = True
        client.send(b"d")
        server.send(b"x")
        await until(lambda: house.sink.waiting == 2)
        client.send(b"ef")
        server.send(b"yz")
        (connection,) = house.service.connections
        assert not connection.transport.is_reading()
        house.sink.make_room()
        await client.upto(b"xyz")
        await server.upto(b"def")
        await house.recorded()
        assert (house.sink.last.request, house.sink.last.response) == (b"abcdef", b"uvwxyz")

    play(scenario)
