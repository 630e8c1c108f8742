"""What an earlier main process has left behind, taken in before anything new is recorded."""

from __future__ import annotations

import time
from pathlib import Path

from wireglass.app.home import Home
from wireglass.capture import Recorder, Sessions
from wireglass.errors import Interrupted, StoreFull
from wireglass.link import writer_is_gone
from wireglass.store import Reader, Store

OLD_PROXY = 5.0
"""Seconds that the proxies of a killed main process are given to write their spool and leave."""


def take_in(home: Home, store: Store) -> None:
    """Blocks. Raises StoreFull, and nothing is lost."""
    with Reader(home.store) as reader:
        # Those that were running: by their filters the spools are sorted.
        sessions = Sessions(session for session in reader.sessions() if session.state != "ended")
    _replay_spools(home.spool, Recorder(store, sessions))
    home.remove_leftovers()
    store.fail_open(Interrupted.code, "Wireglass ended before the exchange did.")
    store.end_left_sessions()


def _replay_spools(folder: Path, recorder: Recorder) -> None:
    deadline = time.monotonic() + OLD_PROXY
    for spool in sorted(folder.glob("*.spool")):
        while not (gone := writer_is_gone(spool)) and time.monotonic() < deadline:
            time.sleep(0.02)
        if gone and not recorder.replay(spool):
            raise StoreFull(
                f"There is no room to take in what an earlier run has left in {spool}.",
                "Free some space on that disk, and start again.",
            )
