"""The text in which bodies are searched: what the index of the store holds, and what a filter of live traffic looks at.

Content codings and the charset are undone, and a stream of messages is taken apart; nothing is laid out, because a
search is for what was sent. What is not text has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wireglass.content.decoding import decode
from wireglass.content.stream import messages, split_sides
from wireglass.content.text import as_text, media_type
from wireglass.model import Headers, Record, Side

TEXT_LIMIT = 1 << 20
"""Bytes of a decoded body that are looked at; what stands behind is not found."""

MESSAGES_LIMIT = 1 << 24
"""Bytes of a streamed body, as recorded, that are taken apart to get at ``TEXT_LIMIT`` of its messages."""

_SENT = ("event", "id", "reason")
"""What a message says besides its data: of an event, and of a close frame."""

Read = Callable[[Side], Iterable[bytes]]


def searchable(headers: Headers, pieces: Iterable[bytes]) -> str:
    """The text of a body with these headers; empty if it is none. Never raises."""
    data = decode(headers, pieces, TEXT_LIMIT, partial=True).data
    return (as_text(data, *media_type(headers)) or "") if data else ""


def searchable_sides(record: Record, read: Read, timeline: Callable[[], bytes]) -> dict[Side, str]:
    """The texts of both bodies of a stored exchange. ``read`` gives a side's recorded bytes, ``timeline`` its marks; of
    messages each is a line of its own. Raises what ``read`` and ``timeline`` raise."""
    texts: dict[Side, str] = {}
    split = split_sides(record)
    if split:
        texts.update(_of_messages(record, read, timeline))
    sides: tuple[Side, Side] = ("request", "response")
    for side in sides:
        if side not in split:
            texts[side] = searchable(record.body_headers(side), read(side)) if record.body(side).kept else ""
    return texts


def _of_messages(record: Record, read: Read, timeline: Callable[[], bytes]) -> dict[Side, str]:
    lines: dict[Side, list[str]] = {"request": [], "response": []}
    room: dict[Side, int] = {"request": TEXT_LIMIT, "response": TEXT_LIMIT}
    marks = timeline()
    for message in messages(record, marks, _start(read("request")), _start(read("response"))):
        if room[message.side] <= 0:
            if max(room.values()) <= 0:
                break
            continue
        text = as_text(message.data[: room[message.side]], "", "") or ""
        for part in (*map(message.fields.get, _SENT), text):
            if part:
                lines[message.side].append(part)
                room[message.side] -= len(part) + 1
    return {side: "\n".join(of_side) for side, of_side in lines.items()}


def _start(pieces: Iterable[bytes]) -> Iterable[bytes]:
    left = MESSAGES_LIMIT
    for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return
