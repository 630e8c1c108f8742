"""Messages by their length prefix, whatever the cut; what is damaged, cut off or a lie."""

from __future__ import annotations

import base64
import gzip
import zlib
from itertools import pairwise

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.peers.rpc import framed

from wireglass.content.grpc import dialect, method_of, splitter
from wireglass.content.stream import Piece, split_sides
from wireglass.model import BodyRef, Detail, Headers, Record, Summary


def headers(type: bytes, *more: tuple[bytes, bytes]) -> Headers:
    return [(b"Content-Type", type), *more]


def split(head: Headers, *pieces: bytes, limit: int = 2**20) -> list[Piece]:
    sides = splitter(head, [], limit)
    found = [piece for data in pieces for piece in sides.feed("request", data)]
    return found + sides.end("request")


GRPC = headers(b"application/grpc")
GZIP = headers(b"application/grpc+proto", (b"grpc-encoding", b"gzip"))
WEB = headers(b"application/grpc-web+proto")
WEB_TEXT = headers(b"application/grpc-web-text")
CONNECT = headers(b"application/connect+json", (b"Connect-Content-Encoding", b"br"))


def test_messages() -> None:
    assert split(GRPC, framed(b"one") + framed(b"") + framed(b"three")) == [
        Piece("message", b"one"),
        Piece("message", b""),
        Piece("message", b"three"),
    ]


def test_both_directions_have_their_own_compression() -> None:
    messages = splitter(GRPC, GZIP)
    packed = gzip.compress(b"response")
    assert messages.feed("request", framed(b"request")) == [Piece("message", b"request")]
    [piece] = messages.feed("response", framed(packed, 1))
    assert (piece.data, piece.fields) == (b"response", {"compression": "gzip", "compressed_size": str(len(packed))})


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        (b"gzip", gzip.compress(b"hello", mtime=0)),
        (b"deflate", zlib.compress(b"hello")),
        (b"br", brotli.compress(b"hello")),
        (b"GZIP", gzip.compress(b"hello", mtime=0)),
    ],
)
def test_compression(coding: bytes, packed: bytes) -> None:
    head = headers(b"application/grpc", (b"Grpc-Encoding", coding))
    packed_one, plain = split(head, framed(packed, 1) + framed(b"plain"))
    assert (packed_one.data, packed_one.note) == (b"hello", "")
    assert plain == Piece("message", b"plain")


@pytest.mark.parametrize(
    ("head", "data", "note"),
    [
        (GRPC, b"anything", "marked as compressed, and no header says how"),
        (headers(b"application/grpc", (b"grpc-encoding", b"snappy")), b"anything", "unknown compression 'snappy'"),
        (GZIP, b"anything", "not decompressed from gzip: Error -3 while decompressing data: incorrect header check"),
        (GZIP, gzip.compress(b"anything", mtime=0)[:-4], "not decompressed from gzip: it ends early"),
    ],
)
def test_compression_that_cannot_be_undone(head: Headers, data: bytes, note: str) -> None:
    [piece] = split(head, framed(data, 1))
    assert (piece.kind, piece.data, piece.note) == ("message", data, note)


def test_a_response_whose_head_has_not_come() -> None:
    """Live, the splitter may be made before the server has answered."""
    [piece] = splitter(GRPC, []).feed("response", framed(gzip.compress(b"hello"), 1))
    assert (piece.data, piece.note) == (b"hello", "no header names the compression: taken for gzip")


def test_a_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    [piece] = split(GZIP, framed(bomb, 1), limit=100_000)
    assert piece.data == bytes(100_000)
    assert piece.size > 100_000
    assert piece.note == "decompression stopped at 100000 bytes"


def test_all_bombs_together_stop_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wireglass.content.grpc.EXPANDED_LIMIT", 250_000)
    pieces = split(GZIP, framed(gzip.compress(bytes(100_000)), 1) * 4)
    assert [len(piece.data) for piece in pieces] == [100_000, 100_000, 50_000, 0]


def test_a_message_above_the_limit() -> None:
    first, second = split(GRPC, framed(bytes(300)) + framed(b"next"), limit=100)
    assert (first.data, first.size) == (bytes(100), 300)
    assert second == Piece("message", b"next")


def test_what_is_cut_off() -> None:
    [piece] = split(GRPC, framed(b"hello")[:-2])
    assert (piece.kind, piece.data, piece.size, piece.note) == ("message", b"hel", 5, "cut off: 3 of 5 bytes came")
    [piece] = split(GRPC, framed(b"hello")[:3])
    assert (piece.kind, piece.note) == ("binary", "the start of a message's prefix")


def test_what_is_no_message_ends_the_reading() -> None:
    first, rest = split(GRPC, framed(b"hello") + b"<html>" + bytes(100), limit=50)
    assert first == Piece("message", b"hello")
    assert (rest.kind, rest.data[:6], len(rest.data), rest.size) == ("binary", b"<html>", 50, 106)
    assert rest.note == "not a gRPC message: its flags are 0x3c"


