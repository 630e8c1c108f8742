"""Searches: candidates from the index or from the ids in turn, each tested by the whole query, within a time limit.

Three things can say where the matches are: the index (what it has not seen yet is looked at besides), a table that is
small (marks, open exchanges), or nothing, and then all exchanges in the range are. All of it goes by id, so that a page
can begin anywhere at the same cost, and what ran out of time goes on where it was.
"""

from __future__ import annotations

import math
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from wireglass.errors import UsageError
from wireglass.query import All, And, Holds, Is, Node, Term, There
from wireglass.store.database import NAME, connect_reader, explain
from wireglass.store.search.answers import Count, Lag, Page
from wireglass.store.search.expression import expression
from wireglass.store.search.index import Damage, Index
from wireglass.store.search.predicate import OF_RECORD, Compiler, Predicate
from wireglass.store.search.ranges import ALL, Range, ids_of
from wireglass.store.search.walk import PAGES, Walk

if TYPE_CHECKING:
    from wireglass.store.reader import Reader

STEPS_BETWEEN_LOOKS = 2_000

TAIL = 20_000
"""Changes behind the index that are listed one by one; above that the ids in turn are looked at from the first of
them."""

UNSEEN = 0.6
"""Of the time limit: for what the index has not seen, if that is much."""

COUNTED = 0.6
"""Of the time limit of a count: for counting. In the rest the others are estimated."""

SAMPLE = 64
"""Exchanges in a row that are looked at for an estimate."""

SAMPLES = 250
"""A hundredth of the size of the record is then what an estimate is usually off by."""

GOLDEN = (math.sqrt(5) - 1) / 2
"""Multiples of it, whole numbers left out, are spread evenly however many there are (Weyl 1916)."""

DENSE = 8
"""Of so many exchanges one is a candidate: to look at all of them takes no longer, where no body must be read."""


