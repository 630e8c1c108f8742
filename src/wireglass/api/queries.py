"""What a query means, how many it finds, and what those are."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import QueryParameter

from wireglass.api.parameters import QUERY_LIMIT, READ, Api, Query, parsed
from wireglass.api.problem import Problem, problem_of
from wireglass.errors import QueryError
from wireglass.model import Dimension, Summary, Tally
from wireglass.query import places, unparse
from wireglass.query.completion import Completion, Writing, completions, writing
from wireglass.query.tree import Node
from wireglass.store import Count, Reader
from wireglass.store.accounts import Figure

STATS_TIME = 2.0
"""Seconds that counting what a query finds may take; what was counted by then is given."""

_PAGE = 1000
_MOST_VALUES = 100
"""Of one dimension: the largest."""


class Checked(msgspec.Struct, frozen=True):
    """A query, read: its ``tree`` and ``terms``, or the ``error`` with its place."""

    text: str
    """The same query in the plainest words; empty where it cannot be read."""
    tree: Node | None
    terms: list[tuple[int, int]]
    """Where the terms stand that are in no bracket, each with what negates it: offsets of its first character and of
    the one behind it. What joins them (nothing, `and`, `or`) is between."""
    error: Problem | None
    completions: list[Completion]
    """What can stand at the cursor."""
    writing: Writing | None
    """Which value stands at the cursor."""


class Stats(msgspec.Struct, frozen=True):
    exchanges: int
    failed: int
    request_bytes: int
    response_bytes: int
    exact: bool
    """False where the time ran out: then it is of the newest ones."""
    tallies: list[Tally]
    """By dimension; in each the largest first."""


@get("/query", operation_id="checkQuery", responses=READ, tags=["queries"])
async def check_query(
    api: Api,
    text: Annotated[str, QueryParameter(max_length=QUERY_LIMIT, description="The query.", required=False)] = "",
    cursor: Annotated[
        int,
        QueryParameter(
            ge=0,
            le=QUERY_LIMIT,
            description="Complete here: characters from the start; else at the end.",
            required=False,
        ),
    ] = QUERY_LIMIT,
) -> Checked:
    """Check a query and complete it: for what people type it into."""
    at = min(cursor, len(text))
    sessions = await api.readers.ask(lambda reader: reader.sessions())
    offered = completions(text, at, {"session": [session.name for session in sessions]})
    try:
        node = parsed(text)
    except QueryError as error:
        return Checked("", None, [], problem_of(error, "text"), offered, writing(text, at))
    return Checked(unparse(node), node, places(text, time.time()), None, offered, writing(text, at))


@get("/count", operation_id="countExchanges", responses=READ, tags=["queries"])
async def count_exchanges(api: Api, wanted: Query = "") -> Count:
    """How many a query finds."""
    node = parsed(wanted)
    return await api.readers.ask(lambda reader: reader.count(node))


@get("/stats", operation_id="getStats", responses=READ, tags=["queries"])
async def get_stats(api: Api, wanted: Query = "") -> Stats:
    """What a query finds, by method, domain, content type, status class and data mode."""
    node = parsed(wanted)
    return await api.readers.ask(lambda reader: _stats(reader, node))


def _stats(reader: Reader, node: Node) -> Stats:
    deadline = time.monotonic() + STATS_TIME
    totals = Totals()
    cursor: str | None = None
    exact = False
    while (left := deadline - time.monotonic()) > 0:
        page = reader.find(node, _PAGE, cursor, time_limit=left)
        for summary in page.items:
            totals.add(summary)
        cursor = page.next
        if cursor is None:
            exact = page.scanned_all
            break
    return totals.stats(exact=exact)


class Totals:
    """What ended exchanges come to, by dimension."""

    def __init__(self) -> None:
        # By all values together, of which there are few: one look-up for each exchange.
        self._kinds: dict[tuple[str, str, str, int | None, str, str], list[int]] = {}

    def add(self, summary: Summary | Figure) -> None:
        state = summary.state
        if state == "open":
            return
        key = (summary.method, summary.host, summary.type, summary.status, summary.mode, state)
        counted = self._kinds.get(key)
        if counted is None:
            counted = self._kinds[key] = [0, 0, 0]
        counted[0] += 1
        counted[1] += summary.request_size
        counted[2] += summary.response_size

    def stats(self, *, exact: bool) -> Stats:
        by: dict[tuple[Dimension, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        whole = [0, 0, 0]
        failed = 0
        for (method, host, type, status, mode, state), counted in self._kinds.items():
            failed += counted[0] if state == "failed" else 0
            values: tuple[tuple[Dimension, str], ...] = (
                ("method", method),
                ("domain", host),
                ("type", type),
                ("status", "failed" if status is None else f"{status // 100}xx"),
                ("mode", mode or "none"),
            )
            for sums in (whole, *(by[value] for value in values)):
                for at, number in enumerate(counted):
                    sums[at] += number
        ordered = sorted(by.items(), key=lambda one: (one[0][0], -one[1][0], one[0][1]))
        shown: list[Tally] = []
        seen: dict[str, int] = defaultdict(int)
        for (dimension, value), counted in ordered:
            seen[dimension] += 1
            if seen[dimension] <= _MOST_VALUES:
                shown.append(Tally(dimension, value, *counted))
        return Stats(whole[0], failed, whole[1], whole[2], exact, shown)


router = Router("/", route_handlers=[check_query, count_exchanges, get_stats])