def test_a_side_of_another_type() -> None:
    """An answer in HTML, of a server or proxy that knows no gRPC, is a body like others."""
    assert splitter(GRPC, headers(b"text/html")).sides == ("request",)
    assert splitter(GRPC, []).sides == ("request", "response")
    assert splitter(headers(b"text/plain"), headers(b"text/plain")).sides == ()


def test_trailers_of_grpc_web() -> None:
    data = framed(b"hello") + framed(b"grpc-status:0\r\n", 0x80)
    expected = [Piece("message", b"hello"), Piece("trailers", b"grpc-status:0\r\n")]
    assert split(WEB, data) == expected
    assert split(WEB_TEXT, base64.b64encode(data)) == expected
    each = base64.b64encode(framed(b"hello")) + base64.b64encode(framed(b"grpc-status:0\r\n", 0x80))
    assert b"=" in each[:-4], "padding in the middle"
    assert split(WEB_TEXT, each) == expected


def test_base64_that_is_none() -> None:
    text = base64.b64encode(framed(b"hello!!!"))
    first, rest = split(WEB_TEXT, text[:12] + b"*" + text[12:])
    assert (first.note, rest.note) == ("cut off: 4 of 8 bytes came", "not base64")
    assert rest.data == b"*" + text[12:]
    assert [piece.note for piece in split(WEB_TEXT, text + b"AA")] == ["", "base64 that ends early"]


def test_envelopes_of_connect() -> None:
    data = framed(b'{"a":1}') + framed(brotli.compress(b'{"b":2}'), 1) + framed(b"{}", 2)
    assert [(piece.kind, piece.data) for piece in split(CONNECT, data)] == [
        ("message", b'{"a":1}'),
        ("message", b'{"b":2}'),
        ("trailers", b"{}"),
    ]


HEADS = (GRPC, GZIP, WEB, WEB_TEXT, CONNECT)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Messages, some of them packed or with other flags, and sometimes garbage at the end; in base64, or not."""
    contents = draw(st.lists(st.binary(max_size=40), max_size=5))
    data = b"".join(
        framed(gzip.compress(one, mtime=0) if flags & 1 and draw(st.booleans()) else one, flags)
        for one in contents
        for flags in [draw(st.sampled_from([0, 0, 0, 1, 2, 0x80, 0x81, 0x42]))]
    )
    if draw(st.booleans()):
        data = base64.b64encode(data)
    return data + draw(st.binary(max_size=20))


@given(data=streams(), head=st.sampled_from(HEADS), cuts=st.lists(st.integers(0, 400)), limit=st.integers(5, 60))
def test_any_cut_gives_the_same(data: bytes, head: Headers, cuts: list[int], limit: int) -> None:
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in pairwise(places)]
    expected = split(head, data, limit=limit)
    assert split(head, *pieces, limit=limit) == expected
    assert split(head, *(data[at : at + 1] for at in range(len(data))), limit=limit) == expected
    assert all(len(piece.data) <= limit for piece in expected)


def test_media_types() -> None:
    assert dialect("application/grpc") == dialect("application/grpc+proto")
    names = {
        type: (found.name, found.codec, found.base64) if (found := dialect(type)) else None
        for type in (
            "application/grpc+json",
            "application/grpc-web",
            "application/grpc-web-text+proto",
            "application/connect+proto",
            "application/connect",
            "application/grpcx",
            "",
        )
    }
    assert names == {
        "application/grpc+json": ("gRPC", "json", False),
        "application/grpc-web": ("gRPC-Web", "proto", False),
        "application/grpc-web-text+proto": ("gRPC-Web", "proto", True),
        "application/connect+proto": ("Connect", "proto", False),
        "application/connect": None,
        "application/grpcx": None,
        "": None,
    }


def test_method() -> None:
    assert method_of("https://host/a.B/C") == "/a.B/C"
    assert method_of("https://host/api/v1/a.B/C?x=/y/z") == "/a.B/C"
    assert [method_of(url) for url in ("https://host/C", "https://host", "https://[/a/b", "")] == ["", "", "", ""]


def test_which_exchanges_are_split() -> None:
    def record(request: bytes, response: bytes) -> Record:
        detail = Detail(request_headers=headers(request), response_headers=headers(response))
        return Record(Summary("POST", "https://host/a.B/C", "host", 0.0), detail, BodyRef(), BodyRef())

    assert split_sides(record(b"application/grpc", b"text/html")) == ("request",)
    assert split_sides(record(b"", b"application/grpc-web+proto")) == ("response",)
    assert split_sides(record(b"application/connect+proto", b"application/connect+proto")) == ("request", "response")
    assert split_sides(record(b"application/json", b"application/json")) == ()
