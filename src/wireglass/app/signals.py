"""SIGINT, SIGTERM and SIGHUP, counted from the first moment to the last: in between none ends the process."""

from __future__ import annotations

import contextlib
import queue
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self


class Signals:
    """From ``begin`` to the end of its ``with`` they are counted, and do nothing by themselves. For the main
    thread.

    Python's own handlers, not an event loop's: those end with their loop, and what comes after it must not be lost."""

    def __init__(self, *, hangup: bool = False) -> None:
        """``hangup``: SIGHUP is as SIGTERM, unless it is ignored (nohup)."""
        self.interrupts = 0
        """SIGINTs so far."""
        self.terminated = False
        """A SIGTERM has come."""
        self._hangup = hangup
        self._listener: Callable[[], object] | None = None
        self._before: dict[signal.Signals, Any] = {}
        self._arrived: queue.SimpleQueue[None] = queue.SimpleQueue()  # the one that a signal handler may put into

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def begin(self) -> None:
        """Once; again does nothing."""
        if self._before:
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._signalled)
        if self._hangup and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            self._before[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._signalled)

    def ignore(self) -> None:
        """To the end of the process: Python gives each its first meaning again before it ends, and a late one would
        take the exit code with it."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def listen(self, listener: Callable[[], object] | None) -> None:
        """``listener`` is called at each signal, also for those that have come already, between any two instructions of
        the main thread."""
        self._listener = listener
        if listener and (self.interrupts or self.terminated):
            listener()

    def wait(self, seconds: float | None = None) -> None:
        """Returns when a signal has come since the last call, or after so many seconds."""
        with contextlib.suppress(queue.Empty):
            self._arrived.get(timeout=seconds)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            self.interrupts += 1
        else:
            self.terminated = True
        self._arrived.put(None)
        if self._listener:
            self._listener()
