"""Pages of our own: asked for at the port, through the proxy, and in a tunnel; never dialled, never recorded."""

from __future__ import annotations

from typing import Any

import pytest
from tests.proxy.house import House, Play
from tests.proxy.peer import Peer, until

from wireglass.proxy.own_pages import for_ourselves
from wireglass.proxy.site import HOST, Page
from wireglass.wire.head import read_request_head

GUARDS = (
    b"Cache-Control: no-store\r\n",
    b"X-Content-Type-Options: nosniff\r\n",
    b"Referrer-Policy: no-referrer\r\n",
    b"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n",
)


class Pages:
    """Says what it was asked; ``/file`` is a download."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def page(self, path: str, user_agent: str) -> Page:
        self.asked.append((path, user_agent))
        if path == "/file":
            return Page(200, "application/octet-stream", b"\x00\xff", "ca.pem")
        return Page(404 if path == "/none" else 200, "text/html; charset=utf-8", f"page {path}".encode())


def ask(target: str, host: str, method: str = "GET", version: str = "1.1", *lines: str) -> bytes:
    return "\r\n".join((f"{method} {target} HTTP/{version}", f"Host: {host}", *lines, "", "")).encode()


async def answer(client: Peer, *, body: bool = True) -> tuple[bytes, bytes]:
    head = await client.head()
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head, await client.exactly(length if body else 0)


def with_site(play: Play, scenario: Any) -> Pages:
    pages = Pages()
    play(scenario, site=pages)
    return pages


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "127.0.0.1", "localhost:{port}", "LOCALHOST", "[::1]:{port}", HOST, f"{HOST}:{{port}}"]
)
def test_the_port_asked_directly(play: Play, host: str) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(ask("/a?b=c", host.format(port=house.port), "GET", "1.1", "User-Agent: iPhone"))
        head, body = await answer(client)
        assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n")
        assert body == b"page /a?b=c" and all(guard in head for guard in GUARDS)
        assert b"Connection" not in head and b"Content-Disposition" not in head
        assert not house.sink.all and not house.pool._open

    assert with_site(play, scenario).asked == [("/a?b=c", "iPhone")]


@pytest.mark.parametrize(
    "target",
    [f"http://{HOST}/x", "HTTP://WireGlass.Internal:80/x", f"https://{HOST}/x", f"http://{HOST}:8080/x"],
)
def test_through_the_proxy(play: Play, target: str) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(ask(target, HOST))
        assert (await answer(client))[1] == b"page /x"
        assert not house.sink.all and not house.pool._open

    assert with_site(play, scenario).asked == [("/x", "")]


@pytest.mark.parametrize("secure", [False, True])
def test_in_a_tunnel(play: Play, secure: bool) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(b"CONNECT %b:%d HTTP/1.1\r\n\r\n" % (HOST.encode(), 443 if secure else 80))
        await client.head()
        if secure:
            await client.secure(house.trusts_us, name=HOST)
        for path in (b"/x", b"/y"):
            client.send(b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (path, HOST.encode()))
            assert (await answer(client))[1] == b"page " + path
        assert not house.sink.all and not house.pool._open

    with_site(play, scenario)


@pytest.mark.parametrize("first", [b"", b"\x00\x01 not HTTP"])
def test_a_tunnel_to_us_that_carries_nothing_we_read_is_closed_and_never_dialled(play: Play, first: bytes) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(b"CONNECT %b:80 HTTP/1.1\r\n\r\n" % HOST.encode() + first)
        await client.head()
        assert await client.rest() == b""
        assert not house.sink.all and not house.pool._open

    play(scenario, site=Pages(), hello_seconds=0.1)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.0.2.7", "localhost.evil"])
@pytest.mark.parametrize("with_pages", [False, True])
def test_another_name_that_points_here_gets_nothing(play: Play, host: str, with_pages: bool) -> None:
    """DNS rebinding: the scripts of that name's page could read what we answer."""

    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(ask("/", host) * 2)
        response = await client.rest()
        assert response.startswith(b"HTTP/1.1 421 Misdirected Request\r\n") and b"Connection: close\r\n" in response
        assert response.count(b"HTTP/1.1") == 1 and b"page /" not in response
        assert not house.sink.all

    pages = Pages()
    play(scenario, site=pages if with_pages else None)
    assert not pages.asked


def test_an_address_of_this_machine_is_ours(play: Play) -> None:
    async def scenario(house: House) -> None:
        house.service.pool.own_addresses.add("192.0.2.7")
        client = await house.client()
        client.send(ask("/", "192.0.2.7:8080"))
        assert (await answer(client))[0].startswith(b"HTTP/1.1 200 ")

    with_site(play, scenario)


def test_keep_alive_head_and_a_missing_page(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(ask("/a", HOST, "HEAD") + ask("/none", HOST) + ask("/file", HOST))
        head, _ = await answer(client, body=False)
        assert b"Content-Length: 7\r\n" in head
        head, body = await answer(client)
        assert head.startswith(b"HTTP/1.1 404 Not Found\r\n") and body == b"page /none"
        head, body = await answer(client)
        assert b'Content-Disposition: attachment; filename="ca.pem"\r\n' in head and body == b"\x00\xff"
        client.send(ask("/b", HOST, "GET", "1.1", "Connection: close"))
        head, _ = await answer(client)
        assert b"Connection: close\r\n" in head and await client.rest() == b""

    with_site(play, scenario)


def test_a_thousand_pipelined(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(ask("/a", HOST) * 1000)
        await until(lambda: client.data.count(b"page /a") == 1000)

    with_site(play, scenario)


def test_other_methods_and_bodies(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        client.send(ask("/", HOST, "OPTIONS"))
        head, _ = await answer(client)
        assert head.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n") and b"Allow: GET, HEAD\r\n" in head
        client.send(ask("/", HOST, "POST", "1.1", "Content-Length: 100") + b"abc")
        response = await client.rest()
        assert response.startswith(b"HTTP/1.1 405 ") and b"Connection: close\r\n" in response
        old = await house.client()
        old.send(b"GET / HTTP/1.0\r\n\r\n")
        assert (await old.rest()).startswith(b"HTTP/1.1 200 ")
        assert not house.sink.all

    with_site(play, scenario)


def test_without_pages_a_line_of_text_stands_for_them(play: Play) -> None:
    async def scenario(house: House) -> None:
        client = await house.client()
        for path, status in (("/", b"200 OK"), ("/favicon.ico", b"404 Not Found")):
            client.send(ask(path, f"127.0.0.1:{house.port}"))
            head, body = await answer(client)
            assert head.startswith(b"HTTP/1.1 " + status) and body.startswith(b"This is Wireglass")
            assert f"curl -x http://127.0.0.1:{house.port} ".encode() in body

    play(scenario)


@pytest.mark.parametrize(
    ("target", "ours"),
    [
        (b"/", True),
        (b"http://wireglass.internal", True),
        (b"http://wireglass.internal?a", True),
        (b"http://wireglass.internal.example/", False),
        (b"http://wireglass.internal@example/", False),
        (b"http://xwireglass.internal/", False),
        (b"http://example/wireglass.internal/", False),
        (b"ftp://wireglass.internal/", False),
    ],
)
def test_which_requests_are_for_us(target: bytes, ours: bool) -> None:
    head = read_request_head(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert for_ourselves(head, None) is ours
