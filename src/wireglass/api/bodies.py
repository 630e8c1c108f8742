"""Bodies and messages of exchanges.

Whatever a server sent is never a page of this origin: raw and decoded bodies come as an attachment of bytes, under a
policy that lets nothing run.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream

from wireglass.api.parameters import LARGEST, READ_ONE, Api, Id
from wireglass.api.services import Services
from wireglass.api.shape import text_of
from wireglass.content import decode
from wireglass.content.grpc import dialect_of, method_of
from wireglass.content.showing import RAW, Shown, about, body_of
from wireglass.content.stream import Messages, StreamMessage, splitter_for
from wireglass.content.text import has_binary
from wireglass.content.views import INPUT_LIMIT, Body
from wireglass.errors import NotFound, UsageError
from wireglass.model import Record, Side
from wireglass.store import Reader

DECODED_LIMIT = 64 * 2**20
"""Bytes of a decoded body; one that has more can be had raw."""

MESSAGE_LIMIT = 64 * 1024
"""Bytes of one message that are given."""

PAGE_LIMIT = 50_000
"""Messages of one page. Each page is split from the stream's beginning: many small ones take the square of their
number."""

PAGE_SIZE = 16 * 2**20
"""Bytes of messages behind which a page ends."""

_PIECE = 256 * 1024


class ViewChoice(msgspec.Struct, frozen=True):
    """A way to show a body as text."""

    name: str
    """As the parameter `view` of a body takes it."""
    about: str
    """What it shows, in a line."""
    fits: bool
    """It can show this body; of those that do, the best comes first."""


class MessageShape(msgspec.Struct, frozen=True):
    """A message of a stream: ``text`` where its bytes are text, else ``base64``."""

    number: int
    """From 1, over both sides, in the order of arrival."""
    side: Side
    time: float | None
    """Unix time in seconds, when its last byte arrived; null where that is not known."""
    kind: str
    """`text`, `binary`, `ping`, `pong`, `close`, `event`, `line` or `message`."""
    size: int
    fields: dict[str, str]
    text: str | None
    base64: str | None
    decoded: str | None
    """A message of gRPC as text for people, with names where they are known; null of all others."""
    note: str | None
    """What a reader should know: cut off, damaged, only its start …"""


class MessagePage(msgspec.Struct, frozen=True):
    items: list[MessageShape]
    next: int | None
    """``after`` of the next page; null where there are no more so far."""
    open: bool
    """More may come: the exchange still runs."""


@get(
    "/{exchange_id:int}/{side:str}/body",
    operation_id="getBody",
    responses=READ_ONE,
    response_description="The bytes as an attachment, or with `as=view` JSON.",
)
async def get_body(
    api: Api,
    exchange_id: Id,
    side: Annotated[Side, PathParameter(description="Whose body.")],
    as_: Annotated[
        Literal["raw", "decoded", "view"],
        QueryParameter(
            name="as",
            description="raw: as it passed; decoded: content codings undone; view: as text for people.",
            required=False,
        ),
    ] = "decoded",
    view: Annotated[
        str,
        QueryParameter(
            max_length=100, description="Name of a body view; empty: the one that fits best.", required=False
        ),
    ] = "",
) -> Response[Any]:
    """A body; of an exchange that still runs, what has come so far."""
    if as_ == "view":
        return Response(await api.readers.ask(lambda reader: _shown(api, reader, exchange_id, side, view)))

    def pieces(reader: Reader) -> Iterator[bytes]:
        if as_ == "raw":
            yield from reader.body(exchange_id, side)
            return
        record = reader.get(exchange_id)
        decoded = decode(record.body_headers(side), reader.body(record, side), DECODED_LIMIT, partial=True)
        if decoded.note:
            raise UsageError(f"The body cannot be decoded: {decoded.note}.", "Ask for it with `as=raw`.")
        for at in range(0, len(decoded.data), _PIECE):
            yield decoded.data[at : at + _PIECE]

    return Stream(
        await api.readers.stream(pieces),
        media_type="application/octet-stream",
        headers={"content-disposition": f'attachment; filename="{exchange_id}-{side}.bin"'},
    )


def _shown(api: Services, reader: Reader, id: int, side: Side, view: str) -> Shown:
    views = api.views()
    if view and view != RAW and view not in views.by_name:
        raise UsageError(f"There is no view {view!r}.", f"There are {', '.join([*views.by_name, RAW])}.")
    record = reader.get(id)
    body, note = _body(api, reader, record, side)
    shown = views.show(body, view)
    return msgspec.structs.replace(shown, notes=[*shown.notes, *filter(None, (record.body(side).note, note))])


def _body(api: Services, reader: Reader, record: Record, side: Side) -> tuple[Body, str]:
    """As views want it, and what hindered its decoding."""
    ref = record.body(side)
    headers = record.body_headers(side)
    decoded = decode(headers, reader.body(record, side), INPUT_LIMIT, partial=True)
    whole = decoded.complete and record.summary.state != "open" and ref.kept >= ref.size
    names = api.names(reader, record.summary.host)
    return body_of(record.summary, headers, side, decoded.data, whole=whole, names=names), decoded.note


@get("/{exchange_id:int}/{side:str}/views", operation_id="listViews", responses=READ_ONE)
async def list_views(
    api: Api, exchange_id: Id, side: Annotated[Side, PathParameter(description="Whose body.")]
) -> list[ViewChoice]:
    """The views that there are, plug-ins' among them: first those that fit this body, the best before the others."""
    return await api.readers.ask(lambda reader: _choices(api, reader, exchange_id, side))


