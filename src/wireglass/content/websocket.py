"""WebSocket (RFC 6455) with permessage-deflate (RFC 7692), read by somebody who only watches.

No endpoint's library fits here: those stop at what an endpoint has to refuse (text that is not UTF-8, a close code out
of range), which is what a reader wants to see, hold a whole frame in memory before they give any of it, and inflate
without a limit. What this one cannot follow (reserved bits and opcodes, frames out of order) ends the reading of that
side: where the next frame begins could not be believed.
"""

from __future__ import annotations

from wireglass.content.bounded import Kept
from wireglass.content.permessage_deflate import TAIL, Inflated, agreed
from wireglass.content.stream import MESSAGE_LIMIT, Piece
from wireglass.model import Headers, Side

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_KINDS = {_TEXT: "text", _BINARY: "binary", _CLOSE: "close", _PING: "ping", _PONG: "pong"}
_CONTROL = 0x8
_CONTROL_LIMIT = 125  # RFC 6455 5.5

CLOSE_CODES = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1007: "invalid payload",
    1008: "policy violation",
    1009: "message too big",
    1010: "extension needed",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
    1014: "bad gateway",
}
"""RFC 6455 7.4.1 and IANA's WebSocket Close Code Number Registry, those that are sent on the wire."""


class WebSocket:
    """A ``Splitter`` for the bytes behind a 101 response, or in a stream of RFC 8441."""

    def __init__(self, response_headers: Headers) -> None:
        """``response_headers`` say which extension was agreed on."""
        deflate = agreed(response_headers)
        self._sides: dict[Side, _Side] = {
            "request": _Side("request", deflate, "client_no_context_takeover"),
            "response": _Side("response", deflate, "server_no_context_takeover"),
        }

    def feed(self, side: Side, data: bytes) -> list[Piece]:
        return self._sides[side].feed(data)

    def end(self, side: Side) -> list[Piece]:
        return self._sides[side].end()


class _Message(Kept):
    """A message whose frames are coming, or a control frame."""

    __slots__ = ("compressed", "frames", "notes", "opcode", "raw", "wire")

    def __init__(self, opcode: int, compressed: bool) -> None:
        super().__init__(MESSAGE_LIMIT)
        self.opcode = opcode
        self.compressed = compressed
        self.wire = 0
        self.frames = 0
        self.raw = False
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


