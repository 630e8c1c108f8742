"""What goes wrong in an exchange: the answer, the record, and nothing else disturbed."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from functools import partial

import pytest
import trustme
from tests.proxy.house import House, Play, exchange, get, ok, server_of
from tests.proxy.peer import until

from wireglass.errors import UpstreamTls
from wireglass.net import TlsPipe, UnverifiedHosts
from wireglass.proxy.client import ClientConnection

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
        assert house.sink.last.exchange.detail.timings.receive is not None

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
        assert leaving.session.running
        server_of(answered).upstream_data(ok(b"hello"))
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


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("how", ["close", "reset", "eof", "notify"])
def test_a_client_that_finishes_the_handshake_and_leaves(play: Play, how: str, version: ssl.TLSVersion) -> None:
    """GnuTLS programs look at the certificate only then."""

    async def scenario(house: House) -> None:
        client = await house.tunnel(await house.origin())
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        trusting.maximum_version = version
        await client.secure(trusting, name="pinned.example")
        (connection,) = house.service.connections
        await until(partial(_established, connection))
        if how == "notify":
            assert client.pipe is not None
            client.transport.write(client.pipe.close())
        else:
            getattr(client, how)()
        await verdict(house)
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert (summary.method, summary.host, summary.error_kind) == ("CONNECT", "pinned.example", "client_distrust")
        assert (summary.state, summary.status) == ("failed", None)
        assert summary.error is not None
        assert "finished the TLS handshake and closed the connection" in summary.error
        assert "Most likely it does not trust the CA, or pins its certificate" in summary.error
        seen = house.sink.last.exchange.detail.client
        assert seen is not None and seen.tls is not None

    play(scenario)


@pytest.mark.parametrize("how", ["late", "asked", "stopped"])
def test_a_client_that_leaves_for_another_reason(play: Play, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection opened in advance and not needed, one that has asked something, one that we have ended."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        await client.secure(house.trusts_us, name="localhost")
        (connection,) = house.service.connections
        await until(partial(_established, connection))
        if how == "late":
            monkeypatch.setattr("wireglass.proxy.wordless._LATE", 0.0)
        elif how == "asked":
            origin.stop()
            client.send(b"GET / HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % origin.port)
            await client.upto(b"(connection_refused)\n")
        else:
            connection.drain()
            await until(lambda: client.ended)
        client.close()
        await until(lambda: not house.service.connections)
        assert not len(house.service.wordless)
        await house.recorded(1 if how == "asked" else 0)

    play(scenario)


@pytest.mark.parametrize(
    "asks",
    ["before", "after", "long before", "another server", "another name", "in another way", "from another address"],
)
def test_a_client_that_does_not_need_a_connection(play: Play, asks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser closes what it has opened in advance, and asks on another connection."""

    async def scenario(house: House) -> None:
        origin = await house.origin()

        async def ask() -> None:
            client = await house.tunnel(await house.origin() if asks == "another server" else origin)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            if asks == "in another way":
                context.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305")
            name = "other.example" if asks == "another name" else "localhost"
            if asks == "from another address":
                (connection,) = house.service.connections
                connection.ip = "192.0.2.1"
            await client.secure(context, name=name)
            client.send(b"GET http://wireglass.internal/ HTTP/1.1\r\nHost: wireglass.internal\r\n\r\n")
            await client.head()
            client.close()
            await until(lambda: not house.service.connections)

        if asks == "long before":
            monkeypatch.setattr("wireglass.proxy.wordless._REMEMBERED", 0.0)
        if asks in ("before", "long before"):
            await ask()
        leaving = await house.tunnel(origin)
        await leaving.secure(house.trusts_us, name="localhost")
        (connection,) = house.service.connections
        await until(partial(_established, connection))
        leaving.close()
        await until(lambda: len(house.service.wordless))
        if asks not in ("before", "long before"):
            await ask()
        await verdict(house)
        kinds = [recorded.exchange.summary.error_kind for recorded in house.sink.all]
        assert kinds.count("client_distrust") == (asks not in ("before", "after"))

    play(scenario)


