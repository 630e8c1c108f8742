"""HTTP/2 with h2 as the other side, and with frames written by hyperframe and hpack (RFC 9113 3 to 8)."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import hpack
import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from wireglass.model import Headers
from wireglass.wire.http2 import (
    Data,
    Event,
    GoAway,
    Http2Connection,
    Request,
    Reset,
    Response,
    Trailers,
)
from wireglass.wire.http2_frames import PREFACE
from wireglass.wire.http2_sending import REMEMBERED

GET: Headers = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"a.example"), (b":path", b"/")]
POST: Headers = [(b":method", b"POST"), *GET[1:]]
OK: Headers = [(b":status", b"200")]

PROTOCOL, FLOW, CLOSED, SIZE, REFUSED, COMPRESSION, CALM = 1, 3, 5, 6, 7, 9, 11


class Peer:
    """Writes frames to a connection by hand, and reads what it answers."""

    def __init__(self, *, client_side: bool = False, extended_connect: bool = False, max_streams: int = 256) -> None:
        self.it = Http2Connection(
            client_side=client_side, extended_connect=extended_connect, max_streams=max_streams, max_header_list=4096
        )
        self.it.begin()
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder()
        self.events: list[Event] = []
        self.answers: list[Frame] = []
        self.send(b"" if client_side else PREFACE, SettingsFrame(0), SettingsFrame(0, flags=["ACK"]))
        self.events.clear()
        self.answers.clear()

    def send(self, *what: Frame | bytes) -> None:
        data = b"".join(each if isinstance(each, bytes) else each.serialize() for each in what)
        self.events += self.it.receive(data)
        answer = self.it.take()
        if self.it._client:
            answer = answer.removeprefix(PREFACE)
        while answer:
            frame, size = Frame.parse_frame_header(memoryview(answer[:9]))
            frame.parse_body(memoryview(answer[9 : 9 + size]))
            self.answers.append(frame)
            answer = answer[9 + size :]

    def headers(self, stream: int, fields: Headers, *flags: str) -> HeadersFrame:
        return HeadersFrame(stream, self.encoder.encode(fields), flags=["END_HEADERS", *flags])

    def outcome(self) -> tuple[str, int] | None:
        """What an error became, by what went out: ("stream" | "connection", code)."""
        for frame in self.answers:
            if isinstance(frame, GoAwayFrame):
                assert self.it.failure and self.it.failure_code == frame.error_code
                return "connection", frame.error_code
        assert not self.it.failure
        resets = [frame for frame in self.answers if isinstance(frame, RstStreamFrame)]
        assert len(resets) <= 1
        return ("stream", resets[0].error_code) if resets else None


def data(stream: int, content: bytes, *flags: str) -> DataFrame:
    return DataFrame(stream, content, flags=flags)


def end(stream: int) -> DataFrame:
    return data(stream, b"", "END_STREAM")


def update(stream: int, increment: int) -> bytes:
    """hyperframe does not write an increment of 0."""
    return raw(8, 0, stream, increment.to_bytes(4))


def raw(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def reset(stream: int, code: int = 8) -> RstStreamFrame:
    return RstStreamFrame(stream, code)


Case = Callable[[Peer], list[Frame | bytes]]


def opened(*frames: Frame | bytes) -> Case:
    """Behind a request on stream 1 that goes on."""
    return lambda peer: [peer.headers(1, POST), *frames]


def closed(*frames: Frame | bytes) -> Case:
    """Behind an exchange on stream 1 that has ended on both sides."""

    def play(peer: Peer) -> list[Frame | bytes]:
        peer.send(peer.headers(1, GET, "END_STREAM"))
        peer.it.send_headers(1, OK, True)
        return list(frames)

    return play


def was_reset(*frames: Frame | bytes, ours: bool) -> Case:
    def play(peer: Peer) -> list[Frame | bytes]:
        peer.send(peer.headers(1, POST), *([] if ours else [reset(1)]))
        if ours:
            peer.it.reset(1, 8)
            peer.it.take()
        return list(frames)

    return play


def section(*fields: tuple[bytes, bytes], flags: tuple[str, ...] = ("END_STREAM",)) -> Case:
    return lambda peer: [peer.headers(1, list(fields), *flags)]


def later(fields: Headers, *flags: str, before: Case | None = None) -> Case:
    return lambda peer: [*(before or opened())(peer), peer.headers(1, fields, *flags)]


def just(*frames: Frame | bytes) -> Case:
    return lambda peer: list(frames)


def with_priority(peer: Peer) -> list[Frame | bytes]:
    frame = peer.headers(1, GET, "PRIORITY", "END_STREAM")
    frame.depends_on = 1
    return [frame]


def cut_up(pieces: int, *between: Frame | bytes) -> Case:
    def play(peer: Peer) -> list[Frame | bytes]:
        block = peer.encoder.encode(GET)
        frames: list[Frame | bytes] = [HeadersFrame(1, block[:1], flags=["END_STREAM"]), *between]
        frames += [ContinuationFrame(1, block[1:2])]
        frames += [ContinuationFrame(1, b"") for _ in range(pieces - 2)]
        return [*frames, ContinuationFrame(1, block[2:], flags=["END_HEADERS"])]

    return play


CONNECTION, STREAM = "connection", "stream"
LENGTH = (b"content-length", b"5")

SERVER_CASES: list[tuple[str, Case, tuple[str, int] | None]] = [
    ("4.1 unknown frame type", just(raw(77, 0, 0, b"x")), None),
    ("4.1 unknown frame type inside a block", cut_up(3, raw(77, 0, 0, b"x")), (CONNECTION, PROTOCOL)),
    ("4.1 unknown flags", just(raw(6, 0xFE, 0, bytes(8))), None),
    ("4.1 reserved bit", just(raw(6, 0, 1 << 31, bytes(8))), None),
    ("4.2 DATA of 16384 bytes", opened(data(1, bytes(16384))), None),
    ("4.2 DATA of 16385 bytes", opened(data(1, bytes(16385))), (CONNECTION, SIZE)),
    ("4.2 unknown frame of 16385 bytes", just(raw(77, 0, 0, bytes(16385))), (CONNECTION, SIZE)),
    ("4.3 index of nothing", just(raw(1, 5, 1, b"\xff\xff\x03")), (CONNECTION, COMPRESSION)),
    ("4.3 cut off", just(raw(1, 5, 1, b"\x40\x01")), (CONNECTION, COMPRESSION)),
    ("4.3 cut off inside an integer", just(raw(1, 5, 1, b"\x7f\x80")), (CONNECTION, COMPRESSION)),
    ("4.3 table above our limit", just(raw(1, 5, 1, b"\x3f\xff\xff\x03\x82")), (CONNECTION, COMPRESSION)),
    ("4.3 size update behind a field", just(raw(1, 5, 1, b"\x82\x20")), (CONNECTION, COMPRESSION)),
    ("4.3 Huffman padding of zeros", just(raw(1, 5, 1, b"\x00\x01x\x81\x18")), (CONNECTION, COMPRESSION)),
    ("5.1 idle: DATA", just(data(1, b"x")), (CONNECTION, PROTOCOL)),
    ("5.1 idle: RST_STREAM", just(reset(1)), (CONNECTION, PROTOCOL)),
    ("5.1 idle: WINDOW_UPDATE", just(update(1, 1)), (CONNECTION, PROTOCOL)),
    ("5.1 idle: WINDOW_UPDATE on ours", just(update(2, 1)), (CONNECTION, PROTOCOL)),
    ("5.1 idle: PRIORITY", just(PriorityFrame(3, depends_on=1)), None),
    ("5.1 idle: CONTINUATION", just(ContinuationFrame(1, b"", flags=["END_HEADERS"])), (CONNECTION, PROTOCOL)),
    ("5.1 half-closed: DATA", opened(end(1), data(1, b"x")), (STREAM, CLOSED)),
    ("5.1 half-closed: HEADERS", later(GET, "END_STREAM", before=opened(end(1))), (STREAM, CLOSED)),
    ("5.1 half-closed: WINDOW_UPDATE", opened(end(1), update(1, 1)), None),
    ("5.1 closed: DATA", closed(data(1, b"x")), (STREAM, CLOSED)),
    ("5.1 closed: HEADERS", later(GET, "END_STREAM", before=closed()), (CONNECTION, CLOSED)),
    ("5.1 closed: WINDOW_UPDATE", closed(update(1, 1)), None),
    ("5.1 closed: WINDOW_UPDATE of 0", closed(update(1, 0)), None),
    ("5.1 closed: RST_STREAM", closed(reset(1)), None),
    ("5.1 closed: PRIORITY", closed(PriorityFrame(1)), None),
    ("5.1 reset by the peer: DATA", was_reset(data(1, b"x"), ours=False), (STREAM, CLOSED)),
    ("5.1 reset by the peer: HEADERS", later([], "END_STREAM", before=was_reset(ours=False)), (STREAM, CLOSED)),
    ("5.1 reset by us: DATA", was_reset(data(1, b"x"), data(1, b"y", "END_STREAM"), ours=True), None),
    ("5.1 reset by us: HEADERS", later([], "END_STREAM", before=was_reset(ours=True)), None),
    ("5.1 reset by us: RST_STREAM", was_reset(reset(1), ours=True), None),
    ("5.1.1 even stream", lambda peer: [peer.headers(2, GET, "END_STREAM")], (CONNECTION, PROTOCOL)),
    (
        "5.1.1 stream passed over",
        lambda peer: [peer.headers(5, GET, "END_STREAM"), peer.headers(3, GET, "END_STREAM")],
        (CONNECTION, PROTOCOL),
    ),
    ("6.1 DATA on stream 0", just(raw(0, 0, 0, b"x")), (CONNECTION, PROTOCOL)),
    ("6.1 padding", opened(DataFrame(1, b"x", pad_length=9, flags=["PADDED"])), None),
    ("6.1 padding alone", opened(raw(0, 8, 1, b"\x03\0\0\0")), None),
    ("6.1 too much padding", opened(raw(0, 8, 1, b"\x04\0\0\0")), (CONNECTION, PROTOCOL)),
    ("6.1 no pad length", opened(raw(0, 8, 1, b"")), (CONNECTION, SIZE)),
    ("6.2 HEADERS on stream 0", just(raw(1, 5, 0, b"\x82")), (CONNECTION, PROTOCOL)),
    ("6.2 too much padding", just(raw(1, 13, 1, b"\x02\x82")), (CONNECTION, PROTOCOL)),
    ("6.2 too short for its priority", just(raw(1, 37, 1, b"\0\0\0\0")), (CONNECTION, SIZE)),
    ("6.2 depends on itself (RFC 9113 5.3.2)", with_priority, None),
    ("6.3 PRIORITY on stream 0", just(raw(2, 0, 0, bytes(5))), (CONNECTION, PROTOCOL)),
    ("6.3 PRIORITY of 4 bytes", opened(raw(2, 0, 1, bytes(4))), (STREAM, SIZE)),
    ("6.3 PRIORITY of 4 bytes, idle", just(raw(2, 0, 1, bytes(4))), (CONNECTION, SIZE)),
    ("6.4 RST_STREAM on stream 0", just(raw(3, 0, 0, bytes(4))), (CONNECTION, PROTOCOL)),
    ("6.4 RST_STREAM of 3 bytes", opened(raw(3, 0, 1, bytes(3))), (CONNECTION, SIZE)),
    ("6.5 SETTINGS on a stream", just(raw(4, 0, 1, b"")), (CONNECTION, PROTOCOL)),
    ("6.5 SETTINGS of 5 bytes", just(raw(4, 0, 0, bytes(5))), (CONNECTION, SIZE)),
    ("6.5 acknowledgement with a payload", just(raw(4, 1, 0, bytes(6))), (CONNECTION, SIZE)),
    ("6.5.2 unknown setting", just(SettingsFrame(0, {0xFF: 1})), None),
    ("6.5.2 ENABLE_PUSH 2", just(SettingsFrame(0, {2: 2})), (CONNECTION, PROTOCOL)),
    ("6.5.2 ENABLE_PUSH 1", just(SettingsFrame(0, {2: 1})), None),
    ("6.5.2 INITIAL_WINDOW_SIZE 2^31", just(SettingsFrame(0, {4: 2**31})), (CONNECTION, FLOW)),
    ("6.5.2 MAX_FRAME_SIZE 16383", just(SettingsFrame(0, {5: 2**14 - 1})), (CONNECTION, PROTOCOL)),
    ("6.5.2 MAX_FRAME_SIZE 2^24", just(SettingsFrame(0, {5: 2**24})), (CONNECTION, PROTOCOL)),
    ("6.5.2 HEADER_TABLE_SIZE 2^32-1", just(SettingsFrame(0, {1: 2**32 - 1})), None),
    ("RFC 8441 3: 2", just(SettingsFrame(0, {8: 2})), (CONNECTION, PROTOCOL)),
    ("RFC 8441 3: withdrawn", just(SettingsFrame(0, {8: 1}), SettingsFrame(0, {8: 0})), (CONNECTION, PROTOCOL)),
    ("6.6 PUSH_PROMISE", opened(PushPromiseFrame(1, 2, b"", flags=["END_HEADERS"])), (CONNECTION, PROTOCOL)),
    ("6.7 PING on a stream", just(raw(6, 0, 1, bytes(8))), (CONNECTION, PROTOCOL)),
    ("6.7 PING of 7 bytes", just(raw(6, 0, 0, bytes(7))), (CONNECTION, SIZE)),
    ("6.8 GOAWAY on a stream", just(raw(7, 0, 1, bytes(8))), (CONNECTION, PROTOCOL)),
    ("6.8 GOAWAY of 7 bytes", just(raw(7, 0, 0, bytes(7))), (CONNECTION, SIZE)),
    ("6.9 WINDOW_UPDATE of 0, connection", just(update(0, 0)), (CONNECTION, PROTOCOL)),
    ("6.9 WINDOW_UPDATE of 0, stream", opened(update(1, 0)), (STREAM, PROTOCOL)),
    ("6.9 WINDOW_UPDATE of 3 bytes", just(raw(8, 0, 0, bytes(3))), (CONNECTION, SIZE)),
    ("6.9.1 window above 2^31-1, connection", just(update(0, 2**31 - 1)), (CONNECTION, FLOW)),
    ("6.9.1 window above 2^31-1, stream", opened(update(1, 2**31 - 1)), (STREAM, FLOW)),
    ("6.9.1 DATA above the stream's window", opened(*[data(1, bytes(16384))] * 33), (STREAM, FLOW)),
    (
        "6.9.2 window above 2^31-1 by SETTINGS",
        opened(update(1, 2**31 - 1 - 65535), SettingsFrame(0, {4: 65536})),
        (CONNECTION, FLOW),
    ),
    ("6.10 CONTINUATION", cut_up(3), None),
    ("6.10 a frame inside a block", cut_up(3, PingFrame(0)), (CONNECTION, PROTOCOL)),
    (
        "6.10 CONTINUATION of another stream",
        cut_up(3, ContinuationFrame(3, b"", flags=["END_HEADERS"])),
        (CONNECTION, PROTOCOL),
    ),
    ("6.10 CONTINUATION flood", cut_up(70), (CONNECTION, CALM)),
    ("8.1 trailers", later([(b"x", b"y")], "END_STREAM"), None),
    ("8.1 trailers without END_STREAM", later([(b"x", b"y")]), (STREAM, PROTOCOL)),
    ("8.1 pseudo-header field in trailers", later([(b":path", b"/")], "END_STREAM"), (STREAM, PROTOCOL)),
    ("8.1.1 shorter than content-length", section(*POST, (b"content-length", b"1")), (STREAM, PROTOCOL)),
    (
        "8.1.1 longer than content-length",
        lambda peer: [peer.headers(1, [*POST, (b"content-length", b"1")]), data(1, b"xy")],
        (STREAM, PROTOCOL),
    ),
    (
        "8.1.1 shorter at the trailers",
        lambda peer: [
            peer.headers(1, [*POST, (b"content-length", b"2")]),
            data(1, b"x"),
            peer.headers(1, [], "END_STREAM"),
        ],
        (STREAM, PROTOCOL),
    ),
    ("8.1.1 content-length no number", section(*POST, (b"content-length", b"+1")), (STREAM, PROTOCOL)),
    (
        "8.1.1 two content-lengths",
        section(*POST, (b"content-length", b"0"), (b"content-length", b"1")),
        (STREAM, PROTOCOL),
    ),
    ("8.2.1 upper case", section(*GET, (b"X", b"y")), (STREAM, PROTOCOL)),
    ("8.2.1 empty name", section(*GET, (b"", b"y")), (STREAM, PROTOCOL)),
    ("8.2.1 space in a name", section(*GET, (b"x ", b"y")), (STREAM, PROTOCOL)),
    ("8.2.1 LF in a name", section(*GET, (b"x\ny", b"y")), (STREAM, PROTOCOL)),
    ("8.2.1 colon in a name", section(*GET, (b"x:", b"y")), (STREAM, PROTOCOL)),
    ("8.2.1 obs-text in a name", section(*GET, (b"\xe4", b"y")), (STREAM, PROTOCOL)),
    ("8.2.1 CR in a value", section(*GET, (b"x", b"a\rb")), (STREAM, PROTOCOL)),
    ("8.2.1 LF in a value", section(*GET, (b"x", b"a\nb")), (STREAM, PROTOCOL)),
    ("8.2.1 NUL in a value", section(*GET, (b"x", b"a\0b")), (STREAM, PROTOCOL)),
    ("8.2.1 space behind a value", section(*GET, (b"x", b"a ")), (STREAM, PROTOCOL)),
    ("8.2.1 tab before a value", section(*GET, (b"x", b"\ta")), (STREAM, PROTOCOL)),
    ("8.2.1 empty value", section(*GET, (b"x", b""), (b"y", b"")), None),
    ("8.2.1 obs-text in a value", section(*GET, (b"x", b"\xe4 \tb")), None),
    *[
        (f"8.2.2 {name.decode()}", section(*GET, (name, b"x")), (STREAM, PROTOCOL))
        for name in (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade")
    ],
    ("8.2.2 te: gzip", section(*GET, (b"te", b"gzip")), (STREAM, PROTOCOL)),
    ("8.2.2 te: trailers", section(*GET, (b"te", b"trailers")), None),
    ("8.3 unknown pseudo-header field", section(*GET, (b":x", b"y")), (STREAM, PROTOCOL)),
    ("8.3 pseudo-header field behind a field", section(*GET[1:], (b"x", b"y"), GET[0]), (STREAM, PROTOCOL)),
    ("8.3 pseudo-header field twice", section(*GET, GET[3]), (STREAM, PROTOCOL)),
    ("8.3 response's pseudo-header field", section(*GET, *OK), (STREAM, PROTOCOL)),
    ("8.3 no fields", section(), (STREAM, PROTOCOL)),
    *[
        (f"8.3.1 without {name.decode()}", section(*(field for field in GET if field[0] != name)), (STREAM, PROTOCOL))
        for name, _ in GET
    ],
    ("8.3.1 Host alone", section(*GET[:2], GET[3], (b"host", b"a.example")), None),
    ("8.3.1 Host the same", section(*GET, (b"host", b"A.example")), None),
    ("8.3.1 Host differs", section(*GET, (b"host", b"b.example")), (STREAM, PROTOCOL)),
    ("8.3.1 userinfo", section(*GET[:2], (b":authority", b"u@a.example"), GET[3]), (STREAM, PROTOCOL)),
    ("8.3.1 empty path", section(*GET[:3], (b":path", b"")), (STREAM, PROTOCOL)),
    ("8.3.1 path with a space", section(*GET[:3], (b":path", b"/ HTTP/1.1")), (STREAM, PROTOCOL)),
    ("8.3.1 path without a slash", section(*GET[:3], (b":path", b"x")), (STREAM, PROTOCOL)),
    ("8.3.1 * for GET", section(*GET[:3], (b":path", b"*")), (STREAM, PROTOCOL)),
    ("8.3.1 * for OPTIONS", section((b":method", b"OPTIONS"), *GET[1:3], (b":path", b"*")), None),
    ("8.3.1 method with a space", section((b":method", b"G T"), *GET[1:]), (STREAM, PROTOCOL)),
    ("8.5 CONNECT", section((b":method", b"CONNECT"), (b":authority", b"a:443"), flags=()), None),
    (
        "8.5 CONNECT with trailers",
        lambda peer: [
            peer.headers(1, [(b":method", b"CONNECT"), (b":authority", b"a:443"), LENGTH]),
            data(1, b"tunnelled"),
            peer.headers(1, [], "END_STREAM"),
        ],
        (STREAM, PROTOCOL),
    ),
    ("8.5 CONNECT with a path", section((b":method", b"CONNECT"), *GET[1:]), (STREAM, PROTOCOL)),
    ("RFC 8441 4 not offered", section((b":method", b"CONNECT"), *GET[1:], (b":protocol", b"x")), (STREAM, PROTOCOL)),
    ("10.5.1 field section above the limit", section(*GET, (b"x", bytes([97]) * 5000)), (STREAM, CALM)),
    ("10.5.1 field section far above the limit", section(*GET, *[(b"x", bytes([97]) * 4000)] * 6), (CONNECTION, CALM)),
    ("10.5 PING flood", just(PingFrame(0).serialize() * 2000), (CONNECTION, CALM)),
    ("10.5 SETTINGS flood", just(SettingsFrame(0).serialize() * 2000), (CONNECTION, CALM)),
    ("10.5 PRIORITY flood", just(PriorityFrame(1).serialize() * 11000), (CONNECTION, CALM)),
    ("10.5 empty DATA flood", opened(data(1, b"").serialize() * 11000), (CONNECTION, CALM)),
    ("10.5 WINDOW_UPDATE flood", just(update(0, 1) * 11000), (CONNECTION, CALM)),
    (
        "10.5 rapid reset",
        lambda peer: [part for n in range(1, 2100, 2) for part in (peer.headers(n, GET, "END_STREAM"), reset(n))],
        (CONNECTION, CALM),
    ),
]


def request(peer: Peer, *fields: Frame | bytes, method: bytes = b"GET") -> list[Frame | bytes]:
    peer.it.send_headers(1, [(b":method", method), *GET[1:]], True)
    return list(fields)


def answered(*sections: tuple[Headers, bool], method: bytes = b"GET") -> Case:
    """With field sections, and whether END_STREAM comes with them."""

    def play(peer: Peer) -> list[Frame | bytes]:
        parts = [peer.headers(1, fields, *(["END_STREAM"] if ended else [])) for fields, ended in sections]
        return request(peer, *parts, method=method)

    return play


def behind(case: Case, *frames: Frame | bytes) -> Case:
    return lambda peer: [*case(peer), *frames]


CLIENT_CASES: list[tuple[str, Case, tuple[str, int] | None]] = [
    ("5.1 idle: HEADERS", lambda peer: [peer.headers(1, OK)], (CONNECTION, PROTOCOL)),
    ("5.1.1 server's stream", lambda peer: [peer.headers(2, OK)], (CONNECTION, PROTOCOL)),
    ("6.5.2 ENABLE_PUSH 1", just(SettingsFrame(0, {2: 1})), (CONNECTION, PROTOCOL)),
    ("6.6 PUSH_PROMISE", lambda peer: request(peer, PushPromiseFrame(1, 2, b"")), (CONNECTION, PROTOCOL)),
    ("8.1 DATA before the response", lambda peer: request(peer, data(1, b"x")), (STREAM, PROTOCOL)),
    ("8.1 informational", answered(([(b":status", b"103")], False), (OK, True)), None),
    ("8.1 informational with END_STREAM", answered(([(b":status", b"103")], True)), (STREAM, PROTOCOL)),
    ("8.1 two responses", answered((OK, False), (OK, True)), (STREAM, PROTOCOL)),
    ("8.1 trailers", answered((OK, False), ([(b"x", b"y")], True)), None),
    ("8.1 too many informational", answered(*[([(b":status", b"103")], False)] * 257), (STREAM, PROTOCOL)),
    ("8.1.1 HEAD with content-length", answered(([*OK, LENGTH], True), method=b"HEAD"), None),
    (
        "8.1.1 HEAD with content",
        behind(answered(([*OK, LENGTH], False), method=b"HEAD"), data(1, b"x")),
        (STREAM, PROTOCOL),
    ),
    ("8.1.1 304 with content-length", answered(([(b":status", b"304"), LENGTH], True)), None),
    ("8.1.1 shorter than content-length", answered(([*OK, LENGTH], True)), (STREAM, PROTOCOL)),
    (
        "8.1.1 as long as content-length",
        behind(answered(([*OK, LENGTH], False)), data(1, b"12345", "END_STREAM")),
        None,
    ),
    ("8.3.2 no status", answered(([(b"x", b"y")], True)), (STREAM, PROTOCOL)),
    ("8.3.2 status of two digits", answered(([(b":status", b"20")], True)), (STREAM, PROTOCOL)),
    ("8.3.2 request's pseudo-header field", answered(([*OK, (b":path", b"/")], True)), (STREAM, PROTOCOL)),
    ("8.6 status 101", answered(([(b":status", b"101")], False)), (STREAM, PROTOCOL)),
]


@pytest.mark.parametrize(("case", "expected"), [pytest.param(c, e, id=name) for name, c, e in SERVER_CASES])
def test_server(case: Case, expected: tuple[str, int] | None) -> None:
    check(Peer(), case, expected, 301)


@pytest.mark.parametrize(("case", "expected"), [pytest.param(c, e, id=name) for name, c, e in CLIENT_CASES])
def test_client(case: Case, expected: tuple[str, int] | None) -> None:
    check(Peer(client_side=True), case, expected, 3)


def check(peer: Peer, case: Case, expected: tuple[str, int] | None, next_stream: int) -> None:
    """Whatever becomes of one stream, the next one is served: the tables of HPACK are in step."""
    peer.send(*case(peer))
    assert peer.outcome() == expected
    if expected is not None and expected[0] == "stream":
        named = {event.stream for event in peer.events if isinstance(event, Reset) and event.ours}
        assert named <= {1} and not peer.it.is_open(1)
    if expected is not None and expected[0] == "connection":
        assert peer.it.receive(PingFrame(0).serialize()) == [] and peer.it.take() == b""
        return
    peer.events.clear()
    fields = [(b"x-table", b"in step"), (b"x-more", b"%d" % next_stream)]
    if peer.it._client:
        peer.it.send_headers(next_stream, GET, True)
        peer.send(peer.headers(next_stream, [*OK, *fields], "END_STREAM"))
        assert peer.events == [Response(next_stream, [*OK, *fields], True)]
    else:
        peer.send(peer.headers(next_stream, [*GET, *fields], "END_STREAM"))
        assert peer.events == [Request(next_stream, [*GET, *fields], True)]


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", PREFACE + PingFrame(0).serialize()])
def test_what_is_no_preface_is_a_connection_error(first: bytes) -> None:
    connection = Http2Connection(client_side=False)
    connection.begin()
    assert connection.receive(first) == [] and connection.failure_code == PROTOCOL
    assert "3.4" in connection.failure


def test_events_in_front_of_an_error_are_kept() -> None:
    peer = Peer()
    peer.send(peer.headers(1, GET, "END_STREAM"), raw(0, 0, 0, b"x"))
    assert peer.events == [Request(1, GET, True)]
    assert peer.it.failure == "DATA on stream 0 (RFC 9113 6.1)."


def test_too_many_streams_are_refused_and_the_rest_goes_on() -> None:
    peer = Peer(max_streams=2)
    peer.send(*[peer.headers(stream, [*GET, (b"x", b"%d" % stream)]) for stream in (1, 3, 5)])
    assert peer.outcome() == ("stream", REFUSED)
    assert [event for event in peer.events if isinstance(event, Reset)] == [
        Reset(5, REFUSED, True, "More than 2 streams (RFC 9113 5.1.2).")
    ]
    peer.it.send_headers(1, OK, True)
    peer.send(end(1), peer.headers(7, [*GET, (b"x", b"5")], "END_STREAM"))
    assert peer.events[-1] == Request(7, [*GET, (b"x", b"5")], True)
    assert peer.it.open == 2


def test_extended_connect() -> None:
    peer = Peer(extended_connect=True)
    fields = [(b":method", b"CONNECT"), (b":protocol", b"websocket"), *GET[1:]]
    peer.send(peer.headers(1, fields), data(1, b"frame"))
    assert peer.events == [Request(1, fields, False), Data(1, b"frame", 5, False)]


def test_data_of_a_stream_that_we_reset_goes_back_to_the_connection() -> None:
    peer = Peer()
    peer.send(peer.headers(1, POST))
    peer.it.reset(1, 8)
    for _ in range(2**24 // 16384 + 8):
        peer.send(data(1, bytes(16384)))
    assert not peer.it.failure and len(peer.events) == 1
    back = [frame for frame in peer.answers if isinstance(frame, WindowUpdateFrame)]
    assert {frame.stream_id for frame in back} == {0} and sum(frame.window_increment for frame in back) >= 2**24


def test_streams_go_on_after_a_received_goaway() -> None:
    peer = Peer(client_side=True)
    for stream in (1, 3, 5):
        assert peer.it.next_stream() == stream
        peer.it.send_headers(stream, POST, False)
    peer.send(GoAwayFrame(0, 3, 0, b"bye"))
    assert peer.events[0] == GoAway(3, 0, b"bye")
    assert [(event.stream, event.code, event.ours) for event in peer.events[1:] if isinstance(event, Reset)] == [
        (5, REFUSED, False)
    ]
    assert peer.it.next_stream() is None and peer.it.open == 2
    peer.events.clear()
    peer.it.send_data(3, b"more", True)
    peer.send(peer.headers(3, OK), data(3, b"answer", "END_STREAM"))
    assert peer.events == [Response(3, OK, False), Data(3, b"answer", 6, True)]
    assert any(isinstance(frame, DataFrame) and frame.data == b"more" for frame in peer.answers)


def test_streams_go_on_after_a_sent_goaway_and_new_ones_are_dropped() -> None:
    peer = Peer()
    peer.send(peer.headers(1, POST))
    peer.it.goaway()
    peer.send(peer.headers(3, [*POST, (b"x", b"y")]), data(3, b"z"), reset(3), update(3, 1))
    frame = peer.answers[0]
    assert isinstance(frame, GoAwayFrame) and (frame.last_stream_id, frame.error_code) == (1, 0)
    peer.send(peer.headers(1, [(b"x", b"y")], "END_STREAM"))
    assert peer.events == [Request(1, POST, False), Trailers(1, [(b"x", b"y")])]
    peer.it.send_headers(1, OK, True)
    peer.send()
    assert isinstance(peer.answers[-1], HeadersFrame) and not peer.it.failure and peer.it.open == 0


def test_a_reset_names_its_code() -> None:
    peer = Peer()
    peer.send(peer.headers(1, POST), reset(1, 8))
    assert peer.events[-1] == Reset(1, 8, False, "")
    peer.it.reset(1, 8)
    peer.it.send_headers(1, OK, True)
    peer.it.send_data(1, b"x", True)
    peer.it.give_stream(1, 2**20)
    assert peer.it.take() == b"" and peer.it.room(1) == 0


def test_a_goaway_with_an_error_is_the_end() -> None:
    peer = Peer(client_side=True)
    peer.it.send_headers(1, POST, False)
    peer.it.take()
    peer.it.goaway(2)
    assert peer.it.take() == GoAwayFrame(0, 0, 2).serialize()
    peer.it.send_data(1, b"", True)
    peer.it.send_headers(3, GET, True)
    assert peer.it.receive(peer.headers(1, OK).serialize()) == [] and peer.it.take() == b""
    assert peer.it.next_stream() is None and peer.it.room(1) == 0 and not peer.it.failure


def test_stream_ids_run_out() -> None:
    peer = Peer(client_side=True)
    peer.it.highest_outbound_stream_id = 2**31 - 3
    assert peer.it.next_stream() == 2**31 - 1
    peer.it.send_headers(2**31 - 1, GET, True)
    assert peer.it.next_stream() is None


def test_a_connection_that_is_let_go_is_gone_at_once() -> None:
    peer = Peer()
    peer.send(peer.headers(1, POST), data(1, b"x"))
    gone = weakref.ref(peer.it)
    gc.disable()
    try:
        del peer
        assert gone() is None
    finally:
        gc.enable()


def test_padding_counts() -> None:
    peer = Peer()
    peer.send(peer.headers(1, POST), DataFrame(1, b"x", pad_length=9, flags=["PADDED"]))
    assert peer.events[-1] == Data(1, b"x", 11, False)


def test_what_was_never_indexed_stays_so() -> None:
    peer = Peer()
    secret = hpack.NeverIndexedHeaderTuple(b"x-key", b"secret")
    peer.send(peer.headers(1, [*GET, secret], "END_STREAM"))
    event = peer.events[0]
    assert isinstance(event, Request) and event.fields == [*GET, (b"x-key", b"secret")]
    other = Http2Connection(client_side=True)
    other.begin()
    other.take()
    other.send_headers(1, event.fields, True)
    read = list(hpack.Decoder().decode(other.take()[9:], raw=True))
    assert isinstance(read[-1], hpack.NeverIndexedHeaderTuple) and not isinstance(
        read[0], hpack.NeverIndexedHeaderTuple
    )


def test_keep_alive_of_a_working_connection_is_no_flood() -> None:
    peer = Peer()
    for n in range(1, 6001, 2):
        peer.send(peer.headers(n, GET, "END_STREAM"), PingFrame(0), update(0, 1), PriorityFrame(n))
        peer.it.send_headers(n, OK, True)
    assert not peer.it.failure and len(peer.it._closed) <= REMEMBERED


def test_answers_nobody_reads_are_bounded() -> None:
    connection = Http2Connection(client_side=False)
    connection.begin()
    connection.receive(PREFACE + SettingsFrame(0).serialize())
    for _ in range(5000):
        connection.receive(PingFrame(0).serialize())
    assert connection.failure_code == CALM and len(connection.take()) < 20_000
