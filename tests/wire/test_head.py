"""Heads: the framing table of RFC 9112 6.3, and what is refused."""

from __future__ import annotations

import time

import pytest

from wireglass.errors import BadResponse, ProtocolError
from wireglass.wire.fields import read_trailers
from wireglass.wire.head import (
    CHUNKED,
    NO_BODY,
    UNTIL_CLOSE,
    RequestHead,
    ResponseHead,
    read_request_head,
    read_response_head,
)


def request(*lines: bytes, line: bytes = b"GET / HTTP/1.1", host: bool = True) -> RequestHead:
    fields = ((b"Host: a.example",) if host else ()) + lines
    return read_request_head(b"\r\n".join((line, *fields, b"", b"")))


def response(*lines: bytes, line: bytes = b"HTTP/1.1 200 OK", method: bytes = b"GET") -> ResponseHead:
    return read_response_head(b"\r\n".join((line, *lines, b"", b"")), method)


def test_request_line_and_fields_are_kept_as_sent() -> None:
    head = request(
        b"x-LOWER:  two  spaces ", b"X-Lower:\tagain\t", b"Empty:", b"Obs: caf\xe9", line=b"pUt /a?b HTTP/1.0"
    )
    assert (head.method, head.target, head.minor) == (b"pUt", b"/a?b", 0)
    assert head.headers == [
        (b"Host", b"a.example"),
        (b"x-LOWER", b"two  spaces"),
        (b"X-Lower", b"again"),
        (b"Empty", b""),
        (b"Obs", b"caf\xe9"),
    ]


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ((), NO_BODY),
        ((b"Content-Length: 0",), NO_BODY),
        ((b"content-length: 12",), 12),
        ((b"Content-Length:  12",), 12),
        ((b"Transfer-Encoding: chunked",), CHUNKED),
        ((b"transfer-encoding: Chunked",), CHUNKED),
    ],
)
def test_request_framing(lines: tuple[bytes, ...], body: int) -> None:
    assert request(*lines).body == body


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 1", b"Content-Length: 2"),
        (b"Content-Length: 1", b"Content-Length: 1"),
        (b"Content-Length: 1, 1",),
        (b"Content-Length: +1",),
        (b"Content-Length: -1",),
        (b"Content-Length: 0x1",),
        (b"Content-Length: 1_0",),
        (b"Content-Length: 1 0",),
        (b"Content-Length: \xb2",),
        (b"Content-Length:",),
        (b"Content-Length: " + b"9" * 20,),
        (b"Content-Length: 1", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding:"),
        (b"Transfer-Encoding: gzip, chunked",),
        (b"Transfer-Encoding: chunked, gzip",),
        (b"Transfer-Encoding: ,chunked",),
        (b"Transfer-Encoding: identity",),
        (b"Transfer-Encoding: xchunked",),
        (b"Transfer-Encoding: chunked;q=1",),
        (b"Transfer-Encoding: \x0bchunked",),
        (b"Transfer-Encoding:",),
        (b"Host: b.example",),
        (b" folded: value",),
        (b"A: b", b"\tfolded"),
        (b"A: b\x00c",),
        (b"A: b\x7f",),
        (b"A: b\rc: d",),
        (b"A: b\nc: d",),
        (b"A\x00: b",),
        (b"A : b",),
        (b"A\t: b",),
        (b"no colon",),
        (b": no name",),
        (b"A(b): c",),
        (b"caf\xe9: c",),
    ],
)
def test_request_fields_that_are_refused(lines: tuple[bytes, ...]) -> None:
    with pytest.raises(ProtocolError) as refusal:
        request(*lines)
    assert type(refusal.value) is ProtocolError
    assert refusal.value.code == "malformed_request"


@pytest.mark.parametrize(
    "line",
    [
        b"GET /",
        b"GET  / HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b" GET / HTTP/1.1",
        b"GET\t/ HTTP/1.1",
        b"GET / HTTP/2.0",
        b"GET / HTTP/1.10",
        b"GET / http/1.1",
        b"GET /a b HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"GET /\x7f HTTP/1.1",
        b"G(T / HTTP/1.1",
        b"GET / HTTP/1.1\rX",
        b"PRI * HTTP/2.0",
        b"",
    ],
)
def test_request_lines_that_are_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError, match="request line"):
        request(line=line)


