"""What a search answers."""

from __future__ import annotations

import msgspec

from wireglass.model import Summary

TIME_LIMIT = 2.0
"""Seconds of a search."""


class Lag(msgspec.Struct, frozen=True):
    """How far the index is behind the record. What it has not seen is searched all the same, but slowly."""

    ready: bool
    """False: there is no index, or none that can be used."""
    changes: int
    """New and changed exchanges that it has not seen."""


class Page(msgspec.Struct, frozen=True):
    items: list[Summary]
    next: str | None
    """Cursor of the page behind this one; None at the end."""
    scanned_all: bool
    """False: the time limit came before the page was full; ``next`` goes on where it was."""
    lag: Lag


class Count(msgspec.Struct, frozen=True):
    exchanges: int
    exact: bool
    """False: the time limit came first, and the number is what the part that was looked at lets expect."""
