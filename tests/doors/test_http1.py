"""The parts of HTTP/1.1 that are easily lost in the middle, through the real program."""

from __future__ import annotations

import socket

import pytest
from tests.peers.client import Client
from tests.peers.http import chunked
from tests.peers.origin import Call, Origin, fixed, say
from tests.peers.program import Wireglass
from tests.peers.waiting import wait_for


def head_of(origin: Origin, method: str, path: str, *lines: str, version: str = "1.1") -> bytes:
    first = f"{method} {origin.url}{path} HTTP/{version}"
    return "\r\n".join([first, f"Host: {origin.authority}", *lines, "", ""]).encode()


def test_expect_a_client_that_waits_is_told_by_the_server(wireglass: Wireglass, origin: Origin) -> None:
    def script(call: Call) -> None:
        call.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        call.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(call.read_body()) + call.request.body)

    url = origin.on("/waits", script)
    with Client(wireglass.proxy) as client:
        client.send(head_of(origin, "POST", "/waits", "Content-Length: 4", "Expect: 100-continue"))
        assert client.answer().status == 100
        client.send(b"body")
        assert client.answer().body == b"body"
    assert origin.call("/waits").request.get("expect") == b"100-continue"
    shown = wireglass.show(wireglass.row(url).id)
    assert [one["status"] for one in shown["informational"]] == [100]


@pytest.mark.parametrize("status", [b"417 Expectation Failed", b"401 Unauthorized"])
def test_expect_a_server_that_does_not_want_the_body(wireglass: Wireglass, origin: Origin, status: bytes) -> None:
    """The answer comes at once, with the body unsent; the connection is closed, and the server sees no end."""

    def script(call: Call) -> None:
        call.send(b"HTTP/1.1 %b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno" % status)
        call.body_read = True
        call.close()

    url = origin.on("/unwanted", script)
    with Client(wireglass.proxy) as client:
        client.send(head_of(origin, "POST", "/unwanted", "Content-Length: 1000000", "Expect: 100-continue"))
        answer = client.answer()
        assert (answer.status, answer.body) == (int(status[:3]), b"no")
        assert answer.get("connection") == b"close"
    row = wireglass.row(url)
    assert (row.status, row.request_size) == (int(status[:3]), 0)


def test_expect_a_client_that_does_not_wait(wireglass: Wireglass, origin: Origin) -> None:
    url = origin.on("/eager", fixed(b"done"))
    with Client(wireglass.proxy) as client:
        client.send(head_of(origin, "POST", "/eager", "Content-Length: 4", "Expect: 100-continue") + b"body")
        assert client.answer().body == b"done"
    assert origin.call("/eager").request.body == b"body"
    assert wireglass.row(url).request_size == 4


def test_expect_a_server_that_is_silent_gets_the_body_when_the_client_loses_patience(
    wireglass: Wireglass, origin: Origin
) -> None:
    """RFC 9110 10.1.1: a client waits for no longer than it likes, and no 100 is invented here."""
    url = origin.on("/silent", fixed(b"done"))
    with Client(wireglass.proxy) as client:
        client.send(head_of(origin, "POST", "/silent", "Content-Length: 4", "Expect: 100-continue"))
        wait_for(lambda: origin.calls_of("/silent"), "the head at the server")
        client.send(b"body")
        assert client.answer().body == b"done"
    assert wireglass.show(wireglass.row(url).id)["informational"] == []


def test_several_informational_responses(wireglass: Wireglass, origin: Origin) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    url = origin.on("/early", say(b"HTTP/1.1 102 Processing\r\n\r\n" + early, early + fixed_bytes(b"hi")))
    with Client(wireglass.proxy) as client:
        client.send(head_of(origin, "GET", "/early"))
        answers = [client.answer() for _ in range(4)]
    assert [answer.status for answer in answers] == [102, 103, 103, 200]
    assert answers[1].get("link") == answers[2].get("link") == b"</a.css>; rel=preload"
    shown = wireglass.show(wireglass.row(url).id)
    assert [one["status"] for one in shown["informational"]] == [102, 103, 103]


def fixed_bytes(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.mark.parametrize("keep", [False, True])
def test_an_http_1_0_client(wireglass: Wireglass, origin: Origin, keep: bool) -> None:
    """No 1xx, no chunks, and its connection stays open only where it asked for that and the length is known."""
    early = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    known = origin.on("/known", say(early, fixed_bytes(b"known")))
    origin.on("/chunks", say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked([b"chu", b"nks"])))
    lines = ["Connection: keep-alive"] if keep else []
    with Client(wireglass.proxy) as client:
        client.send(head_of(origin, "GET", "/known", *lines, version="1.0"))
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"known")
        assert answer.get("connection") == (b"keep-alive" if keep else b"close")
        if not keep:
            assert client.at_end()
            return
        client.send(head_of(origin, "GET", "/chunks", *lines, version="1.0"))
        answer = client.answer()
        assert (answer.body, answer.get("transfer-encoding")) == (b"chunks", None)
        assert answer.get("connection") == b"close"
        assert client.at_end()
    assert wireglass.row(known).protocol == "http/1.0"