def _choices(api: Services, reader: Reader, id: int, side: Side) -> list[ViewChoice]:
    views = api.views()
    body, _ = _body(api, reader, reader.get(id), side)
    ranked, _ = views.ranked(body)
    fitting = [ViewChoice(view.name, about(view), True) for view in ranked]
    others = [ViewChoice(name, about(view), False) for name, view in views.by_name.items() if view not in ranked]
    return fitting + sorted(others, key=lambda choice: choice.name)


@get("/{exchange_id:int}/messages", operation_id="listMessages", responses=READ_ONE)
async def get_messages(
    api: Api,
    exchange_id: Id,
    after: Annotated[
        int, QueryParameter(ge=0, le=LARGEST, description="Those behind this number.", required=False)
    ] = 0,
    limit: Annotated[
        int,
        QueryParameter(ge=1, le=PAGE_LIMIT, description="At most so many; fewer where they are long.", required=False),
    ] = 100,
) -> MessagePage:
    """The messages of a WebSocket, an event stream, a gRPC call … so far, in the order of arrival."""
    return await api.readers.ask(lambda reader: _messages(api, reader, reader.get(exchange_id), after, limit))


def _messages(api: Services, reader: Reader, record: Record, after: int, limit: int) -> MessagePage:
    splitter = splitter_for(record)
    if splitter is None:
        raise NotFound(
            f"Exchange {record.summary.id} has no messages: it is neither a WebSocket nor of a type that is streamed.",
            "Ask for its bodies.",
        )
    is_open = record.summary.state == "open"
    timeline = reader.timeline(record)
    found = Messages(record, splitter).more(
        timeline, lambda side, start: reader.body(record, side, start), last=None if is_open else record
    )
    text = _call_text(api, reader, record)
    items: list[MessageShape] = []
    size = 0
    for one in found:
        if one.number <= after:
            continue
        if len(items) == limit or size > PAGE_SIZE:
            return MessagePage(items, items[-1].number, is_open)
        items.append(message_shape(one, text(one) if text and one.kind == "message" else None))
        size += min(one.size, MESSAGE_LIMIT)
    return MessagePage(items, None, is_open)


def _call_text(api: Services, reader: Reader, record: Record) -> Callable[[StreamMessage], str] | None:
    """What makes text of a message of gRPC; None for all other streams."""
    dialect = dialect_of(record)
    if dialect is None:
        return None
    from wireglass.content.grpc_text import message_text  # with Protobuf, which other streams need not wait for

    names, method = api.names(reader, record.summary.host), method_of(record.summary.url)
    return lambda one: message_text(one, dialect, method, one.side, names, MESSAGE_LIMIT).text


def message_shape(message: StreamMessage, decoded: str | None = None) -> MessageShape:
    cut = len(message.data) > MESSAGE_LIMIT
    if cut:
        note = f"the first {MESSAGE_LIMIT} bytes are given"
        message = msgspec.structs.replace(
            message, data=message.data[:MESSAGE_LIMIT], note="; ".join(filter(None, (message.note, note)))
        )
    text = None if message.kind == "binary" else text_of(message)
    if text is None and cut and message.kind != "binary" and not has_binary(message.data):
        text = message.data.decode("utf-8", "replace")  # cut inside a character
    return MessageShape(
        message.number,
        message.side,
        message.time,
        message.kind,
        message.size,
        message.fields,
        text,
        base64.b64encode(message.data).decode("ascii") if text is None else None,
        decoded,
        message.note or None,
    )
