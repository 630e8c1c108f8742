"""An exchange of the feed, for a query to look at: what is not in its summary is read when the query asks for it."""

from __future__ import annotations

from functools import cached_property

from wireglass.content.searchable import searchable_sides
from wireglass.errors import NotFound
from wireglass.model import Detail, Record, Side, Summary
from wireglass.store import Reader


class Starts:
    """When sessions began, by name; read again when a name is not known."""

    def __init__(self) -> None:
        self._starts: dict[str, float] = {}

    def of(self, reader: Reader, names: tuple[str, ...]) -> tuple[float, ...]:
        if any(name not in self._starts for name in names):
            self._starts = {session.name: session.started for session in reader.sessions()}
        return tuple(self._starts.get(name, 0.0) for name in names)


class FeedSubject:
    """A ``query.Subject``. Of a running exchange the bodies are not known yet."""

    def __init__(self, reader: Reader, summary: Summary, starts: Starts) -> None:
        self._reader = reader
        self._summary = summary
        self._starts = starts

    @property
    def summary(self) -> Summary:
        return self._summary

    @property
    def detail(self) -> Detail | None:
        return self._record.detail if self._record else None

    @property
    def session_starts(self) -> tuple[float, ...]:
        return self._starts.of(self._reader, self._summary.sessions)

    def text(self, side: Side) -> str | None:
        return self._texts[side] if self._texts is not None else None

    @cached_property
    def _texts(self) -> dict[Side, str] | None:
        record = None if self._summary.state == "open" else self._record
        if record is None:
            return None
        reader = self._reader
        try:
            return searchable_sides(record, lambda side: reader.body(record, side), lambda: reader.timeline(record))
        except NotFound:
            return None

    @cached_property
    def _record(self) -> Record | None:
        try:
            return self._reader.get(self._summary.id)
        except NotFound:  # deleted meanwhile: its end is told next
            return None
