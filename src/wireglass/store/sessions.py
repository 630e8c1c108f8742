"""The rows of sessions: as the writer changes them, and as readers show them."""

from __future__ import annotations

from typing import Any

import apsw
import msgspec

from wireglass.errors import NotFound, UsageError
from wireglass.model import Retention, Session, SessionOptions, SessionState

NOTE = 10_000
"""Characters of a note at most, of a session's and of an exchange's."""

READ = """
    SELECT s.id, s.name, s.source, s.state, s.started, s.ended, s.recorded, s.resumed, s.note, s.options,
        coalesce(t.exchanges, 0), coalesce(f.exchanges, 0), coalesce(o.number, 0), coalesce(t.request_bytes, 0),
        coalesce(t.response_bytes, 0), (SELECT coalesce(sum(count), 0) FROM missing WHERE session_id = s.id)
    FROM sessions AS s
        LEFT JOIN tallies AS t ON t.session_id = s.id AND t.dimension = 'all' AND t.value = ''
        LEFT JOIN tallies AS f ON f.session_id = s.id AND f.dimension = 'failed' AND f.value = ''
        LEFT JOIN (
            SELECT m.session_id, count(*) AS number
            FROM exchanges AS e CROSS JOIN memberships AS m ON m.exchange_id = e.id
            WHERE e.key IS NOT NULL GROUP BY m.session_id
        ) AS o ON o.session_id = s.id
"""
"""What ``from_row`` takes."""

Row = tuple[Any, ...]


def from_row(row: Row, now: float) -> Session:
    """``now``: Unix seconds, to which a session that records has lasted."""
    id, name, source, state, started, ended, recorded, resumed, note, options, *counts = row
    return Session(
        id,
        name,
        source,
        state,
        started,
        ended,
        recorded if resumed is None else recorded + max(0.0, now - resumed),
        note,
        SessionOptions() if options is None else msgspec.msgpack.decode(options, type=SessionOptions),
        *counts,
    )


def not_found(session: int | str) -> NotFound:
    shown = f"{session!r}" if isinstance(session, str) else f"{session}"
    return NotFound(f"there is no session {shown}.", "`wireglass session ls` lists them.")


