"""A stored exchange as queries see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import apsw
import msgspec

from wireglass.content.searchable import searchable, searchable_sides
from wireglass.content.stream import SIDES, split_sides
from wireglass.errors import StoreError
from wireglass.model import BodyRef, Detail, Record, Side, Summary

if TYPE_CHECKING:
    from wireglass.store.reader import Reader

COLUMNS = """
    e.method, e.url, e.host, e.started, e.protocol, e.source, e.client, e.status, e.type, e.operation, e.mode,
    e.request_size, e.response_size, e.duration_ms, e.state, e.error_kind, e.error, e.id, e.seq,
    d.data, d.request_body, d.response_body
"""
"""What an ``EndedSubject`` is made of. A statement that has them at hand is quicker than one of its own for each."""

ID = 17
"""The place of the exchange's number in them."""

HEAD = f"""
    SELECT {COLUMNS}
    FROM exchanges AS e JOIN details AS d ON d.exchange_id = e.id WHERE e.id = ? AND e.key IS NULL
"""  # noqa: S608 - of our own words

_detail = msgspec.msgpack.Decoder(Detail)


class StoredSubject:
    """As it is now: of one that is still open, what there is of its bodies. Raises ``NotFound`` where it is made."""

    def __init__(self, reader: Reader, id: int) -> None:
        self.record = reader.get(id)
        self._reader = reader
        self._texts: dict[Side, str] | None = None

    @property
    def summary(self) -> Summary:
        return self.record.summary

    @property
    def detail(self) -> Detail:
        return self.record.detail

    @property
    def session_starts(self) -> tuple[float, ...]:
        return self._reader.session_starts(self.record.summary.id)

    def text(self, side: Side) -> str:
        if self._texts is None:
            self._texts = texts_of(self._reader, self.record)
        return self._texts[side]


class EndedSubject:
    """The same for one that has ended, at a third of the cost; its summary tells nothing of sessions and marks."""

    def __init__(self, db: apsw.Connection, reader: Reader, row: Sequence[Any]) -> None:
        self.summary = Summary(*row[:-3])
        self.detail = _detail.decode(row[-3])
        self._db = db
        self._reader = reader
        self._bodies: dict[Side, int | None] = {"request": row[-2], "response": row[-1]}
        self._texts: dict[Side, str] = {}
        self._record = Record(self.summary, self.detail, BodyRef(), BodyRef())
        """All of it that tells how its bodies are to be read."""
        self._split: bool | None = None

    @classmethod
    def read(cls, db: apsw.Connection, reader: Reader, id: int) -> EndedSubject | None:
        """None for one that is open, and where there is none. ``db`` reads the record."""
        rows = db.execute(HEAD, (id,)).fetchall()
        return cls(db, reader, rows[0]) if rows else None

    @property
    def session_starts(self) -> tuple[float, ...]:
        return ()

    def text(self, side: Side) -> str:
        if side not in self._texts:
            self._read_text(side)
        return self._texts[side]

    def texts(self) -> dict[Side, str]:
        return {side: self.text(side) for side in SIDES}

    def _read_text(self, side: Side) -> None:
        body = self._bodies[side]
        if body is None:
            self._texts[side] = ""
            return
        rows: list[tuple[Any, ...]] = self._db.execute("SELECT data FROM bodies WHERE id = ?", (body,)).fetchall()
        if not rows or rows[0][0] is None or self._is_split():
            # A file, or messages, which may need the bytes of both sides.
            self._texts = texts_of(self._reader, self._reader.get(self.summary.id))
        else:
            self._texts[side] = searchable(self._record.body_headers(side), (rows[0][0],))

    def _is_split(self) -> bool:
        if self._split is None:
            self._split = bool(split_sides(self._record))
        return self._split


def texts_of(reader: Reader, record: Record) -> dict[Side, str]:
    """Of both bodies; empty where a body's file is gone or cut, which must not be the end of a search."""

    def read(side: Side) -> Iterator[bytes]:
        try:
            yield from reader.body(record, side)
        except StoreError:
            return

    def timeline() -> bytes:
        try:
            return reader.timeline(record)
        except StoreError:
            return b""

    return searchable_sides(record, read, timeline)
