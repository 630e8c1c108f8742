"""``wire.http2`` with an independent implementation on the other side, and what holds for all bytes."""

from __future__ import annotations

import itertools
import random

import h2.config
import h2.connection
import h2.events
import h2.settings
import hpack
import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.test_http2 import COMPRESSION, GET, OK, POST, Peer, data, raw, reset, update

from wireglass.model import Headers
from wireglass.wire.http2 import (
    Data,
    Event,
    GoAway,
    Http2Connection,
    Informational,
    Request,
    Reset,
    Response,
    Settings,
    Trailers,
    Window,
)
from wireglass.wire.http2_frames import PREFACE, Fault

# -- h2 as the other side


class H2:
    """h2 with the methods of ours, so that either can be on either side."""

    def __init__(self, client_side: bool) -> None:
        self.it = h2.connection.H2Connection(h2.config.H2Configuration(client_side=client_side, header_encoding=None))
        self.it.initiate_connection()
        self.events: list[h2.events.Event] = []

    def receive(self, data: bytes) -> None:
        self.events += self.it.receive_data(data)
        for event in self.events:
            if isinstance(event, h2.events.DataReceived) and event.flow_controlled_length:
                self.it.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                event.flow_controlled_length = 0

    def content(self, stream: int) -> bytes:
        return b"".join(e.data for e in self.events if isinstance(e, h2.events.DataReceived) and e.stream_id == stream)


def pump(ours: Http2Connection, peer: H2) -> list[Event]:
    events: list[Event] = []
    while True:
        out, back = ours.take(), peer.it.data_to_send()
        if not out and not back:
            assert not ours.failure
            return events
        peer.receive(out)
        for event in ours.receive(back):
            events.append(event)
            if isinstance(event, Data):
                ours.give_connection(event.size)
                ours.give_stream(event.stream, event.size)


def test_h2_asks_us() -> None:
    ours = Http2Connection(client_side=False, extended_connect=True)
    ours.begin()
    peer = H2(client_side=True)
    assert pump(ours, peer)[0] == Settings(False, 100)
    assert peer.it.remote_settings.enable_connect_protocol == 1
    large = random.Random(1).randbytes(100_000)
    fields = [*POST, (b"x-large", large[:20_000].hex().encode())]
    peer.it.send_headers(1, fields)
    peer.it.send_data(1, large[:16_000])
    peer.it.send_headers(1, [(b"x-sum", b"1")], end_stream=True)
    received = pump(ours, peer)
    assert [type(event) for event in received] == [Request, Data, Trailers]
    assert received[0] == Request(1, fields, False) and received[2] == Trailers(1, [(b"x-sum", b"1")])
    ours.send_headers(1, [(b":status", b"103"), (b"link", b"</a>")], False)
    ours.send_headers(1, [*OK, (b"x-large", b"y" * 40_000)], False)
    left = large
    while left:
        pump(ours, peer)
        room = min(ours.room(1), len(left))
        ours.send_data(1, left[:room], False)
        left = left[room:]
    ours.send_headers(1, [(b"x-end", b"1")], True)
    pump(ours, peer)
    assert peer.content(1) == large and ours.open == 0
    kinds = [type(event).__name__ for event in peer.events if type(event).__name__.endswith("Received")]
    assert kinds[:2] == ["InformationalResponseReceived", "ResponseReceived"] and kinds[-1] == "TrailersReceived"


def test_we_ask_h2() -> None:
    ours = Http2Connection(client_side=True)
    ours.begin()
    peer = H2(client_side=False)
    pump(ours, peer)
    stream = ours.next_stream()
    assert stream == 1
    ours.send_headers(1, POST, False)
    assert ours.room(1) == 65_535
    ours.send_data(1, b"x" * 65_535, False)
    assert ours.room(1) == 0
    pump(ours, peer)
    assert ours.room(1) > 0
    ours.send_data(1, b"y", True)
    pump(ours, peer)
    assert peer.content(1) == b"x" * 65_535 + b"y"
    peer.it.send_headers(1, [(b":status", b"100")])
    peer.it.send_headers(1, [*OK, (b"content-length", b"3")])
    peer.it.send_data(1, b"abc", end_stream=True, pad_length=4)
    received = pump(ours, peer)
    assert received == [
        Informational(1, [(b":status", b"100")]),
        Response(1, [*OK, (b"content-length", b"3")], False),
        Data(1, b"abc", 8, True),
    ]
    assert ours.open == 0 and ours.next_stream() == 3


def test_the_peer_bounds_how_many_streams_we_open() -> None:
    ours = Http2Connection(client_side=True)
    ours.begin()
    peer = H2(client_side=False)
    peer.it.update_settings({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1})
    assert Settings(False, 1) in pump(ours, peer)
    ours.send_headers(1, GET, True)
    assert ours.next_stream() is None
    pump(ours, peer)
    peer.it.send_headers(1, OK, end_stream=True)
    pump(ours, peer)
    assert ours.next_stream() == 3


