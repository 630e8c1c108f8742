"""What passes is recorded, equal byte for byte to what the origin received and sent."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import threading
from typing import Any

import brotli
import pytest
import urllib3
import zstandard
from tests.doors.conftest import Authority
from tests.peers.client import Client
from tests.peers.http import Headers, Message, Wire, chunked
from tests.peers.httpbin import Httpbin
from tests.peers.nginx import Nginx
from tests.peers.origin import Call, Origin, fixed, in_chunks, say
from tests.peers.program import Row, Wireglass

HOP_BY_HOP = {
    b"connection",
    b"proxy-connection",
    b"proxy-authorization",
    b"proxy-authenticate",
    b"keep-alive",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}
"""What a proxy may change or take away (RFC 9110 7.6.1, RFC 9112 C.2.2)."""


def end_to_end(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP]


def stored(side: Any, part: str = "headers") -> Headers:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in side[part]]


def assert_same(wireglass: Wireglass, row: Row, request: Message, response: Message) -> None:
    """The record of ``row`` against what the origin saw: heads in order, case and number, bodies, trailers."""
    shown = wireglass.show(row.id)
    assert row.state == "done", (row, shown)
    assert end_to_end(stored(shown["request"])) == end_to_end(request.headers)
    assert stored(shown["response"]) == response.headers
    assert shown["response"]["status"] == response.status
    assert stored(shown["request"], "trailers") == request.trailers
    assert stored(shown["response"], "trailers") == response.trailers
    assert wireglass.body(row.id, "request") == request.body
    assert wireglass.body(row.id, "response") == response.body
    assert (row.request_size, row.response_size) == (len(request.body), len(response.body))


def sent_by(call: Call) -> Message:
    """The last message an origin sent, read back from its own log."""
    data = [bytes(call.sent)]
    wire = Wire(lambda: data.pop() if data else b"")
    message = wire.head()
    wire.body(message, response_to=call.request.start.split(b" ")[0].decode())
    return message


def curl(wireglass: Wireglass, *arguments: str) -> bytes:
    done = subprocess.run(
        [
            "curl",
            "-sS",
            "--max-time",
            "20",
            "-x",
            f"http://{wireglass.proxy}",
            "--cacert",
            wireglass.ca_path,
            *arguments,
        ],
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_curl_against_the_witness(wireglass: Wireglass, origin: Origin, tls_origin: Origin, scheme: str) -> None:
    """curl posts through the proxy; what the origin logged is what the record holds, on plain and TLS alike."""
    server = tls_origin if scheme == "https" else origin
    url = server.on(
        "/post", fixed(b"\x00answer\xff", b"x-ODD-case: 1", b"Set-Cookie: a=1", b"set-cookie: b=2", b"X-Odd-Case: 2")
    )
    got = curl(wireglass, url, "-H", "x-lower: a", "-H", "X-UPPER: b", "-H", "x-lower: c", "--data-binary", "hello\n")
    assert got == b"\x00answer\xff"
    call = server.call("/post")
    assert [name for name, _ in end_to_end(call.request.headers)] == [
        b"Host",
        b"User-Agent",
        b"Accept",
        b"x-lower",
        b"X-UPPER",
        b"x-lower",
        b"Content-Length",
        b"Content-Type",
    ]
    row = wireglass.row(url)
    assert (row.method, row.status, row.protocol, row.source) == ("POST", 200, "http/1.1", "proxy")
    assert_same(wireglass, row, call.request, sent_by(call))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_curl_against_nginx(wireglass: Wireglass, nginx: Nginx, scheme: str) -> None:
    """A file of nginx arrives whole, is in nginx's log, and is stored whole."""
    name = f"curl-{scheme}.bin"
    data = bytes(range(256)) * 4000
    (nginx.root / "files" / name).write_bytes(data)
    base = nginx.url if scheme == "http" else nginx.tls_url
    url = f"{base}/files/{name}"
    assert curl(wireglass, url) == data
    row = wireglass.row(url)
    assert wireglass.body(row.id, "response") == data
    assert f"GET {scheme} /files/{name} 200 {len(data)}" in nginx.log()


