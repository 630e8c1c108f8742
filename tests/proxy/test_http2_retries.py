"""HTTP/2 with clients: what is sent again, and what takes too long."""

from __future__ import annotations

import contextlib
import ssl

import pytest
from hyperframe.frame import HeadersFrame
from tests.proxy.house import House, Play, ok
from tests.proxy.http2_peer import WINDOW, Http2Peer, client_of, server_of
from tests.proxy.peer import Origin, until
from tests.proxy.test_http2_session import (
    CANCEL,
    CONTINUATION,
    HTTP_1_1_REQUIRED,
    INTERNAL,
    NO_ERROR,
    PING,
    REFUSED,
    poured,
)

from wireglass.net import Route, Spoken
from wireglass.proxy import first_bytes

# Sent again


@pytest.mark.parametrize("body", ["none", "promised", "passed on"])
@pytest.mark.parametrize("code", [REFUSED, HTTP_1_1_REQUIRED])
def test_a_refused_stream(play: Play, code: int, body: str) -> None:
    """The server has not looked at it (RFC 9113 8.7): sent again, any method, unless a part of its body has left."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        stream = client.ask(origin, "/", "POST", end=body == "none")
        if body == "passed on":
            client.send(stream, b"some")
        server = await server_of(origin)
        asked = await server.asked()
        if body == "passed on":
            await server.until(lambda: server.got(asked).data)
        server.reset(asked, code)
        if body == "passed on":
            assert (await client.answer(stream)).reset == code
        else:
            await again(code, origin, client, stream, body)
        await house.recorded()
        if code == HTTP_1_1_REQUIRED:  # and from now on nobody tries
            other = client.ask(origin, "/other")
            if body == "passed on":
                plain = await origin.accept()
            else:
                plain = origin.peers[-1]
            assert (await plain.head()).startswith(b"GET /other HTTP/1.1\r\n")
            plain.send(ok(b"plain"))
            assert (await client.answer(other)).data == b"plain"

    async def again(code: int, origin: Origin, client: Http2Peer, stream: int, body: str) -> None:
        if code == HTTP_1_1_REQUIRED:
            plain = await origin.accept()
            assert (await plain.head()).startswith(b"POST / HTTP/1.1\r\n")
            if body == "promised":
                client.send(stream, b"body", end=True)
                await plain.upto(b"4\r\nbody\r\n0\r\n\r\n")
            plain.send(ok(b"again"))
        else:
            server = await server_of(origin)
            asked = await server.asked()
            if body == "promised":
                client.send(stream, b"body", end=True)
                await server.until(lambda: server.got(asked).data == b"body" and server.got(asked).ended)
            server.say(asked, b"again")
        assert (await client.answer(stream)).data == b"again"

    play(scenario)


def test_refused_twice(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        stream = client.ask(origin)
        for _ in range(2):
            server = await server_of(origin)
            server.reset(await server.asked(), REFUSED)
        assert (await client.answer(stream)).reset == REFUSED
        await house.recorded()

    play(scenario)


# Deadlines


def test_a_server_that_does_not_answer(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        silent = client.ask(origin, "/silent")
        server = await server_of(origin)
        asked = await server.asked()
        assert (await client.answer(silent)).status == 504
        await server.until(lambda: server.got(asked).reset == CANCEL)
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "response_timeout"

    play(scenario, response_timeout=0.3)


def test_a_response_that_stands_still(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        stream = client.ask(origin)
        server = await server_of(origin)
        asked = await server.asked()
        server.say(asked)
        server.send(asked, b"half")
        assert (await client.answer(stream)).reset == INTERNAL
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "idle_timeout"

    play(scenario, idle_timeout=0.3)


def test_a_client_that_never_takes_the_rest(play: Play) -> None:
    """The exchange is over, and what is left does not wait for ever."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin, refill=False)
        stream = client.ask(origin)
        server = await server_of(origin)
        asked = await server.asked()
        server.say(asked)
        assert await poured(server, asked, WINDOW + 1000, client) == 0
        await house.recorded()
        assert house.sink.last.exchange.summary.state == "done"
        assert (await client.answer(stream)).reset == CANCEL
        await client.until(lambda: client.peer.ended and client.goaway)

    play(scenario, idle_seconds=0.3)


@pytest.mark.parametrize("what", ["nothing", "pings", "half a section"])
def test_a_connection_without_streams(play: Play, what: str) -> None:
    """Neither frames that open no stream nor a section that never ends keep it."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        await client.round_trip()
        if what == "half a section":
            client.peer.send(HeadersFrame(1, b"\x82").serialize())

        next_at = 0.0

        def ended() -> bool:
            nonlocal next_at
            if what != "nothing" and not client.peer.ended and house.service.loop.time() > next_at:
                next_at = house.service.loop.time() + 0.03
                client.peer.send(PING if what == "pings" else CONTINUATION)
            return client.peer.ended and client.goaway is not None

        await client.until(ended, "GOAWAY and the end")
        assert client.goaway == (0, NO_ERROR)

    play(scenario, idle_seconds=0.3)


def client_hello() -> bytes:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    out = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost").do_handshake()
    return out.read()


def test_a_handshake_that_stops_while_the_server_is_asked(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for the hello is over by then; that for the rest of the handshake begins."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin, "localhost")
        client.send(client_hello())
        await origin.accept()  # it says nothing
        await client.rest()
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "client_tls_timeout"

    monkeypatch.setattr(first_bytes, "_ASKED", 1.0)
    play(scenario, hello_seconds=0.3)


def test_a_client_that_leaves_while_the_server_is_asked(play: Play) -> None:
    """What was learnt is kept all the same, and nothing is left of the client."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin, "localhost")
        client.send(client_hello())
        peer = await origin.accept()
        for connection in list(house.service.connections):
            connection.interrupt()
        await client.rest()
        await peer.secure(house.serves, name="localhost", server_side=True)  # and chooses no protocol
        route = Route(True, "localhost", origin.port, "localhost")
        await until(lambda: house.service.servers.known(route) == Spoken("http/1.1", False))
        await until(lambda: not house.service.connections)
        assert not house.sink.still_open

    play(scenario)
