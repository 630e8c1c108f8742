"""Streams as messages: which splitter understands an exchange, and when each of its messages came.

The proxy records the bytes of both directions, and beside them a timeline; everything here happens when somebody
reads, while the exchange is open and afterwards in the same way. A splitter never raises: what it does not understand
comes out as a piece with a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec

from wireglass.content.codings import UNDOING, Damaged, Trailing, Undoing
from wireglass.content.decoding import to_undo
from wireglass.content.text import media_type
from wireglass.content.timeline import MarkReader
from wireglass.model import REQUEST, RESPONSE, Headers, Record, Side

MESSAGE_LIMIT = 64 * 1024 * 1024
"""Bytes of one message that are kept; of a larger one the start is shown, and its size."""

_SLICE = 4096
"""Bytes a splitter is given at once: what comes out of one call is then bounded, whatever it expands to (zlib makes at
most 1032 bytes of one)."""

_CUT = "cut off: the rest of the body is not kept"

SIDES: tuple[Side, Side] = ("request", "response")


class Piece(msgspec.Struct, frozen=True):
    """A message as a splitter finds it."""

    kind: str
    """``text``, ``binary``, ``ping``, ``pong``, ``close``, ``event``, ``line`` or ``message``."""
    data: bytes = b""
    fields: dict[str, str] = {}
    """What its frame says besides: the name of an event, the code of a close …"""
    note: str = ""
    """What a reader should know: cut off, damaged, not as its standard says."""
    size: int = -1
    """Bytes of the whole message where ``data`` is only its start; -1 where it is all there."""


class StreamMessage(msgspec.Struct, frozen=True):
    """One message of an exchange."""

    number: int
    """From 1, over both sides, in the order of arrival."""
    side: Side
    time: float | None
    """Unix seconds, when its last byte arrived; None where the timeline does not tell."""
    kind: str
    size: int
    """Bytes of its content, decoded; ``data`` may be its start only."""
    data: bytes
    fields: dict[str, str]
    note: str


class Splitter(Protocol):
    """Finds the messages in the bytes of both sides, given in order and cut anywhere. Never raises."""

    def feed(self, side: Side, data: bytes) -> list[Piece]:
        """The messages that are whole now."""

    def end(self, side: Side) -> list[Piece]:
        """Nothing more comes from this side; called once, and nothing is fed to it afterwards."""


class OneSided(Protocol):
    """The same for a format that has nothing to do with the other side."""

    def feed(self, data: bytes) -> list[Piece]: ...

    def end(self) -> list[Piece]: ...


class Sides:
    """A splitter of two that know nothing of each other; a side without one has no messages."""

    def __init__(self, request: OneSided | None, response: OneSided | None) -> None:
        self._of = {"request": request, "response": response}
        self.sides = tuple(side for side in SIDES if self._of[side] is not None)

    def feed(self, side: Side, data: bytes) -> list[Piece]:
        one = self._of[side]
        return one.feed(data) if one is not None else []

    def end(self, side: Side) -> list[Piece]:
        one = self._of[side]
        return one.end() if one is not None else []


def is_websocket(record: Record) -> bool:
    """Whether its bodies are WebSocket frames, and not those of messages of HTTP."""
    return record.summary.protocol == "websocket"


# Each is imported when an exchange asks for it: `show` of all others need not wait.


def _websocket(record: Record) -> Splitter | None:
    if not is_websocket(record):
        return None
    from wireglass.content.websocket import WebSocket

    return WebSocket(record.detail.response_headers)


def _lines(record: Record) -> Splitter | None:
    request, response = (_one_sided(media_type(record.headers(side))[0]) for side in SIDES)
    return Sides(request, response) if request or response else None


def _one_sided(type: str) -> OneSided | None:
    if type == "text/event-stream":
        from wireglass.content.events import Events

        return Events()
    if type == "application/json-seq":
        from wireglass.content.json_lines import JsonSequence

        return JsonSequence()
    if type in _JSON_LINES:
        from wireglass.content.json_lines import JsonLines

        return JsonLines()
    return None


_JSON_LINES = frozenset(
    f"application/{name}"
    for name in (
        "jsonl",
        "jsonlines",
        "json-stream",
        "ndjson",
        "stream+json",
        "x-json-stream",
        "x-jsonl",
        "x-jsonlines",
        "x-ndjson",
    )
)


def _grpc(record: Record) -> Splitter | None:
    types = [media_type(record.headers(side))[0] for side in SIDES]
    if not any(type.startswith(("application/grpc", "application/connect+")) for type in types):
        return None
    from wireglass.content.grpc import splitter

    found = splitter(record.detail.request_headers, record.detail.response_headers)
    return found if found.sides else None


SPLITTERS: list[Callable[[Record], Splitter | None]] = [_websocket, _grpc, _lines]
"""Asked in this order; each says None to what is not its own."""


def splitter_for(record: Record) -> Splitter | None:
    """A fresh splitter; None for an exchange whose bodies are no streams of messages."""
    for make in SPLITTERS:
        if (splitter := make(record)) is not None:
            return splitter
    return None


def split_sides(record: Record) -> tuple[Side, ...]:
    """The sides whose bodies are streams of messages."""
    splitter = splitter_for(record)
    if isinstance(splitter, Sides):
        return splitter.sides
    return () if splitter is None else SIDES


class Messages:
    """The messages of one exchange, as far as it has come. ``more`` may be called again and again while it is open."""

    def __init__(self, record: Record, splitter: Splitter) -> None:
        self._splitter = splitter
        self._marks = MarkReader(record.summary.started)
        self._number = 0
        websocket = is_websocket(record)
        # Content-Encoding of a handshake says nothing of the frames behind it.
        self._codings = [_Codings([] if websocket else record.body_headers(side)) for side in SIDES]
        self.timeline_read = 0
        """Bytes of the timeline that were given so far: the next call wants what follows."""
        self._taken = [0, 0]
        self._times: list[float | None] = [None, None]
        """When the last bytes of a side came."""

    def more(
        self, timeline: bytes, read: Callable[[Side, int], Iterable[bytes]], *, last: Record | None
    ) -> Iterator[StreamMessage]:
        """The messages that are whole now, in the order of arrival.

        ``timeline`` is what follows ``timeline_read``, ``read`` gives what follows a number of bytes of a side's body,
        in pieces, and must be read after the timeline. ``last``: the exchange as it has ended, nothing more comes."""
        self.timeline_read += len(timeline)
        sources = [_Source(read, side, taken) for side, taken in zip(SIDES, self._taken, strict=True)]
        for side, time, size in self._marks.feed(timeline):
            for data in sources[side].take(size):
                self._times[side] = time
                self._taken[side] += len(data)
                yield from self._found(side, time, self._fed(side, data))
        if last is None:
            return
        for side in (REQUEST, RESPONSE):
            # Bytes that no mark tells of: an old record, or a timeline that was full.
            for data in sources[side].take(None):
                self._times[side] = None
                self._taken[side] += len(data)
                yield from self._found(side, None, self._fed(side, data))
            ref = last.body(SIDES[side])
            yield from self._found(side, self._times[side], self._ended(side, cut=ref.kept < ref.size))

    def _fed(self, side: int, data: bytes) -> Iterator[Piece]:
        for decoded in self._codings[side].feed(data):
            for at in range(0, len(decoded), _SLICE):
                yield from self._splitter.feed(SIDES[side], decoded[at : at + _SLICE])

    def _ended(self, side: int, *, cut: bool) -> Iterator[Piece]:
        for piece in self._splitter.end(SIDES[side]):
            # That its end is missing says nothing of what was sent.
            yield msgspec.structs.replace(piece, note=_CUT) if cut else piece
        # Not that a coding lacks its end: a stream that somebody left has none.
        if (fault := self._codings[side].fault) and self._taken[side]:
            yield Piece("binary", note=fault)

    def _found(self, side: int, time: float | None, pieces: Iterable[Piece]) -> Iterator[StreamMessage]:
        for piece in pieces:
            self._number += 1
            size = piece.size if piece.size >= 0 else len(piece.data)
            yield StreamMessage(self._number, SIDES[side], time, piece.kind, size, piece.data, piece.fields, piece.note)


def messages(
    record: Record, timeline: bytes, request_pieces: Iterable[bytes], response_pieces: Iterable[bytes]
) -> Iterator[StreamMessage]:
    """All messages of an exchange, from all that is kept of it; none where no splitter understands it."""
    splitter = splitter_for(record)
    if splitter is None:
        return
    pieces: dict[Side, Iterable[bytes]] = {"request": request_pieces, "response": response_pieces}
    yield from Messages(record, splitter).more(timeline, lambda side, _start: pieces[side], last=record)


class _Source:
    """The bytes of a side, to be taken by the sizes that the marks say."""

    def __init__(self, read: Callable[[Side, int], Iterable[bytes]], side: Side, start: int) -> None:
        self._read = read
        self._side = side
        self._start = start
        self._pieces: Iterator[bytes] | None = None
        self._held = memoryview(b"")

    def take(self, size: int | None) -> Iterator[bytes]:
        """The next ``size`` bytes (None: all), or fewer: what is not there now was not kept, for the bytes are in the
        store before the mark that counts them."""
        while size is None or size > 0:
            if not self._held:
                if self._pieces is None:
                    self._pieces = iter(self._read(self._side, self._start))
                piece = next(self._pieces, None)
                if piece is None:
                    return
                self._held = memoryview(piece)
                continue
            count = _SLICE if size is None else min(size, _SLICE)
            data, self._held = bytes(self._held[:count]), self._held[count:]
            if size is not None:
                size -= len(data)
            yield data


class _Codings:
    """The content codings of a side, undone as the bytes come (RFC 9110 8.4)."""

    def __init__(self, headers: Headers) -> None:
        names, refusal = to_undo(headers)
        self._stages: list[Undoing] = [] if refusal else [UNDOING[name]() for name in names]
        self._names = ", ".join(names)
        self.fault = f"not decoded: {refusal}" if refusal else ""
        """Why no more is decoded; empty while all is in order."""

    def feed(self, data: bytes, stage: int = 0) -> Iterator[bytes]:
        """Nothing once a coding is damaged, or cannot be undone at all: parts of a stream make no messages."""
        if self.fault:
            return
        if stage == len(self._stages):
            yield data
            return
        try:
            for decoded in self._stages[stage].feed(data):
                yield from self.feed(decoded, stage + 1)
        except Trailing:
            self.fault = f"bytes after the end of the {self._names} stream are left out"
        except Damaged as damage:
            self.fault = f"the {self._names} stream is damaged ({damage}): what follows is not decoded"
