"""Records without their secrets: heads, decoded bodies and messages, for whatever is shared.

What cannot be looked through (a coding that nobody can undo, more than ``LIMIT``) is left out and says so: a secret may
be in it. Archives and documents (zip, PDF) are not unpacked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from wireglass.content.decoding import decode, to_undo
from wireglass.content.stream import SIDES, is_websocket, messages
from wireglass.content.timeline import Arrivals
from wireglass.errors import WireglassError
from wireglass.formats.har import ReadBody
from wireglass.formats.har_messages import ReadTimeline
from wireglass.formats.redacted_body import Unreadable, redact_whole
from wireglass.formats.redacted_messages import frame
from wireglass.model import BodyRef, Record, Side
from wireglass.redact import Found, Redactor, redact_detail, redact_summary

LIMIT = 32 * 1024 * 1024
"""Bytes of a decoded body, or of all messages of a side, that are looked through; the rest is left out."""

_MARGIN = 64 * 1024
"""Of a body that is left at the limit: the last bytes are left out too, where a secret may have been cut in two."""


class Redacted:
    """A record and what is read of it, redacted. The bodies that had to be changed are in memory."""

    def __init__(self, record: Record, bodies: dict[Side, bytes], read: ReadBody, timeline: bytes) -> None:
        self.record = record
        self.timeline = timeline
        """The marks that fit the bodies; empty where they were written anew and have none."""
        self._bodies = bodies
        self._read = read

    def body(self, side: Side) -> Iterable[bytes]:
        """Raises WireglassError."""
        data = self._bodies.get(side)
        return self._read(self.record, side) if data is None else (data,) if data else ()


def redacted(record: Record, read: ReadBody, timeline: ReadTimeline, redactor: Redactor, found: Found) -> Redacted:
    """``found`` is told what was redacted. Raises nothing of its own: where reading fails, the body is left out."""
    summary = redact_summary(redactor, record.summary, found)
    detail = redact_detail(redactor, record.detail, found)
    record = msgspec.structs.replace(record, summary=summary, detail=detail)
    if is_websocket(record):
        return _reframed(record, read, timeline, redactor, found)
    bodies: dict[Side, bytes] = {}
    marks: bytes | None = None
    for side in SIDES:
        if not record.body(side).kept:
            continue
        found.at = f"{side} body"
        body = _Body(record, side, read, redactor, found)
        if body.data is None:
            continue
        bodies[side] = body.data
        record = body.record
        if not body.in_place:
            marks = b""  # they count the bytes that passed
    if marks is None:
        try:
            marks = timeline(record) if record.timeline.kept else b""
        except WireglassError:
            marks = b""
    if not marks and record.timeline.kept:
        record = msgspec.structs.replace(record, timeline=BodyRef())
    return Redacted(record, bodies, read, marks)


def secrets_of(record: Record, read: ReadBody, timeline: ReadTimeline, redactor: Redactor) -> Found:
    """Where the secrets of a record are."""
    found = Found()
    redacted(record, read, timeline, redactor, found)
    return found


def redacted_records(
    records: Iterable[Record], read: ReadBody, timeline: ReadTimeline, redactor: Redactor, found: Found
) -> tuple[Iterator[Record], ReadBody, ReadTimeline]:
    """The three arguments of ``formats.har``, redacted: each record is read before the next one is asked for."""
    current: list[Redacted] = []

    def all_of_them() -> Iterator[Record]:
        for record in records:
            current[:] = [redacted(record, read, timeline, redactor, found)]
            yield current[0].record

    return all_of_them(), lambda _record, side: current[0].body(side), lambda _record: current[0].timeline


class _Body:
    """``data`` is None where the body may stay as it is in the store."""

    def __init__(self, record: Record, side: Side, read: ReadBody, redactor: Redactor, found: Found) -> None:
        self.record = record
        self.data: bytes | None = None
        self.in_place = False
        headers = record.body_headers(side)
        codings, _ = to_undo(headers)
        try:
            decoded = decode(headers, read(record, side), LIMIT, partial=True)
        except WireglassError as error:
            self._leave_out(side, str(error))
            return
        if codings and not decoded.codings:
            self._leave_out(side, f"{decoded.note}; it cannot be looked through")
            return
        data = decoded.data
        note = ""
        if len(data) == LIMIT and not decoded.complete:
            data = data[:-_MARGIN]
            note = f"the first {len(data)} bytes of the {side} body; more is not looked through for secrets"
        try:
            data = redact_whole(redactor, data, headers, found)
        except Unreadable as fault:
            self._leave_out(side, str(fault))
            return
        if decoded.complete and data == decoded.data:
            return  # unchanged: its codings are undone once more by whoever reads it
        self.data = data
        self.in_place = not codings and len(data) == len(decoded.data)
        ref = record.body(side)
        missing = max(ref.size - ref.kept, 1 if note else 0)
        self._change(side, BodyRef(len(data) + missing, len(data), "", "; ".join(filter(None, (ref.note, note)))), note)

    def _leave_out(self, side: Side, why: str) -> None:
        self.data = b""
        self._change(side, BodyRef(self.record.body(side).size, note=why), f"the {side} body is left out: {why}")

    def _change(self, side: Side, ref: BodyRef, note: str) -> None:
        """The record with this body in the place of the one that passed."""
        detail = self.record.detail
        decoded = detail.decoded if side in detail.decoded else (*detail.decoded, side)
        notes = [*detail.notes, note] if note else detail.notes
        detail = msgspec.structs.replace(detail, decoded=decoded, notes=notes)
        if side == "request":
            self.record = msgspec.structs.replace(self.record, detail=detail, request_body=ref)
        else:
            self.record = msgspec.structs.replace(self.record, detail=detail, response_body=ref)


def _reframed(record: Record, read: ReadBody, timeline: ReadTimeline, redactor: Redactor, found: Found) -> Redacted:
    """A WebSocket stream, with marks that fit it."""
    bodies = {side: bytearray() for side in SIDES}
    marks = bytearray()
    arrivals = Arrivals(record.summary.started)
    last = record.summary.started
    notes = list(record.detail.notes)
    try:
        for message in messages(record, timeline(record), read(record, "request"), read(record, "response")):
            found.at = f"{message.side} message {message.number}"
            last = message.time or last
            data = frame(
                redactor, found, message.side, message.kind, message.data, message.fields.get("code", ""), message.note
            )
            if len(bodies[message.side]) + len(data) > LIMIT:
                notes.append(f"the messages from {message.number} on are left out: they are not looked through")
                break
            bodies[message.side] += data
            marks += arrivals.mark(SIDES.index(message.side), len(data), last)
    except WireglassError as error:
        notes.append(f"the messages are not all there: {error}")
    detail = msgspec.structs.replace(record.detail, decoded=SIDES, notes=notes)
    request, response = (bytes(bodies[side]) for side in SIDES)
    record = msgspec.structs.replace(
        record,
        detail=detail,
        request_body=BodyRef(len(request), len(request)),
        response_body=BodyRef(len(response), len(response)),
        timeline=BodyRef(len(marks), len(marks)),
    )
    return Redacted(record, {"request": request, "response": response}, read, bytes(marks))
