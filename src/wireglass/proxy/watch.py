"""Does it still move? Answered by looking now and then, so that the bytes themselves cost nothing."""

from __future__ import annotations

import math
from time import perf_counter

_LOOK = 2.0  # seconds between looks at most: what a list shows of a running tunnel is as old as that
_LOOKS = 10  # looks within the shortest time-out
_LOOKS_HALF_CLOSED = 5


class Limits:
    """Time-outs of a running exchange or tunnel in seconds; None is without end. ``half_closed`` is for a client that
    has ended its side, and may have gone altogether."""

    __slots__ = ("half_closed", "idle", "look", "response")

    def __init__(self, response: float | None, idle: float | None, half_closed: float) -> None:
        self.response = math.inf if response is None else response
        self.idle = math.inf if idle is None else idle
        self.half_closed = half_closed
        self.look = min(_LOOK, self.response / _LOOKS, self.idle / _LOOKS, half_closed / _LOOKS_HALF_CLOSED)
        """Seconds from one look to the next."""


class Watch:
    """``mark`` is whatever changes when a byte moves: sizes that passed, buffers that drain. Times are of
    ``perf_counter``."""

    __slots__ = ("_mark", "_moved", "waits_from")

    def __init__(self, since: float) -> None:
        self._mark: tuple[int, ...] = ()
        self._moved = since
        self.waits_from = since
        """When the server had been sent the whole request, or last said that it is still there (1xx)."""

    def excuse(self, now: float) -> None:
        """It stands still because of us."""
        self._moved = self.waits_from = now

    def idle(self, now: float, mark: tuple[int, ...]) -> float:
        """Seconds since the look that saw the last change."""
        if mark != self._mark:
            self._mark = mark
            self._moved = now
        return now - self._moved

    def told(self) -> None:
        """The server has sent a 1xx response."""
        self.waits_from = perf_counter()
