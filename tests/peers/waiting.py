"""Waiting for something that happens elsewhere: the one place in the tests that sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T | None], what: str, seconds: float = 30.0) -> T:
    """The first true value of ``condition``; fails with ``what`` in its words after ``seconds``, which bound a failure
    and claim nothing: a machine may have other work."""
    deadline = time.monotonic() + seconds
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}; last seen: {value!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
