"""RFC 9113 3 to 7 and RFC 7541 as a table: frames a client sends, and what a server may do about them.

The list of cases is h2spec's (github.com/summerwind/h2spec), with RFC 9113's numbers and what that RFC changed. The
cases of section 8 are in ``http2_requests``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.peers.http2 import (
    ACK,
    DEFAULT_FRAME,
    DEFAULT_WINDOW,
    END_HEADERS,
    END_STREAM,
    LARGEST_WINDOW,
    PADDED,
    PREFACE,
    PRIORITY,
    Code,
    Kind,
    Setting,
    data,
    frame,
    goaway,
    headers,
    literals,
    ping,
    priority,
    rst_stream,
    settings,
    window_update,
)
from tests.peers.http2_client import Http2Client


@dataclass(frozen=True)
class Outcome:
    """``works``: the stream is answered with 200. ``connection``: GOAWAY with one of the codes, and the end.
    ``closes``: the end, with or without GOAWAY. ``stream``: RST_STREAM with one of the codes, or GOAWAY with one (RFC
    9113 5.4.1: "an endpoint MAY choose to treat a stream error as a connection error")."""

    kind: Literal["works", "connection", "closes", "stream"]
    codes: frozenset[int] = frozenset()
    ignored: bool = False
    """It may also be as if nothing had been sent."""
    refused: bool = False
    """A malformed request: it may also be answered with 4xx (RFC 9113 8.1.1), and must never reach the server."""


WORKS = Outcome("works")


def connection(*codes: Code) -> Outcome:
    return Outcome("connection", frozenset(codes))


def closes(*codes: Code) -> Outcome:
    return Outcome("closes", frozenset(codes))


def stream(*codes: Code, ignored: bool = False) -> Outcome:
    return Outcome("stream", frozenset(codes), ignored=ignored)


MALFORMED = Outcome("stream", frozenset({Code.PROTOCOL_ERROR}), refused=True)

Act = Callable[[Http2Client, str], "int | None"]
"""Gets a client and a path that the server answers with 200, to GET with its text and to POST with what was sent. Gives
the number of the stream that the outcome is about; without one the connection must still work."""


@dataclass(frozen=True)
class Case:
    section: str
    name: str
    act: Act
    outcome: Outcome
    started: bool = True
    """Whether prefaces and settings have been exchanged before."""
    control: bool = True
    """False where nghttpd 1.52 does less than the RFC asks for."""

    @property
    def id(self) -> str:
        return f"{self.section}-{self.name.replace(' ', '-')}"


def _head(client: Http2Client, path: str, method: str = "GET") -> bytes:
    """A block that leaves the compression state alone, so that it may be cut or spoilt."""
    return literals(client.fields(path, method))


def _open(client: Http2Client, path: str) -> int:
    """A request whose body is still to come."""
    return client.request(path, "POST", end=False)


def _posts(*frames: Callable[[int], bytes]) -> Act:
    """A POST, then these frames made with its stream's number."""

    def act(client: Http2Client, path: str) -> int:
        number = _open(client, path)
        client.send(*(make(number) for make in frames))
        return number

    return act


def _half_closed(*frames: Callable[[int], bytes]) -> Act:
    """A GET, and in the same segment these frames: the server has had no time to answer."""

    def act(client: Http2Client, path: str) -> int:
        number = client.new_stream()
        head = headers(number, client.block(client.fields(path)), end=True)
        client.send(head, *(make(number) for make in frames))
        return number

    return act


def _closed(*frames: Callable[[int], bytes]) -> Act:
    """A GET, its whole answer, then these frames; the stream named is the one they are about."""

    def act(client: Http2Client, path: str) -> int:
        number = client.request(path)
        client.answer(number)
        client.answers.pop(number)
        client.send(*(make(number) for make in frames))
        return number

    return act


