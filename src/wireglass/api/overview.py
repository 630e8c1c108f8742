"""/api/overview: what a query finds, added up."""

from __future__ import annotations

import bisect
import heapq
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import QueryParameter

from wireglass.api.endpoints import folded, path_of
from wireglass.api.parameters import READ, Api, Query, parsed
from wireglass.api.queries import Totals
from wireglass.api.zones import Zone, zone_of
from wireglass.model import Tally
from wireglass.query import Node
from wireglass.store import Reader
from wireglass.store.accounts import Figure

LOOKED_AT = 100_000
"""Exchanges that are added up at most, the newest."""

TIME = 0.7
"""Seconds that finding and adding up may take: what was added up by then is given."""

_AT_ONCE = 500  # so that a slow disk does not take much longer than the time
_LISTED = 15
_WIDTHS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800, 2_592_000)


class Bucket(msgspec.Struct, frozen=True):
    """What started in the ``width`` seconds of the overview from ``start`` on."""

    start: float
    exchanges: int
    failing: int
    response_bytes: int


class Endpoint(msgspec.Struct, frozen=True):
    """What is asked of one host with one method below one path."""

    method: str
    host: str
    path: str
    """`{id}` in the place of ids: `/users/{id}/orders`."""
    exchanges: int
    failing: int
    """With a status of 400 and above, or none."""
    response_bytes: int
    mean_ms: float
    slowest_ms: float
    slowest: int
    """The exchange that took longest."""


class Overview(msgspec.Struct, frozen=True):
    """Of the ended exchanges. `slowest` by mean time, `largest` by the bytes of all responses."""

    exchanges: int
    failed: int
    """Those that ended with an error."""
    request_bytes: int
    response_bytes: int
    exact: bool
    """False: there are more, and this is of the newest ones."""
    since: float | None
    """When the earliest one started, Unix seconds; null where there is none."""
    width: int
    """Seconds of a bucket."""
    buckets: list[Bucket]
    """By time; empty ones are left out."""
    tallies: list[Tally]
    """By dimension; in each the largest first."""
    endpoints: int
    slowest: list[Endpoint]
    largest: list[Endpoint]
    failing: list[Endpoint]
    """Those of which any fails."""


@get("/overview", operation_id="getOverview", responses=READ, tags=["queries"])
async def get_overview(
    api: Api,
    wanted: Query = "",
    buckets: Annotated[
        int, QueryParameter(ge=1, le=500, description="Into at most so many the time is parted.", required=False)
    ] = 120,
    zone: Zone = "",
) -> Overview:
    """What a query finds, over time, by kind and by endpoint: of the newest ones where it finds more than 100,000, or
    more than can be added up in a second."""
    node = parsed(wanted)
    place = zone_of(zone)
    return await api.readers.ask(lambda reader: overview(reader, node, buckets, place))


def overview(
    reader: Reader,
    node: Node,
    buckets: int,
    zone: tzinfo | None,
    *,
    looked_at: int = LOOKED_AT,
    time_limit: float = TIME,
) -> Overview:
    newest = Newest(reader, node, looked_at, time_limit)
    totals = Totals()
    starts: list[tuple[float, bool, int]] = []
    endpoints: dict[tuple[str, str, str], _Sums] = defaultdict(_Sums)
    for figure in newest:
        if figure.state == "open":
            continue
        totals.add(figure)
        failing = figure.status is None or figure.status >= 400
        starts.append((figure.started, failing, figure.response_size))
        endpoints[figure.method, figure.host, folded(path_of(figure.url))].add(figure, failing=failing)
    rows = endpoints.items()
    width, counted = _counted(starts, buckets, zone)
    stats = totals.stats(exact=newest.exact)
    return Overview(
        stats.exchanges,
        stats.failed,
        stats.request_bytes,
        stats.response_bytes,
        stats.exact,
        min((started for started, _, _ in starts), default=None),
        width,
        counted,
        stats.tallies,
        len(rows),
        _first(rows, lambda sums: -sums.mean),
        _first(rows, lambda sums: -sums.bytes),
        _first(((key, sums) for key, sums in rows if sums.failing), lambda sums: -sums.failing),
    )


def _first(rows: Iterable[tuple[tuple[str, str, str], _Sums]], key: Callable[[_Sums], float]) -> list[Endpoint]:
    chosen = heapq.nsmallest(_LISTED, rows, key=lambda row: (key(row[1]), row[0][2]))
    return [sums.endpoint(*names) for names, sums in chosen]


class Newest:
    """The newest that a query finds, until the time is over."""

    def __init__(self, reader: Reader, node: Node, most: int, time_limit: float) -> None:
        self._reader = reader
        self._until = time.monotonic() + time_limit
        self._ids, self.exact = reader.newest_matching_ids(node, most, time_limit / 2)

    def __iter__(self) -> Iterator[Figure]:
        for at in range(0, len(self._ids), _AT_ONCE):
            if time.monotonic() > self._until:
                self.exact = False
                return
            yield from self._reader.figures(self._ids[at : at + _AT_ONCE])


class _Sums:
    """Of an endpoint."""

    def __init__(self) -> None:
        self.exchanges = self.failing = self.bytes = self._timed = self._slowest = 0
        self._took = 0.0
        self._longest = -1.0

    @property
    def mean(self) -> float:
        return self._took / self._timed if self._timed else 0.0

    def add(self, figure: Figure, *, failing: bool) -> None:
        self.exchanges += 1
        self.failing += failing
        self.bytes += figure.response_size
        if figure.duration_ms is not None:
            self._timed += 1
            self._took += figure.duration_ms
            if figure.duration_ms > self._longest:
                self._longest, self._slowest = figure.duration_ms, figure.id

    def endpoint(self, method: str, host: str, path: str) -> Endpoint:
        longest = max(self._longest, 0.0)
        return Endpoint(method, host, path, self.exchanges, self.failing, self.bytes, self.mean, longest, self._slowest)


def _counted(starts: list[tuple[float, bool, int]], most: int, zone: tzinfo | None) -> tuple[int, list[Bucket]]:
    """The width of a bucket, and those that have anything."""
    if not starts:
        return _WIDTHS[0], []
    low = min(started for started, _, _ in starts)
    high = max(started for started, _, _ in starts)
    # One more than fit may be touched.
    at = bisect.bisect_left(_WIDTHS, (high - low) / max(most - 1, 1))
    width = _WIDTHS[at] if at < len(_WIDTHS) else math.ceil((high - low) / max(most - 1, 1))
    # Bars of hours and days begin where the clock on the wall does; over a change of summer time by that of the end.
    ahead = _ahead(high, zone)
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for started, failing, size in starts:
        counted = found[int((started + ahead) // width)]
        counted[0] += 1
        counted[1] += failing
        counted[2] += size
    return width, [Bucket(float(start * width - ahead), *found[start]) for start in sorted(found)]


def _ahead(moment: float, zone: tzinfo | None) -> int:
    """Seconds that the zone is ahead of UTC."""
    local = datetime.fromtimestamp(moment, zone) if zone else datetime.fromtimestamp(moment).astimezone()
    offset = local.utcoffset()
    return int(offset.total_seconds()) if offset else 0


router = Router("/", route_handlers=[get_overview])
