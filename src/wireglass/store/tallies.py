"""What is counted about the ended exchanges of each session (``model.Tally``), in the transaction that ends, adds or
deletes them."""

from __future__ import annotations

import apsw

from wireglass.model import Summary

ALL = "all"
"""A dimension with one value, the empty one: the totals of a session."""

FAILED = "failed"
"""The same of those that ended with an error."""

ADD = (
    "INSERT INTO tallies (session_id, dimension, value, exchanges, request_bytes, response_bytes)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET exchanges = exchanges + excluded.exchanges,"
    " request_bytes = request_bytes + excluded.request_bytes, response_bytes = response_bytes + excluded.response_bytes"
)
REMOVE_EMPTY = "DELETE FROM tallies WHERE session_id = ? AND dimension = ? AND value = ? AND exchanges = 0"
READ = """
    SELECT dimension, value, exchanges, request_bytes, response_bytes FROM (
        SELECT *, row_number() OVER (PARTITION BY dimension ORDER BY exchanges DESC, value) AS place
        FROM tallies WHERE session_id = ? AND dimension NOT IN ('all', 'failed'))
    WHERE place <= ?
"""

Kind = tuple[tuple[int, ...], str, str, str, int | None, str, bool]
"""What exchanges are counted together by: sessions, method, host, type, status, data mode, failed."""


def has_failed(summary: Summary) -> bool:
    """An ended one. ``Closed`` is the end, whatever its summary says."""
    return summary.state == "failed" or (summary.state == "open" and summary.error_kind is not None)


def kind_of(sessions: tuple[int, ...], s: Summary) -> Kind:
    return sessions, s.method, s.host, s.type, s.status, s.mode, has_failed(s)


class Tallies:
    """The changes of the running transaction: ``add`` …, then ``flush`` and, whatever became of it, ``clear``."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._changes: dict[Kind, list[int]] = {}

    def add(self, kind: Kind, request_bytes: int, response_bytes: int, exchanges: int = 1) -> None:
        """``exchanges`` and bytes below 0: they are not there any more."""
        change = self._changes.get(kind)
        if change is None:
            self._changes[kind] = [exchanges, request_bytes, response_bytes]
        else:
            change[0] += exchanges
            change[1] += request_bytes
            change[2] += response_bytes

    def flush(self) -> None:
        if not self._changes:
            return
        rows: dict[tuple[int, str, str], list[int]] = {}
        for kind, (exchanges, request_bytes, response_bytes) in self._changes.items():
            for session in kind[0]:
                for place in _places(session, kind):
                    row = rows.get(place)
                    if row is None:
                        rows[place] = [exchanges, request_bytes, response_bytes]
                    else:
                        row[0] += exchanges
                        row[1] += request_bytes
                        row[2] += response_bytes
        self._db.executemany(ADD, [(*place, *numbers) for place, numbers in sorted(rows.items())])
        fewer = [place for place, numbers in rows.items() if numbers[0] <= 0]
        if fewer:
            self._db.executemany(REMOVE_EMPTY, fewer)

    def clear(self) -> None:
        if self._changes:
            self._changes = {}


def _places(session: int, kind: Kind) -> list[tuple[int, str, str]]:
    _, method, host, type, status, mode, failed = kind
    places = [
        (session, ALL, ""),
        (session, "method", method),
        (session, "domain", host),
        (session, "type", type),
        (session, "status", "failed" if status is None else f"{status // 100}xx"),
        (session, "mode", mode or "none"),
    ]
    if failed:
        places.append((session, FAILED, ""))
    return places
