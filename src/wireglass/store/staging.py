"""Importing: what comes is put aside in small transactions, between those of a running capture, and appears in one.

Bodies and details, which are nearly all of it, go where they belong at once; nobody sees them without their row in
``exchanges``, which waits in ``staged``. An import that is not finished is taken back from there, at once or by the
next run that looks after the store (``Store.retain``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import apsw
import msgspec

from wireglass.model import Imported, Summary
from wireglass.store.bodies import Bodies, Brought
from wireglass.store.rows import INSERT_DETAIL, exchange_row
from wireglass.store.tallies import Kind, Tallies, kind_of

COLUMNS = (
    "method, url, host, started, protocol, source, client, status, type, operation, mode, request_size, response_size,"
    " duration_ms, state, error_kind, error"
)
STAGE = f"INSERT INTO staged (import, id, {COLUMNS}) VALUES ({', '.join('?' * 19)})"  # noqa: S608 - of our own words
APPEAR = f"""
    INSERT INTO exchanges (id, seq, key, {COLUMNS})
    SELECT id, ? + row_number() OVER (ORDER BY id), NULL, {COLUMNS} FROM staged WHERE import = ? ORDER BY id
"""  # noqa: S608 - of our own words
DETAIL = "DELETE FROM details WHERE exchange_id = ? RETURNING request_body, response_body, timeline"


class Prepared(NamedTuple):
    summary: Summary
    detail: bytes
    """As msgpack."""
    request: Brought
    response: Brought
    timeline: Brought
    request_note: str
    response_note: str

    @property
    def weight(self) -> int:
        """Bytes that are in memory."""
        bodies = self.request, self.response, self.timeline
        return len(self.detail) + sum(len(body) for body in bodies if isinstance(body, bytes))


class Staging:
    """Inside the writer's transactions, but for ``prepare``."""

    def __init__(
        self,
        db: apsw.Connection,
        bodies: Bodies,
        tallies: Tallies,
        next_id: Callable[[], int],
        next_seq: Callable[[int], int],
    ) -> None:
        self._db = db
        self._bodies = bodies
        self._tallies = tallies
        self._next_id = next_id
        self._next_seq = next_seq
        self._files = 0

    def new(self) -> int:
        """The number of an import."""
        ((number,),) = self._db.execute("UPDATE counters SET value = value + 1 WHERE name = 'import' RETURNING value")
        return int(number)

    def prepare(self, number: int, record: Imported) -> Prepared:
        """What takes time, outside of the transactions and on any thread."""
        self._files += 1
        name = f"import-{number}-{self._files}"
        return Prepared(
            record.summary,
            msgspec.msgpack.encode(record.detail),
            self._bodies.bring(f"{name}-0", record.request),
            self._bodies.bring(f"{name}-1", record.response),
            self._bodies.bring(f"{name}-2", record.timeline),
            record.request_note,
            record.response_note,
        )

    def add(self, number: int, records: Sequence[Prepared]) -> None:
        adopt = self._bodies.adopt
        for one in records:
            id = self._next_id()
            bodies = adopt(one.request), adopt(one.response)
            notes = one.request_note, one.response_note
            self._db.execute(INSERT_DETAIL, (id, one.detail, *bodies, *notes, adopt(one.timeline), ""))
            _, _, _, *columns = exchange_row(id, 0, None, one.summary)
            self._db.execute(STAGE, (number, id, *columns))

    def discard(self, records: Iterable[Prepared]) -> None:
        """These will not be added."""
        for one in records:
            for body in (one.request, one.response, one.timeline):
                self._bodies.discard(body)

    def finish(self, number: int, session: int, kinds: dict[Kind, list[int]]) -> None:
        """``kinds``: what ``count`` has counted of it."""
        ((many,),) = self._db.execute("SELECT count(*) FROM staged WHERE import = ?", (number,))
        first = self._next_seq(many) - many
        self._db.execute(APPEAR, (first, number))
        self._db.execute(
            "INSERT INTO memberships (session_id, exchange_id) SELECT ?, id FROM staged WHERE import = ? ORDER BY id",
            (session, number),
        )
        self._db.execute("DELETE FROM staged WHERE import = ?", (number,))
        for kind, (exchanges, request_bytes, response_bytes) in kinds.items():
            self._tallies.add(((session,), *kind[1:]), request_bytes, response_bytes, exchanges)

    def drop(self, number: int, many: int) -> int:
        """Take back the first ``many`` of what it has brought. Returns how many it were: 0 at the end."""
        ids: list[tuple[Any, ...]] = self._db.execute(
            "SELECT id FROM staged WHERE import = ? ORDER BY id LIMIT ?", (number, many)
        ).fetchall()
        for (id,) in ids:
            rows: list[tuple[Any, ...]] = self._db.execute(DETAIL, (id,)).fetchall()
            for body in (body for row in rows for body in row if body is not None):
                self._bodies.release(body)
            self._db.execute("DELETE FROM staged WHERE import = ? AND id = ?", (number, id))
        return len(ids)

    def numbers(self) -> list[int]:
        """The imports that are not finished."""
        found: list[int] = []
        while rows := self._db.execute(
            "SELECT import FROM staged WHERE import > ? ORDER BY import LIMIT 1", (found[-1] if found else 0,)
        ).fetchall():
            found.append(int(str(rows[0][0])))
        return found


def count(kinds: dict[Kind, list[int]], records: Iterable[Prepared]) -> None:
    """For ``finish``."""
    for record in records:
        summary = record.summary
        change = kinds.setdefault(kind_of((), summary), [0, 0, 0])
        for place, number in enumerate((1, summary.request_size, summary.response_size)):
            change[place] += number
