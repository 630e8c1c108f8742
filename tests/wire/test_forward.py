"""The heads we send on: only what belongs to one hop changes (RFC 9110 7.6.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.events import requests, response

from wireglass.errors import BadResponse
from wireglass.wire.forward import (
    chunk,
    forward_request,
    forward_response,
    informational_response,
    last_chunk,
    response_framing,
)
from wireglass.wire.head import CHUNKED, NO_BODY, UNTIL_CLOSE, read_request_head, read_response_head

HOP_BY_HOP = (
    b"connection",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"proxy-connection",
    b"te",
    b"upgrade",
)


def sent_on(*lines: bytes, authority: bytes = b"a.example", version: bytes = b"1.1") -> list[bytes]:
    """The lines of the head for the server."""
    block = b"\r\n".join((b"GET http://a.example/p HTTP/" + version, *lines, b"", b""))
    out = forward_request(read_request_head(block), b"/p", authority)
    assert out.endswith(b"\r\n\r\n")
    first, *rest = out[:-4].split(b"\r\n")
    assert first == b"GET /p HTTP/1.1"
    return rest


def answered(
    *lines: bytes,
    status: bytes = b"200 OK",
    version: bytes = b"1.1",
    minor: int = 1,
    keep: bool = True,
    method: bytes = b"GET",
) -> list[bytes]:
    """The lines of the head for the client."""
    block = b"\r\n".join((b"HTTP/" + version + b" " + status, *lines, b"", b""))
    head = read_response_head(block, method)
    out = forward_response(head, response_framing(head, minor), minor, keep)
    assert out.endswith(b"\r\n\r\n")
    first, *rest = out[:-4].split(b"\r\n")
    assert first == b"HTTP/1.1 " + status
    return rest


def test_other_lines_leave_byte_for_byte() -> None:
    lines = [b"host:a.EXAMPLE", b"x-b:  2 ", b"X-A:1", b"x-b: again", b"Cookie: a=b; c", b"Empty:", b"Obs: \xe9"]
    assert sent_on(*lines) == lines
    lines = [b"Set-Cookie: a", b"set-cookie:b", b"Content-Length:  3", b"Empty:"]
    assert answered(*lines) == lines


@pytest.mark.parametrize("name", HOP_BY_HOP)
def test_fields_of_one_hop_stay_here(name: bytes) -> None:
    assert sent_on(b"Host: a.example", name.title() + b": some value", b"B: c") == [b"Host: a.example", b"B: c"]
    assert answered(name.upper() + b": x", b"Content-Length: 0") == [b"Content-Length: 0"]


def test_nominated_fields_stay_here() -> None:
    assert sent_on(b"Host: a.example", b"X-Hop: 1", b"Connection: x-hop, close", b"x-HOP: 2", b"X-Hopper: 3") == [
        b"Host: a.example",
        b"X-Hopper: 3",
    ]
    assert answered(b"X-Hop: 1", b"Connection: X-HOP", b"Content-Length: 0") == [b"Content-Length: 0"]


def test_a_field_named_like_a_pattern_takes_nothing_else_away() -> None:
    assert sent_on(b"Host: a.example", b"Connection: .*, X-., (", b"X-A: 1") == [b"Host: a.example", b"X-A: 1"]


@pytest.mark.parametrize("line", [b"Content-Length: 3", b"Transfer-Encoding: chunked"])
def test_framing_and_host_cannot_be_nominated_away(line: bytes) -> None:
    name = line.partition(b":")[0]
    lines = [b"Host: a.example", line]
    assert sent_on(*lines, b"Connection: host, " + name) == lines
    assert answered(line, b"Connection: " + name) == [line]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ((), [b"Host: a.example"]),
        ((b"hOST:   A.example",), [b"hOST:   A.example"]),
        ((b"hOST:   other.example",), [b"hOST: a.example"]),
        ((b"Host:",), [b"Host: a.example"]),
    ],
)
def test_host_is_the_authority(host: tuple[bytes, ...], expected: list[bytes]) -> None:
    """RFC 9112 3.2.2: a proxy ignores a Host that differs from the target."""
    assert sent_on(*host, b"A: host: x") == [*expected, b"A: host: x"]


def test_an_authority_is_no_replacement_pattern() -> None:
    assert sent_on(b"Host: x", authority=b"[::1]:1\\1") == [b"Host: [::1]:11"]


def test_te_trailers_goes_on_and_other_codings_do_not() -> None:
    assert sent_on(b"Host: a.example", b"TE: gzip, trailers", b"Connection: TE") == [
        b"Host: a.example",
        b"TE: trailers",
        b"Connection: TE",
    ]
    assert sent_on(b"Host: a.example", b"TE: gzip", b"Connection: TE") == [b"Host: a.example"]


def test_an_upgrade_goes_on_both_ways() -> None:
    lines = (b"Host: a.example", b"Connection: keep-alive, Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: x")
    assert sent_on(*lines) == list(lines)
    assert sent_on(*lines, version=b"1.0") == [b"Host: a.example", b"Sec-WebSocket-Key: x"]
    switched = (b"upgrade: websocket", b"Connection: upgrade", b"A: b")
    assert answered(*switched, status=b"101 X") == list(switched)


def test_an_offer_of_h2c_is_not_handed_on() -> None:
    """As Java's HttpClient makes it, with a body."""
    offer = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAEAAEAA")
    assert sent_on(b"Host: a.example", b"Content-Length: 3", *offer) == [b"Host: a.example", b"Content-Length: 3"]


