"""From the link into the store."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from wireglass.link import LinkServer, read_spool
from wireglass.model import Batch
from wireglass.store import Store


class Recorder:
    """Gives batches to the store and answers them when they are committed, or counted as not keepable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def on_batch(self, link: LinkServer, batch: Batch) -> None:
        self._store.submit(batch, batch.sessions, lambda: link.ack(batch.seq))

    def replay(self, spool: Path) -> bool:
        """Stores what a proxy could not hand over, and removes the spool. Blocks; batches that the store has already
        are passed over by it. False, and the spool stays, if the store has no room for it."""
        for batch in read_spool(spool):
            answered = Event()
            self._store.submit(batch, batch.sessions, answered.set)
            answered.wait()
            if self._store.last_seq(batch.run) < batch.seq:
                return False
        spool.unlink(missing_ok=True)
        return True
