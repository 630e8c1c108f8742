"""Why something is not there: what passed and did not become a kept exchange, counted by session, reason and host."""

from __future__ import annotations

from collections.abc import Iterable

import apsw
import msgspec

from wireglass.store.verdict import Missed

HOSTS = 1000
"""Of one session and reason: more are counted together, under no host. A client can ask for any number of names."""

TEXT = 2000
"""Characters that are kept of a detail: a method and a URL."""

REMEMBERED = 64
"""Sessions and reasons whose hosts stay in memory."""

ADD = (
    "INSERT INTO missing (session_id, reason, host, count, first, last, detail, client)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET count = count + excluded.count,"
    " first = min(first, excluded.first), last = max(last, excluded.last), detail = excluded.detail,"
    " client = excluded.client"
)
READ = (
    "SELECT m.reason, m.host, m.count, m.first, m.last, m.detail, m.client, coalesce(s.name, '')"
    " FROM missing AS m LEFT JOIN sessions AS s ON s.id = m.session_id"
)
LATEST = " ORDER BY m.last DESC, m.count DESC, m.session_id, m.reason, m.host LIMIT ?"


class MissingCounts:
    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._hosts: dict[tuple[int, str], set[str]] = {}
        self._owed: dict[tuple[int, str, str], Missed] = {}
        self._paid = False

    def owe(self, missed: Iterable[Missed]) -> None:
        """Counted with the next transaction, because what should have counted them could not be written."""
        for one in missed:
            host = one.host if len(self._owed) < HOSTS else ""
            before = self._owed.get((one.session, one.reason, host))
            count = one.count + (before.count if before else 0)
            self._owed[one.session, one.reason, host] = msgspec.structs.replace(one, host=host, count=count)

    @property
    def owed(self) -> bool:
        return bool(self._owed)

    def pay(self) -> None:
        if self._owed:
            self.add(self._owed.values())
            self._paid = True

    def committed(self) -> None:
        if self._paid:
            self._owed.clear()
            self._paid = False

    def add(self, missed: Iterable[Missed]) -> None:
        for one in missed:
            host = self._known(one.session, one.reason, one.host)
            self._db.execute(ADD, (one.session, one.reason, host, one.count, one.at, one.detail[:TEXT], one.client))

    def forget(self, session: int) -> None:
        """The session is deleted."""
        self._db.execute("DELETE FROM missing WHERE session_id = ?", (session,))
        self._hosts.clear()

    def rolled_back(self) -> None:
        self._paid = False
        self._hosts.clear()

    def _known(self, session: int, reason: str, host: str) -> str:
        place = session, reason
        hosts = self._hosts.get(place)
        if hosts is None:
            if len(self._hosts) >= REMEMBERED:
                self._hosts.clear()
            rows = self._db.execute("SELECT host FROM missing WHERE session_id = ? AND reason = ?", place)
            hosts = self._hosts[place] = {row[0] for row in rows}
        if host not in hosts:
            if len(hosts) >= HOSTS:
                return ""
            hosts.add(host)
        return host