@pytest.mark.parametrize(
    ("lines", "version", "minor", "framing", "added"),
    [
        ((b"Content-Length: 3",), b"1.1", 1, 3, ()),
        ((b"Content-Length: 3",), b"1.1", 0, 3, (b"Connection: keep-alive",)),
        ((b"Transfer-Encoding: chunked",), b"1.1", 1, CHUNKED, ()),
        ((), b"1.0", 1, CHUNKED, (b"Transfer-Encoding: chunked",)),
        ((), b"1.0", 0, UNTIL_CLOSE, (b"Connection: close",)),
        # The coding is not ours to undo, and a second chunked would not be true of what follows.
        ((b"Transfer-Encoding: deflate",), b"1.1", 1, UNTIL_CLOSE, (b"Connection: close",)),
        ((b"Transfer-Encoding: gzip",), b"1.1", 1, UNTIL_CLOSE, (b"Connection: close",)),
    ],
)
def test_response_framing_for_the_client(
    lines: tuple[bytes, ...], version: bytes, minor: int, framing: int, added: tuple[bytes, ...]
) -> None:
    head = read_response_head(b"\r\n".join((b"HTTP/" + version + b" 200 OK", *lines, b"", b"")), b"GET")
    assert response_framing(head, minor) == framing
    keep = framing != UNTIL_CLOSE
    assert answered(*lines, version=version, minor=minor, keep=keep) == [*lines, *added]


def test_chunked_for_an_http_1_0_client_loses_the_coding() -> None:
    assert answered(b"Transfer-Encoding: chunked", b"A: b", minor=0, keep=False) == [b"A: b", b"Connection: close"]


@pytest.mark.parametrize("lines", [(b"Content-Length: 3, 3",), (b"Content-Length: 3", b"content-length: 3")])
def test_a_repeated_length_goes_on_once(lines: tuple[bytes, ...]) -> None:
    assert answered(*lines, b"A: b") == [b"A: b", b"Content-Length: 3"]


@pytest.mark.parametrize(
    ("lines", "minor", "out"),
    [
        ((b"Content-Length: 3", b"Transfer-Encoding: chunked"), 1, [b"Transfer-Encoding: chunked"]),
        ((b"Content-Length: 3", b"Transfer-Encoding: chunked"), 0, []),
        ((b"Transfer-Encoding: chunked, chunked",), 1, [b"Transfer-Encoding: chunked"]),
        ((b"Transfer-Encoding: chunked, gzip",), 0, []),
        ((b"Content-Length: 3", b"Transfer-Encoding: identity"), 1, [b"Content-Length: 3"]),
        ((b"Content-Length: 3, 3", b"Transfer-Encoding: identity"), 1, [b"Content-Length: 3"]),
        ((b"Content-Length: x",), 1, [b"Transfer-Encoding: chunked"]),
        ((b"Content-Length: 007",), 1, [b"Content-Length: 7"]),
        ((b"Transfer-Encoding: identity",), 1, [b"Transfer-Encoding: chunked"]),
        ((b"Transfer-Encoding: identity",), 0, []),
    ],
)
def test_framing_that_was_overlooked_is_written_anew(lines: tuple[bytes, ...], minor: int, out: list[bytes]) -> None:
    assert answered(b"A: b", *lines, minor=minor, keep=False) == [b"A: b", *out, b"Connection: close"]


