"""How many exchanges started when, of the whole record: counted once, and again where it has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from wireglass.store import Reader
from wireglass.store.accounts import Span

BLOCK = 20_000
"""Ids that are counted at once: 20 ms where they are in memory. The newest block is counted anew at each look."""

_GONE = 100_000  # deletions that are followed one by one


class DayCounts:
    """For all readers' threads. A million exchanges take seconds to count where the disk must be read: so each look
    has its time, the newest come first, and the next look goes on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: dict[int, list[Span]] = {}
        self._seq = 0

    def spans(self, reader: Reader, time_limit: float) -> tuple[list[Span], bool]:
        """Those that are counted by now, some of one start more than once; and whether these are all."""
        until = time.monotonic() + time_limit
        with self._lock:
            seq = reader.newest_seq()
            self._forget(reader)
            self._seq = seq
            last = (reader.newest_id() - 1) // BLOCK
            exact = True
            for block in range(last, -1, -1):
                if block in self._blocks:
                    continue
                if time.monotonic() > until:
                    exact = False
                    break
                self._blocks[block] = reader.spans(block * BLOCK + 1, (block + 1) * BLOCK)
            return [span for spans in self._blocks.values() for span in spans], exact

    def _forget(self, reader: Reader) -> None:
        """What has changed since the last look."""
        if not self._blocks:
            return
        gone = reader.gone_after(self._seq, _GONE)
        if self._seq < reader.oldest_gone() or len(gone) == _GONE:
            self._blocks.clear()
            return
        changed: Iterable[int] = reader.blocks_changed_after(self._seq, BLOCK)
        for block in {*changed, *((id - 1) // BLOCK for _, id in gone)}:
            self._blocks.pop(block, None)
