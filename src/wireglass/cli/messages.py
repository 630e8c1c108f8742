"""The messages of a streamed exchange, for ``show``: WebSocket messages, server-sent events, JSON lines …"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import click

from wireglass.api.shape import text_of
from wireglass.cli import body
from wireglass.cli.hint import hint
from wireglass.cli.polling import POLL, pause_or_end
from wireglass.cli.shape import Object, iso_time, to_line
from wireglass.cli.text import many_lines, one_line, say, shorten, size
from wireglass.content.stream import Messages, StreamMessage, split_sides, splitter_for
from wireglass.errors import NotFound
from wireglass.model import Record, Side
from wireglass.store import Reader

LISTED = 200
"""Messages that ``show`` lists without being asked for all."""
_COUNTED = 20_000
"""Messages behind those that are counted: some seconds at most."""
_LINE = 100
"""Characters of a message in a list."""
_BINARY_SHOWN = 64
"""Bytes of a binary message that are shown."""

_ARROWS: dict[Side, str] = {"request": "→", "response": "←"}


Text: TypeAlias = Callable[[StreamMessage], str | None]


def all_of(reader: Reader, record: Record) -> Iterator[StreamMessage]:
    """The messages so far. Raises NotFound if the exchange has none that could be told apart."""
    stream = _stream(record)
    timeline = reader.timeline(record)
    ended = record if record.summary.state != "open" else None
    yield from stream.more(timeline, lambda side, start: reader.body(record, side, start), last=ended)


def follow(
    reader: Reader, record: Record, pause: Callable[[float], None] = pause_or_end
) -> Iterator[list[StreamMessage]]:
    """The messages so far, and each as it comes while the exchange is open: one list each look, often an empty one.
    Raises NotFound like ``all_of``."""
    id = record.summary.id
    stream: Messages | None = None
    while True:
        # What is read after a state is at least as new: nothing of an exchange that has ended is missed.
        last = record if record.summary.state != "open" else None
        if stream is None and (last or record.detail.response_version):
            stream = _stream(record)  # before the response nobody knows what it is going to be
        if stream is not None:
            found = stream.more(
                reader.timeline(id, stream.timeline_read), lambda side, start: reader.body(id, side, start), last=last
            )
            while part := list(islice(found, LISTED)):
                yield part
            yield []
            if last:
                return
        pause(POLL)
        record = reader.get(id)


def _stream(record: Record) -> Messages:
    splitter = splitter_for(record)
    if splitter is None:
        type = record.summary.type or "no media type"
        raise NotFound(
            f"exchange {record.summary.id} has no messages: it is neither a WebSocket nor of a type that is streamed "
            f"({type}).",
            f"`wireglass show {record.summary.id}` shows what it is.",
        )
    return Messages(record, splitter)


def write(reader: Reader, record: Record, *, as_json: bool, live: bool, text: Text = text_of) -> None:
    """All messages to standard output; ``live``: until the exchange ends, or Ctrl-C."""
    looks: Iterable[list[StreamMessage]] = (
        follow(reader, record) if live else ([message] for message in all_of(reader, record))
    )
    try:
        for found in looks:
            for message in found:
                if as_json:
                    click.echo(to_line(as_object(message, text)))
                else:
                    for row in whole(message, text):
                        click.echo(row)
    except KeyboardInterrupt:
        if not live:
            raise
        return
    if live:
        summary = reader.get(record.summary.id).summary
        if summary.error:
            say(f"it ended with an error: {summary.error} ({summary.error_kind})")


def listed(reader: Reader, record: Record, home: Path, text: Text = text_of) -> Iterator[str]:
    """A line for each of the first ``LISTED`` messages, and how to see the others."""
    found = all_of(reader, record)
    shown = 0
    for message in islice(found, LISTED):
        shown += 1
        yield line(message, _LINE, text)
    if not shown:
        yield "none yet" if record.summary.state == "open" else "none"
    more = sum(1 for _ in islice(found, _COUNTED))
    if more:
        count = f"more than {more}" if more == _COUNTED else str(more)
        yield f"[{count} more; all: {hint(f'show {record.summary.id} --messages', home)}]"
    elif record.summary.state == "open":
        yield f"[still open; as they come: {hint(f'show {record.summary.id} --follow', home)}]"
    for side in split_sides(record):
        if record.summary.state != "open" and (partial := body.why_partial(record, side)):
            yield f"[{side}: {one_line(partial)}]"
    if record.timeline.note:
        yield f"[{one_line(record.timeline.note)}]"


def line(message: StreamMessage, width: int, text: Text) -> str:
    """A message as one line of a table, its text cut to ``width`` characters."""
    words = text(message)
    if words is None:
        first = binary(message)
    else:
        begin, _, rest = words.partition("\n")
        first = one_line(begin) + (" …" if rest else "")
    marks = [one_line(mark) for mark in _marks(message)]
    cells = [_head(message), *marks, shorten(first, width)]
    return "  ".join(filter(None, cells)) + _note(message)


def whole(message: StreamMessage, text: Text) -> Iterator[str]:
    """A message with all its text, indented below its line."""
    yield click.style("  ".join([_head(message), *map(one_line, _marks(message))]), bold=True) + _note(message)
    words = text(message)
    if words is None:
        yield f"    {binary(message)}"
    elif words:
        for part in many_lines(words).split("\n"):
            yield f"    {part}"


def binary(message: StreamMessage) -> str:
    """The first bytes in hexadecimal."""
    shown = message.data[:_BINARY_SHOWN]
    return shown.hex(" ") + (" …" if len(message.data) > len(shown) else "")


def as_object(message: StreamMessage, decoded: Text = text_of) -> Object:
    """JSON: ``text`` where the bytes are UTF-8, else ``base64``; ``size`` may be more than is there, and ``note`` says
    so. ``decoded`` is there where another function than ``text_of`` makes it."""
    shape: Object = {
        "number": message.number,
        "side": message.side,
        "time": None if message.time is None else iso_time(message.time),
        "kind": message.kind,
        "size": message.size,
        "fields": message.fields,
    }
    text = None if message.kind == "binary" else text_of(message)
    if text is None:
        shape["base64"] = base64.b64encode(message.data).decode("ascii")
    else:
        shape["text"] = text
    if decoded is not text_of:
        shape["decoded"] = decoded(message)
    shape["note"] = message.note or None
    return shape


def _head(message: StreamMessage) -> str:
    when = "-" if message.time is None else f"{datetime.fromtimestamp(message.time).astimezone():%H:%M:%S.%f}"[:-3]
    return f"{message.number:>6} {when:<12} {_ARROWS[message.side]} {message.kind:<7} {size(message.size):>8}"


def _marks(message: StreamMessage) -> list[str]:
    return [f"{name}={value}" for name, value in message.fields.items() if value]


def _note(message: StreamMessage) -> str:
    return f"  [{one_line(message.note)}]" if message.note else ""
