"""Clients above the limit are told so, counted, and do not disturb the others."""

from __future__ import annotations

import pytest
from tests.proxy.house import House, Play, get, ok
from tests.proxy.peer import Peer, until

LIMIT = 2


async def full(house: House) -> list[Peer]:
    clients = [await house.client() for _ in range(LIMIT)]
    await until(lambda: len(house.service.connections) == LIMIT)
    return clients


async def told(house: House, count: int) -> None:
    """Until the record has the refusals, ``count`` together in one line."""
    house.service.turned_away.close()
    exchange = house.sink.last.exchange
    assert house.sink.last.closed
    assert (exchange.summary.status, exchange.summary.error_kind) == (503, "limit_reached")
    assert exchange.detail.notes[0].startswith(f"{count} connections were answered by Wireglass with 503")


@pytest.mark.parametrize(
    ("request_bytes", "form"),
    [
        (b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", b"text/plain"),
        (b"POST http://a/ HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nContent-Length: 9\r\n\r\n{", b"json"),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", b"text/plain"),
        (b"\x16\x03\x01 not HTTP" + bytes(20_000), b"text/plain"),
    ],
)
def test_one_too_many_is_answered_when_it_has_asked(play: Play, request_bytes: bytes, form: bytes) -> None:
    async def scenario(house: House) -> None:
        await full(house)
        client = await house.client()
        client.send(request_bytes)
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"Retry-After: 1\r\n" in answer and b"Connection: close\r\n" in answer
        assert form in answer.split(b"Content-Type: ")[1].split(b"\r\n")[0]
        assert b"limit_reached" in answer and b"2 clients are connected" in answer and b"do this" in answer
        await told(house, 1)

    play(scenario, max_clients=LIMIT, limit_hint="do this")


def test_who_says_nothing_is_answered_in_the_end(play: Play) -> None:
    async def scenario(house: House) -> None:
        await full(house)
        client = await house.client()
        assert (await client.rest()).startswith(b"HTTP/1.1 503 ")
        await told(house, 1)

    play(scenario, max_clients=LIMIT)


def test_who_has_a_place_keeps_it_and_who_leaves_makes_one(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        first, second = await full(house)
        refused = await house.client()
        refused.send(get(origin))
        await refused.head()
        first.close()
        await until(lambda: len(house.service.connections) < LIMIT)
        for client in (second, await house.client()):
            client.send(get(origin))
            server = await origin.accept()
            await server.head()
            server.send(ok(b"", b"Connection: close"))
            assert (await client.head()).startswith(b"HTTP/1.1 200 ")
        await told(house, 1)

    play(scenario, max_clients=LIMIT)


def test_a_flood_is_bounded_and_one_line(play: Play) -> None:
    async def scenario(house: House) -> None:
        await full(house)
        clients = [await house.client() for _ in range(100)]
        await until(lambda: house.service.turned_away.count == 100)
        assert len(house.service.turned_away._here) <= 32
        for client in clients:
            client.close()
        await until(lambda: not house.service.turned_away._here)
        await told(house, 100)
        assert len(house.service.connections) == LIMIT and len(house.sink.all) == 1

    play(scenario, max_clients=LIMIT)


def test_one_line_a_second(play: Play) -> None:
    async def scenario(house: House) -> None:
        await full(house)
        for _ in range(2):
            client = await house.client()
            client.send(b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.rest()
        await until(lambda: house.sink.all)
        assert house.sink.last.exchange.detail.notes[0].startswith("2 connections")

    play(scenario, max_clients=LIMIT)


@pytest.mark.parametrize("how", ["close", "reset", "eof"])
def test_one_that_leaves_before_it_is_answered(play: Play, how: str) -> None:
    async def scenario(house: House) -> None:
        await full(house)
        client = await house.client()
        getattr(client, how)()
        await until(lambda: house.service.turned_away.count == 1 and not house.service.turned_away._here)
        await told(house, 1)

    play(scenario, max_clients=LIMIT)