def test_compressed_by_nginx(wireglass: Wireglass, nginx: Nginx) -> None:
    """gzip of nginx passes untouched to the client, is stored as on the wire and shown decoded."""
    data = b"wireglass " * 5000
    (nginx.root / "packed" / "text.txt").write_bytes(data)
    url = f"{nginx.url}/packed/text.txt"
    wire = curl(wireglass, url, "-H", "Accept-Encoding: gzip")
    assert gzip.decompress(wire) == data
    row = wireglass.row(url)
    assert row.response_size == len(wire)
    assert wireglass.body(row.id, "response") == wire
    assert wireglass.body(row.id, "response", raw=False) == data


def test_python_client_against_httpbin(wireglass: Wireglass, httpbin: Httpbin) -> None:
    """urllib3 with one pool, over several paths of httpbin: all recorded with method and status, bodies as received."""
    got: dict[str, tuple[str, int, bytes]] = {}
    with urllib3.ProxyManager(f"http://{wireglass.proxy}", retries=False, timeout=20) as http:
        for method, path in [
            ("GET", "/get?from=urllib3"),
            ("POST", "/post?from=urllib3"),
            ("PUT", "/put?from=urllib3"),
            ("DELETE", "/delete?from=urllib3"),
            ("GET", "/status/418?from=urllib3"),
            ("GET", "/stream/5?from=urllib3"),
            ("GET", "/bytes/70000?seed=1"),
            ("GET", "/gzip?from=urllib3"),
            ("HEAD", "/get?from=head"),
        ]:
            body = b'{"some":"json"}' if method in ("POST", "PUT") else None
            answer = http.request(method, httpbin.url + path, body=body, decode_content=False)
            got[httpbin.url + path] = (method, answer.status, answer.data)
    for url, (method, status, data) in got.items():
        row = wireglass.row(url)
        assert (row.method, row.status, row.state) == (method, status, "done"), url
        assert wireglass.body(row.id, "response") == data, url


def test_python_client_over_tls(wireglass: Wireglass, nginx: Nginx) -> None:
    """urllib3 verifies our certificate for the host it asked for, and keeps one tunnel for many requests."""
    with urllib3.ProxyManager(
        f"http://{wireglass.proxy}", ca_certs=str(wireglass.ca_path), retries=False, timeout=20
    ) as http:
        urls = [f"{nginx.tls_url}/urllib3/{number}" for number in range(5)]
        bodies = [http.request("GET", url).data for url in urls]
    shown = [wireglass.show(wireglass.row(url).id) for url in urls]
    assert [one["response"]["body"]["data"].encode() for one in shown] == bodies
    assert len({one["client_connection"]["number"] for one in shown}) == 1
    server = shown[0]["server_connection"]
    assert server["tls"]["version"] in ("TLSv1.3", "TLSv1.2")
    assert server["tls"]["cipher"]
    assert "localhost" in str(server["tls"]["certificates"][0])


