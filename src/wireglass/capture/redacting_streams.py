"""Streams that are redacted while they run: a message is handed on when it is whole."""

from __future__ import annotations

from wireglass.content.codings import UNDOING, Damaged, Trailing, Undoing
from wireglass.content.decoding import to_undo
from wireglass.content.stream import SIDES, Piece
from wireglass.content.websocket import WebSocket
from wireglass.formats.redacted_body import Unreadable
from wireglass.formats.redacted_messages import frame
from wireglass.model import Headers
from wireglass.redact import Found, Redactor, redact_body

_SLICE = 4096
"""Bytes a splitter is given at once: what comes out of one call is then bounded."""


class FrameStream:
    """WebSocket frames in, frames out: one a message, redacted."""

    def __init__(self, response_headers: Headers, redactor: Redactor, found: Found, limit: int) -> None:
        """``limit``: bytes that one message may have as it passes."""
        self._splitter = WebSocket(response_headers)
        self._redactor = redactor
        self._found = found
        self._limit = limit
        self._waiting = [0, 0]

    def feed(self, side: int, data: bytes) -> bytes:
        """Raises Unreadable."""
        out = bytearray()
        for at in range(0, len(data), _SLICE):
            piece = data[at : at + _SLICE]
            found = self._splitter.feed(SIDES[side], piece)
            self._waiting[side] = 0 if found else self._waiting[side] + len(piece)
            if self._waiting[side] > self._limit:
                raise Unreadable(f"a message is larger than {self._limit} bytes, and cannot be looked through")
            out += self._frames(side, found)
        return bytes(out)

    def waiting(self, side: int) -> int:
        """Bytes of a message whose end has not come."""
        return self._waiting[side]

    def end(self, side: int) -> bytes:
        return self._frames(side, self._splitter.end(SIDES[side]))

    def _frames(self, side: int, pieces: list[Piece]) -> bytes:
        name = SIDES[side]
        self._found.at = f"{name} message"
        return b"".join(
            frame(self._redactor, self._found, name, one.kind, one.data, one.fields.get("code", ""), one.note)
            for one in pieces
        )


class LineStream:
    """Server-sent events and JSON lines: decoded, and redacted event by event or line by line."""

    def __init__(self, headers: Headers, content_type: str, redactor: Redactor, found: Found, limit: int) -> None:
        """``limit``: bytes that one event or line may have."""
        names, self._refusal = to_undo(headers)
        self.codings = ", ".join(names)
        self._stages: list[Undoing] = [] if self._refusal else [UNDOING[name]() for name in names]
        self._events = content_type.strip().lower().startswith("text/event-stream")
        self._content_type = content_type
        self._redactor = redactor
        self._found = found
        self._limit = limit
        self._held = bytearray()
        self._looked = 0

    def feed(self, data: bytes) -> bytes:
        """Raises Unreadable."""
        if self._refusal:
            raise Unreadable(self._refusal)
        out = bytearray()
        try:
            self._undo(data, 0, out)
        except Trailing:
            raise Unreadable(f"bytes follow the end of the {self.codings} stream") from None
        except Damaged as damage:
            raise Unreadable(f"the {self.codings} stream is damaged: {damage}") from None
        return bytes(out)

    @property
    def waiting(self) -> int:
        """Bytes of an event or line whose end has not come."""
        return len(self._held)

    def end(self) -> bytes:
        return self._redacted(bytes(self._held))

    def _undo(self, data: bytes, stage: int, out: bytearray) -> None:
        if stage == len(self._stages):
            out += self._whole_ones(data)
            return
        for piece in self._stages[stage].feed(data):
            self._undo(piece, stage + 1, out)

    def _whole_ones(self, data: bytes) -> bytes:
        self._held += data
        end = self._end()
        if end:
            whole = bytes(self._held[:end])
            del self._held[:end]
            self._looked = 0
            return self._redacted(whole)
        self._looked = max(0, len(self._held) - 3)
        if len(self._held) > self._limit:
            raise Unreadable(f"a message is larger than {self._limit} bytes, and cannot be looked through")
        return b""

    def _end(self) -> int:
        """Where the last whole one ends."""
        if not self._events:
            return self._held.rfind(b"\n", self._looked) + 1
        ends = [
            at + len(blank)
            for blank in (b"\r\n\r\n", b"\n\n", b"\r\r")
            if (at := self._held.rfind(blank, self._looked)) >= 0
        ]
        return max(ends, default=0)

    def _redacted(self, data: bytes) -> bytes:
        self._found.at = "message"
        return redact_body(self._redactor, data, self._content_type, self._found)
