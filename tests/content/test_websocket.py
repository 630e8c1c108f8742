"""Frames are made by the ``websockets`` package, which is an endpoint's implementation of its own."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close, Frame, Opcode

from wireglass.content import permessage_deflate, websocket
from wireglass.content.stream import Piece
from wireglass.content.websocket import WebSocket
from wireglass.model import Headers, Side

PLAIN: Headers = []
SIDES: tuple[Side, Side] = ("request", "response")


def deflate(parameters: str = "") -> Headers:
    return [(b"Sec-WebSocket-Extensions", b"permessage-deflate" + parameters.encode())]


def sent(side: Side, *frames: Frame, extension: PerMessageDeflate | None = None) -> bytes:
    extensions = [extension] if extension else []
    return b"".join(frame.serialize(mask=side == "request", extensions=extensions) for frame in frames)


def text(words: str, *, fin: bool = True) -> Frame:
    return Frame(Opcode.TEXT, words.encode(), fin)


def more(data: bytes, *, fin: bool = True) -> Frame:
    return Frame(Opcode.CONT, data, fin)


def read(headers: Headers, side: Side, parts: Iterable[bytes]) -> list[Piece]:
    splitter = WebSocket(headers)
    return [piece for part in parts for piece in splitter.feed(side, part)] + splitter.end(side)


def one(headers: Headers, side: Side, data: bytes) -> Piece:
    (piece,) = read(headers, side, [data])
    return piece


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("size", [0, 1, 3, 125, 126, 127, 65535, 65536, 1_000_000])
def test_sizes(side: Side, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    frame = Frame(Opcode.BINARY, data[:size])
    assert one(PLAIN, side, sent(side, frame)) == Piece("binary", data[:size], size=size)


def test_text() -> None:
    assert one(PLAIN, "request", sent("request", text("héllo"))) == Piece("text", "héllo".encode(), size=6)


@pytest.mark.parametrize("side", SIDES)
def test_control_frames_between_fragments(side: Side) -> None:
    data = sent(
        side,
        text("one ", fin=False),
        Frame(Opcode.PING, b"?"),
        more(b"two ", fin=False),
        Frame(Opcode.PONG, b"!"),
        more(b"three"),
    )
    assert read(PLAIN, side, [data]) == [
        Piece("ping", b"?", size=1),
        Piece("pong", b"!", size=1),
        Piece("text", b"one two three", {"frames": "3"}, size=13),
    ]


def test_close() -> None:
    data = sent("response", Frame(Opcode.CLOSE, Close(1001, "för now").serialize()))
    fields = {"code": "1001", "meaning": "going away", "reason": "för now"}
    assert one(PLAIN, "response", data) == Piece("close", "för now".encode(), fields, size=10)


@pytest.mark.parametrize(
    ("payload", "fields", "note"),
    [
        (b"", {}, ""),
        (b"\x03", {}, "one byte is no close code"),
        (b"\x03\xed", {"code": "1005"}, "1005 is no code that may be sent"),
        (b"\x0f\xa0", {"code": "4000"}, ""),
        (b"\x03\xe8\xff", {"code": "1000", "meaning": "normal closure", "reason": "\ufffd"}, "the reason is not UTF-8"),
    ],
)
def test_odd_closes(payload: bytes, fields: dict[str, str], note: str) -> None:
    piece = one(PLAIN, "response", b"\x88" + bytes([len(payload)]) + payload)
    assert (piece.kind, piece.fields, piece.note) == ("close", fields, note)


messages = st.lists(
    st.tuples(st.sampled_from([Opcode.TEXT, Opcode.BINARY]), st.text(max_size=300).map(str.encode)), max_size=6
)
cuts = st.lists(st.integers(0, 2000), max_size=6)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    ends = sorted(min(end, len(data)) for end in at)
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


@given(
    messages,
    cuts,
    st.sampled_from(SIDES),
    st.sampled_from([None, (False, 15), (True, 15), (False, 9), (True, 9)]),
    st.integers(1, 200),
)
def test_any_cut_gives_what_was_sent(
    told: list[tuple[Opcode, bytes]], at: list[int], side: Side, agreed: tuple[bool, int] | None, fragment: int
) -> None:
    """With every parameter of permessage-deflate, fragmented, and cut anywhere."""
    extension, headers = None, PLAIN
    if agreed is not None:
        reset, bits = agreed
        extension = PerMessageDeflate(False, reset, 15, bits)
        who = "client" if side == "request" else "server"
        headers = deflate(f"; {who}_max_window_bits={bits}" + (f"; {who}_no_context_takeover" if reset else ""))
    frames = []
    for opcode, data in told:
        parts = [data[start : start + fragment] for start in range(0, len(data), fragment)] or [b""]
        for number, part in enumerate(parts):
            frames.append(Frame(Opcode.CONT if number else opcode, part, number == len(parts) - 1))
    pieces = read(headers, side, cut(sent(side, *frames, extension=extension), at))
    assert [(piece.kind, piece.data, piece.note) for piece in pieces] == [
        ("text" if opcode is Opcode.TEXT else "binary", data, "") for opcode, data in told
    ]


@given(st.binary(max_size=300), cuts, st.sampled_from(SIDES), st.sampled_from([PLAIN, deflate()]))
def test_garbage_raises_nothing_wherever_it_is_cut(data: bytes, at: list[int], side: Side, headers: Headers) -> None:
    assert read(headers, side, cut(data, at)) == read(headers, side, [data])


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"\x83\x00", "opcode 3 is reserved"),
        (b"\x8b\x00", "opcode 11 is reserved"),
        (b"\xc1\x00", "reserved bits 100"),
        (b"\xa1\x00", "reserved bits 010"),
        (b"\x09\x00", "a ping in several frames"),
        (b"\x88\x7e\x00\x7e", "a close of 126 bytes"),
        (b"\x82\x7f" + b"\xff" * 8, "a length above 2^63"),
        (b"\x80\x00", "a continuation of nothing"),
    ],
)
def test_what_is_no_frame_ends_the_reading(head: bytes, why: str) -> None:
    pieces = read(PLAIN, "response", [sent("response", text("good")), head, b"and ", b"the rest"])
    assert pieces[0] == Piece("text", b"good", size=4)
    assert (pieces[1].kind, pieces[1].data) == ("binary", head + b"and the rest")
    assert why in pieces[1].note and len(pieces) == 2


def test_a_new_message_inside_another_one() -> None:
    data = sent("response", text("a", fin=False), text("b"))
    cut_off, lost = read(PLAIN, "response", [data])
    assert cut_off.data == b"a" and "cut off" in cut_off.note
    assert "a new message inside another one" in lost.note


def test_the_other_side_is_read_on() -> None:
    splitter = WebSocket(PLAIN)
    assert splitter.feed("response", b"\x83\x00") == []
    assert splitter.feed("request", sent("request", text("still")))[0].data == b"still"


def test_masks_on_the_wrong_side() -> None:
    assert "not masked" in one(PLAIN, "request", sent("response", text("a"))).note
    assert "masked, which a server must not" in one(PLAIN, "response", sent("request", text("a"))).note


def test_a_length_that_is_not_the_shortest() -> None:
    piece = one(PLAIN, "response", b"\x81\x7e\x00\x02ab")
    assert piece.data == b"ab" and "shortest" in piece.note


def test_text_that_is_not_utf8() -> None:
    piece = one(PLAIN, "response", b"\x81\x02\xc3\x28")
    assert (piece.kind, piece.data) == ("text", b"\xc3\x28") and "not UTF-8" in piece.note


@pytest.mark.parametrize(("data", "shown"), [(b"\x81\x05ab", b"ab"), (b"\x01\x02ab", b"ab")])
def test_what_is_cut_off(data: bytes, shown: bytes) -> None:
    piece = one(PLAIN, "response", data)
    assert piece.data == shown and "cut off" in piece.note


def test_a_head_that_is_cut_off() -> None:
    piece = one(PLAIN, "response", b"\x81\x7e\x01")
    assert piece.data == b"\x81\x7e\x01" and "inside the head" in piece.note


def test_the_size_on_the_wire() -> None:
    words = "again and again " * 50
    data = sent("response", text(words), extension=PerMessageDeflate(False, False, 15, 15))
    piece = one(deflate(), "response", data)
    assert (piece.data, piece.size, piece.fields) == (words.encode(), 800, {"compressed": str(len(data) - 2)})


def test_messages_that_are_not_compressed_pass_between() -> None:
    data = sent("response", text("plain"))
    packed = sent("response", text("packed"), extension=PerMessageDeflate(False, False, 15, 15))
    assert [piece.data for piece in read(deflate(), "response", [data, packed, data])] == [
        b"plain",
        b"packed",
        b"plain",
    ]


@pytest.mark.parametrize("reset", [False, True])
def test_damaged_compression(reset: bool) -> None:
    """What refers to it cannot be read either; a message that stands for itself can."""
    extension = PerMessageDeflate(False, reset, 15, 15)
    first = sent("response", text("hello"), extension=extension)
    second = sent("response", text("hello"), extension=extension)
    data = [first[:2] + b"\xff" * (len(first) - 2), second, sent("response", Frame(Opcode.PING, b"alive"))]
    headers = deflate("; server_no_context_takeover" if reset else "")
    damaged, after, ping = read(headers, "response", data)
    assert "compression is damaged" in damaged.note
    if reset:
        assert (after.data, after.note) == (b"hello", "")
    else:
        assert (after.kind, after.data) == ("binary", second[2:]) and "still compressed" in after.note
    assert ping.data == b"alive"


def test_a_last_block_inside_a_stream() -> None:
    """RFC 7692 7.2.3.5: a message may end with a block that has BFINAL set."""
    payload = bytes.fromhex("f348cdc9c9070000")
    assert one(deflate(), "response", b"\xc1\x08" + payload).data == b"Hello"


def test_a_bomb_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permessage_deflate, "INFLATE_LIMIT", 1_000_000)
    packer = zlib.compressobj(wbits=-15)
    bomb = packer.compress(bytes(20_000_000)) + packer.flush(zlib.Z_SYNC_FLUSH)[:-4]
    data = b"\xc2\x7f" + len(bomb).to_bytes(8, "big") + bomb
    piece = one(deflate(), "response", data)
    assert len(piece.data) < 1_100_000 and "limit of 1000000 bytes" in piece.note


def test_a_large_message_is_its_start_and_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "MESSAGE_LIMIT", 10)
    piece = one(PLAIN, "request", sent("request", text("x" * 25)))
    assert (piece.data, piece.size, piece.note) == (b"x" * 10, 25, "the first 10 of 25 bytes")


@pytest.mark.parametrize(
    "value", [b"permessage-deflate; server_max_window_bits=10", b"x-other, Permessage-Deflate", b"permessage-deflate"]
)
def test_how_the_extension_is_named(value: bytes) -> None:
    data = sent("response", text("packed"), extension=PerMessageDeflate(False, False, 15, 15))
    assert one([(b"sec-websocket-extensions", value)], "response", data).data == b"packed"
