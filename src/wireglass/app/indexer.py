"""The indexer process: ``python -m wireglass.app.indexer HOME PID``, PID being that of the main process.

Started by the main process and by nobody else. It only reads the record and writes ``search.db``, with what processor
time others leave. It ends at SIGTERM, and by itself when the process that started it has died; killed at any moment, it
goes on where it was the next time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

from wireglass.app.home import Home
from wireglass.errors import WireglassError
from wireglass.store import Indexer

NICE = 10

SHORTEST, LONGEST = 0.1, 1.0
"""Seconds between two looks at a record in which nothing happens: the pause grows while nothing does."""

WORK = 1.0
"""Seconds after which it looks whether it should end."""

AGAIN = 5.0
"""Seconds until the next attempt where there is no record yet, or no room."""


def main() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the main process tells us when to end
    if sys.platform != "win32":
        _give_way()
    # Told, and not asked for here: it may have died before this line is reached.
    parent = int(sys.argv[2])
    folder = Home(Path(sys.argv[1])).store
    while not stop.is_set() and os.getppid() == parent:
        try:
            _follow(folder, stop, parent)
        except WireglassError as error:
            print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} search index: {error.line()}", file=sys.stderr, flush=True)
            stop.wait(AGAIN)


def _give_way() -> None:
    os.nice(NICE)
    # Linux shares its processors among sessions first, and a session of our own has as much as that of the proxy
    # however nice we are in it (sched(7), "The autogroup feature"). Not where the session is somebody's shell.
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(NICE))


def _follow(folder: Path, stop: threading.Event, parent: int) -> None:
    indexer = Indexer(folder)
    try:
        pause = SHORTEST
        while not stop.is_set() and os.getppid() == parent:
            lag = indexer.catch_up(WORK)
            if lag.changes:
                pause = SHORTEST
                continue
            stop.wait(pause)
            pause = SHORTEST if indexer.is_behind() else min(pause * 1.5, LONGEST)
    finally:
        indexer.close()


if __name__ == "__main__":
    main()
