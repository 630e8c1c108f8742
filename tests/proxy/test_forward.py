"""One exchange through the proxy: framing, order, switching. In real sockets, on both event loops."""

from __future__ import annotations

import asyncio

import pytest
from tests.proxy.house import House, Play, exchange, get, ok, server_of
from tests.proxy.peer import until

from wireglass.model import Tls

MB = 1 << 20


def test_a_get(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/a?b=c", "x-Odd:  1", "X-odd:2", "Proxy-Connection: keep-alive"))
        server = await origin.accept()
        assert await server.head() == (
            b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nx-Odd:  1\r\nX-odd:2\r\n\r\n" % origin.port
        )
        server.send(ok(b"hello", b"Content-Type: Text/Plain; charset=x", b"A:1", b"a:  2"))
        assert await client.head() == (
            b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=x\r\nA:1\r\na:  2\r\nContent-Length: 5\r\n\r\n"
        )
        assert await client.exactly(5) == b"hello"
        await house.recorded()
        recorded = house.sink.last
        summary, detail = recorded.exchange.summary, recorded.exchange.detail
        assert (summary.method, summary.url) == ("GET", f"http://127.0.0.1:{origin.port}/a?b=c")
        assert (summary.status, summary.type, summary.state) == (200, "text/plain", "done")
        assert (summary.request_size, summary.response_size) == (0, 5)
        assert recorded.response == b"hello"
        assert [name for name, _ in detail.request_headers] == [b"Host", b"x-Odd", b"X-odd", b"Proxy-Connection"]
        assert detail.server is not None and detail.server.peer == f"127.0.0.1:{origin.port}"
        assert detail.timings.dns is None and detail.timings.connect is not None and detail.timings.receive is not None
        assert detail.timings.send is not None and detail.timings.wait is not None

    play(scenario)


def test_connections_are_kept_on_both_sides(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client, other = await house.origin(), await house.client(), await house.client()
        server = await exchange(house, client, origin)
        await exchange(house, client, origin, server)
        await exchange(house, other, origin, server)
        await house.recorded(3)
        assert len(origin.peers) == 1
        assert house.sink.last.exchange.detail.timings.connect is None

    play(scenario)


@pytest.mark.parametrize("cut", [1, 7, 10_000])
def test_a_post_with_a_length(play: Play, cut: int) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        data = get(origin, "/", "Content-Length: 11", method="POST") + b"hello world"
        for at in range(0, len(data), cut):
            client.send(data[at : at + cut])
            await asyncio.sleep(0)
        server = await origin.accept()
        await server.head()
        assert await server.exactly(11) == b"hello world"
        server.send(ok())
        assert b" 200 " in await client.head()
        await house.recorded()
        assert house.sink.last.request == b"hello world"

    play(scenario)


def test_chunks_and_trailers_both_ways(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Transfer-Encoding: chunked", method="PUT"))
        client.send(b"3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n")
        server = await origin.accept()
        assert b"\r\nTransfer-Encoding: chunked\r\n" in await server.head()
        assert await server.upto(b"\r\n\r\n") == b"3\r\nabc\r\n0\r\nT: 1\r\n\r\n"
        server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nU: 2\r\n\r\n")
        await client.head()
        assert await client.upto(b"\r\n\r\n") == b"2\r\nhi\r\n0\r\nU: 2\r\n\r\n"
        await house.recorded()
        recorded = house.sink.last
        assert (recorded.request, recorded.response) == (b"abc", b"hi")
        assert recorded.exchange.detail.request_trailers == [(b"T", b"1")]
        assert recorded.exchange.detail.response_trailers == [(b"U", b"2")]
        await exchange(house, client, origin, server)

    play(scenario)


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ],
)
def test_responses_without_body(play: Play, method: str, head: bytes) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, method=method))
        server = await origin.accept()
        await server.head()
        server.send(head)
        assert await client.head() == head
        await exchange(house, client, origin, server)
        await house.recorded(2)

    play(scenario)


