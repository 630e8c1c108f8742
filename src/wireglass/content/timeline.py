"""When the bytes of a streamed exchange arrived: the marks a proxy writes beside the bodies, and how they are read.

A mark is nine bytes, little-endian: the side (``model.REQUEST`` or ``RESPONSE``), the microseconds since the mark
before it (the first: since ``Summary.started``), and how many bytes of that side came then. A longer gap than 32 bits
hold, 71 minutes, is filled with marks of no bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from wireglass.model import REQUEST, RESPONSE

MARK = struct.Struct("<BII")
_LONGEST = 0xFFFFFFFF
_MICROSECONDS = 1_000_000

_STREAMED = re.compile(
    r"text/event-stream"
    r"|application/(?:(?:x-)?(?:ndjson|jsonl|jsonlines)|json-seq|(?:x-json-|json-)stream|stream\+json"
    r"|grpc(?:[+-].*)?|connect\+.*)"
)


@lru_cache(maxsize=256)
def streamed(media_type: str) -> bool:
    """Whether bodies of this type (lower case, without parameters) are made of messages that come one by one."""
    return _STREAMED.fullmatch(media_type) is not None


class Mark(NamedTuple):
    side: int
    time: float
    """Unix time in seconds."""
    size: int


class Arrivals:
    """The writing side, one for each exchange. Times are Unix seconds."""

    __slots__ = ("_last", "_started")

    def __init__(self, started: float) -> None:
        """``started`` is the exchange's ``Summary.started``."""
        self._started = started
        self._last = 0  # microseconds: added up as floats the gaps of a long stream would drift

    def mark(self, side: int, size: int, now: float) -> bytes:
        """``size`` bytes (below 4 GiB) of ``side`` have come ``now``. A clock that was set back counts as no time."""
        gap = int((now - self._started) * _MICROSECONDS) - self._last
        if gap < 0:
            gap = 0
        self._last += gap
        if gap <= _LONGEST:
            return MARK.pack(side, gap, size)
        fillers, gap = divmod(gap, _LONGEST)
        return MARK.pack(side, _LONGEST, 0) * fillers + MARK.pack(side, gap, size)


class MarkReader:
    """The reading side: a timeline in pieces, cut anywhere."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._last = 0
        self._held = b""
        self._damaged = False

    def feed(self, data: bytes) -> Iterator[Mark]:
        """The marks that are whole now. What no proxy writes ends the reading: a later mark could not be believed."""
        data = self._held + data
        end = len(data) - len(data) % MARK.size
        self._held = data[end:]
        for side, gap, size in MARK.iter_unpack(memoryview(data)[:end]):
            if self._damaged or side not in (REQUEST, RESPONSE):
                self._damaged = True
                return
            self._last += gap
            if size:
                yield Mark(side, self._started + self._last / _MICROSECONDS, size)


def read_marks(data: bytes, started: float) -> list[Mark]:
    """The marks of a whole timeline."""
    return list(MarkReader(started).feed(data))