class Sessions:
    """Inside the writer's transaction. ``now`` is in Unix seconds."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._ids = frozenset(row[0] for row in db.execute("SELECT id FROM sessions"))
        self._before = self._ids

    def begin(self) -> None:
        self._before = self._ids

    def rolled_back(self) -> None:
        self._ids = self._before

    def that_are(self, ids: tuple[int, ...]) -> tuple[int, ...]:
        """Those of them that were not deleted meanwhile."""
        return ids if self._ids.issuperset(ids) else tuple(id for id in ids if id in self._ids)

    def get(self, id: int, now: float) -> Session:
        """Raises ``NotFound``."""
        rows = list(self._db.execute(f"{READ} WHERE s.id = ?", (id,)))
        if not rows:
            raise not_found(id)
        return from_row(rows[0], now)

    def start(self, name: str, source: str, options: SessionOptions, note: str, now: float) -> Session:
        check_note(note)
        rows = list(self._db.execute("SELECT id, state FROM sessions WHERE name = ?", (name,)))
        if rows and rows[0][1] != "ended":
            raise UsageError(
                f"there is a session {name!r} already, and it is {rows[0][1]}.",
                "Choose another name, or stop that one first.",
            )
        if rows:
            id = rows[0][0]
            self._db.execute(
                "UPDATE sessions SET options = ?1, note = CASE ?2 WHEN '' THEN note ELSE ?2 END WHERE id = ?3",
                (_packed(options), note, id),
            )
            return self.set_state(id, "recording", now)
        id = self._next_id()
        self._db.execute(
            "INSERT INTO sessions (id, name, source, started, state, resumed, note, options)"
            " VALUES (?, ?, ?, ?, 'recording', ?, ?, ?)",
            (id, name, source, now, now, note, _packed(options)),
        )
        return self.get(id, now)

    def add_ended(self, name: str, source: str, started: float, now: float) -> int:
        """A session that was never live: an import's. Raises ``UsageError`` if there is one of this name."""
        self.check_free(name)
        id = self._next_id()
        self._db.execute(
            "INSERT INTO sessions (id, name, source, started, ended, state) VALUES (?, ?, ?, ?, ?, 'ended')",
            (id, name, source, started, now),
        )
        return id

    def set_state(self, id: int, state: SessionState, now: float) -> Session:
        session = self.get(id, now)
        if session.state == state:
            return session
        if session.state == "ended" and state == "paused":
            raise UsageError(f"session {session.name!r} has ended.", "Start it again to record into it.")
        self._db.execute(
            "UPDATE sessions SET state = ?, recorded = ?, resumed = ?, ended = ? WHERE id = ?",
            (state, session.duration, now if state == "recording" else None, now if state == "ended" else None, id),
        )
        return self.get(id, now)

    def change(
        self, id: int, name: str | None, note: str | None, options: SessionOptions | None, now: float
    ) -> Session:
        session = self.get(id, now)
        if name is not None and name != session.name:
            self.check_free(name)
            self._db.execute("UPDATE sessions SET name = ? WHERE id = ?", (name, id))
        if note is not None:
            check_note(note)
            self._db.execute("UPDATE sessions SET note = ? WHERE id = ?", (note, id))
        if options is not None:
            self._db.execute("UPDATE sessions SET options = ? WHERE id = ?", (_packed(options), id))
        return self.get(id, now)

    def newest_in(self, id: int) -> int:
        """The newest exchange that it holds; 0 if there is none."""
        self.get(id, 0.0)
        ((newest,),) = self._db.execute("SELECT max(exchange_id) FROM memberships WHERE session_id = ?", (id,))
        return newest or 0

    def held(self, id: int, after: int, last: int, limit: int) -> list[int]:
        rows = self._db.execute(
            "SELECT exchange_id FROM memberships WHERE session_id = ? AND exchange_id > ? AND exchange_id <= ?"
            " ORDER BY exchange_id LIMIT ?",
            (id, after, last, limit),
        )
        return [row[0] for row in rows]

    def limits(self) -> list[tuple[int, Retention]]:
        """The sessions that have some."""
        rows: list[Row] = self._db.execute(
            "SELECT id, options FROM sessions WHERE options IS NOT NULL ORDER BY id"
        ).fetchall()
        found = [(id, msgspec.msgpack.decode(options, type=SessionOptions).retention) for id, options in rows]
        return [(id, retention) for id, retention in found if retention != Retention()]

    def remove(self, id: int) -> None:
        """The row alone, once nothing is in it."""
        for table in ("memberships", "tallies"):
            self._db.execute(f"DELETE FROM {table} WHERE session_id = ?", (id,))  # noqa: S608 - one of the two above
        self._db.execute("DELETE FROM sessions WHERE id = ?", (id,))
        self._ids -= {id}

    def end_left(self) -> int:
        """End what a process that died has left recording or paused, at the time of its last exchange."""
        ids = [row[0] for row in self._db.execute("SELECT id FROM sessions WHERE state <> 'ended' ORDER BY id")]
        for id in ids:
            self._db.execute(END_AT_LAST, {"id": id})
        return len(ids)

    def _next_id(self) -> int:
        """One that no session has had: a spool may still name a deleted one."""
        ((id,),) = self._db.execute("UPDATE counters SET value = value + 1 WHERE name = 'session' RETURNING value")
        self._ids |= {id}
        return int(id)

    def check_free(self, name: str) -> None:
        if list(self._db.execute("SELECT 1 FROM sessions WHERE name = ?", (name,))):
            raise UsageError(f"there is a session {name!r} already.", "Choose another name, or delete that one first.")


END_AT_LAST = """
    WITH own AS (SELECT * FROM sessions WHERE id = :id),
    last AS (
        SELECT max(
            coalesce((SELECT resumed FROM own), (SELECT started + recorded FROM own)),
            coalesce((
                SELECT e.started + coalesce(e.duration_ms, 0) / 1000
                FROM memberships AS m JOIN exchanges AS e ON e.id = m.exchange_id
                WHERE m.session_id = :id ORDER BY m.exchange_id DESC LIMIT 1), 0)
        ) AS at
    )
    UPDATE sessions SET state = 'ended', ended = (SELECT at FROM last),
        recorded = recorded + coalesce((SELECT at FROM last) - resumed, 0), resumed = NULL
    WHERE id = :id
"""


def check_note(note: str) -> None:
    if len(note) > NOTE:
        raise UsageError(f"the note has {len(note):,} characters: {NOTE:,} at most.", "Write a shorter one.")


def _packed(options: SessionOptions) -> bytes | None:
    return None if options == SessionOptions() else msgspec.msgpack.encode(options)
