"""What comes to a port: SOCKS, passwords, reverse mode."""

from __future__ import annotations

import base64
import socket

import pytest
from aiohappyeyeballs import AddrInfoType
from tests.proxy.house import House, Play, get, ok
from tests.proxy.peer import Origin, Peer, until

from wireglass.listening import Credentials
from wireglass.net import Dialler, Route
from wireglass.proxy import Door, ProxyAuth
from wireglass.proxy.proxy_auth import recorded_bytes
from wireglass.wire.target import make_origin

LOGIN = "Proxy-Authorization: Basic " + base64.b64encode("me:pä:ss".encode()).decode()
CONNECTED = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


async def door(house: House, door: Door) -> int:
    """Another port of the house; its number."""
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)
    await house.service.serve(sock, door)
    port: int = sock.getsockname()[1]
    house.service.listeners = (*house.service.listeners, ("127.0.0.1", port))
    return port


def password() -> Door:
    return Door(auth=ProxyAuth(Credentials("me", "pä:ss")))


def reverse(origin: Origin, scheme: str = "http", host: str = "127.0.0.1") -> Door:
    return Door(make_origin(scheme, host, origin.port), names=("named.example",))


def socks_to(origin: Origin, host: bytes = b"127.0.0.1") -> bytes:
    return b"\x05\x01\x00\x05\x01\x00\x03" + bytes([len(host)]) + host + origin.port.to_bytes(2, "big")


async def socks(house: House, origin: Origin) -> Peer:
    client = await house.client()
    client.send(socks_to(origin))
    assert await client.exactly(12) == b"\x05\x00" + CONNECTED
    return client


# SOCKS


