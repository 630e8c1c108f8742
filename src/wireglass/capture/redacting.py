"""Redaction at rest: a sink before the link's, so that no secret reaches the link, the spool, the store or the index.

A body is held back until its end and handed on decoded and redacted. Streams whose messages can be told apart
(WebSocket, server-sent events, JSON lines) are handed on message by message, and written anew. What cannot be looked
through, or is larger than can be held, is not kept, and the record says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, cast

from wireglass.capture.redacting_streams import FrameStream, LineStream
from wireglass.content.decoding import decode, to_undo
from wireglass.content.stream import SIDES
from wireglass.content.timeline import Arrivals
from wireglass.formats.redacted_body import Unreadable, content_type, redact_whole
from wireglass.model import REQUEST, RESPONSE, TIMELINE, Detail, Exchange, Headers, Sink, Summary
from wireglass.redact import Found, Redactor, redact_detail, redact_summary

BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of one body, as it passes and decoded, that are held back; a larger one is not kept."""

BUDGET = 64 * 1024 * 1024
"""Bytes of all bodies that are held back in this process. Beyond them a body is not kept: to read less from peers would
wait for the ends of the very bodies that are held."""

_TIMES = 1024 * 1024
"""Bytes of a timeline that are held back with a body that is no stream of text (gRPC)."""

_LINES = frozenset({"text/event-stream"})
_JSON_LINES = ("ndjson", "jsonl", "jsonlines", "json-stream", "stream+json", "json-seq")

_TOO_LARGE = f"it is larger than {BODY_LIMIT} bytes, and cannot be looked through for secrets"
_TOO_MUCH = "too much waits to be looked through for secrets"


class Below(Sink, Protocol):
    def leave_out(self, exchange: Exchange, side: int, why: str) -> None:
        """The rest of this body does not come, and ``why``."""


class _Body:
    """One side of an exchange."""

    __slots__ = ("chunks", "coded", "held", "kept", "passed", "stream", "why")

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.held = 0
        self.passed = 0
        self.kept = 0
        self.stream: LineStream | None = None
        self.coded = ""
        """The codings that were undone."""
        self.why = ""
        """Why it is not kept."""


class _Shadow:
    """What the sink below is shown in the place of an exchange. It reads ``summary`` and ``detail`` when it wants to
    tell of them: they are redacted then, and not for every short exchange several times."""

    __slots__ = ("arrivals", "bodies", "exchange", "found", "frames", "in_summary", "key", "redactor", "timed", "times")

    def __init__(self, exchange: Exchange, redactor: Redactor) -> None:
        self.exchange = exchange
        self.key = exchange.key
        self.redactor = redactor
        self.bodies = (_Body(), _Body())
        self.found = Found()
        """What was in the bodies."""
        self.in_summary = 0
        """How many there were in the summary, which is asked for before the detail."""
        self.frames: FrameStream | None = None
        self.arrivals: Arrivals | None = None
        self.timed = 0
        self.times: list[bytes] = []
        """The timeline as it passes, for bodies that keep their lengths."""

    @property
    def summary(self) -> Summary:
        found = Found()
        summary = redact_summary(self.redactor, self.exchange.summary, found)
        self.in_summary = found.count
        return summary

    @property
    def detail(self) -> Detail:
        found = Found()
        detail = redact_detail(self.redactor, self.exchange.detail, found)
        for side, body in zip(SIDES, self.bodies, strict=True):
            if body.kept and (body.coded or body.kept != body.passed):
                detail.decoded = (*detail.decoded, side)
                coded = f" as {body.coded}" if body.coded else ""
                detail.notes.append(f"redacted at rest: the {side} body passed{coded} with {body.passed} bytes")
        if count := self.in_summary + found.count + self.found.count:
            detail.notes.append(f"redacted at rest: {count} secret{'' if count == 1 else 's'}")
        return detail


