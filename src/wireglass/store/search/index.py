"""The search index: a file of its own beside the record, which can be deleted at any time and is then built anew.

One document for each ended exchange (documents.py), in one FTS5 table: contentless, trigrams, ``detail=none``. Measured
against a document for each distinct body with a table of its uses (100,000 exchanges of ``bench/million.py``): the same
size (113 MB for 250 MB of text) and time to build (34 s of processor), the same latency of one word (0.2 to 5 ms); but
FTS5 then answers in the order of bodies, and the newest exchange that holds a word may use the oldest body, so a first
page would have to wait for all matching bodies; a word and a host together would be two queries to intersect; and the
same bytes are different texts under different headers. The price is that a body that comes again is indexed again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import apsw

from wireglass.store.database import explain

NAME = "search.db"
DAMAGED = "search.damaged"
"""A file that a reader leaves when it meets damage, which it may not mend: the indexer builds anew."""

VERSION = 1
"""Of what is in a document. Another one: built anew."""

PAGE_SIZE = 16384
PENDING = 16 << 20
"""Bytes of new entries that FTS5 gathers in memory before it writes them."""

SCHEMA = f"""
CREATE VIRTUAL TABLE documents USING fts5(
    text, tokenize = 'trigram', content = '', contentless_delete = 1, detail = none
);
INSERT INTO documents (documents, rank) VALUES ('hashsize', {PENDING});
-- Every change up to ``position`` is in here, but for open exchanges. ``newest`` is an exchange that is, ``mark`` what
-- it was: whether this index belongs to that record.
CREATE TABLE state (
    position INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    mark TEXT NOT NULL,
    first_day INTEGER NOT NULL,  -- since 1970, of the exchanges that are in here
    last_day INTEGER NOT NULL
);
INSERT INTO state VALUES (0, 0, '', 0, -1);
PRAGMA user_version = {VERSION};
"""  # noqa: S608 - numbers of our own


class Damage(Exception):
    """The index cannot be used; what was asked of it can be found without it."""


class Index:
    """The reading side. Raises ``Damage`` for everything but ``Slow``."""

    def __init__(self, folder: Path, out_of_time: Callable[[], bool], steps_between_looks: int) -> None:
        self._folder = folder
        self._path = folder / NAME
        try:
            self._inode = self._path.stat().st_ino
            self._db = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READONLY)
        except (apsw.Error, OSError) as error:
            raise Damage from error
        try:
            self._db.set_busy_timeout(1000)
            self._db.set_progress_handler(out_of_time, steps_between_looks)
            if self._db.pragma("user_version") != VERSION or self.replaced:
                raise Damage
        except apsw.Error as error:
            self.close()
            raise Damage from error
        except Damage:
            self.close()
            raise

    def close(self) -> None:
        self._db.close()

    @property
    def replaced(self) -> bool:
        """Whether another file has its name by now."""
        try:
            return self._path.stat().st_ino != self._inode
        except OSError:
            return True

    def position(self) -> int:
        """The newest change of the record that is in here."""
        return self._run("SELECT position FROM state", ())[0][0]

    def days(self) -> tuple[int, int]:
        """Since 1970, of the first and the last exchange that is in here."""
        first, last = self._run("SELECT first_day, last_day FROM state", ())[0]
        return first, last

    def candidates(self, expression: str, low: int, high: int, limit: int, *, descending: bool) -> list[int]:
        """Ids of exchanges from ``low`` to ``high`` that may match. Raises ``apsw.InterruptError`` when out of time."""
        order = "DESC" if descending else "ASC"
        rows = self._run(
            "SELECT rowid FROM documents WHERE documents MATCH ? AND rowid BETWEEN ? AND ?"  # noqa: S608
            f" ORDER BY rowid {order} LIMIT ?",
            (expression, low, high, limit),
        )
        return [row[0] for row in rows]

    def _run(self, sql: str, bindings: tuple[str | int, ...]) -> list[tuple[int, ...]]:
        try:
            return list(self._db.execute(sql, bindings))
        except (apsw.InterruptError, apsw.BusyError, apsw.LockedError):
            raise
        except apsw.Error as error:
            # Where it cannot be written the index stays as it is, and searches do without it.
            with contextlib.suppress(OSError):
                (self._folder / DAMAGED).touch(0o600)
            raise Damage from error


def open_index(folder: Path) -> apsw.Connection:
    """The writing connection, for the one process that has it. What is there of another version, or damaged so that it
    shows at once, is deleted. Raises ``StoreError``."""
    path = folder / NAME
    try:
        if (folder / DAMAGED).exists():
            delete_index(folder)
        try:
            return _connect(path)
        except (apsw.NotADBError, apsw.CorruptError, _Another):
            delete_index(folder)
            return _connect(path)
    except (apsw.Error, OSError, _Another) as error:
        raise explain(error, path) from error


def delete_index(folder: Path) -> None:
    # The database first: nobody finds it any more when its other files go.
    for name in (NAME, f"{NAME}-wal", f"{NAME}-shm", DAMAGED):
        (folder / name).unlink(missing_ok=True)


class _Another(Exception):
    """Of another version of this format."""


def _connect(path: Path) -> apsw.Connection:
    # SQLite gives the -wal and -shm files the mode of the database.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        db.set_busy_timeout(5000)
        db.pragma("page_size", PAGE_SIZE)
        db.pragma("auto_vacuum", "INCREMENTAL")
        db.pragma("journal_mode", "wal")
        # A power cut may take the newest documents back; never the index apart from its position.
        db.pragma("synchronous", "NORMAL")
        db.pragma("cache_size", -8192)
        found = db.pragma("user_version")
        if found == 0:
            with db:
                db.execute(SCHEMA)
        elif found != VERSION:
            raise _Another(f"format {found}")
        db.execute("SELECT position FROM state").fetchall()
    except apsw.SQLError as error:  # tables of somebody else
        db.close()
        raise _Another(str(error)) from error
    except BaseException:
        db.close()
        raise
    return db
