"""Looking again and again at a store that others write."""

from __future__ import annotations

import select
import sys
import time

POLL = 0.05
"""Seconds between looks at the store: half a percent of one core (measured), and below what a person notices."""


def pause_or_end(seconds: float) -> None:
    """Ends the command as soon as the reader of the pipe is gone (`tail | head -1`): where nothing more is recorded,
    nothing is written that would tell."""
    if sys.platform == "win32" or sys.stdout.isatty():
        time.sleep(seconds)
        return
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)  # nothing but POLLERR and POLLHUP, which need not be asked for
    if poll.poll(seconds * 1000):
        raise BrokenPipeError
