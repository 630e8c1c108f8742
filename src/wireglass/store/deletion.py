"""Exchanges that go: out of a session, or for good. Inside the writer's transaction.

An open exchange is not deleted: its proxy goes on telling of it. One that no session holds any more is noted in
``dropped`` and deleted at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import apsw

from wireglass.store.bodies import Bodies
from wireglass.store.tallies import Kind, Tallies

GONE_KEPT = 100_000
"""Deletions that are remembered, so that a feed or an index that has not heard of them can follow. Who comes later
than that is told by ``Reader.oldest_gone`` to look at everything again."""

GONE_SLACK = 1000
"""Rows above it before they are forgotten."""

ROW = """
    SELECT e.key, e.method, e.host, e.type, e.status, e.mode, e.state = 'failed', e.request_size, e.response_size,
        d.request_body, d.response_body, d.timeline
    FROM exchanges AS e JOIN details AS d ON d.exchange_id = e.id WHERE e.id = ?
"""

Row = tuple[Any, ...]


class Deletion:
    def __init__(self, db: apsw.Connection, bodies: Bodies, tallies: Tallies, next_seq: Callable[[], int]) -> None:
        self._db = db
        self._bodies = bodies
        self._tallies = tallies
        self._next_seq = next_seq
        self._dropped: set[int] = {row[0] for row in db.execute("SELECT exchange_id FROM dropped")}
        ((self._remembered,),) = db.execute("SELECT count(*) FROM gone")
        self._before: tuple[int, set[int] | None] = (self._remembered, None)

    def begin(self) -> None:
        self._before = (self._remembered, None)

    def rolled_back(self) -> None:
        self._remembered, dropped = self._before
        if dropped is not None:
            self._dropped = dropped

    def delete(self, id: int) -> bool:
        """An ended exchange, wherever it is held. False if there is none, or if it is open."""
        row = self._row(id)
        if row is None or row[0] is not None:
            return False
        self._erase(id, row, self.sessions_of(id))
        return True

    def leave(self, id: int, sessions: Collection[int]) -> bool:
        """Take an exchange out of these sessions; one that is then in none is deleted, an open one at its end. False if
        it was in none of them."""
        held = self.sessions_of(id)
        going = tuple(session for session in held if session in sessions)
        row = self._row(id) if going else None
        if row is None:
            return False
        is_open = row[0] is not None
        if len(going) == len(held) and not is_open:
            self._erase(id, row, held)
            return True
        self._db.executemany(
            "DELETE FROM memberships WHERE session_id = ? AND exchange_id = ?", [(session, id) for session in going]
        )
        self._db.execute("UPDATE exchanges SET seq = ? WHERE id = ?", (self._next_seq(), id))
        if not is_open:
            self._tallies.add(_kind(going, row), -row[7], -row[8], -1)
        elif len(going) == len(held):
            self._db.execute("INSERT OR IGNORE INTO dropped (exchange_id) VALUES (?)", (id,))
            self._change_dropped().add(id)
        return True

    def ended(self, id: int, leaving: Collection[int] = ()) -> bool:
        """An exchange that was open has ended, as its row says already: it is counted, goes out of the sessions in
        ``leaving``, and is deleted if it was dropped or if no session holds it any more. False if it is deleted."""
        row = self._row(id)
        if row is None:
            return False
        held = self.sessions_of(id)
        if held:
            self._tallies.add(_kind(held, row), row[7], row[8])
        if id in self._dropped:
            self._db.execute("DELETE FROM dropped WHERE exchange_id = ?", (id,))
            self._change_dropped().discard(id)
            self._erase(id, row, held)
            return False
        return not (leaving and self.leave(id, leaving) and set(held) <= set(leaving))

    def sessions_of(self, id: int) -> tuple[int, ...]:
        rows = self._db.execute("SELECT session_id FROM memberships WHERE exchange_id = ? ORDER BY session_id", (id,))
        return tuple(row[0] for row in rows)

    def flush(self) -> None:
        if self._remembered > GONE_KEPT + GONE_SLACK:
            many = self._remembered - GONE_KEPT
            ((last,),) = self._db.execute("SELECT seq FROM gone ORDER BY seq LIMIT 1 OFFSET ?", (many - 1,))
            self._db.execute("DELETE FROM gone WHERE seq <= ?", (last,))
            self._db.execute("UPDATE counters SET value = ? WHERE name = 'gone'", (last,))
            self._remembered = GONE_KEPT

    def _row(self, id: int) -> Row | None:
        return next(iter(self._db.execute(ROW, (id,)).fetchall()), None)

    def _erase(self, id: int, row: Row, held: tuple[int, ...]) -> None:
        if held:
            self._db.execute("DELETE FROM memberships WHERE exchange_id = ?", (id,))
            self._tallies.add(_kind(held, row), -row[7], -row[8], -1)
        self._db.execute("DELETE FROM exchanges WHERE id = ?", (id,))
        self._db.execute("DELETE FROM details WHERE exchange_id = ?", (id,))
        self._db.execute("DELETE FROM marks WHERE exchange_id = ?", (id,))
        self._db.execute("INSERT INTO gone (seq, exchange_id) VALUES (?, ?)", (self._next_seq(), id))
        self._remembered += 1
        for body in row[9:]:
            if body is not None:
                self._bodies.release(body)

    def _change_dropped(self) -> set[int]:
        if self._before[1] is None:
            self._before = (self._before[0], self._dropped.copy())
        return self._dropped


def _kind(sessions: tuple[int, ...], row: Row) -> Kind:
    _, method, host, type, status, mode, failed, *_ = row
    return sessions, method, host, type, status, mode, bool(failed)
