"""Reading the store: read-only, in any process, whether the writer runs or not."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import apsw
import msgspec

from wireglass.errors import NotFound, StoreError
from wireglass.model import REQUEST, RESPONSE, TIMELINE, BodyRef, Detail, Record, Side, Summary
from wireglass.store import usage
from wireglass.store.accounts import Accounts
from wireglass.store.body_files import Folders, read
from wireglass.store.database import NAME, connect_reader, explain
from wireglass.store.search.answers import TIME_LIMIT as SEARCH_LIMIT
from wireglass.store.search.answers import Count, Lag, Page
from wireglass.store.usage import Usage

if TYPE_CHECKING:
    from wireglass.query import Node
    from wireglass.store.search.find import Finder

TIME_LIMIT = 5.0
"""Seconds a query may take: an old snapshot that stays open keeps the write-ahead log growing."""

STEPS_BETWEEN_LOOKS = 10_000
"""SQLite instructions between two looks at the clock: about a millisecond."""

SUMMARY = """
    SELECT e.method, e.url, e.host, e.started, e.protocol, e.source, e.client, e.status, e.type,
        e.operation, e.mode, e.request_size, e.response_size, e.duration_ms, e.state, e.error_kind, e.error, e.id,
        e.seq,
        (SELECT json_group_array(s.name ORDER BY s.id)
            FROM memberships AS m JOIN sessions AS s ON s.id = m.session_id WHERE m.exchange_id = e.id),
        k.color, k.star, k.note
    FROM exchanges AS e LEFT JOIN marks AS k ON k.exchange_id = e.id
"""
RECORD = """
    SELECT d.data, d.request_note, d.response_note, d.timeline_note, q.size, q.hash, r.size, r.hash, t.size, t.hash,
        (SELECT length FROM open_bodies WHERE key = e.key AND side = 0),
        (SELECT length FROM open_bodies WHERE key = e.key AND side = 1),
        (SELECT length FROM open_bodies WHERE key = e.key AND side = 2)
    FROM exchanges AS e JOIN details AS d ON d.exchange_id = e.id
        LEFT JOIN bodies AS q ON q.id = d.request_body LEFT JOIN bodies AS r ON r.id = d.response_body
        LEFT JOIN bodies AS t ON t.id = d.timeline
    WHERE e.id = ?
"""
BODY = """
    SELECT e.key, b.size, b.hash, b.data,
        (SELECT name FROM moves WHERE body_id = b.id),
        (SELECT length FROM open_bodies WHERE key = e.key AND side = :side)
    FROM exchanges AS e JOIN details AS d ON d.exchange_id = e.id
        LEFT JOIN bodies AS b ON b.id =
            CASE :side WHEN 0 THEN d.request_body WHEN 1 THEN d.response_body ELSE d.timeline END
    WHERE e.id = :id