@pytest.mark.parametrize(
    ("method", "script"),
    [
        ("HEAD", say(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n")),
        ("HEAD", say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")),
        ("GET", say(b"HTTP/1.1 204 No Content\r\nX-Empty: yes\r\n\r\n")),
        ("GET", say(b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 99\r\n\r\n')),
        ("GET", fixed(b"")),
    ],
    ids=["head-length", "head-chunked", "204", "304-length", "zero"],
)
def test_no_body(wireglass: Wireglass, origin: Origin, method: str, script: Any) -> None:
    """Responses that have no body whatever their headers say, and another on the same connection (RFC 9112 6.3)."""
    url = origin.on("/empty", script)
    after = origin.on("/after", fixed(b"after"))
    with Client(wireglass.proxy) as client:
        empty = client.get(url, method=method)
        assert empty.body == b""
        assert client.get(after).body == b"after"
    call = origin.call("/empty")
    assert end_to_end(empty.headers) == end_to_end(sent_by(call).headers)
    assert_same(wireglass, wireglass.row(url), call.request, sent_by(call))


def test_chunked_both_ways_with_trailers(wireglass: Wireglass, origin: Origin) -> None:
    """Chunked request and response, trailers on both; the bodies are stored without the coding."""
    url = origin.on(
        "/chunks",
        in_chunks([b"one", b"", b"three" * 1000][::2], [(b"X-Sum", b"1"), (b"x-sum", b"2")], b"Trailer: X-Sum"),
    )
    with Client(wireglass.proxy) as client:
        client.send(
            b"PUT %s HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\nTrailer: X-Up\r\nTE: trailers\r\n\r\n"
            % (url.encode(), origin.authority.encode())
            + chunked([b"a" * 10, b"b" * 70_000, b"c"], [(b"X-Up", b"yes")])
        )
        answer = client.answer()
    call = origin.call("/chunks")
    assert call.request.body == b"a" * 10 + b"b" * 70_000 + b"c"
    assert call.request.trailers == [(b"X-Up", b"yes")]
    assert answer.body == b"one" + b"three" * 1000
    assert answer.trailers == [(b"X-Sum", b"1"), (b"x-sum", b"2")]
    assert_same(wireglass, wireglass.row(url), call.request, sent_by(call))


def test_close_delimited(wireglass: Wireglass, origin: Origin) -> None:
    """A response that ends with its connection is whole for the client, and done in the record."""
    url = origin.on("/until-close", say(b"HTTP/1.1 200 OK\r\n\r\n", b"part one, ", b"part two", close=True))
    with Client(wireglass.proxy) as client:
        assert client.get(url).body == b"part one, part two"
    row = wireglass.row(url)
    assert (row.state, row.response_size) == ("done", 18)


def test_http10_client(wireglass: Wireglass, origin: Origin) -> None:
    """An HTTP/1.0 client gets no chunked coding and an end by close; the record says what it spoke."""
    url = origin.on("/old", in_chunks([b"old ", b"times"]))
    with Client(wireglass.proxy) as client:
        client.send(b"GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" % (url.encode(), origin.authority.encode()))
        answer = client.answer()
        assert answer.get("transfer-encoding") is None
        assert answer.body == b"old times"
        assert client.at_end()
    row = wireglass.row(url)
    assert (row.protocol, row.state, row.response_size) == ("http/1.0", "done", 9)


def test_kept_connections(wireglass: Wireglass, origin: Origin) -> None:
    """Ten requests on one client connection take one connection to the origin."""
    with Client(wireglass.proxy) as client:
        for number in range(10):
            assert client.get(f"{origin.url}/kept/{number}").status == 200
    assert origin.connections == 1
    shown = wireglass.show(wireglass.row(f"{origin.url}/kept/9").id)
    assert shown["timings"]["connect"] is None, "a reused connection was not connected"


def test_pipelined_in_order(wireglass: Wireglass, origin: Origin) -> None:
    """Twenty requests sent at once are answered in their order, though the first ones take longest."""
    gate = threading.Event()

    def late(call: Call) -> None:
        assert gate.wait(20)
        fixed(b"0")(call)

    origin.on("/pipe/0", late)
    requests = [f"GET {origin.url}/pipe/{n} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n" for n in range(20)]
    with Client(wireglass.proxy) as client:
        client.send("".join(requests).encode())
        gate.set()
        bodies = [client.answer().body for _ in range(20)]
    assert bodies == [b"0", *(b"/pipe/%d\n" % n for n in range(1, 20))]
    rows = wireglass.ended(f"{origin.url}/pipe/{n}" for n in range(20))
    assert {row.status for row in rows.values()} == {200}


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
    ids=["gzip", "br", "zstd"],
)
def test_encoded_bodies(wireglass: Wireglass, origin: Origin, coding: str, pack: Any) -> None:
    """Stored as on the wire, decoded when shown."""
    plain = b"the same words again and again; " * 400
    packed: bytes = pack(plain)
    url = origin.on("/packed", fixed(packed, b"Content-Encoding: " + coding.encode(), b"Content-Type: text/plain"))
    with Client(wireglass.proxy) as client:
        assert client.get(url).body == packed
    row = wireglass.row(url)
    assert row.response_size == len(packed)
    assert wireglass.body(row.id, "response") == packed
    assert wireglass.body(row.id, "response", raw=False) == plain


def test_continue_and_early_hints(wireglass: Wireglass, origin: Origin) -> None:
    """100 and 103 pass before the answer, the client's upload waits for the 100; both are in the record."""

    def script(call: Call) -> None:
        call.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        fixed(b"thanks for %d" % len(call.read_body()))(call)

    url = origin.on("/expect", script)
    with Client(wireglass.proxy) as client:
        client.send(
            b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
            % (url.encode(), origin.authority.encode())
        )
        assert [client.answer("POST").status for _ in range(2)] == [103, 100]
        client.send(b"hello")
        assert client.answer("POST").body == b"thanks for 5"
    shown = wireglass.show(wireglass.row(url).id)
    assert [one["status"] for one in shown["informational"]] == [103, 100]
    assert stored(shown["informational"][0]) == [(b"Link", b"</a.css>")]


def test_answer_before_the_upload_is_complete(wireglass: Wireglass, origin: Origin) -> None:
    """An origin that refuses an upload at once: the client gets the refusal, and it is recorded."""

    def refuse(call: Call) -> None:
        call.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        call.close()

    url = origin.on("/early", refuse)
    with Client(wireglass.proxy) as client:
        client.send(
            b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 1000000\r\n\r\nbegin"
            % (url.encode(), origin.authority.encode())
        )
        answer = client.answer("POST")
        assert (answer.status, answer.body) == (413, b"no")
    assert wireglass.row(url).status == 413


def test_origin_resets(wireglass: Wireglass, origin: Origin) -> None:
    """A connection that breaks inside a body: the client sees a broken body, never a whole one; the record says failed
    and keeps what came."""

    def script(call: Call) -> None:
        call.read_body()
        call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        call.close()

    url = origin.on("/broken", script)
    with Client(wireglass.proxy) as client:
        client.send(f"GET {url} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        head = client.wire.head()
        assert head.status == 200
        got = b""
        while piece := client.wire.some():
            got += piece
    assert got == b"only this"
    row = wireglass.row(url, "failed")
    assert row.error_kind == "upstream_closed"
    assert wireglass.body(row.id, "response") == b"only this"


def test_nobody_listens(wireglass: Wireglass) -> None:
    """A refused connection is a 502 that says why, and a failed row."""
    with Origin() as gone:
        url = f"{gone.url}/refused"
    with Client(wireglass.proxy) as client:
        answer = client.get(url)
    assert answer.status == 502
    row = wireglass.row(url, "failed")
    assert row.error_kind == "connection_refused"
    assert row.error


def test_curl_is_there() -> None:
    """These tests need curl; without it they would say so in a less clear way."""
    assert shutil.which("curl"), "curl is not installed"


def test_parallel_clients(wireglass: Wireglass, tls_origin: Origin, authority: Authority) -> None:
    """Eight TLS clients at once, twenty requests each: nobody gets another's answer, everything is in the record."""
    wrong: list[str] = []

    def work(name: int) -> None:
        with Client(wireglass.proxy) as client:
            assert client.connect(tls_origin.authority).status == 200
            client.secure("localhost", wireglass.ca_path)
            for number in range(20):
                path = f"/parallel/{name}/{number}"
                client.send(f"GET {path} HTTP/1.1\r\nHost: {tls_origin.authority}\r\n\r\n".encode())
                if client.answer().body != path.encode() + b"\n":
                    wrong.append(path)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    wireglass.row(f"{tls_origin.url}/parallel/7/19")
    urls = {row.url for row in wireglass.ls() if row.status == 200}
    assert {f"{tls_origin.url}/parallel/{name}/{number}" for name in range(8) for number in range(20)} <= urls