def _reset(*frames: Callable[[int], bytes]) -> Act:
    """A POST that the client gives up, then these frames."""

    def act(client: Http2Client, path: str) -> int:
        number = _open(client, path)
        client.send(rst_stream(number, Code.CANCEL), *(make(number) for make in frames))
        return number

    return act


def _sends(*frames: bytes) -> Act:
    def act(client: Http2Client, path: str) -> None:
        client.send(*frames)

    return act


def _block(block: bytes) -> Act:
    """A request with ``block`` behind its fields."""

    def act(client: Http2Client, path: str) -> int:
        number = client.new_stream()
        client.send(headers(number, _head(client, path) + block, end=True))
        return number

    return act


def _spoilt(block: bytes) -> Callable[[int], bytes]:
    return lambda number: headers(number, block, end=True)


def _continuation(number: int) -> bytes:
    return frame(Kind.CONTINUATION, END_HEADERS, number, literals([(b"x-more", b"1")]))


def _body(number: int) -> bytes:
    return data(number, b"body", END_STREAM)


def _trailers(number: int) -> bytes:
    return headers(number, literals([(b"x-trailer", b"1")]), end=True)


def _cut_by(other: Callable[[int], bytes]) -> Act:
    """A field section that something else comes into."""

    def act(client: Http2Client, path: str) -> None:
        number = client.new_stream()
        block = _head(client, path)
        client.send(
            frame(Kind.HEADERS, END_STREAM, number, block[:10]),
            other(number),
            frame(Kind.CONTINUATION, END_HEADERS, number, block[10:]),
        )

    return act


def _in_pieces(size: int) -> Act:
    def act(client: Http2Client, path: str) -> int:
        number = client.new_stream()
        client.send(headers(number, _head(client, path), end=True, size=size))
        return number

    return act


def _pings(payload: bytes, *frames: bytes) -> Act:
    def act(client: Http2Client, path: str) -> None:
        client.send(*frames)
        client.until(lambda: payload in client.pongs, f"the answer to PING {payload!r}")

    return act


def _ping_answer_is_not_answered(client: Http2Client, path: str) -> None:
    client.send(ping(b"unwanted", ACK), ping(b"expected"))
    client.until(lambda: bool(client.pongs), "the answer to PING")
    assert client.pongs == [b"expected"]


def _settings_are_acknowledged(client: Http2Client, path: str) -> None:
    before = client.settings_acks
    client.send(settings({Setting.MAX_CONCURRENT_STREAMS: 7}))
    client.until(lambda: client.settings_acks > before, "the acknowledgement of SETTINGS")


def _window_of_one(*values: tuple[int, int]) -> Act:
    def act(client: Http2Client, path: str) -> int:
        client.send(settings(values))
        client.refill = False
        number = client.request(path)
        answer = client.answers[number]
        client.until(lambda: bool(answer.pieces), "the first byte")
        client.round_trip()
        assert sum(answer.pieces) == 1, answer.pieces
        client.send(window_update(number, DEFAULT_WINDOW))
        return number

    return act


def _window_grows_by_settings(client: Http2Client, path: str) -> int:
    client.send(settings({Setting.INITIAL_WINDOW_SIZE: 0}))
    client.refill = False
    number = client.request(path)
    answer = client.answers[number]
    client.until(lambda: bool(answer.fields), "the fields, which need no window")
    client.round_trip()
    assert sum(answer.pieces) == 0
    client.send(settings({Setting.INITIAL_WINDOW_SIZE: 1}))
    client.until(lambda: sum(answer.pieces) > 0, "the first byte")
    client.round_trip()
    assert sum(answer.pieces) == 1, answer.pieces
    client.send(settings({Setting.INITIAL_WINDOW_SIZE: DEFAULT_WINDOW}))
    return number


