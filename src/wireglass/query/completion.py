"""What can stand at a place of a query that is being written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from wireglass.query.fields import TABLE, Field, Kind, find_field
from wireglass.query.mistakes import meant

MOST = 60

_WORD = re.compile(r"([-!(]*)([A-Za-z][A-Za-z0-9_-]*)?(!?[:=~<>]=?)?(.*)", re.DOTALL | re.ASCII)
_PLAIN = re.compile(r"[^\s\"'()|,\\*?]+")

_WORDS = {
    "and": "both; the same as side by side",
    "or": "one of both",
    "not": "what does not match; a minus in front says the same",
}

_THERE = (":*", "there is one")
_REGEX = (":/", "a regular expression: /…/, or /…/i for any letter case")
_NOT = ("!=", "not this")
_COMPARED = ((">", "more"), (">=", "this or more"), ("<", "less"), ("<=", "this or less"), _NOT)

_OPERATORS: dict[Kind, tuple[tuple[str, str], ...]] = {
    "value": (("~", "a part of it is enough"), ("=", "exactly this"), _NOT, ("!~", "not in it"), _REGEX, _THERE),
    "text": (("=", "all of it"), ("!=", "not all of it"), ("!~", "not in it"), _REGEX, _THERE),
    "keyed": (("~", "name=text: a part of its value"), ("=", "name=text: all of its value"), _REGEX, _THERE),
    "status": (*_COMPARED, (":400..499", "from … to"), _THERE),
    "number": (*_COMPARED, (":1..10", "from … to"), _THERE),
    "bytes": (*_COMPARED, (":1k..2k", "from … to"), _THERE),
    "milliseconds": (*_COMPARED, (":1s..2s", "from … to"), _THERE),
    "moment": ((">=", "then or later"), ("<", "earlier"), (":yesterday..today", "from … to")),
}
"""What may stand behind a field instead of its colon, and what it says."""

CompletionKind: TypeAlias = Literal["field", "operator", "value", "word"]


class Completion(msgspec.Struct, frozen=True):
    text: str
    """Takes the place of the query's characters from ``start`` up to ``end``."""
    help: str
    start: int
    end: int
    kind: CompletionKind
    """``field``: a name and its colon. ``operator``: takes the place of the colon. ``word``: ``and``, ``or``, or
    ``not``."""


class Writing(msgspec.Struct, frozen=True):
    """The value that is being written."""

    field: str
    """The canonical name of a field of ``query.fields.TABLE``."""
    start: int
    """Offset of its first character: behind the operator, or behind the last comma of a list."""
    end: int
    """Offset behind what a completion takes the place of."""


def completions(text: str, cursor: int, known: Mapping[str, Iterable[str]] | None = None) -> list[Completion]:
    """At most ``MOST``, the likeliest first; none inside quotes. ``known``: further values by canonical field, such as
    the names of sessions. Never raises."""
    place = _Place.at(text, cursor)
    return list(place.completions(known or {}))[:MOST] if place else []


def writing(text: str, cursor: int) -> Writing | None:
    """Which value is being written there; None where it is none. Never raises."""
    place = _Place.at(text, cursor)
    return Writing(place.field.name, place.value_start, place.end) if place and place.field else None


class _Place(msgspec.Struct, frozen=True):
    """The word at the cursor."""

    name: str
    name_start: int
    operator: str
    operator_start: int
    field: Field | None
    """None as long as no operator stands behind its name."""
    begun: str
    """Of a value, or behind an unknown field."""
    value_start: int
    end: int

    @classmethod
    def at(cls, text: str, cursor: int) -> _Place | None:
        """None inside quotes."""
        cursor = min(max(cursor, 0), len(text))
        start = _word_start(text[:cursor])
        if start is None:
            return None
        end = cursor
        while end < len(text) and not text[end].isspace() and text[end] not in "()|,":
            end += 1
        match = _WORD.fullmatch(text, start, cursor)
        assert match is not None  # every part may be empty
        name, operator, value = match[2] or "", match[3] or "", match[4]
        value_start = match.start(4) + len(value) - len(value.rpartition(",")[2])
        return cls(
            name,
            match.end(1),
            operator,
            match.start(4) - len(operator),
            find_field(name) if operator else None,
            text[value_start:cursor],
            value_start,
            end,
        )

    def completions(self, known: Mapping[str, Iterable[str]]) -> Iterator[Completion]:
        if self.field is not None:
            for text, help in _values(self.field, self.begun, known):
                yield Completion(text, help, self.value_start, self.end, "value")
            if self.operator == ":" and not self.begun and self.value_start == self.operator_start + 1:
                yield from self._operators(self.field)
        elif not self.operator and not self.begun:
            yield from self._names()
            # The name is written to its end: what may follow.
            if self.name and (field := find_field(self.name)):
                yield from self._operators(field)

    def _names(self) -> Iterator[Completion]:
        def named(text: str, help: str, kind: CompletionKind = "field") -> Completion:
            return Completion(text, help, self.name_start, self.end, kind)

        word = self.name.lower().replace("-", "_")
        found = False
        for field in TABLE:
            if field.name.startswith(word) or any(word and alias.startswith(word) for alias in field.aliases):
                found = True
                yield named(f"{field.name}:", field.help)
        for keyword, help in _WORDS.items():
            # At the beginning there is nothing that a word could join.
            if keyword.startswith(word) and (word or self.name_start or keyword == "not"):
                yield named(keyword, help, "word")
        if not found:
            for name in meant(word, [field.name for field in TABLE]):
                yield named(f"{name}:", next(field.help for field in TABLE if field.name == name))

    def _operators(self, field: Field) -> Iterator[Completion]:
        if field.stands_for:  # compares already
            return
        start = self.operator_start if self.operator else self.name_start + len(self.name)
        for text, help in _OPERATORS.get(field.kind, ()):
            yield Completion(text, help, start, self.end, "operator")


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


def _values(field: Field, begun: str, known: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    offered = list(dict.fromkeys((*field.values, *known.get(field.name, ()))))
    wanted = begun.strip("\"'").lower()
    found = [value for value in offered if value.lower().startswith(wanted)]
    for value in found or (meant(wanted, offered) if wanted else []):
        plain = _PLAIN.fullmatch(value) is not None
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        yield (value if plain else f'"{escaped}"'), field.help