def test_pipelined_requests_are_answered_in_order(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(
            get(origin, "/1")
            + get(origin, "/2", "Content-Length: 2", method="POST")
            + b"hi"
            + b"".join(get(origin, f"/{number}") for number in range(3, 200))
        )
        server = await origin.accept()
        for number in range(1, 200):
            assert b" /%d HTTP" % number in await server.head()
            if number == 2:
                await server.exactly(2)
            assert not server.data, "the next request came before the answer to this one"
            server.send(ok(b"%03d" % number))
        answers = [(await client.head(), await client.exactly(3))[1] for _ in range(1, 200)]
        assert answers == [b"%03d" % number for number in range(1, 200)]
        await house.recorded(199)

    play(scenario)


def test_pipelined_requests_of_a_client_that_ends_its_stream(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/1") + get(origin, "/2"))
        client.eof()
        server = await origin.accept()
        for _ in range(2):
            await server.head()
            server.send(ok(b"x"))
        assert (await client.rest()).count(b"HTTP/1.1 200 OK") == 2
        await house.recorded(2)

    play(scenario)


def test_an_early_response_does_not_end_the_request(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Content-Length: 6", method="POST") + b"abc")
        server = await origin.accept()
        await server.head()
        await server.exactly(3)
        server.send(ok(b"done"))
        await client.head()
        assert await client.exactly(4) == b"done"
        client.send(b"def")
        assert await server.exactly(3) == b"def"
        await house.recorded()
        assert house.sink.last.request == b"abcdef"
        await exchange(house, client, origin, server)

    play(scenario)


def test_an_early_response_of_a_server_that_closes(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Content-Length: 6", method="POST") + b"abc")
        server = await origin.accept()
        await server.head()
        server.send(ok(b"no", b"Connection: close", status=b"413 Too Large"))
        server.close()
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 413 ") and b"Connection: close\r\n" in answer and answer.endswith(b"no")
        await house.recorded()
        assert house.sink.last.exchange.summary.state == "done"

    play(scenario)


@pytest.mark.parametrize("how", ["reset", "close"])
def test_an_early_response_is_enough_for_the_client(play: Play, how: str) -> None:
    """RFC 9110 10.1.1: whoever is told 417, or 413, need not send the body, and the exchange is no failure for it."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Content-Length: 5", "Expect: 100-continue", method="POST"))
        server = await origin.accept()
        await server.head()
        server.send(ok(b"no", status=b"417 Expectation Failed"))
        await client.upto(b"no")
        getattr(client, how)()
        await until(lambda: server.ended, "the server to be let go: it waits for a body")
        await house.recorded()
        exchange = house.sink.last.exchange
        assert (exchange.summary.state, exchange.summary.status) == ("done", 417)
        assert "the client left without sending the rest of its request" in exchange.detail.notes

    play(scenario)


def test_a_switch_before_the_end_of_the_request_is_not_held_in_memory(play: Play) -> None:
    """What the server says in its new protocol belongs behind the end of the request, and waits with the server."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        upgrade = ("Connection: Upgrade", "Upgrade: x", "Content-Length: 4")
        client.send(get(origin, "/", *upgrade, method="POST") + b"bo")
        server = await origin.accept()
        await server.upto(b"bo")
        server.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        await client.head()
        server.send(bytes(32 * MB))
        await until(lambda: not server.writable)
        (connection,) = house.service.connections
        await until(lambda: server_of(connection).held)
        held = server_of(connection).held
        for _ in range(100):
            await asyncio.sleep(0)
        assert server_of(connection).held == held < MB
        client.send(b"dy")
        assert await server.exactly(2) == b"dy"
        await client.exactly(32 * MB)
        client.close()
        server.close()
        await house.recorded()

    play(scenario)


def test_what_nobody_asked_for_behind_an_early_response(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Content-Length: 6", method="POST") + b"abc")
        server = await origin.accept()
        await server.head()
        server.send(ok(b"done") + b"HTTP/1.1 200 OK\r\n")
        assert (await client.rest()).endswith(b"done")
        await until(lambda: server.ended)
        await house.recorded()

    play(scenario)


def test_expect_100_continue(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Content-Length: 2", "Expect: 100-continue", method="POST"))
        server = await origin.accept()
        assert b"\r\nExpect: 100-continue\r\n" in await server.head()
        server.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"hi")
        assert await server.exactly(2) == b"hi"
        server.send(ok())
        assert b" 200 " in await client.head()
        await house.recorded()

    play(scenario)


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_early_hints_go_to_http_1_1_clients_alone(play: Play, version: str) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, version=version))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + ok(b"hello"))
        if version == "1.1":
            assert await client.head() == b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
        assert b" 200 " in await client.head()
        await house.recorded()
        told = house.sink.last.exchange.detail.informational
        assert [(one.status, one.headers) for one in told] == [(103, [(b"Link", b"a")])]

    play(scenario)


def test_an_http_1_0_client(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, version="1.0"))
        server = await origin.accept()
        assert b" HTTP/1.1\r\n" in await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
        assert await client.rest() == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi"
        keeps = await house.client()
        keeps.send(get(origin, "/", "Connection: keep-alive", version="1.0"))
        await server.head()
        server.send(ok(b"hi"))
        assert b"\r\nConnection: keep-alive\r\n" in await keeps.head()
        await keeps.exactly(2)
        await exchange(house, keeps, origin, server)
        await house.recorded(3)
        assert [recorded.exchange.summary.protocol for recorded in house.sink.all] == [
            "http/1.0",
            "http/1.0",
            "http/1.1",
        ]

    play(scenario)


@pytest.mark.parametrize("head", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"])
def test_a_body_delimited_by_the_close(play: Play, head: bytes) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        server.send(head + b"until ")
        assert b"\r\nTransfer-Encoding: chunked\r\n" in await client.head()
        assert await client.upto(b"\r\nuntil \r\n") == b"6\r\nuntil \r\n"
        server.send(b"the end")
        server.close()
        assert await client.upto(b"0\r\n\r\n") == b"7\r\nthe end\r\n0\r\n\r\n"
        await house.recorded()
        assert house.sink.last.response == b"until the end"
        await exchange(house, client, origin)

    play(scenario)


def test_a_foreign_transfer_coding_is_passed_on_until_the_close(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc")
        server.close()
        assert await client.rest() == (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n\r\nabc")
        await house.recorded()

    play(scenario)


def test_switching_protocols_passes_bytes(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Connection: Upgrade", "Upgrade: x") + b"early")
        server = await origin.accept()
        assert (await server.head()).endswith(b"\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        server.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nfirst")
        assert b" 101 " in await client.head()
        assert await client.exactly(5) == b"first"
        assert await server.exactly(5) == b"early"
        for _ in range(3):
            client.send(b"GET / HTTP/1.1\r\n\r\n")
            assert await server.head() == b"GET / HTTP/1.1\r\n\r\n"
            server.send(b"\x00\xff")
            assert await client.exactly(2) == b"\x00\xff"
        server.close()
        assert await client.rest() == b""
        client.close()
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert (summary.status, summary.state) == (101, "done")
        assert (summary.request_size, summary.response_size) == (5 + 3 * 18, 5 + 6)

    play(scenario)


def test_a_switch_that_the_client_breaks_off(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Connection: Upgrade", "Upgrade: x"))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        await client.head()
        client.reset()
        await until(lambda: server.ended)
        await house.recorded()

    play(scenario)


def test_a_host_that_names_another_server_is_replaced(play: Play) -> None:

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        where = f"127.0.0.1:{origin.port}"
        client.send(f"GET http://{where}/ HTTP/1.1\r\nHost: other.example\r\n\r\n".encode())
        server = await origin.accept()
        assert f"\r\nHost: {where}\r\n".encode() in await server.head()
        server.send(ok())
        await client.head()
        await house.recorded()

    play(scenario)


def test_tls_servers_and_their_certificates(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        for _ in range(2):
            client.send(b"GET https://localhost:%d/ HTTP/1.1\r\n\r\n" % origin.port)
            if not origin.peers:
                server = await origin.accept()
                await server.secure(house.serves, name="localhost", server_side=True)
            assert b"\r\nHost: localhost:%d\r\n" % origin.port in b"\r\n" + await server.head()
            server.send(ok(b"hi"))
            await client.upto(b"\r\n\r\nhi")
        await house.recorded(2)
        described = house.sink.last.exchange.detail.server
        assert described is not None and isinstance(described.tls, Tls)
        assert set(described.tls.certificates) == set(house.sink.certificates)
        assert house.sink.last.exchange.summary.url == f"https://localhost:{origin.port}/"

    play(scenario)


@pytest.mark.parametrize("notify", [True, False])
def test_a_tls_body_delimited_by_the_close(play: Play, notify: bool) -> None:
    """Without close_notify it may have been cut off (RFC 9112 9.8): it is passed on, and noted."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(b"GET https://localhost:%d/ HTTP/1.1\r\n\r\n" % origin.port)
        server = await origin.accept()
        await server.secure(house.serves, name="localhost", server_side=True)
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\n\r\nabc")
        if notify:
            assert server.pipe is not None
            server.transport.write(server.pipe.close())
        server.close()
        await client.upto(b"3\r\nabc\r\n0\r\n\r\n")
        await house.recorded()
        assert house.sink.last.exchange.summary.state == "done"
        assert any("close_notify" in note for note in house.sink.last.exchange.detail.notes) is not notify

    play(scenario)
