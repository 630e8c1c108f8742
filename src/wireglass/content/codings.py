"""The content codings of RFC 9110 8.4.1, RFC 7932 (br) and RFC 9659 (zstd): bytes in, decoded pieces out.

Each is undone as the bytes come (``UNDOING``), or as a lazy stage that pulls them (``STAGES``). A piece has about
``PIECE`` bytes (zstd: see there), so a stack of stages holds only what is in flight, whatever the stream expands to.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeAlias

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


class Undoing(Protocol):
    """One stream, from its beginning."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """All that can be decoded now; to be taken to its end. After it raised Damaged or Trailing it is of no use."""

    def end(self) -> None:
        """Nothing more comes: raises Truncated if the stream has not ended, Trailing if more than that is left."""


def _slices(data: bytes, size: int) -> Iterator[bytes]:
    if len(data) <= size:
        if data:
            yield data
    else:
        for at in range(0, len(data), size):
            yield data[at : at + size]


class _Gunzip:
    """One member after the other (RFC 1952 2.2), padding with zeros allowed as ``gzip`` itself does."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._held = b""
        self._ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        for piece in _slices(data, _ZLIB_SLICE):
            rest = self._held + piece
            self._held = b""
            while rest:
                if self._ended:
                    rest = rest.lstrip(b"\0")
                    if len(rest) < 2:
                        self._held = rest
                        break
                    if not rest.startswith(_GZIP_MAGIC):
                        raise Trailing
                    self._member = zlib.decompressobj(wbits=31)
                yield from _inflate(self._member, rest)
                rest, self._ended = self._member.unused_data, self._member.eof

    def end(self) -> None:
        if self._held:
            raise Trailing
        if not self._ended:
            raise Truncated("it ends early")


class _Undeflate:
    """zlib (RFC 1950), and the bare stream (RFC 1951) that some servers send in its place (RFC 9110 8.4.1.2)."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None
        self._head = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        for piece in _slices(data, _ZLIB_SLICE):
            if self._stream is None:
                self._head += piece
                if len(self._head) < 2:
                    continue
                self._stream = zlib.decompressobj(wbits=15 if _is_zlib(self._head) else -15)
                piece = self._head
            if self._stream.eof:
                raise Trailing
            yield from _inflate(self._stream, piece)
            if self._stream.unused_data:
                raise Trailing

    def end(self) -> None:
        if self._stream is None or not self._stream.eof:
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


class _Unbrotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        stream = self._stream
        try:
            for piece in _slices(data, _ZLIB_SLICE):
                if stream.is_finished():
                    raise Trailing
                yield stream.process(piece, output_buffer_limit=PIECE)
                # Not can_accept_more_data(): brotli 1.2.1 says yes while output is still inside.
                while more := stream.process(b"", output_buffer_limit=PIECE):
                    yield more
        except brotli.error as error:
            # Brotli refuses a piece with bytes after the end, and says no more than "failed" for any fault.
            raise Damaged("not a brotli stream, or bytes follow it") from error

    def end(self) -> None:
        if not self._stream.is_finished():
            raise Truncated("it ends early")


class _Unzstd:
    """One frame after the other (RFC 8878 3.1), skippable ones among them."""

    def __init__(self) -> None:
        self._context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame = self._context.decompressobj()

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            for piece in _slices(data, _ZSTD_SLICE):
                rest = piece
                while rest:
                    if self._frame.eof:
                        self._frame = self._context.decompressobj()
                    yield self._frame.decompress(rest)
                    rest = self._frame.unused_data if self._frame.eof else b""
        except zstandard.ZstdError as error:
            raise Damaged(str(error)) from error

    def end(self) -> None:
        if not self._frame.eof:
            raise Truncated("it ends early")


UNDOING: dict[str, Callable[[], Undoing]] = {
    "gzip": _Gunzip,
    "x-gzip": _Gunzip,  # RFC 9110 8.4.1.3: the same
    "deflate": _Undeflate,
    "br": _Unbrotli,
    "zstd": _Unzstd,
}


def _stage(undoing: Callable[[], Undoing]) -> Stage:
    def run(pieces: Iterable[bytes]) -> Iterator[bytes]:
        stream = undoing()
        for piece in pieces:
            yield from stream.feed(piece)
        stream.end()

    return run


STAGES: dict[str, Stage] = {name: _stage(undoing) for name, undoing in UNDOING.items()}
