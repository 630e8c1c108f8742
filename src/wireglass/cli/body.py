"""Bodies for output: decoded or as on the wire, bounded or whole."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterable

import msgspec

from wireglass.cli.text import many_lines
from wireglass.content import decode
from wireglass.model import Record, Side
from wireglass.store import Reader

DECODED_IN_MEMORY = 256 * 2**20
"""Decoded bytes of one body that ``write_exact`` holds at most; an archive bomb ends there."""


class Content(msgspec.Struct, frozen=True):
    """A body as far as it was asked for."""

    data: bytes = b""
    codings: tuple[str, ...] = ()
    """Content codings that were undone."""
    note: str = ""
    """Why the codings could not be undone, or not all."""
    whole: bool = True
    """False where ``data`` ends at the limit."""


def why_partial(record: Record, side: Side) -> str:
    """Why the store has less of a body than there was; empty where it has all."""
    ref = record.body(side)
    if record.summary.state == "open":
        return ref.note or "the exchange is still open; these are the bytes so far"
    if ref.kept >= ref.size:
        return ref.note
    return ref.note or f"only the first {ref.kept} of {ref.size} bytes are kept"


def read(reader: Reader, record: Record, side: Side, limit: int, *, raw: bool, partial: bool = False) -> Content:
    """At most ``limit`` bytes of a body; ``partial``: decoded as far as it goes where its coding is cut off."""
    chunks = reader.body(record, side)
    if raw:
        return _first(chunks, limit)
    decoded = decode(record.body_headers(side), chunks, limit, partial=partial)
    whole = decoded.complete or len(decoded.data) < limit
    return Content(decoded.data, decoded.codings, decoded.note, whole)


def _first(chunks: Iterable[bytes], limit: int) -> Content:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > limit:
            return Content(bytes(data[:limit]), whole=False)
    return Content(bytes(data))


def write_exact(reader: Reader, record: Record, side: Side, *, raw: bool) -> str:
    """Write a body to standard output, byte for byte, and return why it is not what was asked for, or nothing. Where
    the codings cannot be undone the bytes are written as on the wire: whoever asked can still look at them."""
    coded = any(name.lower() == b"content-encoding" for name, _value in record.body_headers(side))
    reason = why_partial(record, side)
    summary = record.summary
    if side == "response" and summary.status and summary.protocol != "tunnel" and not record.detail.response_version:
        return f"there is none: Wireglass answered {summary.status} itself, and does not keep its own pages"
    if coded and not raw and record.body(side).kept:
        decoded = decode(record.body_headers(side), reader.body(record, side), DECODED_IN_MEMORY)
        if decoded.complete:
            write([decoded.data])
            return reason
        undone = f"{decoded.note or 'the content coding cannot be undone'}; written as on the wire"
        reason = f"{reason}; {undone}" if reason else undone
    write(reader.body(record, side))
    return reason


def write(chunks: Iterable[bytes]) -> None:
    """Bytes to standard output. On a terminal control characters are shown escaped: nobody can compare bytes there, and
    a server could otherwise drive the terminal."""
    if sys.stdout.isatty():
        decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        for chunk in chunks:
            sys.stdout.write(many_lines(decoder.decode(chunk)))
        sys.stdout.write(many_lines(decoder.decode(b"", final=True)))
        return
    for chunk in chunks:
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
