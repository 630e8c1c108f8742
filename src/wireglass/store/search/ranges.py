"""Which ids a query can mean at all: those that it names, and those of its sessions, which are spans of the record."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from wireglass.query import And, Between, Compares, Node, Or, Term


class Range(NamedTuple):
    """From ``low`` to ``high``, both included; empty if ``low`` is above."""

    low: int
    high: int

    def within(self, other: Range) -> Range:
        return Range(max(self.low, other.low), min(self.high, other.high))


ALL = Range(1, 1 << 62)
NONE = Range(1, 0)

OfSessions = Callable[[Term], Range]
"""The ids that the sessions hold which a term means."""


def ids_of(node: Node, of_sessions: OfSessions) -> Range:
    """All ids outside are certain not to match."""
    match node:
        case And(items):
            found = ALL
            for item in items:
                found = found.within(ids_of(item, of_sessions))
            return found
        case Or(items):
            ranges = [one for item in items if (one := ids_of(item, of_sessions)).low <= one.high]
            if not ranges:
                return NONE
            return Range(min(one.low for one in ranges), max(one.high for one in ranges))
        case Term("id", test):
            match test:
                case Between(low, high):
                    return _range(low, high)
                case Compares("=", number):
                    return _range(number, number)
                case Compares("<" | "<=", number):
                    return _range(-math.inf, number)
                case Compares(_, number):
                    return _range(number, math.inf)
        case Term("session" | "session_started"):
            return of_sessions(node)
    return ALL


def _range(low: float, high: float) -> Range:
    """Numbers that are no ids are brought back to the nearest ends of ``ALL``."""
    if math.isnan(low) or math.isnan(high):
        return NONE
    first = math.ceil(low) if ALL.low < low < ALL.high else ALL.low if low <= ALL.low else ALL.high
    last = math.floor(high) if ALL.low <= high < ALL.high else ALL.high if high >= ALL.high else 0
    return Range(first, last)
