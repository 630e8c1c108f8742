"""Where one side speaks HTTP/2 and the other HTTP/1.1, and which one a client is offered (RFC 9113 8, RFC 7301)."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Iterator

import pytest
from tests.doors.conftest import Authority
from tests.peers.client import Client
from tests.peers.http import Ended, chunked
from tests.peers.http2 import PREFACE, Code, settings
from tests.peers.http2_client import Http2Client, connect_tls
from tests.peers.http2_origin import Http2Call, Http2Origin
from tests.peers.nginx import Nginx
from tests.peers.origin import Origin, in_chunks, say
from tests.peers.program import Wireglass


@pytest.fixture
def only_http1(authority: Authority) -> Iterator[Origin]:
    context = authority.server_context()
    context.set_alpn_protocols(["http/1.1"])
    with Origin(context) as origin:
        yield origin


@pytest.fixture
def only_http2(authority: Authority) -> Iterator[Http2Origin]:
    with Http2Origin(authority.server_context()) as origin:
        yield origin


@pytest.fixture
def http2_client(wireglass: Wireglass, only_http1: Origin) -> Iterator[Http2Client]:
    """Offers nothing but h2, to a server that has never heard of it."""
    with Http2Client.through(wireglass.proxy, only_http1.authority, wireglass.ca_path) as client:
        yield client.start()


@pytest.fixture
def http1_client(wireglass: Wireglass, only_http2: Http2Origin) -> Iterator[Client]:
    with Client(wireglass.proxy) as client:
        assert client.connect(only_http2.authority).status == 200
        client.secure("localhost", wireglass.ca_path)
        yield client


def chosen(wireglass: Wireglass, authority: str, *offer: str) -> str | None:
    with contextlib.closing(connect_tls(wireglass.proxy, authority, wireglass.ca_path, alpn=offer)) as sock:
        return sock.selected_alpn_protocol()


@pytest.mark.parametrize(
    ("speaks", "offer", "choice"),
    [
        (("h2", "http/1.1"), ("h2", "http/1.1"), "h2"),
        (("h2",), ("h2", "http/1.1"), "h2"),
        (("http/1.1",), ("h2", "http/1.1"), "http/1.1"),
        ((), ("h2", "http/1.1"), "http/1.1"),
        (("h2", "http/1.1"), ("http/1.1",), "http/1.1"),
        (("h2",), ("http/1.1",), "http/1.1"),
        (("http/1.1",), ("h2",), "h2"),
        (("h2", "http/1.1"), (), None),
    ],
)
def test_alpn_is_the_servers(
    wireglass: Wireglass,
    authority: Authority,
    speaks: tuple[str, ...],
    offer: tuple[str, ...],
    choice: str | None,
) -> None:
    """A client gets what the server speaks, if it knows it, and something that it knows otherwise. Twice: the answer is
    remembered."""
    context = authority.server_context()
    if speaks:
        context.set_alpn_protocols(list(speaks))
    with Http2Origin(context, versions=speaks) if "h2" in speaks else Origin(context) as origin:
        assert chosen(wireglass, origin.authority, *offer) == choice
        assert chosen(wireglass, origin.authority, *offer) == choice


@pytest.mark.parametrize("offer", [("h2", "http/1.1"), ("http/1.1", "h2"), ("h2",)])
def test_alpn_when_the_server_is_down(wireglass: Wireglass, offer: tuple[str, ...]) -> None:
    """The handshake is finished with the client's first choice, and the answer is a 502."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    authority = f"127.0.0.1:{port}"
    sock = connect_tls(wireglass.proxy, authority, wireglass.ca_path, alpn=offer)
    assert sock.selected_alpn_protocol() == offer[0]
    if offer[0] == "h2":
        with Http2Client(sock, f"localhost:{port}", "https") as client:
            assert client.start().get("/down").status == 502
    else:
        with sock:
            sock.sendall(b"GET /down HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % port)
            assert sock.recv(100).startswith(b"HTTP/1.1 502 ")
    row = wireglass.row(f"https://localhost:{port}/down")
    assert (row.state, row.error_kind) == ("failed", "connection_refused")


def test_http2_to_http1(wireglass: Wireglass, only_http1: Origin, http2_client: Http2Client) -> None:
    """RFC 9113 8.3.1 and 8.2.3: authority to Host, cookie crumbs to one field, a body of unknown length to chunks."""
    crumbs = [(b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"cookie", b"c=3")]
    stream = http2_client.request("/down?a=b", "POST", *crumbs, (b"x-test", b"1"), end=False)
    http2_client.upload(stream, b"of unknown length")
    answer = http2_client.answer(stream)
    assert (answer.status, answer.body) == (200, b"/down?a=b\nof unknown length")
    request = only_http1.call("/down").request
    assert request.start == b"POST /down?a=b HTTP/1.1"
    assert request.all("host") == [f"localhost:{only_http1.port}".encode()]
    assert request.all("cookie") == [b"a=1; b=2; c=3"]
    assert (request.get("x-test"), request.body) == (b"1", b"of unknown length")
    assert request.chunks and request.get("content-length") is None
    row = wireglass.row(f"https://localhost:{only_http1.port}/down?a=b")
    assert (row.protocol, row.status, row.request_size) == ("http/2", 200, 17)


def test_http2_to_http1_with_a_length(only_http1: Origin, http2_client: Http2Client) -> None:
    http2_client.post("/length", b"body", (b"content-length", b"4"))
    request = only_http1.call("/length").request
    assert (request.chunks, request.get("content-length"), request.body) == (None, b"4", b"body")
    http2_client.get("/none")
    request = only_http1.call("/none").request
    assert (request.chunks, request.get("content-length")) == (None, None)


def test_http2_to_http1_side_by_side(only_http1: Origin, http2_client: Http2Client) -> None:
    """Twenty streams need as many connections as the proxy likes, and every one gets its own answer."""
    streams = {number: http2_client.request(f"/many?{number}") for number in range(20)}
    for number, stream in streams.items():
        assert http2_client.answer(stream).body == f"/many?{number}\n".encode()


def test_http1_answers_as_http2(wireglass: Wireglass, only_http1: Origin, http2_client: Http2Client) -> None:
    """Chunks become DATA, trailers trailers; what belongs to the connection stays behind (RFC 9113 8.2.2)."""
    bare = (b"Connection: X-Gone", b"X-Gone: 1", b"Keep-Alive: timeout=5", b"X-Kept: Yes")
    only_http1.on("/chunks", in_chunks([b"one", b"two"], [(b"X-Trailer", b"1")], *bare))
    answer = http2_client.get("/chunks", "GET", (b"te", b"trailers"))
    assert (answer.status, answer.body, answer.get(b"x-kept")) == (200, b"onetwo", b"Yes")
    assert answer.trailers == [(b"x-trailer", b"1")]
    names = {name for name, _ in answer.fields}
    assert not names & {b"connection", b"x-gone", b"keep-alive", b"transfer-encoding"}
    only_http1.on("/hints", say(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"))
    answer = http2_client.get("/hints")
    assert answer.status == 204
    assert answer.informational == [[(b":status", b"103"), (b"link", b"</a>")]]
    only_http1.on("/to-the-end", say(b"HTTP/1.1 200 OK\r\n\r\nuntil the end", close=True))
    assert http2_client.get("/to-the-end").body == b"until the end"
    assert wireglass.row(f"https://localhost:{only_http1.port}/to-the-end").state == "done"


def test_http1_server_breaks_off(wireglass: Wireglass, only_http1: Origin, http2_client: Http2Client) -> None:
    only_http1.on("/half", say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", close=True))
    stream = http2_client.request("/half")
    http2_client.until(lambda: http2_client.answers[stream].over, "the end")
    assert http2_client.answers[stream].reset is not None
    assert http2_client.get("/after").status == 200
    assert wireglass.row(f"https://localhost:{only_http1.port}/half").error_kind == "upstream_closed"


def test_http1_to_http2(wireglass: Wireglass, only_http2: Http2Origin, http1_client: Client) -> None:
    """Host to authority, names in lower case, chunks to DATA, and nothing of the connection (RFC 9113 8.2.2)."""
    host = f"localhost:{only_http2.port}"
    # What the server speaks is learnt by the first request, which is asked again if that does no harm (a POST might).
    assert http1_client.get("/learnt", f"Host: {host}").status == 200
    http1_client.send(
        b"POST /up?a=b HTTP/1.1\r\nHost: %b\r\nCookie: a=1; b=2\r\nX-Test: One\r\nConnection: X-Gone\r\nX-Gone: 1\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" % host.encode() + chunked([b"one", b"two"], [(b"X-Trailer", b"1")])
    )
    answer = http1_client.answer("POST")
    assert (answer.status, answer.body) == (200, b"/up?a=b\nonetwo")
    call = only_http2.stream("/up")
    assert dict(call.fields[:4]) == {
        b":method": b"POST",
        b":scheme": b"https",
        b":authority": host.encode(),
        b":path": b"/up?a=b",
    }
    assert (call.get(b"x-test"), bytes(call.body), call.trailers) == (b"One", b"onetwo", [(b"x-trailer", b"1")])
    assert b"; ".join(value for name, value in call.fields if name == b"cookie") == b"a=1; b=2"
    names = {name for name, _ in call.fields}
    assert not names & {b"host", b"connection", b"x-gone", b"transfer-encoding", b"proxy-connection"}
    row = wireglass.row(f"https://{host}/up?a=b")
    assert (row.protocol, row.status, row.request_size) == ("http/1.1", 200, 6)


def test_http2_answers_as_http1(only_http2: Http2Origin, http1_client: Client) -> None:
    """Without a length in chunks, with trailers behind them; hints before; the connection is kept."""

    def script(call: Http2Call) -> None:
        call.inform(103, (b"link", b"</a>"))
        call.head((b"x-test", b"1"))
        call.send(b"body")
        call.trail((b"x-trailer", b"1"))

    only_http2.on_stream("/chunks", script)
    hints = http1_client.get("/chunks", f"Host: localhost:{only_http2.port}", "TE: trailers", "Connection: TE")
    assert (hints.status, hints.get("link")) == (103, b"</a>")
    answer = http1_client.answer()
    assert answer.start.startswith(b"HTTP/1.1 200")
    assert (answer.body, answer.get("x-test"), answer.trailers) == (b"body", b"1", [(b"x-trailer", b"1")])
    assert answer.chunks
    again = http1_client.get("/plain", f"Host: localhost:{only_http2.port}")
    assert (again.get("content-length"), again.body) == (b"7", b"/plain\n")


def test_http2_server_resets(wireglass: Wireglass, only_http2: Http2Origin, http1_client: Client) -> None:
    """HTTP/1.1 has no other word for it than the end of the connection."""

    def script(call: Http2Call) -> None:
        call.head((b"content-length", b"10"))
        call.send(b"half")
        call.rst(Code.INTERNAL_ERROR)

    only_http2.on_stream("/half", script)
    with pytest.raises(Ended):
        http1_client.get("/half", f"Host: localhost:{only_http2.port}")
    row = wireglass.row(f"https://localhost:{only_http2.port}/half")
    assert (row.state, row.response_size) == ("failed", 4)


def test_h2c(wireglass: Wireglass) -> None:
    """RFC 9113 3.3: prior knowledge, in a tunnel that carries no TLS."""
    with Http2Origin() as origin, Http2Client.in_clear(wireglass.proxy, origin.authority) as client:
        client.start()
        streams = [client.request(f"/clear?{number}") for number in range(10)]
        assert [client.answer(stream).body for stream in streams] == [b"/clear?%d\n" % number for number in range(10)]
        assert {call.get(b":scheme") for call in origin.streams} == {b"http"}
        row = wireglass.row(f"{origin.url}/clear?9")
        assert (row.protocol, row.status) == ("http/2", 200)


def test_h2c_to_http1(wireglass: Wireglass, nginx: Nginx) -> None:
    """nginx 1.22 knows HTTP/1.1 only where it is spoken to in clear."""
    with Http2Client.in_clear(wireglass.proxy, nginx.url.removeprefix("http://")) as client:
        assert client.start().get("/clear-to-http1").status == 200
    row = wireglass.row(f"{nginx.url}/clear-to-http1")
    assert (row.protocol, row.status) == ("http/2", 200)


def test_the_preface_in_single_bytes(wireglass: Wireglass, only_http2: Http2Origin) -> None:
    """However the client's first bytes are cut."""
    with Http2Client.through(wireglass.proxy, only_http2.authority, wireglass.ca_path) as client:
        for byte in PREFACE + settings():
            client.send(bytes([byte]))
        assert client.get("/bytes").status == 200


def test_http1_where_h2_was_agreed(wireglass: Wireglass, only_http2: Http2Origin) -> None:
    """RFC 9113 3.4: what is no preface ends the connection, and is not read as HTTP/1.1."""
    sock = connect_tls(wireglass.proxy, only_http2.authority, wireglass.ca_path, alpn=("h2",))
    with sock:
        sock.sendall(b"GET /mistaken HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % only_http2.port)
        got = b""
        with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
            while more := sock.recv(65_536):
                got += more
    assert not re.search(rb"HTTP/1\.1 \d", got)
    assert not only_http2.streams_of("/mistaken")