class _Side:
    def __init__(self, side: Side, deflate: frozenset[str] | None, no_takeover: str) -> None:
        self._of_client = side == "request"
        self._inflated = None if deflate is None else Inflated(no_takeover in deflate)
        self._broken_since = ""
        self._head = bytearray()
        self._left = 0
        self._key = b""
        self._last = False
        self._current: _Message | None = None
        """Whose payload is coming."""
        self._message: _Message | None = None
        """One of several frames, the last of which has not come."""
        self._lost: _Message | None = None
        """What is no frame, and all behind it."""

    def feed(self, data: bytes) -> list[Piece]:
        pieces: list[Piece] = []
        at = 0
        while at < len(data):
            if self._lost is not None:
                self._lost.add(data[at:])
                break
            if self._current is None:
                at = self._take_head(data, at)
            else:
                part = data[at : at + self._left]
                at += len(part)
                self._payload(self._current, part)
            if self._current is not None and not self._left:
                pieces += self._frame_ends(self._current)
        return pieces

    def end(self) -> list[Piece]:
        pieces = []
        for message in (self._message, self._current if self._current is not self._message else None):
            if message is not None:
                message.note("cut off: its end is not there")
                pieces.append(self._piece(message))
        if self._head:
            pieces.append(Piece("binary", bytes(self._head), note="the bytes end inside the head of a frame"))
        if self._lost is not None:
            pieces.append(self._piece(self._lost))
        return pieces

    # Heads

    def _take_head(self, data: bytes, at: int) -> int:
        """Takes what belongs to the head of a frame (RFC 6455 5.2); returns where it ends in ``data``."""
        head = self._head
        while True:
            need = _head_size(head)
            if len(head) == need:
                break
            part = data[at : at + need - len(head)]
            if not part:
                return at
            head += part
            at += len(part)
        if fault := self._fault(head):
            self._lost = _Message(_BINARY, False)
            self._lost.note(f"no WebSocket frame ({fault}): it and all behind it is shown as it came")
            self._lost.add(bytes(head))
        else:
            self._begin_frame(head)
        head.clear()
        return at

    def _fault(self, head: bytearray) -> str:
        opcode, last = head[0] & 0x0F, head[0] & 0x80
        reserved = head[0] & 0x70
        length = _length(head)
        if opcode not in _KINDS and opcode != _CONTINUATION:
            return f"opcode {opcode} is reserved"
        if reserved & 0x30 or (reserved and (self._inflated is None or opcode not in (_TEXT, _BINARY))):
            return f"reserved bits {reserved >> 4:03b} that no extension gives a meaning"
        if opcode & _CONTROL and not last:
            return f"a {_KINDS[opcode]} in several frames"
        if opcode & _CONTROL and length > _CONTROL_LIMIT:
            return f"a {_KINDS[opcode]} of {length} bytes"
        if length >> 63:
            return "a length above 2^63"
        if opcode == _CONTINUATION and self._message is None:
            return "a continuation of nothing"
        if opcode in (_TEXT, _BINARY) and self._message is not None:
            return "a new message inside another one"
        return ""

    def _begin_frame(self, head: bytearray) -> None:
        opcode = head[0] & 0x0F
        self._last = bool(head[0] & 0x80)
        self._left = _length(head)
        masked = bool(head[1] & 0x80)
        self._key = bytes(head[-4:]) if masked else b""
        if opcode & _CONTROL:
            message = _Message(opcode, False)
        else:
            if self._message is None:
                self._message = _Message(opcode, bool(head[0] & 0x40))
            message = self._message
        message.frames += 1
        if masked != self._of_client:
            message.note("not masked, which a client must" if self._of_client else "masked, which a server must not")
        if len(head) - 4 * masked != _shortest(self._left):
            message.note("its length is not in the shortest form")
        self._current = message

    # Payloads

    def _payload(self, message: _Message, part: bytes) -> None:
        self._left -= len(part)
        message.wire += len(part)
        if self._key:
            count = len(part)
            key = (self._key * (count // 4 + 1))[:count]
            masked = int.from_bytes(part, "big") ^ int.from_bytes(key, "big")
            part = masked.to_bytes(count, "big")
            turn = count % 4
            self._key = self._key[turn:] + self._key[:turn]
        if not message.compressed:
            message.add(part)
        elif self._inflated is not None and not self._broken_since:
            self._inflate(message, self._inflated, part)
        else:
            message.raw = True
            message.add(part)

    def _inflate(self, message: _Message, inflated: Inflated, part: bytes) -> None:
        if not inflated.fault:
            for piece in inflated.feed(part):
                message.add(piece)
        if inflated.fault:
            message.note(inflated.fault)

    def _frame_ends(self, message: _Message) -> list[Piece]:
        self._current = None
        if message.opcode & _CONTROL:
            return [self._piece(message)]
        if not self._last:
            return []
        self._message = None
        if message.compressed and self._inflated is not None:
            if message.raw:
                message.note(f"still compressed: {self._broken_since}")
            else:
                self._inflate(message, self._inflated, TAIL)
            fault = self._inflated.fault
            self._inflated.next_message()
            if fault and self._inflated.fault:
                self._broken_since = "an earlier message could not be inflated, and the next ones refer to it"
        return [self._piece(message)]

    def _piece(self, message: _Message) -> Piece:
        data = bytes(message.data)
        fields: dict[str, str] = {}
        kind = _KINDS[message.opcode]
        if message.frames > 1:
            fields["frames"] = str(message.frames)
        if message.compressed:
            fields["compressed"] = str(message.wire)
        if message.raw:
            kind = "binary"
        if message.size > len(data):
            message.note(f"the first {len(data)} of {message.size} bytes")
        if kind == "close":
            data = _close(data, fields, message)
        elif kind == "text" and message.size == len(data) and not message.notes and not _is_utf8(data):
            message.note("not UTF-8, which text must be")
        return Piece(kind, data, fields, "; ".join(message.notes), message.size)


def _close(data: bytes, fields: dict[str, str], message: _Message) -> bytes:
    """RFC 6455 5.5.1: nothing, or a code and a reason. Returns the reason."""
    if not data:
        return data
    if len(data) == 1:
        message.note("one byte is no close code")
        return data
    code, reason = int.from_bytes(data[:2], "big"), data[2:]
    fields["code"] = str(code)
    if meaning := CLOSE_CODES.get(code):
        fields["meaning"] = meaning
    elif not 3000 <= code <= 4999:
        message.note(f"{code} is no code that may be sent")
    if reason:
        fields["reason"] = reason.decode("utf-8", "replace")
        if not _is_utf8(reason):
            message.note("the reason is not UTF-8")
    return reason


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _head_size(head: bytearray) -> int:
    """Bytes of a head as far as the ones that are there can tell."""
    if len(head) < 2:
        return 2
    return 2 + {126: 2, 127: 8}.get(head[1] & 0x7F, 0) + (4 if head[1] & 0x80 else 0)


def _length(head: bytearray) -> int:
    short = head[1] & 0x7F
    if short < 126:
        return short
    return int.from_bytes(head[2 : 4 if short == 126 else 10], "big")


def _shortest(length: int) -> int:
    """Bytes of a head without a mask."""
    return 2 if length < 126 else 4 if length < 65536 else 10