@pytest.mark.parametrize("keep", [False, True])
def test_an_http_1_0_server(wireglass: Wireglass, origin: Origin, keep: bool) -> None:
    kept = b"Connection: keep-alive\r\n" if keep else b""
    script = say(b"HTTP/1.0 200 OK\r\n" + kept + b"Content-Length: 2\r\n\r\nhi", close=not keep)
    urls = [origin.on(path, script) for path in ("/a", "/b")]
    with Client(wireglass.proxy) as client:
        for url in urls:
            answer = client.get(url)
            assert (answer.start, answer.body) == (b"HTTP/1.1 200 OK", b"hi")
            assert answer.get("connection") is None, "ours is kept, whatever the server does"
    assert len({call.connection for call in origin.calls}) == (1 if keep else 2)
    assert wireglass.show(wireglass.row(urls[0]).id)["response"]["version"] == "HTTP/1.0"


def test_connection_close_of_the_client(wireglass: Wireglass, origin: Origin) -> None:
    """It ends the client's connection; the server's is kept."""
    url = origin.on("/close", fixed(b"hi"))
    for _ in range(2):
        with Client(wireglass.proxy) as client:
            assert client.get(url, "Connection: close").get("connection") == b"close"
            assert client.at_end()
    assert [call.request.get("connection") for call in origin.calls] == [None, None]
    assert {call.connection for call in origin.calls} == {1}


def test_connection_close_of_the_server(wireglass: Wireglass, origin: Origin) -> None:
    """It ends the server's connection; the client's is kept."""
    url = origin.on("/close", fixed(b"hi", b"Connection: close"))
    with Client(wireglass.proxy) as client:
        for _ in range(2):
            answer = client.get(url)
            assert (answer.body, answer.get("connection")) == (b"hi", None)
    assert [call.connection for call in origin.calls] == [1, 2]


def test_fields_that_connection_names_stay_on_their_hop(wireglass: Wireglass, origin: Origin) -> None:
    """RFC 9110 7.6.1; but nothing that frames or routes can be taken away like this."""
    origin.on("/named", fixed(b"hi", b"Connection: X-Hop, Content-Length", b"X-Hop: 1", b"X-End: 2"))
    with Client(wireglass.proxy) as client:
        answer = client.get(origin.url + "/named", "Connection: X-Hop, Host, Keep-Alive", "X-Hop: 1", "X-End: 2")
        assert answer.body == b"hi"
        assert (answer.get("x-hop"), answer.get("x-end"), answer.get("content-length")) == (None, b"2", b"2")
    request = origin.call("/named").request
    assert (request.get("x-hop"), request.get("x-end"), request.get("connection")) == (None, b"2", None)
    assert request.get("host") == origin.authority.encode()
    shown = wireglass.show(wireglass.row(origin.url + "/named").id)
    assert ["X-Hop", "1"] in shown["request"]["headers"] and ["X-Hop", "1"] in shown["response"]["headers"]


def test_an_upgrade_is_handed_through(wireglass: Wireglass, origin: Origin) -> None:
    def script(call: Call) -> None:
        call.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nREADY ")
        call.send(call.read_some().upper())
        call.close()

    url = origin.on("/upgrade", script)
    with Client(wireglass.proxy) as client:
        client.send(head_of(origin, "GET", "/upgrade", "Connection: Upgrade", "Upgrade: shout"))
        answer = client.wire.head()
        assert (answer.status, answer.get("upgrade"), answer.get("connection")) == (101, b"shout", b"Upgrade")
        client.send(b"hello")
        said = b""
        while b"HELLO" not in said:
            said += client.wire.some()
        assert said == b"READY HELLO"
        assert client.at_end()
    assert origin.call("/upgrade").request.get("upgrade") == b"shout"
    assert wireglass.row(url).status == 101


def test_an_upgrade_that_the_server_ignores(wireglass: Wireglass, origin: Origin) -> None:
    url = origin.on("/ignored", fixed(b"no"))
    with Client(wireglass.proxy) as client:
        assert client.get(url, "Connection: Upgrade", "Upgrade: shout").body == b"no"
        assert client.get(url).body == b"no"