def test_a_session_that_is_taken_up_is_no_distrust(play: Play) -> None:
    """Chromium opens a connection, leaves it, and asks on the next one, which resumes the first one's session. A client
    that resumes and leaves was shown no certificate."""

    async def scenario(house: House) -> None:
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        session = None
        origin = await house.origin()
        origin.stop()
        for number in range(3):
            client = await house.tunnel(origin)
            await client.secure(trusting, name="localhost", session=session)
            assert client.pipe is not None and client.pipe.resumed == (number > 0)
            ours = client.pipe._ssl
            await until(partial(_has_ticket, ours))
            session = ours.session
            (connection,) = house.service.connections
            await until(partial(_established, connection))
            if number == 2:
                client.send(b"GET / HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % origin.port)
                await client.head()
            client.close()
            await until(lambda: not house.service.connections)
            assert len(house.service.wordless) == 1, "the first alone"
        await verdict(house)
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "connection_refused"

    play(scenario)


def test_the_verdict_comes_by_itself_or_at_the_end(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(house: House) -> None:
        for count, patience in ((1, 0.0), (2, 1000.0)):
            monkeypatch.setattr("wireglass.proxy.wordless._PATIENCE", patience)
            client = await house.tunnel(await house.origin())
            await client.secure(house.trusts_us, name="localhost")
            (connection,) = house.service.connections
            await until(partial(_established, connection))
            client.close()
            if count == 2:
                await until(lambda: len(house.service.wordless))
                await house.service.drain(1.0)
            await house.recorded(count)

    play(scenario)


def _established(connection: ClientConnection) -> bool:
    return connection.tls is not None and connection.tls.established


def _has_ticket(ours: ssl.SSLObject) -> bool:
    return ours.session is not None and ours.session.has_ticket


async def verdict(house: House) -> None:
    """Of the client that has just left without a word: what time would bring."""
    await until(lambda: len(house.service.wordless))
    house.service.wordless.decide(math.inf)


def test_tls_that_breaks_in_place_of_the_first_request(play: Play) -> None:
    """However it does: nothing was asked, and that is recorded once, with what OpenSSL says."""

    async def scenario(house: House) -> None:
        client = await house.tunnel(await house.origin())
        await client.secure(house.trusts_us, name="localhost")
        (connection,) = house.service.connections
        await until(partial(_established, connection))
        client.transport.write(b"\x17\x03\x03\x00\x20" + bytes(32))  # a record that is none: a MAC that is wrong
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert (summary.method, summary.state, summary.error_kind) == ("CONNECT", "failed", "client_tls")

    play(scenario)


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("answer", [b"\x15\x03\x03\x00\x02\x02\x46", b"\x15\x03\x01\x00\x02\x02\x0a and more", b""])
def test_http_to_a_port_that_speaks_tls(play: Play, answer: bytes, kept: bool) -> None:
    """``kept``: the same end on a connection that has answered in HTTP before, where only an alert speaks for TLS."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        if kept:
            server = await exchange(house, client, origin)
        client.send(get(origin, "/", "Content-Length: 1", method="POST") + b"x")
        if not kept:
            server = await origin.accept()
        await server.head()
        if answer:
            server.send(answer)
            await until(lambda: client.data or _held(house) == len(answer))
        server.reset()
        said = await client.upto(b")\n")
        assert said.startswith(b"HTTP/1.1 502 ")
        assert (b"TLS alert: is it https:// there?" in said) == bool(answer)
        assert (b"Is it https:// there?" in said) == (not answer and not kept)

    play(scenario)


def _held(house: House) -> int:
    return max((server_of(one).held for one in house.service.connections if one.session.running), default=0)


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
                assert b"start it with `wireglass up --insecure-hosts localhost:%d`." % origin.port in answer
                assert b"start it with SSL_CERT_FILE=FILE." in answer
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
