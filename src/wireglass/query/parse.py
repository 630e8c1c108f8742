"""Text → tree.

::

    query = any
    any   = each { ("or" | "|" | "||") each }
    each  = one { [ "and" | "&" | "&&" ] one }
    one   = ( "not" | "!" | "-" ) one | "(" any ")" | field operator value { "," value } | word
    field operator "(" any ")"     where words are values of that field

``and``, ``or`` and ``not`` in either case. Bounded in length, depth and number of terms.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from wireglass.errors import QueryError
from wireglass.query.fields import Field, find_field
from wireglass.query.mistakes import MITMPROXY, either, field_meant, quoted
from wireglass.query.scan import TEXT_LIMIT, Scanner
from wireglass.query.tree import All, And, Node, Not, Or, Term
from wireglass.query.values import Values

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
_OPERATORS = ("!=", "!~", "!:", "==", "<=", ">=", ":", "=", "~", "<", ">")
_MOST_TERMS = 250
_DEEPEST = 40


def parse(text: str, now: float) -> Node:
    """The tree of a query; ``All()`` for an empty one. Times that are relative (``since:10m``) are taken from ``now``,
    Unix seconds. Raises QueryError with the place."""
    if len(text) > TEXT_LIMIT:
        raise QueryError(
            f"The query has {len(text):,} characters; at most {TEXT_LIMIT:,} are read.",
            "Take parts out, or save a part as a filter of its own.",
            text=text,
            at=(TEXT_LIMIT, len(text)),
        )
    return _Parser(text, now).query()


def places(text: str, now: float) -> list[tuple[int, int]]:
    """Where the terms stand that are in no bracket, in their order, each with what negates it: offsets of its first
    character and of the one behind it. Raises as ``parse`` does."""
    parser = _Parser(text, now)
    parser.query()
    return parser.places


class _Parser(Scanner):
    def __init__(self, text: str, now: float) -> None:
        super().__init__(text)
        self._values = Values(self, now)
        self._terms = 0
        self._depth = 0
        self.places: list[tuple[int, int]] = []
        self._scope: tuple[Field, str, int] | None = None
        """In ``field:( … )``: the field, the operator and where the field stands."""

    def query(self) -> Node:
        self.skip_space()
        if self.at == len(self.text):
            return All()
        node = self._any()
        if self.at < len(self.text):  # only a bracket ends it early
            raise self.error(
                "This bracket closes nothing.",
                'Take it out, or put the text in quotes: "…)".',
                self.at,
                self.at + 1,
            )
        return node

    def _any(self) -> Node:
        items = [self._each("")]
        while word := self._operator(("||", "|"), ("or",)):
            items.append(self._each(word))
        return Or(tuple(items)) if len(items) > 1 else items[0]

    def _each(self, behind: str) -> Node:
        items: list[Node] = []
        while True:
            if word := self._operator(("&&", "&"), ("and",)):
                if behind or not items:
                    raise self._missing(f"in front of {word!r}", word, self.at - len(word))
                behind = word
                continue
            if self.at == len(self.text) or self.peek() in ")|" or self._stands("or"):
                break
            start = self.at
            items.append(self._one())
            if self._depth == 0:
                self.places.append((start, self.at))
            behind = ""
        if behind or not items:
            raise self._missing(f"behind {behind!r}" if behind else "here", behind or self.peek(2), self.at)
        return And(tuple(items)) if len(items) > 1 else items[0]

    def _missing(self, where: str, word: str, start: int) -> QueryError:
        hint = (
            f'Write "{word}" in quotes to look for the word.' if word.isalpha() else "Add a term, or take the sign out."
        )
        return self.error(f"Something is missing {where}.", hint, start, start + max(1, len(word)))

    def _operator(self, signs: tuple[str, ...], words: tuple[str, ...]) -> str:
        self.skip_space()
        start = self.at
        if self.take(*signs) or self.keyword(*words):
            return self.text[start : self.at]
        return ""

    def _stands(self, word: str) -> bool:
        start = self.at
        stands = self.keyword(word)
        self.at = start
        return stands

    def _one(self) -> Node:
        start = self.at
        if self.keyword("not") or self.take("!") or self.take("-"):
            return Not(self._deeper(start, self._negated))
        if self.peek() == "(":
            return self._deeper(start, self._bracket)
        self._count(start)
        if self._scope:
            field, operator, at = self._scope
            return self._values.read(field, operator, f"{field.name}{operator}", at, self._count)
        return self._field() or self._text()

    def _deeper(self, start: int, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error(
                f"More than {_DEEPEST} levels of brackets and negations.", "Take some out.", start, self.at + 1
            )
        node = read()
        self._depth -= 1
        return node

    def _count(self, start: int) -> None:
        self._terms += 1
        if self._terms > _MOST_TERMS:
            raise self.error(
                f"More than {_MOST_TERMS} terms.",
                "Take some out; * and regular expressions say more.",
                start,
                self.at + 1,
            )

    def _negated(self) -> Node:
        start = self.at
        sign = self.text[start - 1]
        self.skip_space()
        if self.at == len(self.text) or self.peek() in ")|" or (sign == "-" and self.at > start):
            word = "not" if sign in "tT" else sign
            raise self._missing(f"behind {word!r}", word, start - len(word))
        return self._one()

    def _bracket(self) -> Node:
        start = self.at
        self.at += 1
        self.skip_space()
        if self.peek() == ")":
            raise self.error("There is nothing in the brackets.", "Take them out.", start, self.at + 1)
        if self.at == len(self.text):
            raise self._unclosed(start)
        node = self._any()
        if not self.take(")"):
            raise self._unclosed(start)
        return node

    def _unclosed(self, start: int) -> QueryError:
        return self.error(
            "The bracket is not closed.", 'Close it with ), or put the text in quotes: "(…".', start, start + 1
        )

    def _field(self) -> Node | None:
        start = self.at
        if (name := _NAME.match(self.text, start)) is None:
            return None
        self.at = name.end()
        operator = self.take(*_OPERATORS)
        field = find_field(name[0])
        if not operator or (field is None and (operator != ":" or self.peek(2) == "//")):
            self.at = start  # a=b, localhost, https://…
            return None
        if field is None:
            raise self._unknown(name[0], start)
        if self.peek() == "(":
            return self._deeper(start, lambda: self._scoped(field, operator, start))
        return self._values.read(field, operator, self.text[start : self.at], start, self._count)

    def _scoped(self, field: Field, operator: str, start: int) -> Node:
        self._scope = (field, operator, start)
        node = self._bracket()
        self._scope = None
        return node

    def _unknown(self, name: str, start: int) -> QueryError:
        shown = self.text[start : self.at]
        if words := field_meant(name):
            hint = f"Did you mean {either(f'{word}:' for word in words)}? To look for the text, put it in quotes."
        else:
            hint = f'To look for this text, put it in quotes: "{shown}…".'
        return self.error(f"There is no field {quoted(name)}.", hint, start, start + len(name))

    def _text(self) -> Node:
        start = self.at
        if self.peek() == "~" and (name := re.compile(r"[a-z]+").match(self.text, start + 1)):
            written = MITMPROXY.get(name[0])
            raise self.error(
                f"{self.text[start : name.end()]!r} is mitmproxy's way to write it.",
                f"Here it is {written}." if written else "To look for this text, put it in quotes.",
                start,
                name.end(),
            )
        word = self.word("")
        if word.start == word.end:
            raise self._missing("here", "", start)
        if word.bare and set(word.pattern) == {"*"}:
            return All()
        return Term("text", self._values.part(word))