def test_transfer_encoding_in_http_1_0_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"HTTP/1\.0"):
        request(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.0")


@pytest.mark.parametrize(
    ("line", "host", "accepted"),
    [
        (b"GET / HTTP/1.1", False, False),
        (b"GET / HTTP/1.0", False, True),
        # The target names the server, and the request that is sent on gets a Host (RFC 9112 3.2.2).
        (b"GET http://a.example/ HTTP/1.1", False, True),
        (b"CONNECT a.example:443 HTTP/1.1", False, True),
    ],
)
def test_host_may_be_missing_only_where_the_target_names_the_server(line: bytes, host: bool, accepted: bool) -> None:
    if accepted:
        assert b"host" not in request(line=line, host=host).special
    else:
        with pytest.raises(ProtocolError, match="0 Host headers"):
            request(line=line, host=host)


@pytest.mark.parametrize(
    ("lines", "method", "line", "body"),
    [
        # RFC 9112 6.3, rule by rule.
        ((b"Content-Length: 5",), b"HEAD", b"HTTP/1.1 200 OK", NO_BODY),
        ((b"Transfer-Encoding: chunked",), b"HEAD", b"HTTP/1.1 200 OK", NO_BODY),
        ((b"Content-Length: 5",), b"GET", b"HTTP/1.1 100 Continue", NO_BODY),
        ((b"Content-Length: 5",), b"GET", b"HTTP/1.1 204 No Content", NO_BODY),
        ((b"Content-Length: 5",), b"GET", b"HTTP/1.1 304 Not Modified", NO_BODY),
        ((), b"GET", b"HTTP/1.1 101 Switching", NO_BODY),
        ((b"Transfer-Encoding: chunked",), b"GET", b"HTTP/1.1 200 OK", CHUNKED),
        ((b"Transfer-Encoding: gzip, Chunked",), b"GET", b"HTTP/1.1 200 OK", CHUNKED),
        ((b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"), b"GET", b"HTTP/1.1 200 OK", CHUNKED),
        ((b"Transfer-Encoding: gzip",), b"GET", b"HTTP/1.1 200 OK", UNTIL_CLOSE),
        ((b"Transfer-Encoding: identity",), b"GET", b"HTTP/1.1 200 OK", UNTIL_CLOSE),
        ((b"Content-Length: 5",), b"GET", b"HTTP/1.1 200 OK", 5),
        ((b"Content-Length: 5", b"Content-Length: 5"), b"GET", b"HTTP/1.1 200 OK", 5),
        ((b"Content-Length: 5, 5",), b"GET", b"HTTP/1.1 200 OK", 5),
        ((b"Content-Length: 0",), b"GET", b"HTTP/1.1 200 OK", NO_BODY),
        ((), b"GET", b"HTTP/1.1 200 OK", UNTIL_CLOSE),
        ((), b"GET", b"HTTP/1.0 200 OK", UNTIL_CLOSE),
        ((), b"POST", b"HTTP/1.1 404", UNTIL_CLOSE),
        ((), b"POST", b"HTTP/1.1 404 ", UNTIL_CLOSE),
    ],
)
def test_response_framing(lines: tuple[bytes, ...], method: bytes, line: bytes, body: int) -> None:
    assert response(*lines, method=method, line=line).body == body


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 1", b"Content-Length: 2"),
        (b"Content-Length: 1, 2",),
        (b"Content-Length: 1,",),
        (b"A: b", b" folded"),
        (b"A: b\x00",),
        (b"A : b",),
    ],
)
def test_response_fields_that_are_refused(lines: tuple[bytes, ...]) -> None:
    with pytest.raises(BadResponse):
        response(*lines)


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/1.1 200OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/2 200",
        b"HTTP/1.1 20",
        b"HTTP/1.1 099 X",
        b"HTTP/1.1  200 OK",
        b"ICY 200 OK",
        b"HTTP/1.1 200 a\x00",
    ],
)
def test_status_lines_that_are_refused(line: bytes) -> None:
    with pytest.raises(BadResponse, match="status line"):
        response(line=line)


@pytest.mark.parametrize(
    ("line", "lines", "keep"),
    [
        (b"HTTP/1.1 200 OK", (), True),
        (b"HTTP/1.1 200 OK", (b"Connection: close",), False),
        (b"HTTP/1.1 200 OK", (b"Connection: foo", b"Connection: bar, CLOSE"), False),
        (b"HTTP/1.0 200 OK", (), False),
        (b"HTTP/1.0 200 OK", (b"Connection: Keep-Alive",), True),
        (b"HTTP/1.0 200 OK", (b"Connection: keep-alive, close",), False),
        # RFC 9112 6.1: a 1.0 message with Transfer-Encoding is faulty, and its connection ends with it.
        (b"HTTP/1.0 200 OK", (b"Connection: keep-alive", b"Transfer-Encoding: chunked"), False),
    ],
)
def test_persistence(line: bytes, lines: tuple[bytes, ...], keep: bool) -> None:
    assert response(*lines, line=line).keep_alive is keep


@pytest.mark.parametrize(
    ("lines", "line", "upgrade"),
    [
        ((b"Connection: keep-alive, Upgrade", b"Upgrade: websocket"), b"GET / HTTP/1.1", True),
        ((b"Upgrade: websocket",), b"GET / HTTP/1.1", False),
        ((b"Connection: Upgrade",), b"GET / HTTP/1.1", False),
        ((b"Connection: Upgrade", b"Upgrade: websocket"), b"GET / HTTP/1.0", False),
    ],
)
def test_upgrade_needs_both_fields_and_http_1_1(lines: tuple[bytes, ...], line: bytes, upgrade: bool) -> None:
    assert request(*lines, line=line).upgrade is upgrade


def test_trailers() -> None:
    assert read_trailers(b"A: b\r\nC:d \r\n", ProtocolError) == [(b"A", b"b"), (b"C", b"d")]
    with pytest.raises(BadResponse):
        read_trailers(b"A: b\nC: d\r\n", BadResponse)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"\tfolded", "obs-fold"),
        (b"A : b", "before the colon"),
        (b"A: b\nB: c", "bare LF"),
        (b"nothing", "no colon"),
        (b"A(: b", "name"),
        (b"A: \x01", "control character"),
    ],
)
def test_a_refusal_names_the_line(line: bytes, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        request(b"Good: 1", line)


@pytest.mark.parametrize("padding", [b" ", b"\t ", b": "])
def test_a_hostile_head_takes_no_more_than_linear_time(padding: bytes) -> None:
    """Backtracking over white space before a control character once took 29 s for these 60 kB."""
    lines = b"A:" + padding * (60_000 // len(padding)) + b"\x00"
    begun = time.process_time()
    with pytest.raises(ProtocolError):
        request(lines)
    assert time.process_time() - begun < 1
