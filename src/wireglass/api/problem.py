"""The one shape of every error the API answers with."""

from __future__ import annotations

import msgspec

from wireglass.errors import QueryError, UsageError, WireglassError


class BadBody(UsageError):
    """``field`` is the member that is wrong, as a path."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, "/api/docs says what it may hold.")
        self.field = field


class Problem(msgspec.Struct, frozen=True):
    """What failed. ``code`` is stable and for programs, the others are for people."""

    code: str
    message: str
    """What failed, with which value."""
    hint: str = ""
    """What to do next."""
    field: str = ""
    """The parameter or the member of the body that is meant; empty where none is."""
    at: tuple[int, int] | None = None
    """Of a query: the offsets of the mistake's first character and of the one behind it."""


def problem_of(error: WireglassError, field: str = "") -> Problem:
    if isinstance(error, QueryError):
        return Problem(error.code, error.message, error.hint, field or "query", error.at)
    if isinstance(error, BadBody):
        field = error.field
    return Problem(error.code, error.message, error.hint, field)
