"""What has to go so that the rest is within ``model.Retention``: read on a connection of its own, so that looking for
it costs the writer nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Self

import apsw

from wireglass.model import Retention
from wireglass.store.database import NAME, connect_reader, explain

WINDOW = 1000
"""Exchanges that are named at a time."""

HEAD = 1000
"""Bytes that an exchange takes without its bodies: a first guess, measured again after each window."""

OLD = """CASE WHEN e.started < :before THEN NOT EXISTS (
    SELECT 1 FROM memberships AS n JOIN sessions AS s ON s.id = n.session_id
    WHERE n.exchange_id = e.id AND s.source = 'import' AND s.started >= :before) ELSE 0 END"""
"""What was imported is as old as its import."""

COLUMNS = f"SELECT e.id, e.request_size + e.response_size, {OLD} FROM"
STORE = f"{COLUMNS} exchanges AS e WHERE e.id > :after AND e.key IS NULL"
SESSION = (
    f"{COLUMNS} memberships AS m CROSS JOIN exchanges AS e ON e.id = m.exchange_id"
    " WHERE m.session_id = :session AND m.exchange_id > :after AND e.key IS NULL"
)
STARRED = "EXISTS (SELECT 1 FROM marks AS k WHERE k.exchange_id = e.id AND k.star)"
NOT_STARRED = f"NOT {STARRED}"

Row = tuple[int, int, int]
"""An exchange, the bytes of its bodies, and whether it is too old."""


class Oldest:
    """Of the whole store, or of one session. ``with`` closes it. Raises ``StoreError``."""

    def __init__(self, folder: Path, session: int | None) -> None:
        self._path = folder / NAME
        self._session = session
        self._db = connect_reader(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._db.close()

    def beyond(self, retention: Retention, now: float, *, thorough: bool = True) -> Iterator[list[int]]:
        """Ended exchanges, the oldest first, each window to be deleted before the next one is asked for. ``now`` is
        Unix time in seconds.

        What is starred is spared by an age, and by a count and a size as long as there is something else. Ids grow
        with time, so without ``thorough`` the old ones are looked for up to the first ``WINDOW`` exchanges that are
        not: what stands behind them (a clock was set back) is found when those are old themselves.
        """
        try:
            if retention.age is not None:
                for found in self._old(now - retention.age, thorough=thorough):
                    yield [id for id, *_ in found]
            if retention.count is not None:
                excess = self._count() - retention.count
                for found in self._spared_last() if excess > 0 else ():
                    yield [id for id, *_ in found[:excess]]
                    excess -= len(found)
                    if excess <= 0:
                        break
            if retention.size is not None and self._size() > retention.size:
                for found in self._spared_last():
                    yield from self._enough(found, retention.size)
                    if self._size() <= retention.size:
                        break
        except apsw.Error as error:
            raise explain(error, self._path) from error

    def excess(self, retention: Retention, now: float) -> tuple[int, int]:
        """How many ``beyond`` would name by and by, and the bytes of their bodies as they passed; by looking alone."""
        before = None if retention.age is None else now - retention.age
        head = HEAD if self._session is None else 0
        went = size = 0
        try:
            for found in () if before is None else self._old(before):
                went, size = went + len(found), size + sum(length for _, length, _ in found)
            count = 0 if retention.count is None else self._count() - went - retention.count
            bytes = 0 if retention.size is None else self._size() - size - head * went - retention.size
            if count <= 0 and bytes <= 0:
                return went, size
            # Those that are too old went already, and none of them is starred.
            for condition in (f"{NOT_STARRED} AND NOT {OLD}", STARRED):
                for _, length, _ in chain.from_iterable(self._windows(condition, before)):
                    went, size = went + 1, size + length
                    count, bytes = count - 1, bytes - length - head
                    if count <= 0 and bytes <= 0:
                        return went, size
            return went, size
        except apsw.Error as error:
            raise explain(error, self._path) from error

    def _old(self, before: float, *, thorough: bool = True) -> Iterator[list[Row]]:
        if thorough:
            yield from self._windows(f"{NOT_STARRED} AND {OLD}", before)
            return
        for all_of_them in self._windows(NOT_STARRED, before):
            found = [row for row in all_of_them if row[2]]
            if not found:
                return
            yield found

    def _spared_last(self) -> Iterator[list[Row]]:
        yield from self._windows(NOT_STARRED)
        yield from self._windows(STARRED)

    def _windows(self, condition: str, before: float | None = None) -> Iterator[list[Row]]:
        last = 0
        while found := self._rows(last, condition, before):
            yield found
            last = found[-1][0]

    def _enough(self, found: list[Row], limit: int) -> Iterator[list[int]]:
        """So many of the first that what is left has ``limit`` bytes. Less goes with each than its bodies had, where
        others have the same ones: it is measured again after each list."""
        head = HEAD if self._session is None else 0
        excess = self._size() - limit
        ids: list[int] = []
        for id, size, _ in found:
            ids.append(id)
            excess -= size + head
            if excess <= 0:
                yield ids
                ids = []
                if (excess := self._size() - limit) <= 0:
                    return
        if ids:
            yield ids

    def _rows(self, after: int, condition: str, before: float | None) -> list[Row]:
        bindings = {"after": after, "session": self._session, "before": before}
        head, order = (STORE, "e.id") if self._session is None else (SESSION, "m.exchange_id")
        sql = f"{head} AND {condition} ORDER BY {order} LIMIT {WINDOW}"
        rows: list[Any] = self._db.execute(sql, bindings).fetchall()
        return rows

    def _count(self) -> int:
        if self._session is None:
            sql = "SELECT count(*) - (SELECT count(*) FROM exchanges WHERE key IS NOT NULL) FROM exchanges"
            ((count,),) = self._db.execute(sql)
            return int(count)
        return self._tally("exchanges")

    def _size(self) -> int:
        """Bytes: of the bodies as they passed, for a session; of what is in use of the database's file and of the
        bodies' files, for the store."""
        if self._session is not None:
            return self._tally("request_bytes + response_bytes")
        pages, free, page = (int(str(self._db.pragma(name))) for name in ("page_count", "freelist_count", "page_size"))
        ((files,),) = self._db.execute("SELECT value FROM counters WHERE name = 'files'")
        return (pages - free) * page + int(files)

    def _tally(self, what: str) -> int:
        sql = f"SELECT {what} FROM tallies WHERE session_id = ? AND dimension = 'all' AND value = ''"  # noqa: S608
        return sum(row[0] for row in self._db.execute(sql, (self._session,)))