class RedactingSink:
    """A ``model.Sink`` that tells ``below`` what may be kept. ``now`` gives Unix seconds."""

    def __init__(self, below: Below, redactor: Redactor, now: Callable[[], float] = time.time) -> None:
        self._below = below
        self._redactor = redactor
        self._now = now
        self._shadows: dict[int, _Shadow] = {}
        self._held = 0

    @property
    def full(self) -> bool:
        return self._below.full

    def new_key(self) -> int:
        return self._below.new_key()

    def certificate(self, hash: bytes, der: bytes) -> None:
        self._below.certificate(hash, der)

    def when_room(self, resume: Callable[[], None]) -> None:
        self._below.when_room(resume)

    def opened(self, exchange: Exchange) -> None:
        shadow = _Shadow(exchange, self._redactor)
        self._shadows[exchange.key] = shadow
        self._below.opened(_shown(shadow))

    def changed(self, exchange: Exchange) -> None:
        self._below.changed(_shown(self._shadows[exchange.key]))

    def part(self, exchange: Exchange, side: int, data: bytes) -> None:
        shadow = self._shadows[exchange.key]
        if side == TIMELINE:
            if shadow.arrivals is None and shadow.timed < _TIMES:
                shadow.times.append(data)
                shadow.timed += len(data)
            return
        body = shadow.bodies[side]
        first = not body.passed
        body.passed += len(data)
        if body.why:
            return
        if exchange.summary.protocol == "websocket":
            self._frames(shadow, side, data)
            return
        if exchange.summary.status == 101:
            self._give_up(shadow, side, "nobody knows what protocol it is, and what in it is secret")
            return
        if first and (made := _line_stream(exchange, side, self._redactor, shadow.found)):
            body.stream = made
            body.coded = made.codings
            shadow.arrivals = shadow.arrivals or Arrivals(exchange.summary.started)
        if body.stream is not None:
            self._lines(shadow, side, body.stream, data)
        else:
            self._hold(shadow, side, data)

    def closed(self, exchange: Exchange) -> None:
        shadow = self._shadows.pop(exchange.key)
        for side in (REQUEST, RESPONSE):
            body = shadow.bodies[side]
            if body.why:
                continue
            self._held -= body.held
            body.held = 0
            if body.stream is not None:
                self._hand_on(shadow, side, body.stream.end())
            elif shadow.frames is not None:
                self._hand_on(shadow, side, shadow.frames.end(side))
            elif body.chunks:
                chunks, body.chunks = body.chunks, []
                self._whole(shadow, side, body, chunks)
        as_passed = all(body.passed == body.kept and not body.coded for body in shadow.bodies)
        if shadow.frames is None and as_passed:
            for marks in shadow.times:
                self._below.part(_shown(shadow), TIMELINE, marks)
        self._below.closed(_shown(shadow))

    # Streams

    def _frames(self, shadow: _Shadow, side: int, data: bytes) -> None:
        if shadow.frames is None:
            headers = shadow.exchange.detail.response_headers
            shadow.frames = FrameStream(headers, self._redactor, shadow.found, BODY_LIMIT)
            shadow.arrivals = Arrivals(shadow.exchange.summary.started)
        try:
            self._hand_on(shadow, side, shadow.frames.feed(side, data))
        except Unreadable as fault:
            self._give_up(shadow, side, str(fault))
        else:
            self._waits(shadow, side, shadow.frames.waiting(side))

    def _lines(self, shadow: _Shadow, side: int, stream: LineStream, data: bytes) -> None:
        try:
            self._hand_on(shadow, side, stream.feed(data))
        except Unreadable as fault:
            self._give_up(shadow, side, str(fault))
        else:
            self._waits(shadow, side, stream.waiting)

    def _waits(self, shadow: _Shadow, side: int, held: int) -> None:
        """So many bytes of a message whose end has not come."""
        body = shadow.bodies[side]
        self._held += held - body.held
        body.held = held
        if held and self._held > BUDGET:
            self._give_up(shadow, side, _TOO_MUCH)

    def _hand_on(self, shadow: _Shadow, side: int, data: bytes) -> None:
        if not data:
            return
        assert shadow.arrivals is not None
        shadow.bodies[side].kept += len(data)
        shown = _shown(shadow)
        self._below.part(shown, side, data)
        self._below.part(shown, TIMELINE, shadow.arrivals.mark(side, len(data), self._now()))

    # Whole bodies

    def _hold(self, shadow: _Shadow, side: int, data: bytes) -> None:
        body = shadow.bodies[side]
        if body.held + len(data) > BODY_LIMIT:
            self._give_up(shadow, side, _TOO_LARGE)
        elif self._held + len(data) > BUDGET:
            self._give_up(shadow, side, _TOO_MUCH)
        else:
            body.chunks.append(data)
            body.held += len(data)
            self._held += len(data)

    def _give_up(self, shadow: _Shadow, side: int, why: str) -> None:
        body = shadow.bodies[side]
        self._held -= body.held
        body.held = 0
        body.chunks.clear()
        body.stream = None
        body.why = why
        kept = "; what came before is kept" if body.kept else ""
        self._below.leave_out(_shown(shadow), side, f"not kept at rest: {why}{kept}")

    def _whole(self, shadow: _Shadow, side: int, body: _Body, chunks: list[bytes]) -> None:
        detail = shadow.exchange.detail
        headers = detail.request_headers if side == REQUEST else detail.response_headers
        codings, _ = to_undo(headers)
        decoded = decode(headers, chunks, BODY_LIMIT, partial=True)
        if codings and not decoded.codings:
            self._give_up(shadow, side, f"{decoded.note}, so it cannot be looked through for secrets")
            return
        if not decoded.complete and len(decoded.data) == BODY_LIMIT:
            self._give_up(shadow, side, _TOO_LARGE)
            return
        shadow.found.at = "request body" if side == REQUEST else "response body"
        try:
            data = redact_whole(self._redactor, decoded.data, headers, shadow.found)
        except Unreadable as fault:
            self._give_up(shadow, side, str(fault))
            return
        body.coded = ", ".join(decoded.codings)
        body.kept = len(data)
        if data:
            self._below.part(_shown(shadow), side, data)


def _shown(shadow: _Shadow) -> Exchange:
    """A sink reads ``key``, ``summary`` and ``detail`` of an exchange, and changes none."""
    return cast("Exchange", shadow)


def _line_stream(exchange: Exchange, side: int, redactor: Redactor, found: Found) -> LineStream | None:
    headers: Headers = exchange.detail.request_headers if side == REQUEST else exchange.detail.response_headers
    whole = content_type(headers)
    type = whole.partition(";")[0].strip().lower()
    if type in _LINES or type.rpartition("/")[2].removeprefix("x-") in _JSON_LINES:
        return LineStream(headers, whole, redactor, found, BODY_LIMIT)
    return None
