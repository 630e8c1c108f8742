"""SIGINT and SIGTERM are counted, without a moment in which one of them ends the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from wireglass.app.signals import Signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_they_are_counted_and_told(number: int) -> None:
    told: list[int] = []
    before = signal.getsignal(number)
    with Signals() as signals:
        assert signal.getsignal(number) is before, "nothing is changed before it begins"
        signals.begin()
        os.kill(os.getpid(), number)
        signals.wait(10)
        signals.listen(lambda: told.append(1))
        assert told == [1], "one that came before somebody listened is told, too"
        os.kill(os.getpid(), number)
        signals.wait(10)
        assert len(told) == 2
        assert (signals.interrupts, signals.terminated) == ((2, False) if number == signal.SIGINT else (0, True))
    assert signal.getsignal(number) is before


def test_waiting_ends_with_a_signal() -> None:
    """The main thread waits without a limit, and is woken."""
    program = """
import os, signal, threading
from wireglass.app.signals import Signals
with Signals() as signals:
    signals.begin()
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    while not signals.interrupts:
        signals.wait()
print("woken")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "woken\n", "")
