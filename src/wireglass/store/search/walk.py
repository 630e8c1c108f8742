"""A way through the ids, in steps that take about as long as each other whatever a step has to look at."""

from __future__ import annotations

import heapq
import time
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import apsw

from wireglass.errors import StoreError
from wireglass.store.search.predicate import OF_RECORD, OutOfTime, Predicate
from wireglass.store.search.ranges import Range

if TYPE_CHECKING:
    from wireglass.store.search.find import Finder

GOOD = 0.02
"""Seconds: after a step that took less the next one is twice as large."""

LONG = 0.25
"""Seconds after which a step is broken off, and made smaller."""

LONGEST = 10.0
"""Seconds that one exchange may take. The worst expression on the largest text takes 2."""

FIRST = {True: 64, False: 1024}
"""Ids in the first step, by whether records must be read."""

LARGEST = 1 << 18
CHUNK = 4096
"""Candidates in one step at most."""

PAGES = (64, 512, 4096)
"""Candidates that are asked for at once: the first page wants few."""

Following: TypeAlias = Callable[[Range, int], list[int]]
"""The next candidates of what is left, in order; fewer than were asked for are the last."""

Found: TypeAlias = tuple[list[int], int | None]
"""The ids that match, in order, and up to which id all were looked at; None for all there are."""


class Walk:
    """``limit``: so many matches are enough; None: all are wanted. ``until``: when to stop, ``time.monotonic``."""

    def __init__(
        self, finder: Finder, predicate: Predicate, span: Range, limit: int | None, descending: bool, until: float
    ) -> None:
        self._finder = finder
        self.predicate = predicate
        self.span = span
        self.limit = limit
        self.descending = descending
        self.until = until
        self._size = FIRST[predicate.cost >= OF_RECORD]

    def scan(self, span: Range, besides: str = "1") -> Found:
        """All ids in turn; ``besides``: a condition of its own."""
        found: list[int] = []
        rest = span.within(self.span)
        order = "DESC" if self.descending else "ASC"
        condition = f"e.id BETWEEN ? AND ? AND {besides}"
        # The order is that of the table: SQLite is told so that it does not sort.
        while rest.low <= rest.high:
            if time.monotonic() >= self.until:
                return found, self._before(rest)
            size = self._size
            step = (
                Range(max(rest.low, rest.high - size + 1), rest.high)
                if self.descending
                else Range(rest.low, min(rest.high, rest.low + size - 1))
            )
            ids = self._step(condition, (step.low, step.high), step.high - step.low + 1)
            if ids is None:
                continue
            found += sorted(ids, reverse=order == "DESC")
            if self._enough(found):
                return found, found[-1]
            rest = Range(rest.low, step.low - 1) if self.descending else Range(step.high + 1, rest.high)
        return found, None

    def candidates(self, following: Following) -> Found:
        """Those that somebody names. One who cannot name them in time is passed over: all ids behind are looked at."""
        found: list[int] = []
        rest = self.span
        asked = 0
        while rest.low <= rest.high:
            if asked and time.monotonic() >= self.until:
                return found, self._before(rest)
            many = PAGES[min(asked, len(PAGES) - 1)]
            asked += 1
            try:
                named = following(rest, many)
            except (apsw.InterruptError, apsw.BusyError):
                return found, self._before(rest)
            at = 0
            while at < len(named):
                chunk = named[at : at + min(self._size, CHUNK)]
                if time.monotonic() >= self.until:
                    return found, self._before(self._behind(rest, named[at - 1]) if at else rest)
                ids = self._step("e.id IN carray(?)", (apsw.carray(array("q", chunk)),), len(chunk))
                if ids is None:
                    continue
                at += len(chunk)
                found += sorted(ids, reverse=self.descending)
                if self._enough(found):
                    return found, found[-1]
            if len(named) < many:
                return found, None
            rest = self._behind(rest, named[-1])
        return found, None

    def together(self, ids: list[int], reached: int | None, others: list[int], reached_of_others: int | None) -> Found:
        """Of two ways through the same span."""
        sign = -1 if self.descending else 1
        ends = [sign * one for one in (reached, reached_of_others) if one is not None]
        both = list(dict.fromkeys(heapq.merge(ids, others, reverse=self.descending)))
        if not ends:
            return both, None
        end = sign * min(ends)
        return [id for id in both if sign * id <= sign * end], end

    def _step(self, condition: str, bindings: tuple[object, ...], size: int) -> list[int] | None:
        """None: it took too long, and the next one will be smaller."""
        begun = time.monotonic()
        most = LONGEST if size == 1 else LONG
        try:
            ids = self._finder.matching(self.predicate, condition, bindings, begun + most)
        except (apsw.InterruptError, OutOfTime) as error:
            if size == 1:
                raise StoreError(
                    f"a single exchange took more than {LONGEST:g} s to search.", "Make the query simpler."
                ) from error
            self._size = max(1, min(self._size, size) // 8)
            return None
        took = time.monotonic() - begun
        if took < GOOD:
            self._size = min(self._size * 2, LARGEST)
        elif took > 4 * GOOD:
            self._size = max(1, self._size // 2)
        return ids

    def _enough(self, found: list[int]) -> bool:
        if self.limit is None or len(found) < self.limit:
            return False
        del found[self.limit :]
        return True

    def _behind(self, rest: Range, id: int) -> Range:
        return Range(rest.low, id - 1) if self.descending else Range(id + 1, rest.high)

    def _before(self, rest: Range) -> int:
        return rest.high + 1 if self.descending else rest.low - 1
