from __future__ import annotations

import hashlib
from collections.abc import Iterator

import apsw
import pytest

from wireglass.store import hashes
from wireglass.store.hashes import Hashes
from wireglass.store.migrations import migrate


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Iterator[apsw.Connection]:
    """An empty database, and so few hashes in memory that buckets move all the time."""
    monkeypatch.setattr(hashes, "FRESH", 100)
    monkeypatch.setattr(hashes, "MOVED_AT_ONCE", hashes.BUCKETS)
    db = apsw.Connection(":memory:")
    migrate(db)
    yield db
    db.close()


def digest(id: int) -> bytes:
    return hashlib.sha256(b"%d" % id).digest()


def add(db: apsw.Connection, known: Hashes, ids: range) -> None:
    with db:
        for id in ids:
            known.add(digest(id), id)
            db.execute("INSERT INTO bodies (id, hash, size) VALUES (?, ?, 0)", (id, digest(id)))
        known.flush()
    known.committed()


def test_every_hash_is_found_wherever_it_lies(db: apsw.Connection) -> None:
    """In memory, in the sorted table, and after a restart; and none that was not added."""
    known = Hashes(db)
    for start in range(1, 2001, 50):
        add(db, known, range(start, start + 50))
    for again in (known, Hashes(db)):
        assert [again.find(digest(id)) for id in range(1, 2001)] == list(range(1, 2001))
        assert again.find(digest(5000)) is None


def test_the_growing_table_is_emptied_behind(db: apsw.Connection) -> None:
    """It holds what came in the last two turns, not everything."""
    known = Hashes(db)
    for start in range(1, 4001, 50):
        add(db, known, range(start, start + 50))
    ((count,),) = db.execute("SELECT count(*) FROM fresh_hashes")
    ((moved,),) = db.execute("SELECT count(*) FROM body_hashes")
    assert count < 1000
    assert moved >= 3800


def test_a_rollback_forgets_what_was_added(db: apsw.Connection) -> None:
    """And has what was moved to the table back in memory."""
    known = Hashes(db)
    add(db, known, range(1, 151))
    db.execute("BEGIN")
    for id in range(151, 301):
        known.add(digest(id), id)
    known.flush()
    db.execute("ROLLBACK")
    known.rolled_back()
    assert known.find(digest(200)) is None
    add(db, known, range(151, 251))
    assert [known.find(digest(id)) for id in range(1, 251)] == list(range(1, 251))
    assert [Hashes(db).find(digest(id)) for id in range(1, 251)] == list(range(1, 251))
