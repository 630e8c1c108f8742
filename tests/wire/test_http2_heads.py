"""Heads between HTTP/2 and HTTP/1: nothing a peer says over one makes a second line, field or message in the other.

The HTTP/2 side is encoded by hpack, and the HTTP/1 side is read by h11, both of other people."""

from __future__ import annotations

import h11
import hpack
import pytest
from hyperframe.frame import HeadersFrame, SettingsFrame
from hypothesis import given
from hypothesis import strategies as st

from wireglass.errors import BadResponse, ProtocolError
from wireglass.model import Headers
from wireglass.wire.forward import forward_request, forward_response, last_chunk, response_framing
from wireglass.wire.head import CHUNKED, NO_BODY, UNTIL_CLOSE, read_request_head, read_response_head
from wireglass.wire.http2 import Http2Connection, Request, Response, Trailers
from wireglass.wire.http2_frames import PREFACE
from wireglass.wire.http2_heads import (
    error_name,
    read_request,
    read_response,
    request_fields,
    response_fields,
    trailer_fields,
)

GET: Headers = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"a.example"), (b":path", b"/")]
AUTHORITY = b"a.example"

hostile = st.one_of(
    st.sampled_from(
        [
            b"a\r\nx: y",
            b"a\nGET / HTTP/1.1",
            b"a\0",
            b"a\r",
            b"\r\n\r\n",
            b" a",
            b"a\t",
            b"chunked",
            b"5",
            b"05",
            b"+5",
            b"5, 5",
            b"close",
            b"x, content-length",
            b"trailers",
            b"/ HTTP/1.1\r\nhost: b",
            b"/a b",
            b"//b.example/",
            b"*",
            b"http://b.example/",
            b"a@b.example",
            b"[::1]:443",
            b"a.example:80:90",
            b"HTTP/1.1",
            b"HEAD",
            b"connect",
        ]
    ),
    st.binary(max_size=20),
    st.text("ab/:.?#[]@ \r\n\0\t%5;,", max_size=12).map(str.encode),
)
names = st.one_of(
    st.sampled_from(
        [
            b"transfer-encoding",
            b"content-length",
            b"content_length",
            b"connection",
            b"host",
            b"te",
            b"upgrade",
            b"cookie",
            b"x-a",
            b"X-A",
            b"x a",
            b"x:",
            b"x\r\ny",
            b"",
            b":path",
            b":method",
            b":authority",
            b":protocol",
            b":status",
            b"expect",
            b"proxy-authorization",
            b"keep-alive",
            b"trailer",
        ]
    ),
    st.binary(max_size=8),
)
pseudo = st.fixed_dictionaries(
    {},
    optional={
        b":method": st.one_of(st.sampled_from([b"GET", b"POST", b"OPTIONS", b"TRACE", b"CONNECT"]), hostile),
        b":scheme": st.one_of(st.just(b"http"), hostile),
        b":authority": st.one_of(st.just(b"b.example:81"), hostile),
        b":path": st.one_of(st.sampled_from([b"/x?y", b"*"]), hostile),
    },
)


def as_received(fields: Headers, *, client_side: bool, ended: bool, informational: bool = False) -> list[object]:
    """What the codec makes of them, if anything."""
    connection = Http2Connection(client_side=client_side, extended_connect=True)
    connection.begin()
    start = b"" if client_side else PREFACE
    connection.receive(start + SettingsFrame(0).serialize())
    if client_side:
        connection.send_headers(1, GET, True)
    flags = ["END_HEADERS", *(["END_STREAM"] if ended else [])]
    return list(connection.receive(HeadersFrame(1, hpack.Encoder().encode(fields), flags=flags).serialize()))


