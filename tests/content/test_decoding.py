"""Content codings undone: real encoders, foreign ones, bombs, lies and garbage."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import subprocess
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from wireglass.content import Decoded, decode

MANY = 10_000_000
TEXT = b'{"greeting": "hello, hello, hello"}\n' * 20


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


def quick_brotli(data: bytes) -> bytes:
    return bytes(brotli.compress(data, quality=5))


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": lambda data: gzip.compress(data, 1),
    "deflate": zlib.compress,
    "br": quick_brotli,
    "zstd": zstandard.compress,
    "identity": bytes,
}


def undo(body: bytes, *lines: str, limit: int = MANY, chunk: int = 1000) -> Decoded:
    headers = [(b"Content-Encoding", line.encode("latin-1")) for line in lines]
    return decode(headers, (body[at : at + chunk] for at in range(0, len(body), chunk)), limit)


@settings(max_examples=60)
@given(
    data=st.binary(max_size=3000),
    stack=st.lists(st.sampled_from(sorted(ENCODERS)), max_size=5),
    chunk=st.integers(1, 4000),
)
def test_any_stack_in_any_chunks_comes_back(data: bytes, stack: list[str], chunk: int) -> None:
    body = data
    for coding in stack:
        body = ENCODERS[coding](body)
    done = undo(body, ", ".join(stack), chunk=chunk)
    assert done.data == data
    assert done.complete
    assert done.note == ""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 3_000_000])
def test_sizes_around_a_piece(coding: str, size: int) -> None:
    for data in (bytes(size), os.urandom(size)):
        assert undo(ENCODERS[coding](data), coding, chunk=1 << 20) == Decoded(data, (coding,), "", True)


def test_names_in_any_case_over_several_lines_are_undone_from_the_last() -> None:
    body = brotli.compress(gzip.compress(zlib.compress(TEXT)))
    assert undo(body, "Deflate ,, identity", "", "GZIP", "\tBr ") == Decoded(TEXT, ("br", "gzip", "deflate"), "", True)


def test_no_coding_is_passed_as_it_is() -> None:
    assert decode([(b"Content-Type", b"text/plain")], [b"a", b"", b"b"], MANY) == Decoded(b"ab", (), "", True)


def test_deflate_without_its_wrapper() -> None:
    """Old servers send RFC 1951 in place of RFC 1950."""
    assert undo(raw_deflate(TEXT), "deflate", chunk=1) == Decoded(TEXT, ("deflate",), "", True)


def test_gzip_of_several_members_with_padding() -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two") + bytes(700)
    for chunk in (1, 7, 5000):
        assert undo(body, "gzip", chunk=chunk) == Decoded(b"one two", ("gzip",), "", True)


def test_zstd_of_several_frames_and_a_skippable_one() -> None:
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip"
    body = zstandard.compress(b"one ") + skippable + zstandard.compress(b"two")
    for chunk in (1, 7, 5000):
        assert undo(body, "zstd", chunk=chunk).data == b"one two"


@pytest.mark.parametrize("command", [["gzip", "-c"], ["zstd", "-c"], ["zstd", "-19", "-c"], ["brotli", "-c"]])
def test_foreign_encoders(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    body = subprocess.run(command, input=TEXT * 500, capture_output=True, check=True).stdout
    coding = {"brotli": "br"}.get(command[0], command[0])
    assert undo(body, coding) == Decoded(TEXT * 500, (coding,), "", True)


@pytest.mark.parametrize(
    ("coding", "stream", "text"),
    [
        # The brotli repository's tests/testdata: empty and 10x10y.
        ("br", "06", b""),
        ("br", "1b130000a4b0b2ea8147028a", b"X" * 10 + b"Y" * 10),
        # gzip of the Go standard library's tests: "hello world\n", with a file name in its header.
        (
            "gzip",
            "1f8b0808c858134a000368656c6c6f2e74787400cb48cdc9c95728cf2fca49e102002d3b08af0c000000",
            b"hello world\n",
        ),
    ],
)
def test_streams_made_elsewhere(coding: str, stream: str, text: bytes) -> None:
    assert undo(bytes.fromhex(stream), coding, chunk=1) == Decoded(text, (coding,), "", True)


@pytest.mark.parametrize("line", ["gzip", "br", "zstd", "deflate", "gzip, br", "unheard-of"])
def test_no_body_is_complete_whatever_the_header_says(line: str) -> None:
    """HEAD and 304."""
    assert undo(b"", line) == Decoded(b"", (), "", True)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@given(data=st.data())
@settings(max_examples=30)
def test_a_cut_off_stream_is_returned_as_it_is(coding: str, data: st.DataObject) -> None:
    body = ENCODERS[coding](TEXT)
    body = body[: data.draw(st.integers(1, len(body) - 1))]
    assert undo(body, coding) == Decoded(body, (), f"not decoded from {coding}: it ends early", False)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_cut_off_stream_can_be_decoded_as_far_as_it_goes(coding: str) -> None:
    """zstd gives whole blocks of up to 128 KiB alone, so of a short stream it gives nothing."""
    noise = random.Random(1).randbytes(20_000).hex().encode()
    body = ENCODERS[coding](noise)
    headers = [(b"Content-Encoding", coding.encode())]
    done = decode(headers, [body[: len(body) // 2]], MANY, partial=True)
    assert len(done.data) > 5000 and noise.startswith(done.data)
    assert (done.codings, done.complete) == ((coding,), False)
    assert done.note == f"the {coding} stream ends early: decoded as far as it goes"
    # Nothing could be decoded yet, or the stream is damaged: the bytes themselves, as without ``partial``.
    assert decode(headers, [body[:3]], MANY, partial=True) == undo(body[:3], coding)
    damaged = body[:500] + bytes(500) + body[1000:]
    assert decode(headers, [damaged], MANY, partial=True) == undo(damaged, coding)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_lie_is_returned_as_it_is(coding: str) -> None:
    body = b"<html>this is plain</html>"
    done = undo(body, coding)
    assert (done.data, done.codings, done.complete) == (body, (), False)
    assert done.note.startswith(f"not decoded from {coding}: ")


def test_a_wrong_checksum_is_named() -> None:
    body = bytearray(gzip.compress(TEXT))
    body[-5] ^= 1
    assert "incorrect data check" in undo(bytes(body), "gzip").note


def test_an_unknown_coding_is_named() -> None:
    assert undo(b"abc", "compress, gzip") == Decoded(b"abc", (), "unknown content coding 'compress'", False)


def test_more_codings_than_anybody_uses() -> None:
    assert "6 content codings" in undo(b"abc", ", ".join(["gzip"] * 6)).note


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_follows_the_stream_is_left_out_and_said(coding: str) -> None:
    for chunk in (1, 1000):
        done = undo(ENCODERS[coding](TEXT) + b"trailing junk", coding, chunk=chunk)
        assert done.data == TEXT
        assert not done.complete
        assert "left out" in done.note


@pytest.mark.parametrize("line", ["", "gzip", "deflate", "br", "zstd"])
def test_the_limit_ends_it_with_a_note(line: str) -> None:
    body = ENCODERS[line](bytes(100_000)) if line else bytes(100_000)
    assert undo(body, line, limit=1000).data == bytes(1000)
    assert undo(body, line, limit=1000).note == "stopped at the limit of 1000 bytes"
    assert undo(body, line, limit=100_000).complete
    assert not undo(body, line, limit=99_999).complete


def test_what_cannot_be_decoded_is_cut_at_the_limit_too() -> None:
    assert undo(bytes(5000), "unheard-of", limit=1000) == Decoded(
        bytes(1000), (), "unknown content coding 'unheard-of'; the first 1000 bytes", False
    )


def test_chunks_after_the_limit_are_not_taken() -> None:
    taken = []

    def chunks() -> Iterator[bytes]:
        for number in range(1000):
            taken.append(number)
            yield bytes(1000)

    decode([], chunks(), 5000)
    assert len(taken) < 10


def bomb(*codings: str) -> bytes:
    """60 MB of zeros at the bottom."""
    body = bytes(60_000_000)
    for coding in codings:
        body = ENCODERS[coding](body)
    return body


@pytest.mark.parametrize("stack", [("gzip",), ("br",), ("zstd",), ("gzip", "gzip"), ("zstd", "br"), ("br", "zstd")])
def test_a_bomb_costs_its_limit(stack: tuple[str, ...]) -> None:
    body = bomb(*stack)
    tracemalloc.start()
    try:
        done = undo(body, ", ".join(stack), limit=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert done.data == bytes(1_000_000)
    assert "limit" in done.note
    assert peak < 12_000_000


def test_a_stage_that_expands_to_nothing_ends_too() -> None:
    """Empty deflate blocks without end: the inner stage makes no byte that would count towards the limit."""
    empty_blocks = b"\x00\x00\x00\xff\xff" * 4_000_000
    done = undo(gzip.compress(empty_blocks), "deflate, gzip", limit=100_000)
    assert done.data == b""
    assert "exceeds the limit" in done.note


def test_a_zstd_window_beyond_the_coding_is_refused() -> None:
    """RFC 9659: 8 MiB; the header could ask for gigabytes."""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    done = undo(stream.compress(TEXT) + stream.flush(), "zstd")
    assert not done.complete
    assert "memory" in done.note or "window" in done.note.lower()


@settings(max_examples=200)
@given(
    body=st.binary(max_size=200),
    stack=st.lists(st.sampled_from([*sorted(ENCODERS), "compress", "\xff", ""]), max_size=7),
    magic=st.sampled_from([b"", b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd", b"\x78\x9c"]),
    limit=st.integers(0, 300),
)
def test_garbage_never_raises(body: bytes, stack: list[str], magic: bytes, limit: int) -> None:
    done = undo(magic + body, ",".join(stack), limit=limit)
    assert len(done.data) <= limit
    assert done.complete == (done.note == "")


@settings(max_examples=100)
@given(data=st.data())
def test_damaged_streams_never_raise(data: st.DataObject) -> None:
    coding = data.draw(st.sampled_from(["gzip", "deflate", "br", "zstd"]))
    body = bytearray(ENCODERS[coding](TEXT))
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    done = undo(bytes(body), coding, limit=100_000)
    assert done.complete == (done.note == "")
