"""RFC 9113 8 as a table: requests, most of them malformed. Much of it is how requests are smuggled into a server that
is spoken to in HTTP/1.1: what is malformed must never get there."""

from __future__ import annotations

from collections.abc import Callable

from tests.peers.http2 import END_HEADERS, END_STREAM, Code, Fields, Kind, data, frame, headers
from tests.peers.http2_cases import MALFORMED, WORKS, Act, Case, Outcome, connection, stream
from tests.peers.http2_client import Http2Client

Pair = tuple[bytes, bytes]


def field_bytes(name: bytes, value: bytes) -> bytes:
    """As it stands (RFC 7541 6.2.2), of any length."""
    return b"\x00" + _length(len(name)) + name + _length(len(value)) + value


def _length(size: int) -> bytes:
    if size < 127:
        return bytes([size])
    out, size = [127], size - 127
    while size >= 128:
        out.append(size % 128 + 128)
        size //= 128
    return bytes([*out, size])


def _ask(client: Http2Client, fields: Fields, end: bool = True) -> int:
    number = client.new_stream()
    client.send(headers(number, b"".join(field_bytes(*pair) for pair in fields), end))
    return number


def _with(*more: Pair) -> Act:
    """A GET with these fields behind its own."""
    return lambda client, path: _ask(client, client.fields(path, "GET", *more))


def _pseudo(name: bytes, value: bytes | None) -> Act:
    """A GET whose pseudo-header field ``name`` is another one, or missing."""

    def act(client: Http2Client, path: str) -> int:
        fields = [pair for pair in client.fields(path) if pair[0] != name]
        return _ask(client, fields if value is None else [(name, value), *fields])

    return act


def _twice(name: bytes) -> Act:
    def act(client: Http2Client, path: str) -> int:
        fields = client.fields(path)
        return _ask(client, [*fields, *(pair for pair in fields if pair[0] == name)])

    return act


def _path(make: Callable[[bytes], bytes]) -> Act:
    """A GET whose ``:path`` is made of the right one."""

    def act(client: Http2Client, path: str) -> int:
        fields = client.fields(path)
        return _ask(client, [(name, make(value) if name == b":path" else value) for name, value in fields])

    return act


def _authority(make: Callable[[bytes], bytes], *more: Pair) -> Act:
    def act(client: Http2Client, path: str) -> int:
        fields = client.fields(path, "GET", *more)
        return _ask(client, [(name, make(value) if name == b":authority" else value) for name, value in fields])

    return act


def _posts(fields: list[Pair], *bodies: bytes, trailers: list[Pair] | None = None) -> Act:
    """A POST in so many DATA frames, the last one with END_STREAM unless there are trailers."""

    def act(client: Http2Client, path: str) -> int:
        number = _ask(client, client.fields(path, "POST", *fields), end=not bodies and trailers is None)
        for at, body in enumerate(bodies, 1):
            client.send(data(number, body, END_STREAM if at == len(bodies) and trailers is None else 0))
        if trailers is not None:
            client.send(headers(number, b"".join(field_bytes(*pair) for pair in trailers), end=True))
        return number

    return act


def _pseudo_behind(client: Http2Client, path: str) -> int:
    method, *rest = client.fields(path)
    return _ask(client, [*rest, (b"x-test", b"1"), method])


def _second_head(client: Http2Client, path: str) -> int:
    number = _ask(client, client.fields(path, "POST"), end=False)
    client.send(headers(number, field_bytes(b"x-test", b"1")), data(number, b"x", END_STREAM))
    return number


def _data_behind_trailers(client: Http2Client, path: str) -> int:
    number = _ask(client, client.fields(path, "POST"), end=False)
    client.send(headers(number, field_bytes(b"x-test", b"1"), end=True), data(number, b"x", END_STREAM))
    return number


def _host_instead(client: Http2Client, path: str) -> int:
    """RFC 9113 8.3.1: a request made from HTTP/1.1 may have Host and no ``:authority``."""
    fields = [pair for pair in client.fields(path) if pair[0] != b":authority"]
    return _ask(client, [*fields, (b"host", client.authority.encode())])


def _no_authority(client: Http2Client, path: str) -> int:
    return _ask(client, [pair for pair in client.fields(path) if pair[0] != b":authority"])


