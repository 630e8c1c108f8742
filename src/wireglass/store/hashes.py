"""Which content is stored already: hash → body id, for millions of bodies.

Hashes come in random order, so an ordinary index has a page written for each new body: with five million bodies that
is 1650 MB written for 216 MB of new ones, against 720 MB here and 650 MB in an empty store
(``python bench/store.py 50000 --bodies 5000000``, and without the flag).
Here new hashes stay in memory, in 256 buckets by their first byte, and in a table that only grows at its end
(``fresh_hashes``). When there are too many, buckets are moved in turn to the sorted table (``body_hashes``),
whose pages then take many entries each.
"""

from __future__ import annotations

import apsw

FRESH = 1 << 17
"""Hashes in memory before buckets are moved: some 25 MB."""

BUCKETS = 256
MOVED_AT_ONCE = 8
"""Buckets in one transaction at most, so that a commit stays short when many have come together."""

KNOWN = 1 << 14
"""Hashes found in the sorted table that are remembered: what repeats soon is found without a query."""


class Hashes:
    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._known: dict[bytes, int] = {}
        self._fresh: list[dict[bytes, int]] = [{} for _ in range(BUCKETS)]
        self._size = 0
        self._new: list[tuple[int, bytes]] = []
        self._moved: list[dict[bytes, int]] = []
        self._forgotten: list[tuple[bytes, int]] = []
        self._next_bucket = 0
        self._low = self._newest = 0
        for id, hash in self._db.execute("SELECT id, hash FROM fresh_hashes ORDER BY id"):
            self._fresh[hash[0]][hash] = id
            self._size += 1
            self._low = self._low or id
            self._newest = id
        self._mark = self._newest
        """When the turn is over, everything up to this id is in the sorted table."""
        self._done = 0
        """The same of the turn before: so far ``fresh_hashes`` can be emptied."""
        self._before = (self._low, self._newest, self._mark, self._done)

    def find(self, hash: bytes) -> int | None:
        id = self._fresh[hash[0]].get(hash) or self._known.get(hash)
        if id is not None:
            return id
        for found, other in self._db.execute(
            "SELECT b.id, b.hash FROM body_hashes AS h JOIN bodies AS b ON b.id = h.id WHERE h.prefix = ?",
            (_prefix(hash),),
        ):
            if other == hash:
                self._known[hash] = found
                return int(found)
        return None

    def add(self, hash: bytes, id: int) -> None:
        self._fresh[hash[0]][hash] = id
        self._size += 1
        self._new.append((id, hash))

    def forget(self, gone: list[tuple[bytes, int]]) -> None:
        """These bodies (hash, id) are deleted; after ``flush``, before the end of the transaction."""
        for hash, id in gone:
            self._known.pop(hash, None)
            bucket = self._fresh[hash[0]]
            if bucket.get(hash) == id:
                del bucket[hash]
                self._size -= 1
                self._forgotten.append((hash, id))
        self._db.executemany("DELETE FROM fresh_hashes WHERE id = ?", [(id,) for _, id in gone])
        self._db.executemany(
            "DELETE FROM body_hashes WHERE prefix = ? AND id = ?", [(_prefix(hash), id) for hash, id in gone]
        )

    def flush(self) -> None:
        """Write what is new, and move buckets if there are too many; at the end of a transaction."""
        if not self._new:
            return
        self._db.executemany("INSERT INTO fresh_hashes (id, hash) VALUES (?, ?)", self._new)
        self._newest = self._new[-1][0]
        self._low = self._low or self._new[0][0]
        for _ in range(MOVED_AT_ONCE):
            if self._size <= FRESH:
                break
            self._move_bucket()
        if self._low <= self._done:
            # Twice what came in: it catches up, and no transaction has a hundred thousand rows to delete.
            low = min(self._done + 1, self._low + 2 * len(self._new))
            self._db.execute("DELETE FROM fresh_hashes WHERE id < ?", (low,))
            self._low = low

    def committed(self) -> None:
        self._new.clear()
        self._moved.clear()
        self._forgotten.clear()
        self._before = (self._low, self._newest, self._mark, self._done)
        if len(self._known) > KNOWN:
            self._known.clear()

    def rolled_back(self) -> None:
        # From memory alone: whatever failed may keep the database from being read, too.
        for hash, id in self._forgotten:
            self._fresh[hash[0]][hash] = id
        self._size += len(self._forgotten)
        self._forgotten.clear()
        while self._moved:
            self._next_bucket = (self._next_bucket - 1) % BUCKETS
            self._fresh[self._next_bucket] = self._moved.pop()
            self._size += len(self._fresh[self._next_bucket])
        for _, hash in self._new:
            del self._fresh[hash[0]][hash]
        self._size -= len(self._new)
        self._new.clear()
        self._low, self._newest, self._mark, self._done = self._before

    def _move_bucket(self) -> None:
        bucket = self._fresh[self._next_bucket]
        rows = sorted((_prefix(hash), id) for hash, id in bucket.items())
        # After a restart some that are in the sorted table already come again.
        self._db.executemany("INSERT OR IGNORE INTO body_hashes (prefix, id) VALUES (?, ?)", rows)
        self._moved.append(bucket)
        self._size -= len(bucket)
        self._fresh[self._next_bucket] = {}
        self._next_bucket += 1
        if self._next_bucket == BUCKETS:
            self._next_bucket = 0
            self._done, self._mark = self._mark, self._newest


def _prefix(hash: bytes) -> int:
    """The first eight bytes: an index over them is a third of one over whole hashes."""
    return int.from_bytes(hash[:8], "big", signed=True)
