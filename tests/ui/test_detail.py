"""One exchange in the web UI: what was sent, what came back, and when."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import urllib.error
from collections.abc import Callable
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

import pytest
import trustme
from playwright.sync_api import Page, expect
from tests.peers.origin import Origin, fixed, in_chunks, say
from tests.peers.program import Wireglass
from tests.peers.waiting import wait_for
from tests.ui.pages.detail import Detail
from tests.ui.pages.shell import Shell
from tests.ui.traffic import Traffic

ORDER = {"id": 4711, "customer": {"name": "Ada Lovelace", "tags": ["new", "vip"]}, "lines": [], "paid": None}


@pytest.fixture(scope="module")
def order(traffic: Traffic) -> int:
    return traffic.send(
        "/orders/4711?expand=lines&q=a%20b",
        json.dumps(ORDER).encode(),
        type="application/json; charset=utf-8",
        headers={"Cookie": "session=abc; theme=dark"},
        answer_headers=(
            b"Set-Cookie: token=x1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax",
            b'ETag: W/"7"',
        ),
    ).id


def test_the_overview_says_who_and_when(detail: Detail, order: int) -> None:
    detail.open(order).show("Overview")
    expect(detail.row("Exchange", "Status")).to_contain_text("200 OK")
    expect(detail.row("Exchange", "URL")).to_contain_text("/orders/4711?expand=lines")
    expect(detail.row("Timing", "Waiting for the server")).to_contain_text(re.compile(r"\d m?s"))
    expect(detail.row("Server's connection", "Server's address")).to_contain_text("127.0.0.1:")


def test_headers_are_explained_and_cookies_and_parameters_are_tables(detail: Detail, order: int) -> None:
    detail.open(order).show("Response", "Headers")
    expect(detail.row("Headers", "ETag")).to_contain_text('W/"7"')
    detail.table("Headers").get_by_role("button", name="ETag", exact=True).hover()
    expect(detail.tip).to_contain_text("this version of the resource")
    detail.root.get_by_role("button", name="Copy all: headers").focus()
    detail.shell.press("Tab")
    expect(detail.tip).to_contain_text("Bytes of the body")
    detail.show("Cookies")
    expect(detail.row("Cookies that were set", "token")).to_contain_text("x1")
    expect(detail.row("Cookies that were set", "token")).to_contain_text("HttpOnly")
    detail.show("Request", "Query")
    expect(detail.row("Query parameters", "q")).to_contain_text("a b")
    detail.show("Cookies")
    expect(detail.row("Cookies that were sent", "theme")).to_contain_text("dark")


def test_trailers_stand_behind_the_headers(detail: Detail, traffic: Traffic) -> None:
    lines = (b"Trailer: X-Sum", b"Content-Type: text/plain")
    url = traffic.origin.on("/trailers", in_chunks([b"one", b"two"], [(b"X-Sum", b"7")], *lines))
    traffic.get("/trailers")
    detail.open(traffic.program.row(url).id).show("Response", "Headers")
    expect(detail.row("Trailers, behind the body", "X-Sum")).to_contain_text("7")


def test_what_came_before_the_final_response_is_told(detail: Detail, traffic: Traffic) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    url = traffic.origin.on("/hints", say(hints, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))
    host, _, port = traffic.program.proxy.partition(":")
    # Python's own client takes a 103 for the answer.
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"GET {url} HTTP/1.1\r\nHost: {traffic.origin.authority}\r\nConnection: close\r\n\r\n".encode())
        while client.recv(65_536):
            pass
    detail.open(traffic.program.row(url).id).show("Response", "Headers")
    expect(detail.row("103, before the final response", "Link")).to_contain_text("rel=preload")
    expect(detail.root).to_contain_text("HTTP/1.1 200 OK")


def test_a_server_is_known_by_its_certificates_and_a_tunnel_is_not_read(
    page: Page, start: Callable[..., Wireglass]
) -> None:
    authority = trustme.CA(organization_name="Example Trust")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1", common_name="shop.test").configure_cert(context)
    with Origin(context) as origin:
        program = start("--insecure", "--passthrough", "127.0.0.1")
        origin.on("/", fixed(b"hi"))
        believing = ssl.create_default_context(cafile=str(program.ca_path))
        authority.configure_trust(believing)
        opener = build_opener(ProxyHandler({"https": f"http://{program.proxy}"}), HTTPSHandler(context=believing))
        for host in ("localhost", "127.0.0.1"):
            opener.open(f"https://{host}:{origin.port}/", timeout=30).close()
        detail = Detail(Shell(page, program))
        detail.open(program.row(f"https://localhost:{origin.port}/").id).show("Overview")
        server = detail.certificate(1)
        expect(server).to_contain_text("CN=shop.test")
        expect(server).to_contain_text("O=Example Trust")
        expect(server).to_contain_text("localhost, 127.0.0.1")
        expect(server).to_contain_text(re.compile(r"Valid until\s*\d{4}-\d\d-\d\d [\d:]+, [\d,]+ days left"))
        expect(detail.row("Server's connection", "TLS")).to_contain_text("TLSv1.3")
        expect(detail.row("Timing", "TLS handshake")).to_contain_text("ms")

        def tunnel() -> int | None:
            return next((row.id for row in program.ls() if row.protocol == "tunnel" and row.state == "done"), None)

        detail.open(wait_for(tunnel, "the tunnel's row")).show("Overview")
        expect(detail.row("Exchange", "Method")).to_contain_text("CONNECT")
        expect(detail.row("Exchange", "Protocol")).to_contain_text("tunnel")
        detail.show("Response")
        expect(detail.root).to_contain_text("the content of tunnels is not recorded")


def test_a_body_that_was_broken_off(detail: Detail, traffic: Traffic) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n"
    url = traffic.origin.on("/short", say(head, b"half of it", close=True))
    with pytest.raises(http.client.IncompleteRead):
        traffic.get("/short")
    detail.open(traffic.program.row(url, "failed").id).show("Overview")
    expect(detail.root.get_by_role("alert")).to_contain_text("look at its log")
    detail.show("Response", "Body")
    expect(detail.body_text).to_contain_text("half of it")


def test_a_value_narrows_the_traffic(detail: Detail, order: int) -> None:
    detail.open(order).show("Overview")
    detail.narrow("host", "Not this")
    expect(detail.page).to_have_url(re.compile(r"/traffic\?q=-host%3A127\.0\.0\.1$"))


def test_a_failed_exchange_says_what_to_try(detail: Detail, wireglass: Wireglass) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        with pytest.raises(urllib.error.HTTPError):
            build_opener(ProxyHandler({"http": f"http://{wireglass.proxy}"})).open(url, timeout=30)
        row = wireglass.row(url, "failed")
    detail.open(row.id).show("Overview")
    expect(detail.root.get_by_role("alert")).to_contain_text("whether it listens at that port")


def test_a_note_and_a_star_are_kept(detail: Detail, traffic: Traffic) -> None:
    row = traffic.send("/noted", b"x")
    detail.open(row.id).show("Overview")
    detail.star.click()
    expect(detail.star).to_have_attribute("aria-pressed", "true")
    detail.write_note("the order that was lost")
    expect(detail.root.get_by_role("button", name="Save the note")).to_be_disabled()
    detail.open(row.id).show("Overview")
    expect(detail.star).to_have_attribute("aria-pressed", "true")
    expect(detail.note).to_have_value("the order that was lost")


def test_an_exchange_that_is_not_there(detail: Detail, allowed: list[str]) -> None:
    allowed.append("404")
    detail.shell.open("/exchange/999999")
    expect(detail.root).to_contain_text("Exchange 999999 is not in the store")