"""

SIDES: dict[Side, int] = {"request": REQUEST, "response": RESPONSE}
NAMES = {REQUEST: "request body", RESPONSE: "response body", TIMELINE: "timeline"}

Row = tuple[Any, ...]


class Reader(Accounts):
    """For one thread at a time. Raises ``StoreError`` when there is no store, and when a query takes too long."""

    def __init__(self, folder: Path, time_limit: float = TIME_LIMIT) -> None:
        """``folder`` is the store's (``HOME/store``); ``time_limit`` is in seconds for each query."""
        self._path = folder / NAME
        self._folders = Folders(folder)
        self._time_limit = time_limit
        self._deadline = 0.0
        self._db = connect_reader(folder)
        self._db.set_progress_handler(lambda: time.monotonic() > self._deadline, STEPS_BETWEEN_LOOKS)
        self._finder: Finder | None = None

    @classmethod
    def if_any(cls, folder: Path) -> Self | None:
        """None where nothing was ever recorded."""
        return cls(folder) if (folder / NAME).exists() else None

    def close(self) -> None:
        if self._finder is not None:
            self._finder.close()
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def page(self, limit: int, before_id: int | None = None) -> list[Summary]:
        """The newest ``limit`` exchanges (of those below ``before_id``), by id, the newest last."""
        below = 1 << 62 if before_id is None else before_id
        rows = self._query(f"{SUMMARY} WHERE e.id < ? ORDER BY e.id DESC LIMIT ?", (below, limit))
        return _summaries(reversed(rows))

    def changes(self, after_seq: int, limit: int) -> list[Summary]:
        """The exchanges that changed after ``after_seq``, each once and as it is now, by ``seq``, at most ``limit``."""
        return _summaries(self._query(f"{SUMMARY} WHERE e.seq > ? ORDER BY e.seq LIMIT ?", (after_seq, limit)))

    def newest_seq(self) -> int:
        """The number of the newest change; 0 in an empty store."""
        return int(self._query("SELECT value FROM counters WHERE name = 'seq'")[0][0])

    def usage(self) -> Usage:
        return Usage(int(self._query(usage.EXCHANGES)[0][0]), int(self._query(usage.BYTES)[0][0]))

    def newest_id(self) -> int:
        """0 in an empty store."""
        return int(self._query("SELECT coalesce(max(id), 0) FROM exchanges")[0][0])

    def failed_after(self, id: int) -> int:
        """How many of the exchanges with a greater id have failed."""
        return int(self._query("SELECT count(*) FROM exchanges WHERE id > ? AND state = 'failed'", (id,))[0][0])

    def ids(self, first: int, last: int, since: float = -math.inf) -> list[int]:
        """The ids from ``first`` to ``last`` whose exchanges started at the Unix time ``since`` or later, ascending."""
        sql = "SELECT id FROM exchanges WHERE id BETWEEN ? AND ? AND started >= ? ORDER BY id"
        return [row[0] for row in self._query(sql, (first, last, since))]

    def of_paths(self, paths: Sequence[str], host: str, limit: int) -> list[int]:
        """The newest exchanges whose URL ends with one of ``paths``, those of ``host`` first. Looks at all rows: some
        50 ms for 200,000."""
        ends = " OR ".join("substr(url, ?) = ?" for _ in paths)
        sql = f"SELECT id FROM exchanges WHERE {ends} ORDER BY host = ? DESC, id DESC LIMIT ?"  # noqa: S608
        bindings = [one for path in paths for one in (-len(path), path)]
        return [row[0] for row in self._query(sql, (*bindings, host, limit))]

    def find(
        self,
        node: Node,
        limit: int,
        cursor: str | None = None,
        *,
        oldest_first: bool = False,
        time_limit: float = SEARCH_LIMIT,
    ) -> Page:
        """The exchanges that match, the newest first: the first ``limit`` of them, or those behind the page that gave
        ``cursor``. After ``time_limit`` seconds a page has what was found so far. Raises ``UsageError`` for a text that
        is no cursor, ``QueryError`` for an expression that cannot be used."""
        return self._search.find(node, limit, cursor, oldest_first=oldest_first, time_limit=time_limit)

    def count(self, node: Node, time_limit: float = SEARCH_LIMIT) -> Count:
        """How many match; after ``time_limit`` seconds what those that were looked at lets expect."""
        return self._search.count(node, time_limit)

    def matching_ids(self, node: Node, first: int, last: int) -> list[int]:
        """Of the exchanges from ``first`` to ``last`` those that match, ascending, however long it takes: ask for as
        many as are wanted in one list."""
        return self._search.matching_ids(node, first, last)

    def newest_matching_ids(self, node: Node, limit: int, time_limit: float = SEARCH_LIMIT) -> tuple[list[int], bool]:
        """The newest ``limit`` that match, the newest first; and whether these are all there are."""
        return self._search.newest_ids(node, limit, time_limit)

    def search_lag(self) -> Lag:
        """How far the search index is behind the record."""
        return self._search.lag()

    @property
    def _search(self) -> Finder:
        if self._finder is None:
            from wireglass.store.search.find import Finder  # here: much, that no list of the newest needs

            self._finder = Finder(self, self._path.parent)
        return self._finder

    def summaries(self, ids: Sequence[int]) -> list[Summary]:
        """Of these exchanges, in this order; those that are gone are left out."""
        rows = self._query(f"{SUMMARY} WHERE e.id IN carray(?)", (apsw.carray(array("q", ids)),)) if ids else []
        found = {summary.id: summary for summary in _summaries(rows)}
        return [found[id] for id in ids if id in found]

    def session_starts(self, id: int) -> tuple[float, ...]:
        """When the sessions of an exchange started, Unix seconds, in the order of ``Summary.sessions``."""
        sql = (
            "SELECT s.started FROM memberships AS m JOIN sessions AS s ON s.id = m.session_id"
            " WHERE m.exchange_id = ? ORDER BY s.id"
        )
        return tuple(row[0] for row in self._query(sql, (id,)))

    def get(self, id: int) -> Record:
        """Raises ``NotFound``."""
        with self._db:
            summaries = _summaries(self._query(f"{SUMMARY} WHERE e.id = ?", (id,)))
            rows = self._query(RECORD, (id,))
        if not rows:
            raise self._not_found(id)
        summary = summaries[0]
        data, request_note, response_note, timeline_note, *bodies = rows[0]
        request_open, response_open, timeline_open = bodies[6:]
        timeline_kept = bodies[4] or timeline_open or 0
        detail = msgspec.msgpack.decode(data, type=Detail)
        # Of a body that is kept decoded there may be less than passed, and none of it missing.
        request_size = bodies[0] if "request" in detail.decoded else summary.request_size
        response_size = bodies[2] if "response" in detail.decoded else summary.response_size
        return Record(
            summary,
            detail,
            _body_ref(request_size or 0, bodies[0], bodies[1], request_open, request_note),
            _body_ref(response_size or 0, bodies[2], bodies[3], response_open, response_note),
            _body_ref(timeline_kept, bodies[4], bodies[5], timeline_open, timeline_note),
        )

    def body(self, record: Record | int, side: Side, start: int = 0) -> Iterator[bytes]:
        """The kept bytes of a body from ``start`` on, in pieces of at most 256 KiB; of an open one, what is committed
        so far.

        Raises ``NotFound`` for the exchange and ``StoreError`` if the body's file is gone, at the first piece; and
        ``StoreError`` after the last one if the file is shorter than it was.
        """
        return self._pieces(record if isinstance(record, int) else record.summary.id, SIDES[side], start)

    def timeline(self, record: Record | int, start: int = 0) -> bytes:
        """The marks of a streamed exchange (``content.timeline``) from byte ``start`` on, at most 16 MiB; empty for
        others. Raises the same as ``body``. What is read of the bodies afterwards has the bytes of all these marks."""
        return b"".join(self._pieces(record if isinstance(record, int) else record.summary.id, TIMELINE, start))

    def _pieces(self, id: int, side: int, start: int) -> Iterator[bytes]:
        # Between the query and the file the writer may have ended the body, and moved it into place or the database.
        for _ in range(3):
            rows = self._query(BODY, {"id": id, "side": side})
            if not rows:
                raise self._not_found(id)
            key, size, hash, data, name, length = rows[0]
            if data is not None:
                if start < size:
                    yield data[start:] if start else data
                return
            if hash is not None:
                paths = [self._folders.final(hash)] + ([self._folders.open / name] if name else [])
            elif length:
                size, paths = length, [self._folders.growing(key, side)]
            else:
                return
            if size <= start:
                return
            for path in paths:
                try:
                    pieces = read(path, size - start, start)
                    first = next(pieces, b"")
                except FileNotFoundError:
                    continue
                yield first
                got = start + len(first)
                for piece in pieces:
                    got += len(piece)
                    yield piece
                if got < size:
                    raise StoreError(
                        f"the {NAMES[side]} of exchange {id} is cut: {path} has {got} of {size} bytes.",
                        "Was it changed by hand, or did the power fail?",
                    )
                return
        raise StoreError(
            f"the {NAMES[side]} of exchange {id} is gone: {paths[0]} does not exist.",
            "Was it deleted or moved by hand?",
        )

    def certificate(self, hash: bytes) -> bytes | None:
        """The DER of the certificate with this SHA-256; None if no server has sent it."""
        rows = self._query("SELECT der FROM certificates WHERE hash = ?", (hash,))
        return bytes(rows[0][0]) if rows else None

    def _not_found(self, id: int) -> NotFound:
        newest = self._query("SELECT max(id) FROM exchanges")[0][0]
        if newest is None:
            return NotFound(
                f"there is no exchange {id}: none has been recorded yet.", "Send traffic through the proxy."
            )
        return NotFound(f"there is no exchange {id}: the newest is {newest}.", "`wireglass ls` lists them.")

    def _query(self, sql: str, bindings: apsw.Bindings = ()) -> list[Row]:
        self._deadline = time.monotonic() + self._time_limit
        try:
            return list(self._db.execute(sql, bindings))
        except apsw.InterruptError as error:
            raise StoreError(
                f"reading {self._path} took more than {self._time_limit:g} s.", "Ask for less at a time."
            ) from error
        except apsw.Error as error:
            raise explain(error, self._path) from error


def _summaries(rows: Iterable[Row]) -> list[Summary]:
    return [
        Summary(*(*row[:-4], tuple(msgspec.json.decode(row[-4])), row[-3] or "", bool(row[-2]), row[-1] or ""))
        for row in rows
    ]


def _body_ref(passed: int, size: int | None, hash: bytes | None, open_length: int | None, note: str) -> BodyRef:
    if hash is None:
        return BodyRef(passed, open_length or 0, "", note)
    return BodyRef(passed, size or 0, hash.hex(), note)