def _window_below_zero(client: Http2Client, path: str) -> int:
    client.send(settings({Setting.INITIAL_WINDOW_SIZE: 3}))
    client.refill = False
    number = client.request(path)
    answer = client.answers[number]
    client.until(lambda: sum(answer.pieces) == 3, "three bytes")
    client.send(settings({Setting.INITIAL_WINDOW_SIZE: 2}), window_update(number, 2))
    client.until(lambda: sum(answer.pieces) > 3, "the fourth byte")
    client.round_trip()
    assert sum(answer.pieces) == 4, answer.pieces
    client.send(window_update(number, DEFAULT_WINDOW))
    return number


def _too_many_streams(client: Http2Client, path: str) -> int:
    most = client.settings[Setting.MAX_CONCURRENT_STREAMS]
    assert most <= 10_000
    block = _head(client, path, "POST")
    numbers = [client.new_stream() for _ in range(most + 1)]
    client.send(*(headers(number, block) for number in numbers))
    return numbers[-1]


def _smaller_number(client: Http2Client, path: str) -> int:
    client.send(headers(5, _head(client, path), end=True), headers(3, _head(client, path), end=True))
    return 3


def _numbers_with_gaps(client: Http2Client, path: str) -> int:
    client.send(headers(101, _head(client, path), end=True))
    return 101


def _table_is_too_large(client: Http2Client, path: str) -> None:
    """RFC 7541 6.3: one more than the server's SETTINGS_HEADER_TABLE_SIZE."""
    update = _integer(client.settings.get(Setting.HEADER_TABLE_SIZE, 4096) + 1, 5, 0x20)
    client.send(headers(1, update + _head(client, path), end=True))


def _integer(value: int, bits: int, pattern: int) -> bytes:
    """RFC 7541 5.1."""
    most = 2**bits - 1
    if value < most:
        return bytes([pattern | value])
    value -= most
    out = [pattern | most]
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def _goes_on_after_goaway(client: Http2Client, path: str) -> int:
    """RFC 9113 6.8: streams that are under way go on."""
    number = _open(client, path)
    client.send(goaway(0, 0xFF), data(number, b"body", END_STREAM))
    return number


def _after_reset_with(code: int) -> Act:
    def act(client: Http2Client, path: str) -> None:
        client.send(rst_stream(_open(client, path), code))

    return act


def _with_flags(client: Http2Client, path: str, flags: int, payload: bytes) -> int:
    number = client.new_stream()
    client.send(frame(Kind.HEADERS, END_STREAM | END_HEADERS | flags, number, payload))
    return number


_HUFFMAN = b"\x00\x06x-test"  # literal name; the value's length and H bit follow (RFC 7541 5.2)
_PROTOCOL, _SIZE, _FLOW = Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR, Code.FLOW_CONTROL_ERROR
_CLOSED, _COMPRESSION = Code.STREAM_CLOSED, Code.COMPRESSION_ERROR

