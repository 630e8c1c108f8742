"""What a query is asked about."""

from __future__ import annotations

from typing import Protocol

from wireglass.model import Detail, Side, Summary


class Subject(Protocol):
    """An exchange, as far as it is known: None stands for "not known yet", of an exchange that runs."""

    @property
    def summary(self) -> Summary: ...

    @property
    def detail(self) -> Detail | None: ...

    def text(self, side: Side) -> str | None:
        """The decoded body, as it is searched (``content.searchable``); empty if there is none that is text."""

    @property
    def session_starts(self) -> tuple[float, ...]:
        """When the sessions of ``summary.sessions`` started, Unix seconds, in the same order."""
