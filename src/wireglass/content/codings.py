"""The content codings of RFC 9110 8.4.1, RFC 7932 (br) and RFC 9659 (zstd) as lazy stages: pieces in, pieces out.

A stage pulls one small piece at a time and yields about ``PIECE`` bytes at once (zstd: see there), so a stack of them
holds only what is in flight, whatever the stream expands to.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import brotli
import zstandard

PIECE = 65536

# zlib hands back what it has not consumed as a copy, with every piece it returns; zstandard cannot bound its output,
# and four bytes make 128 KiB at worst (RFC 8878 3.1.1.2.2, an RLE block), so a slice makes at most 4 MiB.
_ZLIB_SLICE = 16384
_ZSTD_SLICE = 128
_ZSTD_WINDOW = 8 * 1024 * 1024  # RFC 9659 3: what a decoder of this coding has to support, and no more
_GZIP_MAGIC = b"\x1f\x8b"

Stage: TypeAlias = Callable[[Iterable[bytes]], Iterator[bytes]]


class Damaged(Exception):
    """The stream is not what its coding says; the text is the reason."""


class Truncated(Damaged):
    """All that came is in order, and the end is missing."""


class Trailing(Exception):
    """The stream ended well, and something else follows it."""


def _slices(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    for piece in pieces:
        if len(piece) <= size:
            if piece:
                yield piece
        else:
            for at in range(0, len(piece), size):
                yield piece[at : at + size]


def _gunzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """One member after the other (RFC 1952 2.2), padding with zeros allowed as ``gzip`` itself does."""
    member = zlib.decompressobj(wbits=31)
    held = b""
    ended = False
    for piece in _slices(pieces, _ZLIB_SLICE):
        data = held + piece
        held = b""
        while data:
            if ended:
                data = data.lstrip(b"\0")
                if len(data) < 2:
                    held = data
                    break
                if not data.startswith(_GZIP_MAGIC):
                    raise Trailing
                member = zlib.decompressobj(wbits=31)
            yield from _inflate(member, data)
            data, ended = member.unused_data, member.eof
    if held:
        raise Trailing
    if not ended:
        raise Truncated("it ends early")


def _undeflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """zlib (RFC 1950), and the bare stream (RFC 1951) that some servers send in its place (RFC 9110 8.4.1.2)."""
    stream = None
    head = b""
    for piece in _slices(pieces, _ZLIB_SLICE):
        if stream is None:
            head += piece
            if len(head) < 2:
                continue
            stream = zlib.decompressobj(wbits=15 if _is_zlib(head) else -15)
            piece = head
        if stream.eof:
            raise Trailing
        yield from _inflate(stream, piece)
        if stream.unused_data:
            raise Trailing
    if stream is None or not stream.eof:
        raise Truncated("it ends early")


def _is_zlib(head: bytes) -> bool:
    return head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0


def _inflate(stream: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    try:
        while data and not stream.eof:
            yield stream.decompress(data, PIECE)
            data = stream.unconsumed_tail
        # A full piece may leave output inside zlib with no input left to push it.
        while not stream.eof and (more := stream.decompress(b"", PIECE)):
            yield more
    except zlib.error as error:
        raise Damaged(str(error)) from error


def _unbrotli(pieces: Iterable[bytes]) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    try:
        for piece in _slices(pieces, _ZLIB_SLICE):
            if stream.is_finished():
                raise Trailing
            yield stream.process(piece, output_buffer_limit=PIECE)
            # Not can_accept_more_data(): brotli 1.2.1 says yes while output is still inside.
            while more := stream.process(b"", output_buffer_limit=PIECE):
                yield more
    except brotli.error as error:
        # Brotli refuses a piece with bytes after the end, and says no more than "failed" for any fault.
        raise Damaged("not a brotli stream, or bytes follow it") from error
    if not stream.is_finished():
        raise Truncated("it ends early")


def _unzstd(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """One frame after the other (RFC 8878 3.1), skippable ones among them."""
    context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame = context.decompressobj()
    try:
        for data in _slices(pieces, _ZSTD_SLICE):
            while data:
                if frame.eof:
                    frame = context.decompressobj()
                yield frame.decompress(data)
                data = frame.unused_data if frame.eof else b""
    except zstandard.ZstdError as error:
        raise Damaged(str(error)) from error
    if not frame.eof:
        raise Truncated("it ends early")


STAGES: dict[str, Stage] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,  # RFC 9110 8.4.1.3: the same
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
