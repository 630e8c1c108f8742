"""What a reader can ask about the record rather than about one exchange: sessions, counts, filters, what is gone."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import apsw

from wireglass.model import Missing, SavedFilter, Session, Tally
from wireglass.store import marks, missing, tallies
from wireglass.store.sessions import READ, from_row, not_found

BARS = 1000
"""Values of one dimension that are returned at most: of hosts there may be any number."""

ROWS = 10_000
"""Of counts of what is missing, and of saved filters."""

SPAN = 900
"""Seconds: every zone's midnight is at a multiple of it (IANA's offsets since 1972 are)."""

_AT_ONCE = 2000


class Figure(NamedTuple):
    """Of an exchange what is added up."""

    id: int
    method: str
    url: str
    host: str
    started: float
    status: int | None
    type: str
    mode: str
    request_size: int
    response_size: int
    duration_ms: float | None
    state: str


class Span(NamedTuple):
    """What started in the ``SPAN`` seconds from ``start`` on."""

    start: int
    exchanges: int
    failed: int
    request_bytes: int
    response_bytes: int


class Accounts(ABC):
    """A part of ``Reader``."""

    @abstractmethod
    def _query(self, sql: str, bindings: apsw.Bindings = ()) -> list[tuple[Any, ...]]: ...

    def sessions(self) -> list[Session]:
        """All sessions, the oldest first."""
        now = time.time()
        return [from_row(row, now) for row in self._query(f"{READ} ORDER BY s.id")]

    def session(self, session: int | str) -> Session:
        """By its number or its name. Raises ``NotFound``."""
        column = "name" if isinstance(session, str) else "id"
        rows = self._query(f"{READ} WHERE s.{column} = ?", (session,))
        if not rows:
            raise not_found(session)
        return from_row(rows[0], time.time())

    def tallies(self, session: int, limit: int = BARS) -> list[Tally]:
        """Of the session with this number: by dimension, the values with the most exchanges first, at most ``limit`` of
        each dimension."""
        return [Tally(*row) for row in self._query(tallies.READ, (session, limit))]

    def missing(self, session: int | None = None, limit: int = ROWS) -> list[Missing]:
        """What passed and was not kept, the latest first; of one session, of all, or (0) of what concerned none."""
        where = "" if session is None else " WHERE m.session_id = ?"
        bindings = (limit,) if session is None else (session, limit)
        return [Missing(*row) for row in self._query(f"{missing.READ}{where}{missing.LATEST}", bindings)]

    def figures(self, ids: Sequence[int]) -> Iterator[Figure]:
        """Of these exchanges, in no order; those that are gone are left out."""
        sql = f"SELECT {', '.join(Figure._fields)} FROM exchanges WHERE id IN carray(?)"  # noqa: S608
        for at in range(0, len(ids), _AT_ONCE):
            yield from map(Figure._make, self._query(sql, (apsw.carray(array("q", ids[at : at + _AT_ONCE])),)))

    def spans(self, first: int, last: int) -> list[Span]:
        """How many of the exchanges from ``first`` to ``last`` started when. Looks at all of these: some 10 ms for
        10,000 that are in memory."""
        sql = (
            f"SELECT CAST(started / {SPAN} AS INTEGER) * {SPAN}, count(*), sum(state = 'failed'),"  # noqa: S608
            " sum(request_size), sum(response_size) FROM exchanges WHERE id BETWEEN ? AND ? GROUP BY 1"
        )
        return [Span(*row) for row in self._query(sql, (first, last))]

    def blocks_changed_after(self, seq: int, size: int) -> set[int]:
        """Of blocks of ``size`` ids (0 is from 1 to ``size``) those in which anything came or changed after ``seq``."""
        sql = "SELECT DISTINCT (id - 1) / ? FROM exchanges INDEXED BY exchanges_seq WHERE seq > ?"
        return {row[0] for row in self._query(sql, (size, seq))}

    def saved_filters(self) -> list[SavedFilter]:
        """By name."""
        return [SavedFilter(*row) for row in self._query(marks.READ_FILTERS, (ROWS,))]

    def gone_after(self, seq: int, limit: int) -> list[tuple[int, int]]:
        """(seq, exchange): what was deleted after ``seq``, in that order, at most ``limit``. Complete only if ``seq``
        is not below ``oldest_gone``."""
        sql = "SELECT seq, exchange_id FROM gone WHERE seq > ? ORDER BY seq LIMIT ?"
        return [(row[0], row[1]) for row in self._query(sql, (seq, limit))]

    def oldest_gone(self) -> int:
        """The ``seq`` from which on deletions are known. Who has followed no further than to a smaller one must look at
        everything again: a feed says ``gap``, an index compares its ids with those that there are."""
        return int(self._query("SELECT value FROM counters WHERE name = 'gone'")[0][0])