def _connect(*more: Pair) -> Act:
    return lambda client, path: _ask(
        client, [(b":method", b"CONNECT"), (b":authority", client.authority.encode()), *more]
    )


def _push(client: Http2Client, path: str) -> int:
    number = _ask(client, client.fields(path, "POST"), end=False)
    client.send(frame(Kind.PUSH_PROMISE, END_HEADERS, number, b"\0\0\0\x02" + field_bytes(b":method", b"GET")))
    return number


def _protocol(client: Http2Client, path: str) -> int:
    return _ask(client, [*client.fields(path), (b":protocol", b"websocket")])


_SMUGGLED = b"x\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
# RFC 9113 8.2.1 says malformed; nghttp2 takes it.
_SPACED = Outcome("stream", frozenset({Code.PROTOCOL_ERROR}), refused=True, ignored=True)

REQUESTS = [
    Case("8.1", "trailers", _posts([], b"body", trailers=[(b"x-trailer", b"1")]), WORKS),
    Case("8.1", "trailers without a body", _posts([], trailers=[(b"x-trailer", b"1")]), WORKS),
    Case("8.1", "a body of empty frames", _posts([], b"", b"", b"body", b""), WORKS),
    Case("8.1", "a second head that does not end", _second_head, MALFORMED),
    Case("8.1", "DATA behind trailers", _data_behind_trailers, stream(Code.STREAM_CLOSED, Code.PROTOCOL_ERROR)),
    Case("8.1.1", "content-length that fits", _posts([(b"content-length", b"8")], b"body", b"body"), WORKS),
    Case("8.1.1", "content-length too small", _posts([(b"content-length", b"1")], b"body"), MALFORMED),
    Case("8.1.1", "content-length too large", _posts([(b"content-length", b"5")], b"body"), MALFORMED),
    Case("8.1.1", "content-length of frames", _posts([(b"content-length", b"6")], b"body", b"body"), MALFORMED),
    Case("8.1.1", "content-length without a body", _posts([(b"content-length", b"1")]), MALFORMED),
    Case(
        "8.1.1", "content-length before trailers", _posts([(b"content-length", b"9")], b"body", trailers=[]), MALFORMED
    ),
    Case("8.1.1", "content-length no number", _posts([(b"content-length", b"4x")], b"body"), MALFORMED),
    Case("8.1.1", "content-length with a sign", _posts([(b"content-length", b"+4")], b"body"), MALFORMED),
    Case(
        "8.1.1",
        "two content-lengths",
        _posts([(b"content-length", b"4"), (b"content-length", b"5")], b"body"),
        MALFORMED,
    ),
    Case("8.2", "upper case", _with((b"X-Test", b"1")), MALFORMED),
    Case("8.2.1", "empty name", _with((b"", b"1")), MALFORMED),
    Case("8.2.1", "space in a name", _with((b"x test", b"1")), MALFORMED),
    Case("8.2.1", "space behind a name", _with((b"transfer-encoding ", b"chunked")), MALFORMED),
    Case("8.2.1", "colon in a name", _with((b"x:test", b"1")), MALFORMED),
    Case("8.2.1", "line end in a name", _with((b"x\r\ntransfer-encoding: chunked\r\ny", b"1")), MALFORMED),
    Case("8.2.1", "NUL in a name", _with((b"x\0y", b"1")), MALFORMED),
    Case("8.2.1", "DEL in a name", _with((b"x\x7fy", b"1")), MALFORMED),
    Case("8.2.1", "byte above 127 in a name", _with((b"x\xe9y", b"1")), MALFORMED),
    Case("8.2.1", "line end in a value", _with((b"x-test", _SMUGGLED)), MALFORMED),
    Case("8.2.1", "LF in a value", _with((b"x-test", b"1\ntransfer-encoding: chunked")), MALFORMED),
    Case("8.2.1", "CR in a value", _with((b"x-test", b"1\rtransfer-encoding: chunked")), MALFORMED),
    Case("8.2.1", "NUL in a value", _with((b"x-test", b"1\x002")), MALFORMED),
    Case("8.2.1", "space before a value", _with((b"x-test", b" 1")), _SPACED),
    Case("8.2.1", "tab behind a value", _with((b"x-test", b"1\t")), _SPACED),
    Case("8.2.1", "byte above 127 in a value", _with((b"x-test", b"gr\xfc\xdf")), WORKS),
    Case("8.2.1", "empty value", _with((b"x-test", b"")), WORKS),
    Case("8.2.2", "connection", _with((b"connection", b"keep-alive")), MALFORMED),
    Case("8.2.2", "keep-alive", _with((b"keep-alive", b"timeout=5")), MALFORMED),
    Case("8.2.2", "proxy-connection", _with((b"proxy-connection", b"keep-alive")), MALFORMED),
    Case("8.2.2", "transfer-encoding", _posts([(b"transfer-encoding", b"chunked")], b"0\r\n\r\n"), MALFORMED),
    Case("8.2.2", "upgrade", _with((b"upgrade", b"websocket")), MALFORMED),
    Case("8.2.2", "te: gzip", _with((b"te", b"trailers, gzip")), MALFORMED),
    Case("8.2.2", "te: trailers", _with((b"te", b"trailers")), WORKS),
    Case("8.2.3", "cookie crumbs", _with((b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"cookie", b"a=3")), WORKS),
    Case("8.3", "unknown pseudo-header field", _with((b":test", b"1")), MALFORMED),
    Case("8.3", ":status in a request", _with((b":status", b"200")), MALFORMED),
    Case("8.3", "pseudo-header field in trailers", _posts([], b"x", trailers=[(b":method", b"GET")]), MALFORMED),
    Case("8.3", "pseudo-header field behind others", _pseudo_behind, MALFORMED),
    Case("8.3.1", "no :method", _pseudo(b":method", None), MALFORMED),
    Case("8.3.1", "no :scheme", _pseudo(b":scheme", None), MALFORMED),
    Case("8.3.1", "no :path", _pseudo(b":path", None), MALFORMED),
    Case("8.3.1", "two :method", _twice(b":method"), MALFORMED),
    Case("8.3.1", "two :scheme", _twice(b":scheme"), MALFORMED),
    Case("8.3.1", "two :path", _twice(b":path"), MALFORMED),
    Case("8.3.1", "two :authority", _twice(b":authority"), MALFORMED),
    Case("8.3.1", "empty :path", _path(lambda path: b""), MALFORMED),
    Case("8.3.1", ":path without a slash", _path(lambda path: path[1:]), MALFORMED),
    Case("8.3.1", "space in :path", _path(lambda path: path + b" HTTP/1.1"), MALFORMED),
    Case("8.3.1", "line end in :path", _path(lambda path: path + b" HTTP/1.1\r\nx: " + _SMUGGLED), MALFORMED),
    Case("8.3.1", "NUL in :path", _path(lambda path: path + b"\0"), MALFORMED),
    Case("8.3.1", "empty :method", _pseudo(b":method", b""), MALFORMED),
    Case("8.3.1", "space in :method", _pseudo(b":method", b"GET /smuggled"), MALFORMED),
    Case("8.3.1", "line end in :method", _pseudo(b":method", b"GET / HTTP/1.1\r\nx: " + _SMUGGLED), MALFORMED),
    Case("8.3.1", "line end in :scheme", _pseudo(b":scheme", b"https\r\nx: y"), MALFORMED),
    Case("8.3.1", "line end in :authority", _authority(lambda name: name + b"\r\nx: y"), MALFORMED),
    Case("8.3.1", "slash in :authority", _authority(lambda name: name + b"/x"), MALFORMED),
    Case("8.3.1", "user in :authority", _authority(lambda name: b"user@" + name), MALFORMED, control=False),
    Case("8.3.1", "empty :authority", _authority(lambda name: b""), MALFORMED),
    Case("8.3.1", "host that is another", _with((b"host", b"other.example")), MALFORMED, control=False),
    Case("8.3.1", "host instead of :authority", _host_instead, WORKS),
    Case("8.3.1", "neither :authority nor host", _no_authority, MALFORMED),
    Case("8.4", "PUSH_PROMISE on a stream", _push, connection(Code.PROTOCOL_ERROR)),
    Case("8.5", "CONNECT with :path", _connect((b":scheme", b"https"), (b":path", b"/")), MALFORMED),
    Case("8.5", "CONNECT without :authority", lambda client, path: _ask(client, [(b":method", b"CONNECT")]), MALFORMED),
    # RFC 8441 4: only a server that announced SETTINGS_ENABLE_CONNECT_PROTOCOL is to be sent it.
    Case("8.5", ":protocol with GET", _protocol, MALFORMED),
]
