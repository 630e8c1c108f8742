"""Who can change the record of a home: the capture that runs in it, or this process while none does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from wireglass.app.home import Home
from wireglass.app.leftovers import take_in
from wireglass.app.remote import RemoteControl
from wireglass.app.report import reachable
from wireglass.capture import Control, LocalControl
from wireglass.errors import HomeInUse, UsageError
from wireglass.store import open_store


@contextlib.contextmanager
def control(home: Path) -> Iterator[Control]:
    """For the time of the block. While a capture runs, its API is asked; else the home is locked and its store opened,
    which first takes in what a capture that was killed has left. Raises HomeInUse, UsageError where the capture runs
    without an API, and StoreError."""
    folder = Home(home)
    if remote := _remote(folder):
        yield remote
        return
    with contextlib.ExitStack() as opened:
        try:
            opened.enter_context(folder.lock())
        except HomeInUse:
            if remote := _remote(folder):  # it has just started
                yield remote
                return
            raise
        store = open_store(folder.store, lambda trouble: None)
        opened.callback(store.close)
        take_in(folder, store)
        yield LocalControl(store, folder.store)


def _remote(home: Home) -> Control | None:
    run = home.running()
    if run is None:
        return None
    if not run.ui:
        raise UsageError(
            f"The capture that runs in {home.path} (pid {run.pid}) has no API to ask: it was started with --ui off.",
            "Stop it, and try again; or start it without --ui off.",
        )
    return RemoteControl(reachable(run.ui), run.token)
