"""An exchange that is being recorded, as a capture filter is asked about it."""

from __future__ import annotations

import msgspec

from wireglass.content.searchable import searchable_sides
from wireglass.model import REQUEST, RESPONSE, TIMELINE, BodyRef, Closed, Detail, Opened, Record, Side, Summary

COLLECTED = 1 << 20
"""Bytes of each side of a long exchange that are held for filters that ask for its text: as much as is searched."""

_decode = msgspec.msgpack.Decoder(Detail).decode
_SIDES: dict[Side, int] = {"request": REQUEST, "response": RESPONSE}


class Collected:
    """What has come in parts of one exchange."""

    __slots__ = ("pieces", "size")

    def __init__(self) -> None:
        self.pieces = (bytearray(), bytearray(), bytearray())
        self.size = 0

    def add(self, side: int, data: bytes) -> int:
        """How many bytes of it are held."""
        piece = self.pieces[side]
        room = COLLECTED - len(piece)
        piece += data[:room] if room > 0 else b""
        held = max(0, min(room, len(data)))
        self.size += held
        return held


class Arriving:
    """A ``query.Subject``: what one message tells, and what came before in parts. Decodes what it is asked for, once.
    ``session_starts`` is empty: which sessions it will be in is what is being decided."""

    __slots__ = ("_collected", "_detail", "_message", "_texts", "session_starts")

    def __init__(self, message: Opened | Closed, collected: Collected | None = None) -> None:
        self._message = message
        self._collected = collected
        self._detail: Detail | None = None
        self._texts: dict[Side, str] | None = None
        self.session_starts: tuple[float, ...] = ()

    @property
    def summary(self) -> Summary:
        return self._message.summary

    @property
    def detail(self) -> Detail:
        if self._detail is None:
            self._detail = _decode(self._message.detail)
        return self._detail

    def text(self, side: Side) -> str | None:
        message = self._message
        if type(message) is not Closed:
            return None
        if self._texts is None:
            bodies = self._bodies(message)
            if bodies is None:
                return None
            references = [BodyRef(len(body), len(body)) for body in bodies]
            record = Record(self.summary, self.detail, *references)
            self._texts = searchable_sides(record, lambda side: [bodies[_SIDES[side]]], lambda: bodies[TIMELINE])
        return self._texts[side]

    def _bodies(self, message: Closed) -> list[bytes] | None:
        """None where the beginning of one is in the store alone."""
        ends = [b"".join(pieces) for pieces in (message.request, message.response, message.timeline)]
        if self._collected is not None:
            return [bytes(piece) + end for piece, end in zip(self._collected.pieces, ends, strict=True)]
        kept = (message.request_kept, message.response_kept, message.timeline_kept)
        return ends if all(len(end) == count for end, count in zip(ends, kept, strict=True)) else None
