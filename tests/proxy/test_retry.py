"""Kept connections that turn out to be closed: what is sent again, and what never (RFC 9110 9.2.2)."""

from __future__ import annotations

import os
import socket

import pytest
from tests.proxy.house import House, Play, exchange, get, ok
from tests.proxy.peer import until


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"])
def test_a_kept_connection_that_was_closed(play: Play, method: str, how: str) -> None:
    """The server closes when it gets the next request: RFC 9112 9.3.1 lets only idempotent ones be sent again."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        server = await exchange(house, client, origin)
        client.send(get(origin, "/", "Content-Length: 0", method=method))
        await server.head()
        getattr(server, how)()
        again = method not in ("POST", "PATCH")
        if again:
            server = await origin.accept()
            assert (await server.head()).startswith(method.encode() + b" / ")
            server.send(b"HTTP/1.1 204 Again\r\n\r\n")
        assert (await client.head()).startswith(b"HTTP/1.1 204 Again\r\n" if again else b"HTTP/1.1 502 ")
        await house.recorded(2)
        assert len(origin.peers) == (2 if again else 1)
        assert any("sent again" in note for note in house.sink.last.exchange.detail.notes) is again

    play(scenario)


def test_a_request_is_sent_again_once(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        server = await exchange(house, client, origin)
        client.send(get(origin))
        await server.head()
        server.close()
        server = await origin.accept()
        await server.head()
        server.close()
        assert (await client.head()).startswith(b"HTTP/1.1 502 ")
        await house.recorded(2)
        assert house.sink.last.exchange.summary.error_kind == "upstream_closed"

    play(scenario)


def test_a_kept_connection_closed_while_idle_is_not_used(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        server = await exchange(house, client, origin)
        server.close()
        await until(lambda: not house.pool._open)
        await exchange(house, client, origin)
        await house.recorded(2)

    play(scenario)


def test_a_kept_connection_that_speaks_unasked_is_not_used(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        server = await exchange(house, client, origin)
        server.send(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        await until(lambda: not house.pool._open)
        await exchange(house, client, origin)

    play(scenario)


@pytest.mark.parametrize("whole", [True, False])
def test_a_request_with_a_body_is_not_sent_again(play: Play, whole: bool) -> None:
    """PUT is idempotent, but its body has been passed on and is not kept."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        server = await exchange(house, client, origin)
        client.send(get(origin, "/", "Content-Length: 4", method="PUT") + (b"body" if whole else b"b"))
        await server.upto(b"body" if whole else b"b")
        server.close()
        assert (await client.head()).startswith(b"HTTP/1.1 502 ")
        await house.recorded(2)
        assert len(origin.peers) == 1

    play(scenario)


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 2", b"HTTP/1.1 103 Early Hints\r\n\r\n"], ids=["half a head", "an interim response"]
)
def test_a_server_that_has_begun_to_answer_is_not_asked_again(play: Play, said: bytes) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        server = await exchange(house, client, origin)
        client.send(get(origin))
        await server.head()
        server.send(said)
        server.close()
        if b"103" in said:
            await client.head()
        assert (await client.head()).startswith(b"HTTP/1.1 502 ")
        await house.recorded(2)
        assert len(origin.peers) == 1

    play(scenario)


def test_a_new_connection_that_closes_is_not_asked_again(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        server.close()
        assert (await client.head()).startswith(b"HTTP/1.1 502 ")
        await house.recorded()
        assert len(origin.peers) == 1

    play(scenario)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_cannot_be_sent_again_is_not_sent_on_a_connection_whose_end_is_there_already(
    play: Play, method: str
) -> None:
    """The end of the kept connection has arrived, and the event loop has not told it yet."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        server = await exchange(house, client, origin)
        await house.recorded()
        (connection,) = house.service.connections
        with socket.socket(fileno=os.dup(server.transport.get_extra_info("socket").fileno())) as sock:
            sock.shutdown(socket.SHUT_RDWR)
        connection.data_received(get(origin, "/", "Content-Length: 4", method=method) + b"body")
        server = await origin.accept()
        await server.upto(b"\r\n\r\nbody")
        server.send(ok(b"hi"))
        await client.upto(b"\r\n\r\nhi")
        await house.recorded(2)
        assert house.sink.last.request == b"body"

    play(scenario)