class Finder:
    """The searches of a reader, on connections of their own. For one thread at a time."""

    def __init__(self, reader: Reader, folder: Path) -> None:
        self._reader = reader
        self._folder = folder
        self._path = folder / NAME
        self._db = connect_reader(folder)
        self._deadline = 0.0
        self._db.set_progress_handler(self._out_of_time, STEPS_BETWEEN_LOOKS)
        self._compiler = Compiler(self._db, reader, self._out_of_time)
        self._index: Index | None = None

    def close(self) -> None:
        self._drop_index()
        self._db.close()

    def find(self, node: Node, limit: int, cursor: str | None, *, oldest_first: bool, time_limit: float) -> Page:
        span = ALL if cursor is None else _after(cursor, oldest_first=oldest_first)
        until = time.monotonic() + time_limit
        ids, reached, lag = self._search(node, span, limit, descending=not oldest_first, until=until)
        full = len(ids) == limit
        following = None if reached is None else _cursor(reached, oldest_first=oldest_first)
        return Page(self._reader.summaries(ids), following, full or reached is None, lag)

    def count(self, node: Node, time_limit: float) -> Count:
        begun = time.monotonic()
        if isinstance(node, All):
            return Count(self._all(), True)
        ids, reached, _ = self._search(node, ALL, None, descending=True, until=begun + COUNTED * time_limit)
        if reached is None:
            return Count(len(ids), True)
        return Count(len(ids) + self._expected(node, Range(1, reached - 1), begun + time_limit), False)

    def _expected(self, node: Node, rest: Range, until: float) -> int:
        """How many are in ``rest``, by samples from all over it: what is newest may be unlike what is old."""
        size = rest.high - rest.low + 1
        found = looked_at = 0
        place = 0.5
        for _ in range(SAMPLES):
            if size <= 0 or time.monotonic() >= until:
                break
            low = rest.low + int(place * max(size - SAMPLE, 0))
            sample = Range(low, min(low + SAMPLE - 1, rest.high))
            ids, reached, _ = self._search(node, sample, None, descending=True, until=until)
            found += len(ids)
            looked_at += sample.high - max(reached or sample.low, sample.low) + 1
            place = (place + GOLDEN) % 1
        return round(found / looked_at * size) if looked_at else 0

    def matching_ids(self, node: Node, first: int, last: int) -> list[int]:
        ids, _, _ = self._search(node, Range(first, last), None, descending=False, until=math.inf)
        return ids

    def newest_ids(self, node: Node, limit: int, time_limit: float) -> tuple[list[int], bool]:
        until = time.monotonic() + time_limit
        ids, reached, _ = self._search(node, ALL, limit, descending=True, until=until)
        return ids, reached is None

    def lag(self) -> Lag:
        try:
            try:
                return self._lag(self._usable_index())
            except Damage:
                self._drop_index()
                return self._lag(None)
        except apsw.Error as error:
            raise explain(error, self._path) from error

    # a search

    def _search(
        self, node: Node, span: Range, limit: int | None, *, descending: bool, until: float
    ) -> tuple[list[int], int | None, Lag]:
        """The ids that match, in order; up to which id all were looked at, None for the end of ``span``; the lag."""
        if limit is not None and limit < 1:
            raise ValueError(f"a page of {limit}")
        try:
            try:
                return self._once(node, span, limit, descending, until, self._usable_index())
            except Damage:
                self._drop_index()
                return self._once(node, span, limit, descending, until, None)
        except apsw.Error as error:
            raise explain(error, self._path) from error

    def _once(
        self, node: Node, span: Range, limit: int | None, descending: bool, until: float, index: Index | None
    ) -> tuple[list[int], int | None, Lag]:
        begun = time.monotonic()
        lag = self._lag(index)
        self._deadline = math.inf
        predicate = self._compiler.compile(node)
        span = span.within(Range(1, self._reader.newest_id())).within(ids_of(node, self._compiler.ids_of_sessions))
        if span.low > span.high:
            return [], None, lag
        walk = Walk(self, predicate, span, limit, descending, until)
        if table := small_table(node):
            ids, reached = walk.candidates(lambda rest, many: self._listed(table, rest, many, descending))
        elif index is not None and (asked := expression(node, index.days())) and self._worth(walk, index, asked):
            # What is not in the index first, within a part of the time: it is little, or the index must wait anyway.
            walk.until = begun + UNSEEN * (until - begun)
            others, reached_of_others = self._unseen(walk, index.position())
            walk.until = until
            ids, reached = walk.candidates(lambda rest, many: self._of_index(index, asked, rest, many, walk))
            ids, reached = walk.together(ids, reached, others, reached_of_others)
        elif session := self._sparse_session(node, span):
            ids, reached = walk.candidates(lambda rest, many: self._listed(session, rest, many, descending))
        else:
            ids, reached = walk.scan(span)
        if limit is not None and len(ids) >= limit:
            del ids[limit:]
            reached = ids[-1]
            if reached == (span.low if descending else span.high):
                reached = None
        return ids, reached, lag

    def _worth(self, walk: Walk, index: Index, asked: str) -> bool:
        """Where all matches are wanted and the index would name a good part of all, looking at all is quicker."""
        if walk.limit is not None or walk.predicate.cost >= OF_RECORD:
            return True
        try:
            sample = self._of_index(index, asked, walk.span, PAGES[-1], walk)
        except (apsw.InterruptError, apsw.BusyError):
            return False
        return len(sample) < PAGES[-1] or abs(sample[0] - sample[-1]) > DENSE * len(sample)

    def _sparse_session(self, node: Node, span: Range) -> str:
        """SQL for the ids that a session holds which all matches are in, if it holds few of those in ``span``; else
        empty."""
        for term in node.items if isinstance(node, And) else (node,):
            if isinstance(term, Term) and term.field in ("session", "session_started"):
                sessions = self._compiler.sessions_of(term)
                if len(sessions) == 1 and self._held(sessions[0]) * DENSE < span.high - span.low:
                    return f"SELECT exchange_id AS id FROM memberships WHERE session_id = {sessions[0]}"  # noqa: S608
        return ""

    def _held(self, session: int) -> int:
        """By a session, of ended exchanges."""
        sql = "SELECT exchanges FROM tallies WHERE session_id = ? AND dimension = 'all' AND value = ''"
        return sum(row[0] for row in self._run(sql, (session,)))

    def _unseen(self, walk: Walk, position: int) -> tuple[list[int], int | None]:
        """What the index does not know: what came after it, and what is open."""
        # The open ones first: one that ends between the two queries is then in both, and not in neither.
        still_open = self._run("SELECT id FROM exchanges WHERE key IS NOT NULL LIMIT ?", (TAIL + 1,))
        rows = self._run("SELECT id FROM exchanges WHERE seq > ? LIMIT ?", (position, TAIL + 1))
        if len(rows) <= TAIL and len(still_open) <= TAIL:
            ids = sorted({row[0] for row in rows + still_open}, reverse=walk.descending)

            def following(rest: Range, many: int) -> list[int]:
                return [id for id in ids if rest.low <= id <= rest.high][:many]

            return walk.candidates(following)
        # For a minimum SQLite would go through the rows by id, to the first of these.
        firsts = self._run(
            "SELECT min(id) FROM exchanges INDEXED BY exchanges_seq WHERE seq > ?"
            " UNION ALL SELECT min(id) FROM exchanges INDEXED BY exchanges_open WHERE key IS NOT NULL",
            (position,),
        )
        first = min((row[0] for row in firsts if row[0] is not None), default=ALL.high)
        return walk.scan(walk.span.within(Range(first, ALL.high)), f"(e.seq > {position} OR e.key IS NOT NULL)")

    def _listed(self, table: str, rest: Range, many: int, descending: bool) -> list[int]:
        order = "DESC" if descending else "ASC"
        return [
            row[0]
            for row in self._run(
                f"SELECT id FROM ({table}) WHERE id BETWEEN ? AND ? ORDER BY id {order} LIMIT ?",  # noqa: S608
                (rest.low, rest.high, many),
            )
        ]

    def _of_index(self, index: Index, asked: str, rest: Range, many: int, walk: Walk) -> list[int]:
        self._deadline = walk.until
        return index.candidates(asked, rest.low, rest.high, many, descending=walk.descending)

    def _all(self) -> int:
        return int(self._run("SELECT count(*) FROM exchanges", ())[0][0])

    def _run(self, sql: str, bindings: tuple[int, ...]) -> list[tuple[Any, ...]]:
        self._deadline = math.inf
        return list(self._db.execute(sql, bindings))

    def matching(
        self, predicate: Predicate, condition: str, bindings: tuple[object, ...], deadline: float
    ) -> list[int]:
        """Raises ``apsw.InterruptError`` or ``OutOfTime`` when it takes longer than until ``deadline``."""
        self._deadline = deadline
        self._compiler.forget()
        sql = f"SELECT e.id FROM exchanges AS e{predicate.join} WHERE {condition} AND ({predicate.sql})"  # noqa: S608
        return [row[0] for row in self._db.execute(sql, (*bindings, *predicate.bindings))]

    def _out_of_time(self) -> bool:
        return time.monotonic() > self._deadline

    # the index

    def _usable_index(self) -> Index | None:
        if self._index is not None and self._index.replaced:
            self._drop_index()
        if self._index is None:
            try:
                self._index = Index(self._folder, self._out_of_time, STEPS_BETWEEN_LOOKS)
            except Damage:
                return None
        return self._index

    def _drop_index(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None

    def _lag(self, index: Index | None) -> Lag:
        newest = self._reader.newest_seq()
        self._deadline = math.inf
        return Lag(False, newest) if index is None else Lag(True, max(newest - index.position(), 0))


def _cursor(reached: int, *, oldest_first: bool) -> str:
    return f"{'a' if oldest_first else 'd'}{reached:x}"


_CURSOR = re.compile(r"([ad])([0-9a-f]{1,15})")


def _after(cursor: str, *, oldest_first: bool) -> Range:
    found = _CURSOR.fullmatch(cursor)
    if found is None or (found[1] == "a") != oldest_first:
        raise UsageError(
            f"{cursor[:100]!r} is no cursor of this list.",
            "Take the one that came with the page before, in the same order.",
        )
    reached = int(found[2], 16)
    return Range(reached + 1, ALL.high) if oldest_first else Range(1, reached - 1)


def small_table(node: Node) -> str:
    """SQL for the ids of which all that can match are, where a small table has them; empty where none does."""
    match node:
        case And(items):
            return next((found for item in items if (found := small_table(item))), "")
        case Term("is", Is("open")):
            return OPEN
        case Term("is", Is("marked" | "starred")) | Term("has", Is("note")) | Term("color" | "note", There()):
            return MARKS
        case Term("color" | "note", Is(text) | Holds(text)) if text:
            return MARKS
    return ""


MARKS = "SELECT exchange_id AS id FROM marks"
OPEN = "SELECT id FROM exchanges INDEXED BY exchanges_open WHERE key IS NOT NULL"
"""By their keys, of which there are few: asked for by id, SQLite would go through all."""
