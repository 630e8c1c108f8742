"""What a running capture does for its store every so often: what is too old goes, and what was lost is counted."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from wireglass.errors import StoreError
from wireglass.model import Retention
from wireglass.net import spawn
from wireglass.store import Missed, Store

_EVERY = 20.0  # seconds
_NOT_TAKEN = "the store was too slow: the proxy had to go on without it"


class Keeping:
    """``not_kept``: how many exchanges the proxies could not hand over so far."""

    def __init__(self, store: Store, retention: Retention, not_kept: Callable[[], int]) -> None:
        self._store = store
        self._retention = retention
        self._not_kept = not_kept
        self._counted = 0
        self._task = spawn(self._run())

    async def close(self) -> None:
        """What is being deleted stops when the store is closed."""
        self._task.cancel()
        await self._look(self.count_lost)

    async def _run(self) -> None:
        while True:
            await self._look(self.count_lost)
            await self._look(lambda: self._store.retain(self._retention))
            await asyncio.sleep(_EVERY)

    @staticmethod
    async def _look(work: Callable[[], object]) -> None:
        # A store that cannot be written tells people itself, and the next look comes.
        with contextlib.suppress(StoreError):
            await asyncio.to_thread(work)

    def count_lost(self) -> None:
        lost = self._not_kept()
        if lost > self._counted:
            self._store.missed([Missed(0, "store_full", "", lost - self._counted, time.time(), _NOT_TAKEN, "")])
            self._counted = lost