FRAMES = [
    Case("3.4", "no preface", _sends(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3), closes(_PROTOCOL), False),
    Case("3.4", "first frame is no SETTINGS", _sends(PREFACE + ping()), closes(_PROTOCOL), False),
    Case("4.1", "unknown type", _sends(frame(0x16, 0, 0, b"unknown!")), WORKS),
    Case("4.1", "unknown flags", _pings(b"flagged!", ping(b"flagged!", 0x16)), WORKS),
    Case("4.1", "reserved bit", _pings(b"reserved", frame(Kind.PING, 0, 2**31, b"reserved")), WORKS),
    Case("4.2", "DATA of the largest size", _posts(lambda n: data(n, bytes(DEFAULT_FRAME), END_STREAM)), WORKS),
    Case("4.2", "DATA too large", _posts(lambda n: data(n, bytes(DEFAULT_FRAME + 1), END_STREAM)), stream(_SIZE)),
    Case("4.2", "HEADERS too large", _sends(frame(Kind.HEADERS, 5, 1, bytes(DEFAULT_FRAME + 1))), connection(_SIZE)),
    Case("4.2", "SETTINGS too large", _sends(settings([(0xF0, 1)] * 2731)), connection(_SIZE)),
    Case("4.3", "block that cannot be decoded", _sends(headers(1, b"\xff" * 8, end=True)), connection(_COMPRESSION)),
    Case("4.3", "block that is cut", _sends(headers(1, b"\x00\x05x-cut\x7f", end=True)), connection(_COMPRESSION)),
    Case("4.3", "PRIORITY inside a section", _cut_by(lambda n: priority(n, 0)), connection(_PROTOCOL)),
    Case("4.3", "HEADERS inside a section", _cut_by(lambda n: headers(n + 2, b"\x82")), connection(_PROTOCOL)),
    Case("5.1", "idle: DATA", _sends(data(1, b"x", END_STREAM)), connection(_PROTOCOL, _CLOSED)),
    Case("5.1", "idle: RST_STREAM", _sends(rst_stream(1, Code.CANCEL)), connection(_PROTOCOL)),
    Case("5.1", "idle: WINDOW_UPDATE", _sends(window_update(1, 100)), connection(_PROTOCOL)),
    Case("5.1", "idle: CONTINUATION", _sends(_continuation(1)), connection(_PROTOCOL)),
    Case("5.1", "idle: PRIORITY", _sends(priority(1, 0)), WORKS),
    Case("5.1", "half closed: DATA", _half_closed(_body), stream(_CLOSED)),
    Case("5.1", "half closed: HEADERS", _half_closed(_trailers), stream(_CLOSED, _PROTOCOL)),
    Case("5.1", "half closed: CONTINUATION", _half_closed(_continuation), connection(_PROTOCOL, _CLOSED)),
    Case("5.1", "half closed: WINDOW_UPDATE", _half_closed(lambda n: window_update(n, 10)), WORKS),
    Case("5.1", "half closed: PRIORITY", _half_closed(lambda n: priority(n, 0)), WORKS),
    Case("5.1", "reset: DATA", _reset(_body), stream(_CLOSED, ignored=True)),
    Case("5.1", "reset: HEADERS", _reset(_trailers), stream(_CLOSED, _PROTOCOL, ignored=True)),
    Case("5.1", "reset: CONTINUATION", _reset(_continuation), connection(_CLOSED, _PROTOCOL)),
    Case("5.1", "reset: RST_STREAM", _reset(lambda n: rst_stream(n, 8)), stream(_CLOSED, ignored=True)),
    Case("5.1", "closed: DATA", _closed(_body), stream(_CLOSED, ignored=True)),
    Case("5.1", "closed: HEADERS", _closed(_trailers), stream(_CLOSED, _PROTOCOL, ignored=True)),
    Case("5.1", "closed: CONTINUATION", _closed(_continuation), connection(_CLOSED, _PROTOCOL)),
    Case("5.1", "closed: RST_STREAM", _closed(lambda n: rst_stream(n, 8)), stream(_CLOSED, ignored=True)),
    Case("5.1", "closed: WINDOW_UPDATE", _closed(lambda n: window_update(n, 10)), stream(_CLOSED, ignored=True)),
    Case("5.1", "closed: PRIORITY", _closed(lambda n: priority(n, 0)), stream(ignored=True)),
    Case("5.1.1", "even number", _sends(_spoilt(b"\x82\x86\x84")(2)), connection(_PROTOCOL)),
    Case("5.1.1", "smaller number", _smaller_number, stream(_PROTOCOL, _CLOSED), control=False),
    Case("5.1.1", "numbers with gaps", _numbers_with_gaps, WORKS),
    Case("5.1.2", "too many streams", _too_many_streams, stream(Code.REFUSED_STREAM, _PROTOCOL)),
    Case(
        "5.3.1",
        "HEADERS with priority",
        lambda client, path: _with_flags(client, path, PRIORITY, b"\x00\x00\x00\x00\x0f" + _head(client, path)),
        WORKS,
    ),
    # RFC 9113 5.3.2 took the whole signalling back; RFC 7540 5.3.1 wanted a stream error.
    Case("5.3.2", "PRIORITY on itself", _sends(priority(1, 1)), stream(_PROTOCOL, ignored=True)),
    Case("5.3.2", "PRIORITY_UPDATE", _sends(frame(0x10, 0, 0, b"\x00\x00\x00\x01u=1")), WORKS),  # RFC 9218 7.1
    Case("5.4.1", "ends after an error", _sends(frame(Kind.PING, 0, 0, b"short")), connection(_SIZE)),
    Case("5.5", "unknown frame inside a section", _cut_by(lambda n: frame(0x16, 0, n, b"x")), connection(_PROTOCOL)),
    Case("5.5", "unknown frame on a stream", _posts(lambda n: frame(0x16, 0, n, b"x"), _body), WORKS),
    Case("6.1", "DATA on stream 0", _sends(data(0, b"x")), connection(_PROTOCOL)),
    Case("6.1", "DATA with padding", _posts(lambda n: data(n, b"\x05body" + bytes(5), END_STREAM | PADDED)), WORKS),
    Case("6.1", "DATA with too much padding", _posts(lambda n: data(n, b"\x06body!", PADDED)), connection(_PROTOCOL)),
    Case("6.2", "HEADERS on stream 0", _sends(headers(0, b"\x82\x86\x84", end=True)), connection(_PROTOCOL)),
    Case(
        "6.2",
        "HEADERS with padding",
        lambda client, path: _with_flags(client, path, PADDED, b"\x05" + _head(client, path) + bytes(5)),
        WORKS,
    ),
    Case(
        "6.2", "HEADERS with too much padding", _sends(frame(1, 5 | PADDED, 1, b"\x05\x82\x86")), connection(_PROTOCOL)
    ),
    Case("6.3", "PRIORITY on stream 0", _sends(priority(0, 0)), connection(_PROTOCOL)),
    Case("6.3", "PRIORITY of 4 bytes", _posts(lambda n: frame(Kind.PRIORITY, 0, n, bytes(4))), stream(_SIZE)),
    Case("6.4", "RST_STREAM on stream 0", _sends(rst_stream(0, Code.CANCEL)), connection(_PROTOCOL)),
    Case("6.4", "RST_STREAM of 3 bytes", _posts(lambda n: frame(Kind.RST_STREAM, 0, n, bytes(3))), connection(_SIZE)),
    Case("6.5", "ACK with values", _sends(frame(Kind.SETTINGS, ACK, 0, bytes(6))), connection(_SIZE)),
    Case("6.5", "SETTINGS on a stream", _sends(frame(Kind.SETTINGS, 0, 1, b"")), connection(_PROTOCOL)),
    Case("6.5", "SETTINGS of 3 bytes", _sends(frame(Kind.SETTINGS, 0, 0, bytes(3))), connection(_SIZE)),
    Case("6.5.2", "ENABLE_PUSH 2", _sends(settings({Setting.ENABLE_PUSH: 2})), connection(_PROTOCOL)),
    Case("6.5.2", "window too large", _sends(settings({Setting.INITIAL_WINDOW_SIZE: 2**31})), connection(_FLOW)),
    Case("6.5.2", "frame too small", _sends(settings({Setting.MAX_FRAME_SIZE: 2**14 - 1})), connection(_PROTOCOL)),
    Case("6.5.2", "frame too large", _sends(settings({Setting.MAX_FRAME_SIZE: 2**24})), connection(_PROTOCOL)),
    Case("6.5.2", "unknown setting", _sends(settings({0xF0F0: 2**32 - 1})), WORKS),
    Case("6.5.2", "no header table", _sends(settings({Setting.HEADER_TABLE_SIZE: 0})), WORKS),
    Case("6.5.3", "SETTINGS are acknowledged", _settings_are_acknowledged, WORKS),
    Case("6.5.3", "the last value counts", _window_of_one((4, 100), (4, 1)), WORKS),
    Case(
        "6.6",
        "PUSH_PROMISE",
        _sends(frame(Kind.PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\x02\x82")),
        connection(_PROTOCOL),
    ),
    Case("6.7", "PING", _pings(b"12345678", ping(b"12345678")), WORKS),
    Case("6.7", "answer to PING", _ping_answer_is_not_answered, WORKS),
    Case("6.7", "PING on a stream", _sends(frame(Kind.PING, 0, 1, bytes(8))), connection(_PROTOCOL)),
    Case("6.7", "PING of 6 bytes", _sends(frame(Kind.PING, 0, 0, bytes(6))), connection(_SIZE)),
    Case("6.8", "GOAWAY on a stream", _sends(frame(Kind.GOAWAY, 0, 1, bytes(8))), connection(_PROTOCOL)),
    Case("6.8", "streams go on after GOAWAY", _goes_on_after_goaway, WORKS),
    Case("6.9", "WINDOW_UPDATE of 0", _sends(window_update(0, 0)), connection(_PROTOCOL)),
    Case("6.9", "WINDOW_UPDATE of 0 on a stream", _posts(lambda n: window_update(n, 0)), stream(_PROTOCOL)),
    Case("6.9", "WINDOW_UPDATE of 3 bytes", _sends(frame(Kind.WINDOW_UPDATE, 0, 0, bytes(3))), connection(_SIZE)),
    Case("6.9.1", "window of 1", _window_of_one((4, 1)), WORKS),
    Case("6.9.1", "window above 2^31-1", _sends(window_update(0, LARGEST_WINDOW) * 2), connection(_FLOW)),
    Case(
        "6.9.1", "stream's window above 2^31-1", _posts(lambda n: window_update(n, LARGEST_WINDOW) * 2), stream(_FLOW)
    ),
    Case("6.9.2", "window grows by SETTINGS", _window_grows_by_settings, WORKS),
    Case("6.9.2", "window below zero", _window_below_zero, WORKS),
    Case("6.10", "CONTINUATIONs", _in_pieces(20), WORKS),
    Case("6.10", "DATA inside a section", _cut_by(lambda n: data(n, b"x")), connection(_PROTOCOL)),
    Case("6.10", "CONTINUATION on stream 0", _cut_by(lambda n: frame(9, 0, 0, b"")), connection(_PROTOCOL)),
    Case("6.10", "CONTINUATION of another stream", _cut_by(lambda n: frame(9, 0, n + 2, b"")), connection(_PROTOCOL)),
    Case("6.10", "CONTINUATION behind HEADERS", _posts(_continuation), connection(_PROTOCOL)),
    Case("6.10", "CONTINUATION behind the last", _posts(_continuation, _continuation), connection(_PROTOCOL)),
    Case("6.10", "CONTINUATION behind DATA", _posts(lambda n: data(n, b"x"), _continuation), connection(_PROTOCOL)),
    Case("7", "RST_STREAM with an unknown code", _after_reset_with(0xFFFF), WORKS),
    Case("hpack-2.3.3", "index that is not there", _block(b"\xc6"), connection(_COMPRESSION)),
    Case("hpack-2.3.3", "name that is not there", _block(b"\x7e\x01x"), connection(_COMPRESSION)),
    Case("hpack-4.2", "table size behind fields", _block(b"\x20"), connection(_COMPRESSION)),
    Case("hpack-5.1", "integer without end", _block(b"\xff" + b"\xff" * 20), connection(_COMPRESSION)),
    Case("hpack-5.2", "padding of 11 bits", _block(_HUFFMAN + b"\x82\x1f\xff"), connection(_COMPRESSION)),
    Case("hpack-5.2", "padding of zeros", _block(_HUFFMAN + b"\x81\x18"), connection(_COMPRESSION)),
    Case("hpack-5.2", "EOS inside", _block(_HUFFMAN + b"\x84\xff\xff\xff\xff"), connection(_COMPRESSION)),
    Case("hpack-6.1", "index 0", _block(b"\x80"), connection(_COMPRESSION)),
    Case("hpack-6.3", "table too large", _table_is_too_large, connection(_COMPRESSION)),
]
