"""What can stand at a place of a query that is being written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from wireglass.query.fields import TABLE, Field, find_field
from wireglass.query.mistakes import meant

MOST = 50

_WORD = re.compile(r"([-!(]*)([A-Za-z][A-Za-z0-9_-]*)?(!?[:=~<>]=?)?(.*)", re.DOTALL | re.ASCII)
_PLAIN = re.compile(r"[^\s\"'()|,\\*?]+")

_WORDS = {"and": "both", "or": "one of both", "not": "what does not match"}


class Completion(msgspec.Struct, frozen=True):
    text: str
    """Takes the place of the query's characters from ``start`` up to ``end``."""
    help: str
    start: int
    end: int


def completions(text: str, cursor: int, known: Mapping[str, Iterable[str]] | None = None) -> list[Completion]:
    """At most ``MOST``, the likeliest first; none inside quotes. ``known``: further values by canonical field, such as
    the names of sessions. Never raises."""
    cursor = min(max(cursor, 0), len(text))
    start = _word_start(text[:cursor])
    if start is None:
        return []
    end = cursor
    while end < len(text) and not text[end].isspace() and text[end] not in "()|,":
        end += 1
    match = _WORD.fullmatch(text, start, cursor)
    assert match is not None  # every part may be empty
    name, operator, value = match[2] or "", match[3] or "", match[4]
    field = find_field(name) if operator else None
    if field is None:
        if operator or value:
            return []
        begun = match.end(1)
        return [Completion(text, help, begun, end) for text, help in _names(name)][:MOST]
    begun = match.start(4) + len(value) - len(value.rpartition(",")[2])
    return [Completion(text, help, begun, end) for text, help in _values(field, text[begun:cursor], known or {})][:MOST]


def _word_start(text: str) -> int | None:
    """Where the last word begins; None inside quotes."""
    start, quote, at = 0, "", 0
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
        elif quote:
            quote = "" if character == quote else quote
        elif character.isspace() or character in "()|":
            start = at + 1
        elif character in "\"'" and (at == start or text[at - 1] in ":=~,-!"):
            quote = character
        at += 1
    return None if quote else min(start, len(text))


def _names(begun: str) -> Iterator[tuple[str, str]]:
    word = begun.lower().replace("-", "_")
    found = False
    for field in TABLE:
        if field.name.startswith(word) or any(word and alias.startswith(word) for alias in field.aliases):
            found = True
            yield f"{field.name}:", field.help
    for keyword, help in _WORDS.items():
        if begun and keyword.startswith(word):
            yield keyword, help
    if not found:
        for name in meant(word, [field.name for field in TABLE]):
            yield f"{name}:", next(field.help for field in TABLE if field.name == name)


def _values(field: Field, begun: str, known: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    offered = list(dict.fromkeys((*field.values, *known.get(field.name, ()))))
    wanted = begun.strip("\"'").lower()
    found = [value for value in offered if value.lower().startswith(wanted)]
    for value in found or (meant(wanted, offered) if wanted else []):
        plain = _PLAIN.fullmatch(value) is not None
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        yield (value if plain else f'"{escaped}"'), field.help