@pytest.mark.parametrize("sizes", [(0,), (100, 4096), (0, 65536), (2**32 - 1,)])
def test_our_encoder_follows_the_peers_table(sizes: tuple[int, ...]) -> None:
    ours = Http2Connection(client_side=True)
    ours.begin()
    peer = H2(client_side=False)
    pump(ours, peer)
    for turn, size in enumerate(sizes * 2):
        stream = ours.next_stream()
        assert stream is not None
        peer.it.update_settings({h2.settings.SettingCodes.HEADER_TABLE_SIZE: size})
        pump(ours, peer)
        fields = [*GET, *[(b"x-%d" % n, b"value %d" % (n + turn)) for n in range(40)]]
        ours.send_headers(stream, fields, True)
        pump(ours, peer)
        event = peer.events[-2] if isinstance(peer.events[-1], h2.events.StreamEnded) else peer.events[-1]
        assert isinstance(event, h2.events.RequestReceived) and [tuple(each) for each in event.headers] == fields


# -- Properties


def recorded() -> bytes:
    peer = Peer()
    parts: list[Frame | bytes] = [
        PREFACE,
        SettingsFrame(0, {4: 1000}),
        SettingsFrame(0, flags=["ACK"]),
        peer.headers(1, POST),
        DataFrame(1, b"abc", pad_length=3, flags=["PADDED"]),
        peer.headers(3, [*GET, (b"connection", b"close")], "END_STREAM"),
        update(1, 5),
        PingFrame(0),
        raw(99, 255, 5, b"abc"),
        peer.headers(1, [(b"x", b"y")], "END_STREAM"),
        HeadersFrame(5, b"", flags=["END_STREAM"]),
        ContinuationFrame(5, peer.encoder.encode(GET), flags=["END_HEADERS"]),
        reset(5),
        GoAwayFrame(0, 0, 0, b"x"),
        raw(0, 0, 9, b"late"),
    ]
    return b"".join(part if isinstance(part, bytes) else part.serialize() for part in parts)


def played(pieces: list[bytes]) -> tuple[list[Event], bytes, str]:
    connection = Http2Connection(client_side=False)
    connection.begin()
    events: list[Event] = []
    for piece in pieces:
        events += connection.receive(piece)
    return events, connection.take(), connection.failure


RECORDED = recorded()
WHOLE = played([RECORDED])


def test_the_recorded_connection_has_all_of_it() -> None:
    kinds = [type(event) for event in WHOLE[0]]
    assert kinds == [Settings, Request, Data, Reset, Window, Trailers, Request, Reset, GoAway]
    assert "idle" in WHOLE[2]


@given(st.lists(st.integers(0, len(RECORDED)), max_size=30))
def test_any_cut_gives_the_same(places: list[int]) -> None:
    places = [0, *sorted(places), len(RECORDED)]
    assert played([RECORDED[a:b] for a, b in itertools.pairwise(places)]) == WHOLE


def test_byte_by_byte_gives_the_same() -> None:
    assert played([bytes([byte]) for byte in RECORDED]) == WHOLE


FRAMES = st.lists(
    st.builds(
        raw,
        st.integers(0, 11),
        st.sampled_from([0, 1, 4, 5, 8, 13, 37, 255]),
        st.sampled_from([0, 1, 1, 2, 3, 5, 2**31 - 1]),
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [hpack.Encoder().encode(fields) for fields in (GET, OK, [*POST, (b"x", b"y")], [(b"t", b"")])]
            ),
            st.sampled_from([bytes(4), b"\0\0\0\x09", bytes(8), b"\x7f\xff\xff\xff"]),
        ),
    ),
    max_size=40,
)


@given(FRAMES, st.booleans())
def test_random_frames_raise_nothing(frames: list[bytes], client_side: bool) -> None:
    connection = Http2Connection(client_side=client_side, max_streams=2)
    connection.begin()
    connection.send_headers(1, GET, False)
    connection.receive((b"" if client_side else PREFACE) + SettingsFrame(0).serialize())
    for frame in frames:
        for event in connection.receive(frame):
            if isinstance(event, Data):
                connection.give_stream(event.stream, event.size)
                connection.give_connection(event.size)
            if isinstance(event, Request):
                connection.send_headers(event.stream, OK, False)
                connection.send_data(event.stream, b"x" * min(3, connection.room(event.stream)), True)
        assert connection.open <= 2
    assert bool(connection.failure) == (connection.failure_code != 0)


@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_raise_nothing(data: bytes, client_side: bool) -> None:
    connection = Http2Connection(client_side=client_side)
    connection.begin()
    connection.receive((b"" if client_side else PREFACE) + SettingsFrame(0).serialize() + data)
    assert len(connection.take()) < 5000


NAMES = st.sampled_from([b"a", b"cookie", b"x-long-name", b":path", b"accept"])
SECTIONS = st.lists(st.tuples(NAMES, st.binary(max_size=200)), max_size=12)


