"""/api/exchanges: pages of summaries, whole records, marks, deletion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from litestar import Router, delete, get, post
from litestar.params import QueryParameter

from wireglass.api import shape
from wireglass.api.bodies import get_body, get_messages, list_views
from wireglass.api.certificates import certificates_of
from wireglass.api.parameters import (
    CHANGE,
    LARGEST,
    QUERY_LIMIT,
    READ,
    READ_ONE,
    SEND,
    Api,
    Asked,
    Id,
    Limit,
    Query,
    parsed,
    received,
)
from wireglass.api.sessions import NOTE_LIMIT, Removed
from wireglass.api.taking import get_code
from wireglass.errors import UsageError
from wireglass.model import Color
from wireglass.store import Page, Reader

MARKED_LIMIT = 10_000
"""Exchanges that one request may mark."""

DELETED_LIMIT = 1_000
"""Exchanges that one request may name to be deleted: they stand in its address."""

CURSOR_LIMIT = 500


class MarkChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is null or left out stays as it is."""

    ids: Annotated[
        list[Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]], msgspec.Meta(min_length=1, max_length=MARKED_LIMIT)
    ]
    color: Color | None = None
    """Empty: none."""
    star: bool | None = None
    note: Annotated[str, msgspec.Meta(max_length=NOTE_LIMIT)] | None = None


class Marked(msgspec.Struct, frozen=True):
    exchanges: int
    """How many there were; others are passed over."""


Ids = Annotated[
    Sequence[Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]],
    QueryParameter(
        name="id", max_items=DELETED_LIMIT, description="The number of an exchange; may be repeated.", required=False
    ),
]


@get("/", operation_id="listExchanges", responses=READ)
async def list_exchanges(
    api: Api,
    wanted: Query = "",
    limit: Limit = 100,
    cursor: Annotated[
        str,
        QueryParameter(
            max_length=CURSOR_LIMIT, description="`next` of the page before; of the same query.", required=False
        ),
    ] = "",
    order: Annotated[
        Literal["newest", "oldest"], QueryParameter(description="Which come first.", required=False)
    ] = "newest",
) -> Page:
    """A page of exchanges. The cost of a page does not depend on how many came before it."""
    node = parsed(wanted)
    oldest = order == "oldest"
    return await api.readers.ask(lambda reader: reader.find(node, limit, cursor or None, oldest_first=oldest))


@delete("/", operation_id="deleteExchanges", responses=CHANGE, status_code=200)
async def delete_exchanges(
    api: Api,
    wanted: Annotated[
        str,
        QueryParameter(name="query", max_length=QUERY_LIMIT, description="All ended ones that match.", required=False),
    ] = "",
    ids: Ids = (),
) -> Removed:
    """Delete exchanges: those with these numbers, or those that a query finds. An empty query is refused."""
    if bool(wanted.strip()) == bool(ids):
        raise UsageError(
            "Say either which ids or which query to delete; an empty query would delete everything.",
            "Give `id`, or `query`; `id:>0` finds all.",
        )
    if ids:
        return Removed(await api.change_long(lambda control: control.delete(ids)))
    parsed(wanted)
    return Removed(await api.change_long(lambda control: control.delete_matching(wanted)))


@post("/marks", operation_id="markExchanges", opt={"body": MarkChange}, responses=SEND, status_code=200)
async def mark_exchanges(api: Api, request: Asked) -> Marked:
    """Colour, star or note exchanges."""
    data = await received(request, MarkChange)
    if data.color is None and data.star is None and data.note is None:
        raise UsageError("There is nothing to mark them with.", "Give color, star or note.")
    return Marked(
        await api.change(lambda control: control.mark(data.ids, color=data.color, star=data.star, note=data.note))
    )


@get("/{exchange_id:int}", operation_id="getExchange", responses=READ_ONE)
async def get_exchange(api: Api, exchange_id: Id) -> shape.ExchangeShape:
    """One exchange with everything but its bodies and messages."""
    return await api.readers.ask(lambda reader: _exchange(reader, exchange_id))


def _exchange(reader: Reader, id: int) -> shape.ExchangeShape:
    record = reader.get(id)
    return shape.exchange(record, certificates_of(reader, record))


router = Router(
    "/exchanges",
    route_handlers=[
        list_exchanges,
        delete_exchanges,
        mark_exchanges,
        get_exchange,
        get_body,
        list_views,
        get_messages,
        get_code,
    ],
    tags=["exchanges"],
)
