"""/api/days: the days of the record, and of what a query finds."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta, tzinfo

import msgspec
from litestar import Router, get

from wireglass.api.day_counts import DayCounts
from wireglass.api.overview import LOOKED_AT, TIME, Newest
from wireglass.api.parameters import READ, Api, Query, parsed
from wireglass.api.zones import Zone, zone_of
from wireglass.query import All, Node
from wireglass.store import Reader


class Day(msgspec.Struct, frozen=True):
    """What started on one day."""

    day: str
    """`2026-01-31`."""
    start: float
    """Its midnight, Unix seconds."""
    end: float
    """The midnight after it."""
    exchanges: int
    failed: int
    request_bytes: int
    response_bytes: int


class Days(msgspec.Struct, frozen=True):
    days: list[Day]
    """The latest first; those with nothing are left out."""
    exact: bool
    """False: there are more, and this is of the newest ones."""


@get("/days", operation_id="listDays", responses=READ, tags=["queries"])
async def list_days(api: Api, wanted: Query = "", zone: Zone = "") -> Days:
    """The days on which anything was captured, sent or, for what is imported, was when it was recorded: of all, or of
    the newest 100,000 that a query finds. What cannot be counted within a second is so when it is asked again."""
    node = parsed(wanted)
    place = zone_of(zone)
    return await api.readers.ask(lambda reader: days(reader, node, place, api.day_counts))


def days(
    reader: Reader,
    node: Node,
    zone: tzinfo | None,
    counts: DayCounts,
    *,
    looked_at: int = LOOKED_AT,
    time_limit: float = TIME,
) -> Days:
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    if isinstance(node, All):
        spans, exact = counts.spans(reader, time_limit)
        for span in spans:
            counted = found[datetime.fromtimestamp(span.start, zone).date()]
            for at, number in enumerate(span[1:]):
                counted[at] += number
    else:
        newest = Newest(reader, node, looked_at, time_limit)
        for figure in newest:
            counted = found[datetime.fromtimestamp(figure.started, zone).date()]
            failed = int(figure.state == "failed")
            for at, number in enumerate((1, failed, figure.request_size, figure.response_size)):
                counted[at] += number
        exact = newest.exact
    return Days(
        [
            Day(day.isoformat(), _midnight(day, zone), _midnight(day + timedelta(days=1), zone), *found[day])
            for day in sorted(found, reverse=True)
        ],
        exact,
    )


def _midnight(day: date, zone: tzinfo | None) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


router = Router("/", route_handlers=[list_days])
