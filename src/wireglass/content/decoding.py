"""Undoing Content-Encoding (RFC 9110 8.4) for people to read, within bounds and without ever failing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from wireglass.content.codings import PIECE, STAGES, Damaged, Trailing, Truncated
from wireglass.model import Headers

_STACK_LIMIT = 5
"""Codings on top of each other. One is usual, two exist; a brotli window takes up to 16 MiB each."""


class Decoded(msgspec.Struct, frozen=True):
    data: bytes
    """At most ``limit`` bytes: decoded, or as they came when ``codings`` is empty."""
    codings: tuple[str, ...]
    """The codings undone, in the order they were undone; empty when there were none or they could not be undone."""
    note: str
    """What a reader should know when ``complete`` is false; else empty."""
    complete: bool
    """True when ``data`` is the whole body with every coding undone."""


def decode(headers: Headers, chunks: Iterable[bytes], limit: int, *, partial: bool = False) -> Decoded:
    """The body ``chunks`` with the codings its ``headers`` name undone, up to ``limit`` bytes.

    Never raises. A stream that is damaged, cut off or of an unknown coding comes back as it is, with a note that says
    why; with ``partial`` one that is cut off comes back decoded as far as it goes. No stage of a stack may make more
    than ``limit`` and a piece, so time and memory are bounded by ``limit`` and the size of ``chunks``; chunks after the
    limit are not taken.
    """
    codings, refusal = to_undo(headers)
    raw = _Kept(chunks, limit)
    if refusal:
        return raw.undecoded(refusal)
    pieces: Iterator[bytes] = iter(raw)
    for number, coding in enumerate(codings):
        # Compressed bytes of a stage may be a little more than what they decode to, never much more.
        pieces = STAGES[coding](_capped(pieces, limit + limit // 8 + PIECE) if number else pieces)
    data = bytearray()
    note = ""
    try:
        for piece in pieces:
            data += piece
            if len(data) > limit:
                note = f"stopped at the limit of {limit} bytes"
                break
    except Truncated as damage:
        if not (partial and data):
            return raw.undecoded(f"not decoded from {', '.join(codings)}: {damage}")
        note = f"the {', '.join(codings)} stream ends early: decoded as far as it goes"
    except Damaged as damage:
        return raw.undecoded(f"not decoded from {', '.join(codings)}: {damage}")
    except Trailing:
        note = f"bytes after the end of the {', '.join(codings)} stream left out"
    except _TooMuch:
        note = f"stopped: a stage of {', '.join(codings)} exceeds the limit of {limit} bytes"
    del data[limit:]
    return Decoded(bytes(data), codings, note, not note)


class _TooMuch(Exception):
    pass


def _capped(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    made = 0
    for piece in pieces:
        made += len(piece)
        if made > most:
            raise _TooMuch
        yield piece


class _Kept:
    """Passes the raw chunks on and keeps their first ``limit`` bytes, in case they have to be shown as they are."""

    def __init__(self, chunks: Iterable[bytes], limit: int) -> None:
        self._chunks = iter(chunks)
        self._limit = limit
        self._start = bytearray()
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.taken += len(chunk)
            if len(self._start) < self._limit:
                self._start += chunk[: self._limit - len(self._start)]
            yield chunk

    def undecoded(self, note: str) -> Decoded:
        for _ in self:
            if self.taken > self._limit:
                note += f"; the first {self._limit} bytes"
                break
        if not self.taken:  # HEAD, 304 and empty responses name the coding they would have had
            return Decoded(b"", (), "", True)
        return Decoded(bytes(self._start), (), note, False)


def to_undo(headers: Headers) -> tuple[tuple[str, ...], str]:
    """The codings of all lines of the field (RFC 9110 5.3, 8.4), the last one applied first; ``identity`` is none. And
    why they cannot be undone, or nothing."""
    lines = (value for name, value in headers if name.lower() == b"content-encoding")
    names = (name.strip(" \t").lower() for line in lines for name in line.decode("latin-1").split(","))
    codings = tuple(reversed([name for name in names if name and name != "identity"]))
    if unknown := [coding for coding in codings if coding not in STAGES]:
        return codings, f"unknown content coding {unknown[0]!r}"
    if len(codings) > _STACK_LIMIT:
        return codings, f"{len(codings)} content codings on top of each other, more than {_STACK_LIMIT}"
    return codings, ""
