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


@pytest.mark.parametrize("hangup", [True, False])
def test_a_hang_up_is_as_sigterm_if_asked_for(hangup: bool) -> None:
    before = signal.signal(signal.SIGHUP, lambda *_: None)
    try:
        with Signals(hangup=hangup) as signals:
            signals.begin()
            signals.begin()
            os.kill(os.getpid(), signal.SIGHUP)
            signals.wait(0 if not hangup else 10)
            assert signals.terminated is hangup
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with Signals(hangup=True) as signals:
            signals.begin()
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, "nohup"
    finally:
        signal.signal(signal.SIGHUP, before)


def test_to_the_end_of_the_process_they_are_ignored() -> None:
    program = """
import os, signal
from wireglass.app.signals import Signals
signals = Signals()
signals.begin()
signals.ignore()
os.kill(os.getpid(), signal.SIGINT)
os.kill(os.getpid(), signal.SIGTERM)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
