"""``_webSocketMessages`` of Chrome, mitmproxy and our own files, as a WebSocket exchange is recorded: the bytes of both
directions, and a timeline.

A HAR file has messages, not the frames they came in. The frames are made anew: one for each message, not compressed,
those of the client masked with the key 0 (RFC 6455 5.2, 5.3), so that they are read like any others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from wireglass.content import Arrivals
from wireglass.formats.har_reader_body import Again, Damaged, Kept, Source, base64_body, text_body
from wireglass.formats.har_reader_shape import SocketMessage
from wireglass.formats.har_reader_values import number, text
from wireglass.model import REQUEST, RESPONSE

MADE_ANEW = "its frames are made anew from the messages in the HAR file: one each, not compressed"

_TEXT = 1
_CARRIED = frozenset((1, 2, 8, 9, 10))
_CONTROL = 8
_CONTROL_LIMIT = 125
_MASK = bytes(4)
_MILLISECONDS = 1e11
"""A time above is in milliseconds: as seconds it is in the year 5138."""


_LONGEST = 366 * 86400
"""Seconds of a WebSocket; a later message is not believed (a timeline counts the time between marks in 32 bits)."""


class Frames(msgspec.Struct):
    """A WebSocket exchange's bodies."""

    request: Kept
    response: Kept
    timeline: bytes
    ended: float
    """When the last message came, Unix seconds; when the exchange started if there is none."""
    notes: list[str]


def frames(messages: Sequence[SocketMessage], started: float, source: Source) -> Frames:
    """``started``: the exchange's ``Summary.started``. Raises Damaged."""
    sides: tuple[list[Iterable[bytes]], list[Iterable[bytes]]] = ([], [])
    sizes = [0, 0]
    arrivals = Arrivals(started)
    marks = []
    notes = [MADE_ANEW] if messages else []
    left_out = 0
    ended = started
    for index, message in enumerate(messages):
        opcode = message.opcode if isinstance(message.opcode, int) else _TEXT
        if message.type == "error" or opcode == -1:
            notes.append(f"the connection failed: {text(message.data) or 'no reason given'}")
            continue
        try:
            payload = _payload(opcode, message.data or "", source)
        except Damaged as damage:
            raise Damaged(f"_webSocketMessages[{index}].data {damage}") from damage
        if message.type not in ("send", "receive") or payload is None:
            left_out += 1
            continue
        side = REQUEST if message.type == "send" else RESPONSE
        head = _head(opcode, payload.kept, masked=side == REQUEST)
        sides[side].append((head,))
        sides[side].append(payload.pieces)
        size = len(head) + payload.kept
        sizes[side] += size
        ended = max(ended, _time(message, started, ended))
        marks.append(arrivals.mark(side, size, ended))
    if left_out:
        notes.append(f"{left_out} of its messages are left out: the file does not say what they are")
    request, response = (
        Kept(Again(partial(_chained, pieces)), size, size) for pieces, size in zip(sides, sizes, strict=True)
    )
    return Frames(request, response, b"".join(marks), ended, notes)


def _payload(opcode: int, data: str, source: Source) -> Kept | None:
    """None for what no frame can carry."""
    if opcode not in _CARRIED:
        return None
    body = text_body(data, source) if opcode == _TEXT else base64_body(data, source)
    return None if opcode >= _CONTROL and body.kept > _CONTROL_LIMIT else body


def _time(message: SocketMessage, started: float, before: float) -> float:
    found = number(message.time)
    if found is None:
        return before
    found = found / 1000 if found > _MILLISECONDS else found
    return found if found <= started + _LONGEST else before


def _head(opcode: int, size: int, *, masked: bool) -> bytes:
    """RFC 6455 5.2, the length in its shortest form."""
    bit = 0x80 * masked
    if size < 126:
        length = bytes((bit | size,))
    elif size < 2**16:
        length = bytes((bit | 126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((bit | 127,)) + size.to_bytes(8, "big")
    return bytes((0x80 | opcode,)) + length + _MASK * masked


def _chained(parts: Sequence[Iterable[bytes]]) -> Iterator[bytes]:
    for part in parts:
        yield from part
