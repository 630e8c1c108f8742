"""The record on disk: one writer, many readers. The only room that opens databases."""

from wireglass.store.ledger import Counts
from wireglass.store.reader import Reader, Session
from wireglass.store.writer import Store, open_store

__all__ = ["Counts", "Reader", "Session", "Store", "open_store"]