def test_chunk_extensions_are_left_out_both_ways(wireglass: Wireglass, origin: Origin) -> None:
    """RFC 9112 7.1.1: they belong to one connection."""
    url = origin.on(
        "/extensions", say(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a="b;c"\r\nhi\r\n0;d\r\n\r\n')
    )
    with Client(wireglass.proxy) as client:
        client.send(head_of(origin, "POST", "/extensions", "Transfer-Encoding: chunked"))
        client.send(b"3;x=y\r\nabc\r\n0;z\r\n\r\n")
        answer = client.answer()
    assert answer.body == b"hi" and b";" not in answer.raw.split(b"\r\n\r\n", 1)[1]
    call = origin.call("/extensions")
    assert call.request.body == b"abc" and b";" not in call.request.raw.split(b"\r\n\r\n", 1)[1]
    row = wireglass.row(url)
    assert (row.request_size, row.response_size) == (3, 2)


def test_trailers_both_ways(wireglass: Wireglass, origin: Origin) -> None:
    coded = chunked([b"hi"], [(b"X-Down", b"2")])
    url = origin.on("/trailers", say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", coded))
    with Client(wireglass.proxy) as client:
        client.send(
            head_of(origin, "POST", "/trailers", "Transfer-Encoding: chunked", "TE: trailers", "Connection: TE")
        )
        client.send(chunked([b"abc"], [(b"X-Up", b"1")]))
        assert client.answer().trailers == [(b"X-Down", b"2")]
    request = origin.call("/trailers").request
    assert request.trailers == [(b"X-Up", b"1")]
    assert (request.get("te"), request.get("connection")) == (b"trailers", b"TE")
    shown = wireglass.show(wireglass.row(url).id)
    assert (shown["request"]["trailers"], shown["response"]["trailers"]) == ([["X-Up", "1"]], [["X-Down", "2"]])


def test_pipelined_requests_of_all_kinds(wireglass: Wireglass, origin: Origin) -> None:
    """One after the other, whatever their bodies look like, and an empty line between two."""
    with Client(wireglass.proxy) as client:
        client.send(
            head_of(origin, "POST", "/1", "Content-Length: 3")
            + b"one"
            + head_of(origin, "POST", "/2", "Transfer-Encoding: chunked")
            + chunked([b"t", b"wo"])
            + b"\r\n"
            + head_of(origin, "GET", "/3")
            + head_of(origin, "HEAD", "/4")
            + head_of(origin, "POST", "/5", "Content-Length: 0")
        )
        methods = ["POST", "POST", "GET", "HEAD", "POST"]
        assert [client.answer(method).body for method in methods] == [b"/1\none", b"/2\ntwo", b"/3\n", b"", b"/5\n"]
    assert [call.path for call in origin.calls] == ["/1", "/2", "/3", "/4", "/5"]


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS"])
def test_max_forwards_passes_as_it_is(wireglass: Wireglass, origin: Origin, method: str) -> None:
    """RFC 9110 7.6.2 would have a proxy count; one that records is not a hop that anybody wants to find."""
    url = origin.on("/far", fixed(b"hi"))
    with Client(wireglass.proxy) as client:
        assert client.get(url, "Max-Forwards: 0", method=method).body == b"hi"
    request = origin.call("/far").request
    assert (request.start.split(b" ")[0], request.get("max-forwards")) == (method.encode(), b"0")


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 404 Not Found\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n"),
    ],
)
def test_responses_without_a_body_keep_both_connections(
    wireglass: Wireglass, origin: Origin, method: str, head: bytes
) -> None:
    url = origin.on("/bodiless", say(head))
    with Client(wireglass.proxy) as client:
        for _ in range(3):
            answer = client.get(url, method=method)
            assert answer.raw == head
    assert {call.connection for call in origin.calls} == {1}
    assert all(row.response_size == 0 for row in wireglass.rows(url))


def test_asterisk_form(wireglass: Wireglass, origin: Origin) -> None:
    """RFC 9112 3.2.4: OPTIONS of the whole server is sent on as an asterisk."""
    with Client(wireglass.proxy) as client:
        client.send(b"OPTIONS %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (origin.url.encode(), origin.authority.encode()))
        assert client.answer().status == 200
    [call] = origin.calls
    assert call.request.target == "*"


def test_a_client_that_ends_its_stream_behind_the_request(wireglass: Wireglass, origin: Origin) -> None:
    url = origin.on("/half", fixed(b"still here"))
    with Client(wireglass.proxy) as client:
        client.send(head_of(origin, "GET", "/half"))
        client.sock.shutdown(socket.SHUT_WR)
        assert client.answer().body == b"still here"
        assert client.at_end()
    assert wireglass.row(url).state == "done"
