"""What goes wrong in an exchange: the answer, the record, and nothing else disturbed."""

from __future__ import annotations

import asyncio
import socket
import ssl
from functools import partial

import pytest
import trustme
from tests.proxy.house import House, Play, exchange, get, ok
from tests.proxy.peer import until

from wireglass.errors import UpstreamTls
from wireglass.net import TlsPipe, UnverifiedHosts

MB = 1 << 20


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("framing", [b"Content-Length: 10", b"Transfer-Encoding: chunked"])
def test_a_server_that_breaks_off_inside_the_body(play: Play, how: str, framing: bytes) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n3\r\nabc\r\n")
        await client.head()
        await client.upto(b"abc")
        getattr(server, how)()
        await until(lambda: client.ended, "the client to be disconnected")
        await house.recorded()
        summary = house.sink.last.exchange.summary
        kind = "upstream_reset" if how == "reset" else "upstream_closed"
        assert (summary.state, summary.status, summary.error_kind) == ("failed", 200, kind)
        assert house.sink.last.response.endswith(b"abc" if b"chunked" in framing else b"3\r\nabc\r\n")

    play(scenario)


def test_refused(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        origin.stop()
        client.send(get(origin))
        answer = await client.upto(b"(connection_refused)\n")
        assert (
            answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n") and b"127.0.0.1 port %d refused" % origin.port in answer
        )
        other = await house.origin()
        await exchange(house, client, other)
        await house.recorded(2)
        summary = house.sink.all[0].exchange.summary
        assert (summary.status, summary.error_kind, summary.state) == (502, "connection_refused", "failed")

    play(scenario)


def test_refused_while_the_body_is_on_its_way(play: Play) -> None:
    """The answer arrives although the client still sends."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        origin.stop()
        client.send(get(origin, "/", "Content-Length: 10000000", method="POST") + b"x" * 1000)
        assert b"(connection_refused)" in await client.rest()
        client.send(b"x" * 1000)
        client.close()
        await house.recorded()

    play(scenario)


def test_an_unknown_name(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(b"GET http://nobody.invalid/ HTTP/1.1\r\n\r\n")
        assert (await client.upto(b"(name_not_found)\n")).startswith(b"HTTP/1.1 502 ")
        await house.recorded()

    play(scenario)


def test_a_server_that_closes_at_once(play: Play) -> None:
    """Before the request was sent, or just after: never an exchange that hangs."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        for count in range(1, 31):
            client.send(get(origin))
            server = await origin.accept()
            server.reset() if count % 2 else server.close()
            assert (await client.head()).startswith(b"HTTP/1.1 502 ")
            await client.upto(b")\n")
            await house.recorded(count)
        kinds = {recorded.exchange.summary.error_kind for recorded in house.sink.all}
        # Whether the reset is there before we have connected or after is the system's to decide.
        assert "upstream_closed" in kinds and kinds <= {"upstream_closed", "upstream_reset"}

    play(scenario)


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"x" * 70_000,
    ],
)
def test_a_response_that_is_not_http(play: Play, answer: bytes) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        server.send(answer)
        assert (await client.upto(b"(malformed_response)\n")).startswith(b"HTTP/1.1 502 ")
        await until(lambda: server.ended)
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "malformed_response"

    play(scenario)


