"""Keeping the index up with the record: in a process of its own, by a connection that only reads the record.

A transaction of the index holds some documents and the change of the record up to which they go, so that one who is
killed goes on where the last transaction ended. An ended exchange does not change any more but for marks and sessions,
which are not in the index: its document is written once.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import apsw

from wireglass.errors import NotFound
from wireglass.model import Summary
from wireglass.store.database import NAME as RECORD_NAME
from wireglass.store.database import connect_reader, explain
from wireglass.store.reader import Reader
from wireglass.store.search.answers import Lag
from wireglass.store.search.documents import DAY, document
from wireglass.store.search.index import DAMAGED, NAME, delete_index, open_index
from wireglass.store.search.subject import EndedSubject

CHANGES = 500
"""Of the record, in one transaction of the index."""

CHARACTERS = 8 << 20
"""Of documents in one transaction: about a second of work."""

CHECKED = 10_000
"""Ids compared at once where deletions were forgotten."""

FREED = 256
"""Pages that are given back to the disk after a transaction that deleted something."""


class Indexer:
    """The one writer of ``search.db``. For one thread. Raises ``StoreError`` where there is no record to index, where
    it cannot be read, and where the index cannot be written."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the store's."""
        self._folder = folder
        self._reader = Reader(folder)
        try:
            self._record = connect_reader(folder)
        except BaseException:
            self._reader.close()
            raise
        try:
            self._db = open_index(folder)
        except BaseException:
            self._close_record()
            raise
        try:
            if not self._belongs():
                self._begin_anew()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._db.close()
        self._close_record()

    def catch_up(self, seconds: float) -> Lag:
        """Index what is new, for about so many seconds; what is left then."""
        until = time.monotonic() + seconds
        while True:
            if (self._folder / DAMAGED).exists():
                self._begin_anew()
            try:
                left = self._step()
            except (apsw.CorruptError, apsw.NotADBError):
                # It says where: an error of the record comes as StoreError.
                self._begin_anew()
                continue
            except apsw.Error as error:
                raise explain(error, self._folder / NAME) from error
            if not left or time.monotonic() >= until:
                return Lag(True, left)

    def is_behind(self) -> bool:
        return self._position() < self._newest()[0]

    # one transaction

    def _step(self) -> int:
        """How many changes are left."""
        position = self._position()
        newest, forgotten = self._newest()
        upto: int
        if position >= newest:
            return 0
        if forgotten > position > 0:
            self._compare()
        changed = self._ask(
            "SELECT id, seq, key IS NULL FROM exchanges WHERE seq > ? ORDER BY seq LIMIT ?", (position, CHANGES)
        )
        upto = changed[-1][1] if len(changed) == CHANGES else newest
        documents: list[tuple[int, str]] = []
        days: list[int] = []
        last: Summary | None = None
        room = CHARACTERS
        for id, seq, ended in changed:
            if not ended or self._is_in(id):
                continue
            try:
                subject = EndedSubject.read(self._record, self._reader, id)
                if subject is None:  # ``gone`` will tell
                    continue
                text = document(subject.summary, subject.detail, subject.texts())
            except NotFound:
                continue
            except apsw.Error as error:
                raise explain(error, self._folder / RECORD_NAME) from error
            documents.append((id, text))
            # What ``documents.facets`` has no hour for has none here.
            with contextlib.suppress(ValueError, OverflowError):
                days.append(int(subject.summary.started // DAY))
            if last is None or id > last.id:
                last = subject.summary
            room -= len(text)
            if room <= 0:
                upto = seq
                break
        gone = self._ask("SELECT exchange_id FROM gone WHERE seq > ? AND seq <= ?", (position, upto))
        with self._db:
            self._db.executemany("INSERT INTO documents (rowid, text) VALUES (?, ?)", documents)
            # Behind: one of them may be gone by now.
            self._db.executemany("DELETE FROM documents WHERE rowid = ?", gone)
            if days:
                self._note_days(min(days), max(days))
            if last is not None:
                self._db.execute("UPDATE state SET newest = ?, mark = ?", (last.id, _mark(last)))
            self._db.execute("UPDATE state SET position = ?", (upto,))
        if gone:
            self._db.execute(f"PRAGMA incremental_vacuum({FREED})").fetchall()
        return max(newest - upto, 0)

    def _note_days(self, first: int, last: int) -> None:
        self._db.execute(
            "UPDATE state SET first_day = CASE WHEN last_day < first_day THEN ?1 ELSE min(first_day, ?1) END,"
            " last_day = CASE WHEN last_day < first_day THEN ?2 ELSE max(last_day, ?2) END",
            (first, last),
        )

    def _is_in(self, id: int) -> bool:
        return bool(self._db.execute("SELECT 1 FROM documents_docsize WHERE id = ?", (id,)).fetchall())

    def _compare(self) -> None:
        """Take out what the record does not have any more, when it has forgotten what was deleted."""
        after = 0
        while True:
            ids = [
                row[0]
                for row in self._db.execute(
                    "SELECT id FROM documents_docsize WHERE id > ? ORDER BY id LIMIT ?", (after, CHECKED)
                )
            ]
            if not ids:
                return
            there = {
                row[0] for row in self._ask("SELECT id FROM exchanges WHERE id BETWEEN ? AND ?", (ids[0], ids[-1]))
            }
            with self._db:
                self._db.executemany("DELETE FROM documents WHERE rowid = ?", [(id,) for id in ids if id not in there])
            after = ids[-1]

    # whose index it is

    def _belongs(self) -> bool:
        """False for the index of another record: one that was moved here, or the record was."""
        newest, mark = self._state("newest"), self._state("mark")
        if self._position() > self._newest()[0]:
            return False
        try:
            return bool(newest == 0 or _mark(self._reader.get(newest).summary) == mark)
        except NotFound:  # deleted
            return True

    def _begin_anew(self) -> None:
        self._db.close()
        delete_index(self._folder)
        self._db = open_index(self._folder)

    def _position(self) -> int:
        return int(self._state("position"))

    def _state(self, column: str) -> Any:
        return self._db.execute(f"SELECT {column} FROM state").fetchall()[0][0]  # noqa: S608 - one of its columns

    # the record

    def _newest(self) -> tuple[int, int]:
        """The newest change, and the change up to which deletions are forgotten."""
        counters = dict(self._ask("SELECT name, value FROM counters WHERE name IN ('seq', 'gone')"))
        return int(counters["seq"]), int(counters["gone"])

    def _ask(self, sql: str, bindings: tuple[int, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return list(self._record.execute(sql, bindings))
        except apsw.Error as error:
            raise explain(error, self._folder / RECORD_NAME) from error

    def _close_record(self) -> None:
        self._reader.close()
        self._record.close()


def _mark(summary: Summary) -> str:
    return f"{summary.started!r} {summary.method} {summary.url}"
