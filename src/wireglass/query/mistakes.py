"""What is said when a query cannot be read: the place, and what may have been meant."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

from wireglass.errors import QueryError
from wireglass.query.fields import BY_NAME

_SHOWN = 72
"""Columns of the query that are shown."""

MITMPROXY = {
    "a": "type:js,css,image,font",
    "all": "*",
    "b": "body:TEXT",
    "bq": "request_body:TEXT",
    "bs": "response_body:TEXT",
    "c": "status:CODE",
    "comment": "note:TEXT",
    "d": "host~TEXT",
    "dst": "host:HOST",
    "e": "has:error",
    "h": "header:NAME=VALUE",
    "hq": "request_header:NAME=VALUE",
    "hs": "response_header:NAME=VALUE",
    "m": "method:METHOD",
    "marked": "is:marked",
    "q": "-status:*",
    "s": "status:*",
    "src": "client:ADDRESS",
    "t": "type:TYPE",
    "u": "url:/REGEX/",
    "websocket": "has:websocket",
}
"""Its operators, and what is written here."""


def meant(word: str, known: Iterable[str]) -> list[str]:
    """Up to three of the known words that look like it, the likeliest first."""
    return difflib.get_close_matches(word.lower().replace("-", "_"), list(known), 3, 0.6)


def field_meant(word: str) -> list[str]:
    """Canonical names."""
    return list(dict.fromkeys(BY_NAME[name].name for name in meant(word, BY_NAME)))


def quoted(text: str) -> str:
    """For a message: bounded, on one line."""
    return repr(text if len(text) <= 60 else f"{text[:59]}\u2026")


def either(words: Iterable[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def caret(error: QueryError) -> str:
    """Two lines: the text, or what is around the place if it is long, and below it what is wrong::

        metod:POST
        ^^^^^

    Empty for an error that has no text."""
    if not error.text:
        return ""
    start, end = error.at
    cells = [_cell(character) for character in error.text]
    first = max(0, start - _SHOWN // 2) if len(cells) > _SHOWN else 0
    last = min(len(cells), first + _SHOWN)
    before, behind = "…" if first else "", "…" if last < len(cells) else ""
    indent = len(before) + sum(map(_width, cells[first:start]))
    marked = max(1, sum(map(_width, cells[start : min(end, last)])))
    return f"{before}{''.join(cells[first:last])}{behind}\n{' ' * indent}{'^' * marked}"


def _cell(character: str) -> str:
    """One that takes a known width: controls move the cursor, and what joins its neighbour takes no room."""
    return character if character.isprintable() and not unicodedata.combining(character) else "\u00b7"


def _width(cell: str) -> int:
    return 2 if unicodedata.east_asian_width(cell) in "WF" else 1