@given(pseudo, st.lists(st.tuples(names, hostile), max_size=5), st.booleans())
def test_a_request_over_http2_is_one_request_over_http1(
    given_pseudo: dict[bytes, bytes], more: Headers, ended: bool
) -> None:
    fields = [*{**dict(GET), **given_pseudo}.items(), *more]
    for event in as_received(fields, client_side=False, ended=ended):
        if not isinstance(event, Request):
            continue
        try:
            head = read_request(event.fields, event.ended)
        except ProtocolError:
            continue
        if head.method == b"CONNECT":
            continue  # a tunnel or a WebSocket: neither goes to HTTP/1
        sent = forward_request(head, head.target, AUTHORITY)
        # Our own strict reader and h11 agree that it is one head, and on what it says.
        again = read_request_head(sent)
        assert (again.method, again.target, again.body) == (head.method, head.target, head.body)
        assert again.special[b"host"] == [AUTHORITY]
        server = h11.Connection(h11.SERVER)
        server.receive_data(sent)
        request = server.next_event()
        assert isinstance(request, h11.Request)
        assert (request.method, request.target) == (head.method, head.target)
        ours = dict(head.headers)
        for name, value in request.headers:
            if name in (b"host", b"transfer-encoding", b"connection", b"te"):
                continue
            assert name in ours, f"{name!r} was not among the fields"
            assert value == ours[name] or (name, value) in head.headers
        if ended:
            assert isinstance(server.next_event(), h11.EndOfMessage)
            assert server.trailing_data[0] == b"", "a second request"
        else:
            assert head.body != NO_BODY or dict(head.headers).get(b"content-length") == b"0"


@given(
    st.one_of(st.sampled_from([b"200", b"204", b"304", b"404", b"999", b"103"]), hostile),
    st.lists(st.tuples(st.one_of(names, st.just(b"location")), hostile), max_size=5),
    st.booleans(),
    st.sampled_from([b"GET", b"HEAD"]),
)
def test_a_response_over_http2_is_one_response_over_http1(
    status: bytes, more: Headers, ended: bool, method: bytes
) -> None:
    for event in as_received([(b":status", status), *more], client_side=True, ended=ended):
        if not isinstance(event, Response):
            continue
        try:
            head = read_response(event.fields, method)
        except BadResponse:
            continue
        framing = response_framing(head, 1)
        sent = forward_response(head, framing, 1, True)
        again = read_response_head(sent, method)
        assert again.status == head.status
        if method != b"HEAD" and head.status not in (204, 304):
            assert again.body == framing != UNTIL_CLOSE, "the client of HTTP/1 can tell where it ends"
        else:
            assert again.body == NO_BODY
        assert sent.count(b"\r\n\r\n") == 1 and sent.endswith(b"\r\n\r\n")