def test_a_malformed_chunk_in_a_response(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await client.upto(b"abc\r\n")
        server.send(b"zz\r\n")
        await until(lambda: client.ended)
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "malformed_response"

    play(scenario)


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_client_that_leaves_inside_the_response(play: Play, how: str) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc")
        await client.upto(b"abc")
        getattr(client, how)()
        # A close looks like a half-close until something is written to it.
        while not server.lost:
            server.send(b"x")
            await asyncio.sleep(0)
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "client_closed"

    play(scenario)


def test_a_client_that_leaves_inside_its_request(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Content-Length: 10", method="POST") + b"abc")
        server = await origin.accept()
        await server.upto(b"abc")
        client.close()
        await until(lambda: server.ended)
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "client_closed"

    play(scenario)


def test_a_client_that_leaves_while_the_server_is_connected(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        for count in range(1, 6):
            client = await house.client()
            client.send(get(origin))
            await until(partial(lambda count: len(house.sink.all) == count, count))
            client.reset()
            await house.recorded(count)

    play(scenario)


def test_no_connection_becomes_free(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client, other = await house.origin(), await house.client(), await house.client()
        client.send(get(origin))
        await (await origin.accept()).head()
        other.send(get(origin))
        answer = await other.upto(b"(limit_reached)\n")
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert not any(house.pool._waiting.values()), "who has given up is forgotten, though no place was ever free"
        client.close()

    play(scenario, pool={"per_route": 1, "wait_seconds": 0.05})


@pytest.mark.parametrize("tunnel", [False, True])
def test_nobody_connects_for_a_client_that_has_left(play: Play, tunnel: bool) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        dialled = asyncio.Event()
        ended: list[str] = []

        async def never(*_: object) -> None:
            dialled.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        house.pool._dialler._connect = never  # type: ignore[method-assign,assignment]
        if tunnel:
            client = await house.tunnel(origin)
            client.send(b"\x00")
        else:
            client = await house.client()
            client.send(get(origin))
        await dialled.wait()
        client.reset()
        await until(lambda: ended == ["cancelled"])
        await until(lambda: not house.pool._open)
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "client_closed"

    play(scenario)


def test_a_place_is_not_kept_for_a_client_that_has_left(play: Play) -> None:
    """The connection it waited for comes in the very moment in which it leaves: the next one gets it."""

    async def scenario(house: House) -> None:
        origin, first, second, third = await house.origin(), *[await house.client() for _ in range(3)]
        first.send(get(origin))
        server = await origin.accept()
        await server.head()
        for waiting in (second, third):
            waiting.send(get(origin, "/waiting"))
            count = 1 if waiting is second else 2
            await until(partial(lambda count: sum(map(len, house.pool._waiting.values())) == count, count))
        answered, leaving, _ = sorted(house.service.connections, key=lambda connection: connection.endpoint.number)
        assert answered.current is not None and leaving.current is not None
        answered.current.upstream_data(ok(b"hello"))
        leaving.interrupt()
        assert b"/waiting" in await server.head()
        server.send(ok(b"third"))
        await third.upto(b"third")
        await house.recorded(3)

    play(scenario, pool={"per_route": 1})


@pytest.mark.parametrize("how", ["reset", "close inside"])
def test_a_broken_body_whose_end_is_the_close_does_not_end_in_order(play: Play, how: str) -> None:
    """For an HTTP/1.0 client the close is the end of the body: an orderly one would say that it has got everything."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, version="1.0"))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await client.upto(b"\r\n\r\nabc")
        if how == "reset":
            server.reset()
        else:
            server.close()
        await until(lambda: client.lost)
        assert isinstance(client.error, ConnectionResetError)
        await house.recorded()
        assert house.sink.last.response == b"abc"
        assert house.sink.last.exchange.summary.state == "failed"

    play(scenario)


@pytest.mark.parametrize("cut", [False, True])
def test_what_came_before_a_malformed_chunk_is_passed_on_and_kept(play: Play, cut: bool) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        if cut:
            await client.head()
        server.send(b"3\r\nabc\r\n2\r\nde\r\nnonsense\r\n")
        assert (await client.rest()).endswith(b"3\r\nabc\r\n2\r\nde\r\n")
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "malformed_response"
        assert house.sink.last.response == b"abcde"

    play(scenario)


@pytest.mark.parametrize("secure", [False, True])
def test_a_server_that_cannot_be_reached_is_told_inside_the_tunnel(play: Play, secure: bool) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        origin.stop()
        client = await house.tunnel(origin, "localhost" if secure else "127.0.0.1")
        if secure:
            await client.secure(house.trusts_us, name="localhost")
        client.send(b"GET /x HTTP/1.1\r\nHost: localhost:%d\r\nAccept: application/json\r\n\r\n" % origin.port)
        answer = await client.upto(b"}}\n")
        assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n") and b'"kind": "connection_refused"' in answer
        assert (b'"host": "localhost:%d"' if secure else b'"host": "127.0.0.1:%d"') % origin.port in answer
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert (summary.method, summary.status, summary.error_kind) == ("GET", 502, "connection_refused")

    play(scenario)


@pytest.mark.parametrize("how", ["alert", "close", "reset", "eof"])
def test_a_client_that_rejects_our_certificate(play: Play, how: str) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        distrusting = TlsPipe(ssl.create_default_context(), server_side=False, server_hostname="pinned.example")
        distrusting.start()
        client.send(distrusting.out())
        if how == "alert":
            await until(lambda: client.data)
            with pytest.raises(UpstreamTls):
                distrusting.feed(client.take())
            client.send(distrusting.out())
        else:
            await until(lambda: len(client.data) > 500)
            getattr(client, how)()
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert (summary.method, summary.host, summary.error_kind) == ("CONNECT", "pinned.example", "client_distrust")
        assert summary.error is not None
        assert "does not trust the CA, or pins its certificate" in summary.error
        assert "wireglass ca" in summary.error
        if how == "alert":
            assert "unknown ca" in summary.error and "Most likely" not in summary.error
        else:  # what is certain, and what is not
            assert "closed the connection inside the TLS handshake, without an alert" in summary.error
            assert "Most likely it does not trust the CA, or pins its certificate" in summary.error

    play(scenario)


def test_a_client_that_offers_no_tls_version_of_ours(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        # TLS 1.1 with TLS_RSA_WITH_AES_128_CBC_SHA, and no extensions: RFC 8996 has done away with it.
        hello = bytes.fromhex("0302") + bytes(32) + b"\x00" + bytes.fromhex("0002002f") + b"\x01\x00"
        client.send(b"\x16\x03\x01" + (len(hello) + 4).to_bytes(2) + b"\x01" + len(hello).to_bytes(3) + hello)
        await client.rest()
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "client_tls_no_common"

    play(scenario)


@pytest.mark.parametrize("pattern", ["localhost", "localhost:PORT", "*", "other.example"])
def test_a_host_whose_certificate_need_not_verify(play: Play, pattern: str) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        named = pattern.replace("PORT", str(origin.port))
        house.pool._dialler._unverified = UnverifiedHosts((named,))
        other = trustme.CA()
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        other.issue_cert("somebody.example").configure_cert(serving)
        for _ in range(2):
            client.send(b"GET https://localhost:%d/ HTTP/1.1\r\n\r\n" % origin.port)
            if pattern == "other.example":
                server = await origin.accept()
                with pytest.raises(AssertionError):
                    await server.secure(serving, name="localhost", server_side=True)
                answer = await client.upto(b")\n")
                assert b"\r\nWireglass-Error: certificate_untrusted\r\n" in answer
                assert b"--insecure-hosts localhost" in answer
                continue
            if not origin.peers:
                server = await origin.accept()
                await server.secure(serving, name="localhost", server_side=True)
            await server.head()
            server.send(ok(b"hi"))
            await client.upto(b"\r\n\r\nhi")
        await house.recorded(2)
        notes = [note for one in house.sink.all for note in one.exchange.detail.notes if "not verified" in note]
        said = f"the server's certificate was not verified (--insecure-hosts {named})"
        assert notes == ([] if pattern == "other.example" else [said] * 2)

    play(scenario)


def test_an_answer_before_a_reset_is_not_lost(play: Play) -> None:
    """A server that answers early and closes with unread bytes resets: our next write fails before we have read."""

    async def scenario(house: House) -> None:
        client = await house.client()
        with socket.create_server(("127.0.0.1", 0)) as server:
            head = f"POST http://127.0.0.1:{server.getsockname()[1]}/ HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n"
            client.send(head.encode() + b"x")
            loop = asyncio.get_running_loop()
            sock, _ = await loop.run_in_executor(None, server.accept)
            await until(lambda: house.sink.all and house.sink.last.exchange.detail.server)
        (connection,) = house.service.connections
        # From here to the writes the event loop has no turn: the answer and the reset are both there, unread.
        sock.sendall(ok(b"no", b"Connection: close", status=b"413 Too Large"))
        sock.close()
        connection.data_received(b"y" * 1000)
        connection.data_received(b"y" * 1000)
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 413 Too Large\r\n") and answer.endswith(b"no")
        await house.recorded()
        assert house.sink.last.exchange.summary.status == 413

    play(scenario)
