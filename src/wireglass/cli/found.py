"""What matches, page after page: a page ends at a time limit, and a record may be long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from wireglass.model import Summary
from wireglass.query.tree import Node
from wireglass.store import Lag, Reader

PAGE = 5000
"""Rows of one query, some 50 ms: a query has a time limit, and an old snapshot holds up the writer's log."""


class Look(NamedTuple):
    rows: list[Summary]
    """Newest last."""
    whole: bool
    """False: there was no time to look at everything, and there may be older ones."""
    lag: Lag
    """How far the index was behind at the first page."""


def newest(reader: Reader, node: Node, limit: int, seconds: float) -> Look:
    """The newest ``limit`` that match, or those of them that are found in ``seconds``."""
    end = time.monotonic() + seconds
    page = reader.find(node, min(PAGE, limit))
    rows, lag = page.items, page.lag
    while page.next is not None and len(rows) < limit and time.monotonic() < end:
        page = reader.find(node, min(PAGE, limit - len(rows)), page.next)
        rows += page.items
    return Look(rows[::-1], page.next is None or len(rows) >= limit, lag)


def oldest_first(reader: Reader, node: Node) -> Iterator[Summary]:
    cursor = None
    while True:
        page = reader.find(node, PAGE, cursor, oldest_first=True)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return