@st.composite
def blocks(draw: st.DrawFn) -> bytes:
    """Whole ones, cut ones and spoilt ones."""
    block = bytearray(hpack.Encoder().encode(draw(SECTIONS), huffman=draw(st.booleans())))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, max(0, len(block) - 1)))
        block[place : place + 1] = draw(st.binary(max_size=2))
    return bytes(block[: draw(st.integers(0, len(block)))] if draw(st.booleans()) else block)


@given(st.one_of(st.binary(max_size=60), blocks()))
def test_blocks_are_read_as_hpack_reads_them(block: bytes) -> None:
    """jh2's decoder has lenient places and places where it panics; none of it comes through."""
    ours = Http2Connection(client_side=False)
    read: Headers | None
    try:
        read = [(bytes(name), bytes(value)) for name, value in hpack.Decoder().decode(block, raw=True)]
    except hpack.HPACKError:
        read = None
    if read is None:
        with pytest.raises(Fault) as fault:
            ours._decode(block)
        assert fault.value.code == COMPRESSION
    else:
        assert ours._decode(block)[0] == read


@given(st.lists(st.tuples(SECTIONS, st.sampled_from([None, None, 0, 60, 300, 4096])), max_size=12), st.booleans())
def test_the_tables_of_jh2_and_hpack_stay_in_step(sections: list[tuple[Headers, int | None]], huffman: bool) -> None:
    """jh2's codec against hpack's, over many blocks, with tables that grow, shrink and evict."""
    ours = Http2Connection(client_side=True)
    encoder, decoder = hpack.Encoder(), hpack.Decoder()
    for fields, size in sections:
        if size is not None:
            encoder.header_table_size = size
        block = encoder.encode(fields, huffman=huffman)
        assert ours._decode(block)[0] == fields
        if size is not None:
            decoder.max_allowed_table_size = size
            ours._set(1, size)
        ours.highest_outbound_stream_id += 2
        ours.send_headers(ours.highest_outbound_stream_id + 2, fields, True)
        assert [tuple(each) for each in decoder.decode(ours.take()[9:], raw=True)] == fields


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("window"), st.sampled_from([0, 1, 3]), st.integers(1, 50_000)),
            st.tuples(st.just("initial"), st.just(0), st.integers(0, 100_000)),
            st.tuples(st.just("send"), st.sampled_from([1, 3]), st.integers(0, 60_000)),
        ),
        max_size=40,
    )
)
def test_never_more_is_sent_than_granted(steps: list[tuple[str, int, int]]) -> None:
    ours = Http2Connection(client_side=True)
    ours.begin()
    for stream in (1, 3):
        ours.send_headers(stream, POST, False)
    ours.receive(SettingsFrame(0).serialize())
    ours.take()
    granted = {0: 65_535, 1: 65_535, 3: 65_535}
    initial = 65_535
    for kind, stream, number in steps:
        if kind == "window":
            ours.receive(update(stream, number))
            granted[stream] += number
        elif kind == "initial":
            ours.receive(SettingsFrame(0, {4: number}).serialize())
            granted[1] += number - initial
            granted[3] += number - initial
            initial = number
        else:
            size = min(ours.room(stream), number)
            ours.send_data(stream, bytes(size), False)
            granted[0] -= size
            granted[stream] -= size
        for each in (1, 3):
            assert ours.room(each) == max(0, min(granted[0], granted[each]))
    out = ours.take()
    while out:
        _, size = Frame.parse_frame_header(memoryview(out[:9]))
        assert size <= 16384
        out = out[9 + size :]


@given(st.lists(st.integers(1, 16_384), min_size=1, max_size=60), st.integers(16_384, 200_000))
def test_what_is_taken_on_is_given_back(sizes: list[int], window: int) -> None:
    """A peer that keeps to its windows can always go on, and never has more than was offered."""
    ours = Http2Connection(client_side=False, stream_window=window)
    ours.begin()
    encoder = hpack.Encoder()
    head = HeadersFrame(1, encoder.encode(POST), flags=["END_HEADERS"])
    ours.receive(
        PREFACE + SettingsFrame(0).serialize() + SettingsFrame(0, flags=["ACK"]).serialize() + head.serialize()
    )
    ours.take()
    may = window
    for size in sizes:
        size = min(size, may)
        assert size > 0
        may -= size
        events = ours.receive(data(1, bytes(size)).serialize())
        assert events == [Data(1, bytes(size), size, False)]
        ours.give_connection(size)
        ours.give_stream(1, size)
        out = ours.take()
        while out:
            frame, length = Frame.parse_frame_header(memoryview(out[:9]))
            frame.parse_body(memoryview(out[9 : 9 + length]))
            assert isinstance(frame, WindowUpdateFrame)
            may += frame.window_increment if frame.stream_id == 1 else 0
            out = out[9 + length :]
        assert window * 3 // 4 <= may <= window