def test_a_request_over_socks(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await socks(house, origin)
        client.send(b"GET /a HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % origin.port)
        server = await origin.accept()
        assert (await server.head()).startswith(b"GET /a HTTP/1.1\r\n")
        server.send(ok(b"hello"))
        await client.head()
        assert await client.exactly(5) == b"hello"
        await house.recorded()
        exchange = house.sink.last.exchange
        assert exchange.summary.url == f"http://127.0.0.1:{origin.port}/a"
        assert (exchange.summary.source, exchange.detail.notes) == ("proxy", ["over SOCKS 5"])

    play(scenario)


def test_tls_over_socks_all_at_once(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client()
        client.send(socks_to(origin, b"localhost"))
        assert await client.exactly(12) == b"\x05\x00" + CONNECTED
        await client.secure(house.trusts_us, name="localhost")
        client.send(b"GET /b HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % origin.port)
        server = await origin.accept()
        await server.secure(house.serves, name="localhost", server_side=True)
        await server.head()
        server.send(ok(b"hello"))
        await client.head()
        await house.recorded()
        exchange = house.sink.last.exchange
        assert exchange.summary.url == f"https://localhost:{origin.port}/b"
        assert exchange.detail.notes == ["over SOCKS 5"]

    play(scenario)


def test_byte_by_byte_with_a_request_behind(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client()
        whole = socks_to(origin) + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        connection = None
        for byte in whole:
            client.send(bytes([byte]))
            await until(lambda: house.service.connections, "the connection")
            connection = connection or next(iter(house.service.connections))
        server = await origin.accept()
        assert (await server.head()).startswith(b"GET / HTTP/1.1\r\n")
        server.send(ok())
        assert (await client.head()).startswith(b"\x05\x00" + CONNECTED + b"HTTP/1.1 200 OK")
        await house.recorded()

    play(scenario)


def test_a_server_that_speaks_first_over_socks(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin(b"220 hello\r\n")
        client = await socks(house, origin)
        assert await client.upto(b"hello\r\n") == b"220 hello\r\n"
        client.send(b"QUIT\r\n")
        server = await origin.accept()
        await server.upto(b"QUIT\r\n")
        server.close()
        await client.rest()
        client.close()
        await house.recorded()
        exchange = house.sink.last.exchange
        summary = exchange.summary
        assert (summary.method, summary.url, summary.protocol) == ("CONNECT", f"127.0.0.1:{origin.port}", "tunnel")
        assert (summary.request_size, summary.response_size) == (6, 11)
        assert (exchange.detail.request_version, exchange.detail.notes) == ("SOCKS5", ["over SOCKS 5"])

    play(scenario)


def test_a_loop_over_socks_is_refused(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01" + house.port.to_bytes(2, "big"))
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP/1.1 403 Forbidden\r\n" in await client.head()
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "refused_by_policy"

    play(scenario)


def test_a_socks_client_that_says_nothing_more(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(b"\x05\x02\x00")
        assert await client.rest() == b""
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert summary.error is not None and "did not say within 0.05 s" in summary.error
        assert (summary.protocol, summary.status) == ("socks5", None)

    play(scenario, hello_seconds=0.05)


@pytest.mark.parametrize("end", ["eof", "reset", "close"])
@pytest.mark.parametrize("sent", [b"\x05", b"\x05\x01\x00", b"\x05\x01\x00\x05\x01\x00\x03\xff"])
def test_a_socks_client_that_leaves_early(play: Play, sent: bytes, end: str) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(sent)
        getattr(client, end)()
        await until(lambda: not house.service.connections or client.ended, "the end")

    play(scenario)


def test_our_page_over_socks(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(b"\x05\x01\x00\x05\x01\x00\x03\x12wireglass.internal\x00\x50")
        client.send(b"GET / HTTP/1.1\r\nHost: wireglass.internal\r\n\r\n")
        assert b"HTTP/1.1 200 OK\r\n" in await client.head()
        assert not house.sink.all

    play(scenario)


def test_malformed_socks_is_recorded_with_its_bytes(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(b"\x05\x01\x00\x05\x02\x00\x01\x7f\x00\x00\x01\x00\x50")
        assert (await client.rest())[2:4] == b"\x05\x07"
        await house.recorded()
        exchange = house.sink.last.exchange
        assert exchange.summary.error_kind == "malformed_request"
        assert r"\x05\x02\x00\x01\x7f" in "".join(exchange.detail.notes)

    play(scenario)


# A password for the proxy


def test_requests_log_in_each_by_itself(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client(await door(house, password()))
        client.send(get(origin, "/", LOGIN))
        server = await origin.accept()
        assert b"roxy" not in await server.head()
        server.send(ok())
        await client.head()
        client.send(get(origin, "/second"))
        assert (await client.head()).startswith(b"HTTP/1.1 407 Proxy Authentication Required\r\n")
        await house.recorded(2)
        first, second = (recorded.exchange for recorded in house.sink.all)
        assert (b"Proxy-Authorization", b"Basic (not recorded)") in first.detail.request_headers
        assert (second.summary.status, second.summary.error_kind) == (407, "proxy_auth")
        assert len(origin.peers) == 1

    play(scenario)


@pytest.mark.parametrize(
    "line",
    [
        "X: y",
        "Proxy-Authorization: Basic",
        "Proxy-Authorization: Basic !!!",
        "Proxy-Authorization: Bearer " + base64.b64encode("me:pä:ss".encode()).decode(),
        "Proxy-Authorization: Basic " + base64.b64encode("me:pä:s".encode()).decode(),
        "Proxy-Authorization: Basic " + base64.b64encode("me:pä:ss".encode("latin-1")).decode(),
        "Proxy-Authorization: Basic " + base64.b64encode(b"me").decode(),
        f"{LOGIN}\r\n{LOGIN}",
        LOGIN.replace("Proxy-", ""),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "CONNECT", "HEAD"])
def test_who_does_not_log_in_reaches_nobody(play: Play, line: str, method: str) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client(await door(house, password()))
        if method == "CONNECT":
            client.send(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n%b\r\n\r\n" % (origin.port, line.encode()))
        else:
            body = ("Content-Length: 3",) if method == "POST" else ()
            client.send(get(origin, "/", line, *body, method=method) + b"abc" * len(body))
        answer = await client.head()
        assert answer.startswith(b"HTTP/1.1 407 ")
        assert b'\r\nProxy-Authenticate: Basic realm="Wireglass", charset="UTF-8"\r\n' in answer
        assert b"\r\nWireglass-Error: proxy_auth\r\n" in answer
        await house.recorded()
        exchange = house.sink.last.exchange
        assert (exchange.summary.status, exchange.summary.error_kind) == (407, "proxy_auth")
        assert str(origin.port) in exchange.summary.url and not origin.peers
        if "Proxy-" in line:
            hidden = [value for name, value in exchange.detail.request_headers if name == b"Proxy-Authorization"]
            assert hidden and all(value.endswith(b"(not recorded)") for value in hidden)

    play(scenario)


def test_a_tunnel_logs_in_once(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client(await door(house, password()))
        client.send(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n%b\r\n\r\n" % (origin.port, LOGIN.encode()))
        await client.head()
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        server = await origin.accept()
        await server.head()
        server.send(ok())
        assert (await client.head()).startswith(b"HTTP/1.1 200 OK\r\n")
        await house.recorded()

    play(scenario)


def test_our_pages_need_no_password_and_lead_nowhere_else(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        port = await door(house, password())
        client = await house.client(port)
        client.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert (await client.head()).startswith(b"HTTP/1.1 200 OK\r\n")
        client = await house.client(port)
        client.send(b"CONNECT wireglass.internal:80 HTTP/1.1\r\n\r\n")
        await client.head()
        client.send(get(origin))
        assert not (await client.head()).startswith(b"HTTP/1.1 200 Conn") and not origin.peers
        assert not house.sink.all

    play(scenario)


@pytest.mark.parametrize("login", [b"\x01\x02me\x06p\xc3\xa4:ss", b"\x01\x02me\x05wrong", b""])
def test_socks_logs_in(play: Play, login: bytes) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client(await door(house, password()))
        if not login:
            client.send(socks_to(origin))
            assert await client.rest() == b"\x05\xff"
        else:
            client.send(b"\x05\x02\x00\x02" + login + socks_to(origin)[3:])
            if b"wrong" in login:
                assert await client.rest() == b"\x05\x02\x01\x01"
            else:
                assert await client.exactly(14) == b"\x05\x02\x01\x00" + CONNECTED
                return
        await house.recorded()
        exchange = house.sink.last.exchange
        assert (exchange.summary.error_kind, exchange.summary.status) == ("proxy_auth", None)
        assert "wrong" not in repr(exchange.detail) and not origin.peers

    play(scenario)


@pytest.mark.parametrize(
    ("received", "kept"),
    [
        (b"GET / HTTP/1.1\r\nproxy-authorization:Basic c2VjcmV0\r\nA: b", b"proxy-authorization: (not recorded)\r\nA"),
        (b"X\nProxy-Authorization : Basic c2VjcmV0\nA: b", b"Proxy-Authorization: (not recorded)\nA"),
        (b"X\r\nProxy-Authorization:\r\n Basic\r\n\tc2VjcmV0\r\nA: b", b"Proxy-Authorization: (not recorded)\r\nA"),
        (b"Proxy-Authorization: Basic c2Vj cmV0", b"Proxy-Authorization: (not recorded)"),
        (b"A: Proxy-Authorization: c", b"A: Proxy-Authorization: c"),
    ],
)
def test_heads_that_could_not_be_read_lose_it_too(received: bytes, kept: bytes) -> None:
    assert kept in recorded_bytes(received)
    assert b"c2Vj" not in recorded_bytes(received)


def test_a_refused_head_is_recorded_without_the_password(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(f"GET http://a/ HTTP/1.1\r\n{LOGIN}\r\nA : b\r\n\r\n".encode())
        assert (await client.head()).startswith(b"HTTP/1.1 400 ")
        await house.recorded()
        assert LOGIN.rpartition(" ")[2] not in repr(house.sink.last.exchange)
        assert "(not recorded)" in repr(house.sink.last.exchange)

    play(scenario)


# Reverse mode


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "named.example:5", "my-pc", "a.test", "[::1]", "a.local"])
def test_all_that_is_asked_goes_to_the_server(play: Play, host: str) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client(await door(house, reverse(origin)))
        for path in ("/a?b", "*"):
            client.send(f"OPTIONS {path} HTTP/1.1\r\nHost: {host}\r\nX: y\r\n\r\n".encode())
            server = origin.peers[0] if origin.peers else await origin.accept()
            head = f"OPTIONS {path} HTTP/1.1\r\nHost: 127.0.0.1:{origin.port}\r\nX: y\r\n\r\n"
            assert await server.head() == head.encode()
            server.send(ok(b"", b"Location: https://elsewhere.example/"))
            assert b"\r\nLocation: https://elsewhere.example/\r\n" in await client.head()
        await house.recorded(2)
        exchange = house.sink.all[0].exchange
        assert exchange.summary.url == f"http://127.0.0.1:{origin.port}/a?b"
        assert exchange.detail.notes[0].startswith("in reverse mode, asked on 127.0.0.1:")
        assert (b"Host", host.encode()) in exchange.detail.request_headers

    play(scenario)


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:1", "127.0.0.1.example", "localhost.example"])
def test_a_name_that_was_made_to_point_here_gets_nothing(play: Play, host: str) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client(await door(house, reverse(origin)))
        client.send(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert (await client.head()).startswith(b"HTTP/1.1 403 Forbidden\r\n")
        await house.recorded()
        assert house.sink.last.exchange.summary.error_kind == "refused_by_policy" and not origin.peers

    play(scenario)


@pytest.mark.parametrize("field", ["Postman-Host: localhost", "Postman-Origin: http://localhost"])
def test_a_page_whose_name_leads_here_forges_nothing(play: Play, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    """With ``postman_headers`` scripts choose what this machine's servers know them by: a name that public DNS can give
    reaches none of them, on a kept connection neither."""

    async def look_up(dialler: Dialler, route: Route) -> list[AddrInfoType]:
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", route.port))]

    monkeypatch.setattr(Dialler, "_look_up", look_up)

    async def scenario(house: House) -> None:
        origin = await house.origin()

        async def ask(host: str, *lines: str) -> Peer:
            client, where = await house.client(), f"{host}:{origin.port}"
            client.send("\r\n".join([f"GET http://{where}/ HTTP/1.1", f"Host: {where}", *lines, "", ""]).encode())
            return client

        async def answered(client: Peer, server: Peer) -> None:
            await server.head()
            server.send(ok())
            assert (await client.head()).startswith(b"HTTP/1.1 200 OK\r\n")

        async def refused(client: Peer) -> None:
            assert b"rebound.example leads to 127.0.0.1" in await client.upto(b"(refused_by_policy)\n")

        await refused(await ask("rebound.example", field))
        client = await ask("rebound.example")
        kept = await origin.accept()
        await answered(client, kept)
        await refused(await ask("rebound.example", field))
        await answered(await ask("rebound.example", "Postman-TE: trailers"), kept)  # which is not unwrapped
        for own in ("own.test", "localhost"):
            client = await ask(own, field)
            await answered(client, await origin.accept())

    play(scenario, postman_headers=True)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("name", [None, "localhost", "named.example"])
def test_tls_to_the_port(play: Play, secure: bool, name: str | None) -> None:
    """Its certificate is for the name that is asked for, or for the address."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        mode = reverse(origin, "https" if secure else "http", "localhost" if secure else "127.0.0.1")
        client = await house.client(await door(house, mode))
        await client.secure(house.trusts_us, name=name or "127.0.0.1")
        client.send(b"GET /x HTTP/1.1\r\nHost: named.example\r\n\r\n")
        server = await origin.accept()
        if secure:
            await server.secure(house.serves, name="localhost", server_side=True)
        assert mode.target is not None
        assert b"\r\nHost: %b\r\n" % mode.target.authority.encode() in await server.head()
        server.send(ok())
        assert (await client.head()).startswith(b"HTTP/1.1 200 OK\r\n")
        await house.recorded()

    play(scenario)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", "makes no tunnels"),
        (b"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "was asked for a.example:80"),
        (b"\x05\x01\x00\r\n\r\n", ""),
        (b"\x16\x03\x01\x00\x05nonsense\r\n\r\n", ""),
        (b"garbage\r\n\r\n", ""),
    ],
)
def test_what_takes_it_for_a_proxy_is_told(play: Play, sent: bytes, words: str) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client(await door(house, reverse(origin)))
        client.send(sent)
        assert (await client.head()).startswith(b"HTTP/1.1 400 Bad Request\r\n")
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert summary.error is not None and words in summary.error and not origin.peers

    play(scenario)


def test_a_server_takes_absolute_form_too(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client(await door(house, reverse(origin)))
        client.send(get(origin, "/x"))
        server = await origin.accept()
        assert (await server.head()).startswith(b"GET /x HTTP/1.1\r\n")
        server.send(ok())
        await client.head()
        await house.recorded()

    play(scenario)


def test_it_has_no_pages_of_ours(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client(await door(house, reverse(origin)))
        client.send(b"GET / HTTP/1.1\r\nHost: wireglass.internal\r\n\r\n")
        server = await origin.accept()
        await server.head()
        server.send(ok(b"theirs"))
        await client.upto(b"theirs")
        await house.recorded()

    play(scenario)


def test_a_server_that_is_our_own_port_is_refused(play: Play) -> None:
    async def scenario(house: House) -> None:
        mode = Door(make_origin("http", "127.0.0.1", house.port))
        client = await house.client(await door(house, mode))
        client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await client.head()).startswith(b"HTTP/1.1 403 Forbidden\r\n")
        await house.recorded()

    play(scenario)


def test_a_client_that_is_slow_to_begin(play: Play) -> None:
    """Its first bytes may take as long as any head."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.client(await door(house, reverse(origin)))
        client.send(b"GE")
        connection = None
        await until(lambda: house.service.connections, "the connection")
        connection = next(iter(house.service.connections))
        await until(lambda: connection.first_bytes is not None, "a look at them")
        await until(lambda: connection.first_bytes is None, "the end of the look")
        client.send(b"T / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        server = await origin.accept()
        await server.head()
        server.send(ok())
        await client.head()
        await house.recorded()

    play(scenario, hello_seconds=0.05)