@given(st.lists(st.tuples(names, hostile), min_size=1, max_size=5))
def test_trailers_over_http2_are_one_trailer_section_over_http1(fields: Headers) -> None:
    connection = Http2Connection(client_side=False)
    connection.begin()
    connection.receive(PREFACE + SettingsFrame(0).serialize())
    encoder = hpack.Encoder()
    connection.receive(HeadersFrame(1, encoder.encode(GET), flags=["END_HEADERS"]).serialize())
    section = HeadersFrame(1, encoder.encode(fields), flags=["END_HEADERS", "END_STREAM"]).serialize()
    for event in connection.receive(section):
        if not isinstance(event, Trailers):
            continue
        server = h11.Connection(h11.SERVER)
        server.receive_data(b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
        server.next_event()
        server.receive_data(last_chunk(event.fields))
        end = server.next_event()
        assert isinstance(end, h11.EndOfMessage) and server.trailing_data[0] == b""
        assert {name for name, _ in end.headers} <= {name for name, _ in event.fields}


@pytest.mark.parametrize(
    "more",
    [
        [(b"content-length", b"5"), (b"content-length", b"5")],
        [(b"content-length", b"05")],
        [(b"content-length", b"00")],
        [(b"content_length", b"5")],
    ],
)
def test_lengths_that_two_could_read_differently(more: Headers) -> None:
    """As for HTTP/1 (RFC 9112 6.3): some take a zero in front for octal, some the first of two, some the last."""
    with pytest.raises(ProtocolError):
        read_request([*GET, *more], False)


def request(*more: tuple[bytes, bytes], ended: bool = True, **other: bytes) -> bytes:
    fields = {**dict(GET), **{b":" + name.encode(): value for name, value in other.items()}}
    head = read_request([*fields.items(), *more], ended)
    return forward_request(head, head.target, fields[b":authority"])


def test_what_becomes_of_a_request() -> None:
    assert request() == b"GET / HTTP/1.1\r\nhost: a.example\r\n\r\n"
    assert request(path=b"*", method=b"OPTIONS").startswith(b"OPTIONS * HTTP/1.1\r\n")
    assert b"host: [::1]:8443\r\n" in request(authority=b"[::1]:8443")
    crumbs = [(b"cookie", b"a=1"), (b"x-a", b"1"), (b"cookie", b"b=2")]
    assert request(*crumbs).endswith(b"\r\ncookie: a=1; b=2\r\nx-a: 1\r\n\r\n")
    assert b"TE: trailers\r\nConnection: TE\r\n" in request((b"te", b"trailers"))
    assert b"Transfer-Encoding: chunked\r\n" in request(ended=False)
    assert b"Transfer-Encoding" not in request((b"content-length", b"3"), ended=False)
    assert b"proxy-authorization" not in request((b"proxy-authorization", b"Basic x"))


@pytest.mark.parametrize("method", [b"connect", b"Head", b"CONNECTX"])
def test_methods_that_some_servers_take_for_others(method: bytes) -> None:
    with pytest.raises(ProtocolError):
        request(method=method)


def test_trace_has_no_body() -> None:
    with pytest.raises(ProtocolError):
        request(method=b"TRACE", ended=False)
    assert request(method=b"TRACE").startswith(b"TRACE / ")


def test_host_stands_in_for_a_missing_authority() -> None:
    head = read_request([*GET[:2], GET[3], (b"host", b"b.example")], True)
    assert head.authority == b"b.example" and head.special[b"host"] == [b"b.example"]


@pytest.mark.parametrize(
    ("status", "length", "method", "body"),
    [
        (b"200", None, b"GET", UNTIL_CLOSE),
        (b"200", b"0", b"GET", NO_BODY),
        (b"200", b"5", b"GET", 5),
        (b"200", b"5", b"HEAD", NO_BODY),
        (b"204", None, b"GET", NO_BODY),
        (b"204", b"5", b"GET", NO_BODY),
        (b"304", b"5", b"GET", NO_BODY),
    ],
)
def test_the_body_of_a_response(status: bytes, length: bytes | None, method: bytes, body: int) -> None:
    fields = [(b":status", status), *([(b"content-length", length)] if length is not None else [])]
    head = read_response(fields, method)
    assert head.body == body
    sent = forward_response(head, response_framing(head, 1), 1, True)
    assert (b"content-length" in sent) is (length is not None and status != b"204")
    assert (b"Transfer-Encoding: chunked" in sent) is (body == UNTIL_CLOSE)


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [(b"x-a", b"1")],
        [(b":status", b"20")],
        [(b":status", b"abc")],
        [(b":status", b"200"), (b"content-length", b"5"), (b"content-length", b"6")],
        [(b":status", b"200"), (b"location", b"/a"), (b"location", b"/b")],
    ],
)
def test_responses_that_are_none(fields: Headers) -> None:
    with pytest.raises(BadResponse):
        read_response(fields, b"GET")


def test_what_becomes_of_a_request_for_a_server_of_http2() -> None:
    head = read_request_head(
        b"POST /a HTTP/1.1\r\nHost: a.example\r\nConnection: X-Gone, TE\r\nX-Gone: 1\r\nTE: gzip, trailers\r\n"
        b"Transfer-Encoding: chunked\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nX-Kept: Yes\r\n\r\n"
    )
    assert request_fields(head, b"https", b"a.example", b"/a") == [
        (b":method", b"POST"),
        (b":scheme", b"https"),
        (b":authority", b"a.example"),
        (b":path", b"/a"),
        (b"x-kept", b"Yes"),
        (b"te", b"trailers"),
    ]


def test_what_becomes_of_a_response_for_a_client_of_http2() -> None:
    head = read_response_head(
        b"HTTP/1.1 200 Fine\r\nConnection: X-Gone\r\nX-Gone: 1\r\nTransfer-Encoding: chunked\r\nX-Kept: Yes\r\n\r\n",
        b"GET",
    )
    assert head.body == CHUNKED
    assert response_fields(head) == [(b":status", b"200"), (b"x-kept", b"Yes")]


def test_trailers_that_could_be_taken_for_fields_of_the_head() -> None:
    assert trailer_fields([(b"X-Sum", b"1"), (b"Content-Length", b"5"), (b"Host", b"b")]) == [(b"x-sum", b"1")]


def test_error_names() -> None:
    assert (error_name(0xD), error_name(0x77)) == ("HTTP_1_1_REQUIRED", "error 119")