@pytest.mark.parametrize("method", [b"HEAD", b"GET"])
def test_framing_is_written_anew_where_there_is_no_body_too(method: bytes) -> None:
    status = b"200 OK" if method == b"HEAD" else b"304 Not Modified"
    both = (b"Content-Length: 3", b"Transfer-Encoding: chunked")
    assert answered(*both, method=method, status=status) == [b"Transfer-Encoding: chunked"]
    assert answered(b"Content-Length: 3, 3", method=method, status=status) == [b"Content-Length: 3"]
    with pytest.raises(BadResponse):
        answered(b"Content-Length: 3, 4", method=method, status=status)
    assert answered(*both, status=b"204 No Content") == []


def test_trailers_that_could_be_taken_for_the_head_stay_here() -> None:
    assert last_chunk([(b"content-LENGTH", b"1"), (b"X", b"2"), (b"Host", b"3")]) == b"0\r\nX: 2\r\n\r\n"


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_responses_without_body_are_not_framed(status: bytes) -> None:
    assert answered(b"A: b", status=status) == [b"A: b"]
    assert answered(b"A: b", method=b"HEAD") == [b"A: b"]
    head = read_response_head(b"HTTP/1.1 %b\r\n\r\n" % status, b"GET")
    assert response_framing(head, 1) == NO_BODY


def test_an_informational_response() -> None:
    head = read_response_head(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\nConnection: x\r\n\r\n", b"GET")
    assert informational_response(head) == b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
    head = read_response_head(b"HTTP/1.1 100 C\r\nContent-Length: 5\r\n\r\n", b"GET")
    assert informational_response(head) == b"HTTP/1.1 100 C\r\n\r\n"


def test_chunks() -> None:
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
    assert last_chunk([]) == b"0\r\n\r\n"
    assert last_chunk([(b"A", b"b"), (b"A", b"")]) == b"0\r\nA: b\r\nA: \r\n\r\n"


NAME = st.sampled_from(
    [b"X-A", b"x-a", b"Cookie", b"Accept", b"X-Connection", b"Host-X", *map(bytes.title, HOP_BY_HOP)]
)
SPACE = st.sampled_from([b"", b" ", b"  ", b"\t"])
VALUE = st.sampled_from(
    [b"", b"a", b"x-a", b"close", b"trailers", b"cookie, te", b"a,, b", b"\xe9: b", b"content-length"]
)
LINES = st.lists(st.tuples(NAME, SPACE, VALUE, SPACE).map(lambda parts: b"%b:%b%b%b" % parts), max_size=8)


def end_to_end(lines: list[bytes]) -> list[bytes]:
    """RFC 9110 7.6.1 once more, line by line."""
    fields = [(line.partition(b":")[0].lower(), line.partition(b":")[2]) for line in lines]
    nominated = {
        option.strip().lower() for name, value in fields if name == b"connection" for option in value.split(b",")
    }
    nominated -= {b"host", b"content-length", b"transfer-encoding"}
    return [
        line for line, (name, _) in zip(lines, fields, strict=True) if name not in HOP_BY_HOP and name not in nominated
    ]


@given(LINES)
def test_request_lines_are_those_of_the_client_in_their_order(lines: list[bytes]) -> None:
    lines = [b"Host: a.example", *lines]
    out = sent_on(*lines)
    expected = end_to_end(lines)
    assert out[: len(expected)] == expected
    assert all(line.startswith((b"TE: trailers", b"Connection: ", b"Upgrade: ")) for line in out[len(expected) :])


@given(LINES)
def test_what_was_sent_on_is_sent_on_the_same_again(lines: list[bytes]) -> None:
    once = sent_on(b"Host: a.example", *lines)
    assert sent_on(*once) == once


@given(LINES, st.sampled_from([(b"Content-Length: 0",), (b"Transfer-Encoding: chunked",), ()]), st.sampled_from([0, 1]))
def test_response_lines_are_those_of_the_server_in_their_order(
    lines: list[bytes], framing: tuple[bytes, ...], minor: int
) -> None:
    out = answered(*lines, *framing, minor=minor, keep=False)
    expected = end_to_end([*lines, *(framing if minor else framing[: framing[:1] == (b"Content-Length: 0",)])])
    assert [line for line in out if line not in (b"Connection: close", b"Transfer-Encoding: chunked")] == [
        line for line in expected if line != b"Transfer-Encoding: chunked"
    ]
    assert out.count(b"Connection: close") == 1


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=5))
def test_a_body_that_was_chunked_is_read_back(pieces: list[bytes]) -> None:
    data = b"".join(map(chunk, pieces)) + last_chunk([(b"A", b"b")])
    events = requests([b"POST http://a/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + data])
    assert events.bodies == b"".join(pieces)
    assert events.told[-1] == ("end", ((b"A", b"b"),))
    assert response([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data]).bodies == b"".join(pieces)
