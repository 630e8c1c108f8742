"""``--postman-headers``: what a page's script may not set is sent on, redirects are seen by it, and nobody is smuggled
past: raw bytes, every pair of HTTP versions, and a real browser."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.doors.conftest import Authority
from tests.peers import chromium
from tests.peers.client import Client
from tests.peers.http2_client import Http2Client
from tests.peers.http2_origin import Http2Call, Http2Origin
from tests.peers.origin import Origin, echo, fixed, in_chunks
from tests.peers.program import Wireglass, running
from tests.peers.websocket_echo import echo_server
from websockets.sync.client import connect

Start = Callable[..., Wireglass]
FLAG = "--postman-headers"
UNWRAPPED = "sent on without Postman- in front (--postman-headers): "
STAYED = "stayed as it came, because it frames messages or rules the connection: "
RENAMED = "Location went to the client as Postman-Location (--postman-headers)"


@pytest.fixture(scope="module")
def wireglass(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Wireglass]:
    with running(tmp_path_factory.mktemp("postman"), FLAG, trust=authority.path) as program:
        yield program


def shown(program: Wireglass, url: str) -> Any:
    return program.show(program.row(url).id)


def recorded(record: Any, side: str, name: str) -> list[str]:
    return [value for key, value in record[side]["headers"] if key.lower() == name]


# In bytes


def test_without_the_setting_all_is_sent_as_it_came(start: Start, origin: Origin) -> None:
    program = start()
    origin.on("/off", fixed(b"x", b"Location: /there"))
    with Client(program.proxy) as client:
        answer = client.get(f"{origin.url}/off", "Postman-Cookie: a=1")
    request = origin.call("/off").request
    assert (request.all("postman-cookie"), request.all("cookie")) == ([b"a=1"], [])
    assert (answer.all("location"), answer.all("postman-location")) == ([b"/there"], [])
    assert not shown(program, f"{origin.url}/off")["notes"]


def test_http1(wireglass: Wireglass, origin: Origin) -> None:
    origin.on("/moved", fixed(b"gone", b"Location: /there", b"X-Last: 1", status=b"302 Found"))
    url = f"{origin.url}/moved"
    with Client(wireglass.proxy) as client:
        answer = client.get(url, "User-Agent: browser", "Postman-User-Agent: mine", "Postman-Cookie: a=1", "X: 2")
    request = origin.call("/moved").request
    assert request.headers == [
        (b"Host", origin.authority.encode()),
        (b"user-agent", b"mine"),
        (b"cookie", b"a=1"),
        (b"X", b"2"),
    ]
    assert (answer.status, answer.body) == (302, b"gone")
    assert answer.headers == [(b"Content-Length", b"4"), (b"Postman-Location", b"/there"), (b"X-Last", b"1")]
    record = shown(wireglass, url)
    assert recorded(record, "request", "postman-user-agent") == ["mine"], "the record has what the client sent"
    assert recorded(record, "request", "user-agent") == ["browser"]
    assert not recorded(record, "request", "cookie")
    assert recorded(record, "response", "location") == ["/there"], "and what the server answered"
    assert not recorded(record, "response", "postman-location")
    assert record["notes"] == [f"{UNWRAPPED}user-agent, cookie", RENAMED]


def test_the_host_is_another_and_the_server_the_same(wireglass: Wireglass, origin: Origin) -> None:
    with Client(wireglass.proxy) as client:
        client.get(f"{origin.url}/host", "Postman-Host: elsewhere.example")
    assert origin.call("/host").request.all("host") == [b"elsewhere.example"]
    assert recorded(shown(wireglass, f"{origin.url}/host"), "request", "host") == [origin.authority]


def test_a_host_that_is_none_is_refused_and_recorded(wireglass: Wireglass, origin: Origin) -> None:
    with Client(wireglass.proxy) as client:
        answer = client.get(f"{origin.url}/none", "Postman-Host: a b")
        assert (answer.status, answer.get("connection")) == (400, b"close")
        host, port = client.sock.getsockname()
    assert not origin.calls
    [row] = [row for row in wireglass.ls() if row.client == f"{host}:{port}"]
    assert row.error is not None and "Without Postman- in front: Host is not one host" in row.error


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize(
    ("line", "own"),
    [
        ("Postman-Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Postman-Content-Length: 50", "Content-Length: 5"),
        ("Postman-Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Postman-Content_Length: 50", "Content-Length: 5"),
        ("Postman-Connection: close, content-length", "Content-Length: 5"),
        ("Postman-Upgrade: h2c", "Content-Length: 5"),
        ("Postman-Proxy-Connection: close", "Content-Length: 5"),
        ("Postman-TE: trailers", "Content-Length: 5"),
    ],
)
def test_nobody_is_smuggled_past(
    wireglass: Wireglass, origin: Origin, tls_origin: Origin, secure: bool, line: str, own: str
) -> None:
    """What frames messages stays wrapped, and the connection serves a second request that is read as one."""
    there = tls_origin if secure else origin
    body = b"5\r\n0\r\n\r\n\r\n0\r\n\r\n" if "chunked" in own else b"0\r\n\r\n"
    with Client(wireglass.proxy) as client:
        where = f"{there.url}/first"
        if secure:
            assert client.connect(there.authority).status == 200
            client.secure("localhost", wireglass.ca_path)
            where = "/first"
        head = [f"POST {where} HTTP/1.1", f"Host: {there.authority}", line, "Postman-Date: x", own, "", ""]
        client.send("\r\n".join(head).encode() + body)
        assert client.answer().body == b"/first\n0\r\n\r\n"
        second = "/second" if secure else f"{there.url}/second"
        lines = [f"Host: {there.authority}"] if secure else []
        assert client.get(second, *lines).body == b"/second\n"
    assert [call.path for call in there.calls] == ["/first", "/second"]
    request = there.call("/first").request
    name, _, value = line.partition(": ")
    assert request.all(name) == [value.encode()] and request.all("date") == [b"x"]
    assert (request.chunks is not None) == ("chunked" in own)
    notes = shown(wireglass, f"{there.url}/first")["notes"]
    assert notes == [f"{UNWRAPPED}date", f"{STAYED}{name.lower()}"]


def test_trailers_and_interim_responses_stay_as_they_are(wireglass: Wireglass, origin: Origin) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLocation: /early\r\n\r\n"

    def script(call: Any) -> None:
        call.read_body()
        call.send(early)
        in_chunks([b"x"], [(b"Location", b"/t"), (b"X-T", b"1")], b"Location: /there")(call)

    origin.on("/trailers", script)
    with Client(wireglass.proxy) as client:
        client.send(
            b"POST %b/trailers HTTP/1.1\r\nHost: %b\r\nTransfer-Encoding: chunked\r\nTrailer: Postman-Cookie\r\n\r\n"
            b"0\r\nPostman-Cookie: a=1\r\n\r\n" % (origin.url.encode(), origin.authority.encode())
        )
        first, answer = client.answer(), client.answer()
    assert (first.status, first.all("location")) == (103, [b"/early"])
    assert (answer.all("postman-location"), answer.all("location")) == ([b"/there"], [])
    assert answer.trailers == [(b"X-T", b"1")], "a Location among the trailers is left out as ever"
    request = origin.call("/trailers").request
    assert request.trailers == [(b"Postman-Cookie", b"a=1")] and not request.all("cookie")


def test_a_websocket(wireglass: Wireglass) -> None:
    with echo_server() as server:
        fields = {"Postman-Cookie": "a=1", "Postman-Upgrade": "h2c", "Postman-Origin": "http://mine.example"}
        uri = f"{server.url.replace('http', 'ws')}/echo"
        with connect(uri, proxy=f"http://{wireglass.proxy}", additional_headers=fields, open_timeout=20) as socket:
            socket.send("hello")
            assert socket.recv(20) == "hello"
            assert socket.response is not None and socket.response.status_code == 101
        row = wireglass.row(f"{server.url}/echo")
        assert (row.status, row.protocol, row.error) == (101, "websocket", None)
        assert wireglass.show(row.id)["notes"][:2] == [f"{UNWRAPPED}cookie, origin", f"{STAYED}postman-upgrade"]


def test_reverse_mode(start: Start, origin: Origin) -> None:
    """Who may ask is decided by the Host that came; the server gets the one that was asked for."""
    origin.on("/moved", fixed(b"", b"Location: /there", status=b"301 Moved Permanently"))
    program = start(FLAG, "--mode", f"reverse:{origin.url}")
    with contextlib.closing(Client(_second_port(program))) as client:
        answer = client.get("/moved", "Host: localhost", "Postman-Host: elsewhere.example", "Postman-Cookie: a=1")
        assert (answer.status, answer.all("postman-location")) == (301, [b"/there"])
        request = origin.call("/moved").request
        assert (request.all("host"), request.all("cookie")) == ([b"elsewhere.example"], [b"a=1"])
        assert client.get("/x", "Host: rebound.example", "Postman-Host: localhost").status == 403
    assert not origin.calls_of("/x")


def _second_port(program: Wireglass) -> str:
    ports = msgspec.json.decode((program.home / "run.json").read_bytes())["ports"]
    listen: str = ports[1]["listen"]
    return listen


# HTTP/2, on either side and on both


@pytest.mark.parametrize("server_speaks", ["h2", "http/1.1"])
@pytest.mark.parametrize("client_speaks", ["h2", "http/1.1"])
def test_every_pair_of_versions(
    wireglass: Wireglass, authority: Authority, client_speaks: str, server_speaks: str
) -> None:
    context = authority.server_context()
    context.set_alpn_protocols([server_speaks])
    with _server(context, server_speaks) as there:
        names = [(b"postman-cookie", b"a=1"), (b"postman-host", b"elsewhere.example"), (b"postman-te", b"gzip")]
        if client_speaks == "h2":
            with Http2Client.through(wireglass.proxy, there.authority, wireglass.ca_path) as client:
                stream = client.start().request("/pair", "GET", (b"cookie", b"b=2"), (b"cookie", b"c=3"), *names)
                answer = client.answer(stream)
            assert (answer.status, answer.body) == (303, b"see")
            assert (answer.get(b"postman-location"), answer.get(b"location")) == (b"/there", None)
        else:
            with Client(wireglass.proxy) as plain:
                assert plain.connect(there.authority).status == 200
                plain.secure("localhost", wireglass.ca_path)
                lines = [f"{name.decode()}: {value.decode()}" for name, value in names]
                got = plain.get("/pair", f"Host: localhost:{there.port}", "Cookie: b=2; c=3", *lines)
            assert (got.status, got.body) == (303, b"see")
            assert (got.all("postman-location"), got.all("location")) == ([b"/there"], [])
        if isinstance(there, Http2Origin):
            call = there.stream("/pair")
            assert call.get(b":authority") == b"elsewhere.example" and call.get(b"host") is None
            headers = call.headers
        else:
            request = there.call("/pair").request
            assert request.all("host") == [b"elsewhere.example"]
            headers = [field for field in request.headers if field[0].lower() != b"host"]
        assert headers == [(b"cookie", b"a=1"), (b"postman-te", b"gzip")]
        record = shown(wireglass, f"https://localhost:{there.port}/pair")
    assert recorded(record, "request", "cookie") == ["b=2; c=3"]
    assert recorded(record, "request", "postman-host") == ["elsewhere.example"]
    assert recorded(record, "response", "location") == ["/there"]
    # To a server that speaks HTTP/2 alone it is sent twice, unwrapped both times.
    notes = [note for note in record["notes"] if not note.startswith("sent again: HTTP/2 is all")]
    assert notes == [f"{UNWRAPPED}cookie, host", f"{STAYED}postman-te", RENAMED]


@contextlib.contextmanager
def _server(context: ssl.SSLContext, speaks: str) -> Iterator[Origin | Http2Origin]:
    if speaks == "h2":

        def moved(call: Http2Call) -> None:
            call.answer(b"see", (b"location", b"/there"), status=303)

        with Http2Origin(context) as origin:
            origin.on_stream("/pair", moved)
            yield origin
    else:
        with Origin(context) as plain:
            plain.on("/pair", fixed(b"see", b"Location: /there", status=b"303 See Other"))
            yield plain


# In Chromium

# fetch() would give an opaque answer where it meets a redirect; old Postman had XMLHttpRequest.
PAGE = b"""<!doctype html><link rel=icon href=data:,><title>t</title><script>
function ask(method, path, fields, body) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    for (const [name, value] of fields) request.setRequestHeader(name, value);
    request.onload = () => done({
      status: request.status, url: request.responseURL, text: request.responseText,
      location: request.getResponseHeader('Location'), postman: request.getResponseHeader('Postman-Location'),
    });
    request.onerror = () => failed(new Error('network'));
    request.send(body);
  });
}
</script>"""
FORBIDDEN = {  # by the Fetch standard: a script that sets them is not heeded
    "Cookie": "a=1; b=2",
    "Origin": "https://app.example",
    "Referer": "https://app.example/page",
    "Host": "api.example",
    "Date": "Tue, 15 Nov 1994 08:12:31 GMT",
    "Accept-Encoding": "identity",
    "Accept-Charset": "utf-8",
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "x-mine",
    "Via": "1.1 mine",
    "Cookie2": "$Version=1",
    "Sec-Fetch-Site": "none",
}
ALLOWED = {"User-Agent": "mine/1.0", "Accept": "x/y", "X-Own": "1"}


@pytest.fixture(scope="module")
def browser(wireglass: Wireglass) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.chromium(),
            proxy={"server": f"http://{wireglass.proxy}", "bypass": "<-loopback>"},
        )
        yield browser
        browser.close()


@pytest.mark.parametrize("secure", [False, True])
def test_xhr_in_chromium(
    wireglass: Wireglass, browser: Browser, origin: Origin, tls_origin: Origin, secure: bool
) -> None:
    there = tls_origin if secure else origin
    there.on("/", fixed(PAGE, b"Content-Type: text/html"))
    there.on("/old", fixed(b"over there", b"Location: /new", b"Content-Type: text/plain", status=b"302 Found"))
    there.on("/bare", echo)
    base = f"https://localhost:{there.port}" if secure else there.url
    fields = FORBIDDEN | ALLOWED
    # The certificate is what other tests look at: test_browser.py.
    context = browser.new_context(ignore_https_errors=True)
    try:
        page = context.new_page()
        page.goto(f"{base}/")
        ask = "([method, path, fields, body]) => ask(method, path, fields, body)"
        page.evaluate(ask, ["POST", "/bare", list(FORBIDDEN.items()), "body"])
        wrapped = [(f"Postman-{name}", value) for name, value in fields.items()]
        answer = page.evaluate(ask, ["POST", "/set", wrapped, "body"])
        moved = page.evaluate(ask, ["GET", "/old", [["Postman-Cookie", "a=1"]], None])
    finally:
        context.close()
    refused = there.call("/bare").request
    for name, value in FORBIDDEN.items():
        assert value.encode() not in refused.all(name), f"Chromium lets scripts set {name}: the test shows nothing"
    assert (answer["status"], answer["text"]) == (200, "/set\nbody")
    request = there.call("/set").request
    for name, value in fields.items():
        assert request.all(name) == [value.encode()], name
    assert not [name for name, _ in request.headers if name.lower().startswith(b"postman-")]
    assert request.all("content-length") == [b"4"]
    # It was not followed, because its browser saw no Location.
    assert moved == {
        "status": 302,
        "url": f"{base}/old",
        "text": "over there",
        "location": None,
        "postman": "/new",
    }
    assert not there.calls_of("/new")
    record = shown(wireglass, f"{base}/set")
    assert recorded(record, "request", "postman-cookie") == ["a=1; b=2"] and not recorded(record, "request", "cookie")
    assert record["notes"][0].startswith(UNWRAPPED)


def test_another_origin_is_asked_first(browser: Browser, origin: Origin) -> None:
    """A page that sets Postman- fields for another site: the preflight names them, and the site says no."""
    origin.on("/", fixed(PAGE, b"Content-Type: text/html"))
    with Origin() as other:
        other.on("/other", fixed(b"mine", b"Access-Control-Allow-Origin: *"))
        context = browser.new_context()
        try:
            page = context.new_page()
            page.goto(f"{origin.url}/")
            ask = "url => ask('GET', url, [['Postman-Origin', url]], null).catch((error) => String(error))"
            assert page.evaluate(ask, f"{other.url}/other") == "Error: network"
            plain = "url => ask('GET', url, [], null).catch((error) => String(error))"
            assert page.evaluate(plain, f"{other.url}/other")["text"] == "mine"
        finally:
            context.close()
        preflight, asked = other.calls
    assert preflight.request.start.startswith(b"OPTIONS ")
    assert preflight.request.all("access-control-request-headers") == [b"postman-origin"]
    assert preflight.request.all("origin") == asked.request.all("origin") == [origin.url.encode()]


def test_a_redirect_is_followed_without_the_setting(start: Start, browser: Browser, origin: Origin) -> None:
    """The same page: what it sees is the setting's doing."""
    origin.on("/", fixed(PAGE, b"Content-Type: text/html"))
    origin.on("/old", fixed(b"", b"Location: /new", status=b"302 Found"))
    origin.on("/new", fixed(b"new"))
    context = browser.new_context(proxy={"server": f"http://{start().proxy}", "bypass": "<-loopback>"})
    try:
        page = context.new_page()
        page.goto(f"{origin.url}/")
        moved = page.evaluate("ask('GET', '/old', [['Postman-Cookie', 'a=1']], null)")
    finally:
        context.close()
    assert (moved["status"], moved["url"], moved["postman"]) == (200, f"{origin.url}/new", None)
    assert origin.call("/new").request.all("postman-cookie") == [b"a=1"]
