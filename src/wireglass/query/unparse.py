"""Tree → text that ``parse`` makes the same tree of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wireglass.errors import QueryError
from wireglass.query.fields import BY_NAME, Kind
from wireglass.query.numbers import written
from wireglass.query.parse import parse
from wireglass.query.tree import (
    All,
    And,
    Between,
    Compares,
    Holds,
    Is,
    Like,
    Matches,
    Node,
    Not,
    Or,
    Term,
    Test,
    There,
)

_PIECE = re.compile(r"\\([*?\\])|([*?])|([^*?\\]|\\)", re.DOTALL)
_PLAIN = re.compile(r"[^\s\"'()|,\\*][^\s()|,\\*]*")
_PLAINEST = re.compile(r"[A-Za-z0-9._]+", re.ASCII)


def unparse(node: Node) -> str:
    """Short where it can be: ``method:POST,PUT``. Times are Unix seconds."""
    if isinstance(node, All):
        return ""
    text = _Writer(_PLAIN).any(node)
    # What stands further on may close a slash that begins a path, as that of a regular expression.
    return text if _reads_as(text, node) else _Writer(_PLAINEST).any(node)


class _Writer:
    def __init__(self, plain: re.Pattern[str]) -> None:
        self._plain = plain
        """The texts that need no quotes."""

    def any(self, node: Node) -> str:
        if isinstance(node, Or) and self._list(node) is None:
            return " or ".join(self._one(item) if isinstance(item, Or) else self._each(item) for item in node.items)
        return self._each(node)

    def _each(self, node: Node) -> str:
        if isinstance(node, And):
            return " ".join(map(self._one, node.items))
        return self._one(node)

    def _one(self, node: Node) -> str:
        match node:
            case All():
                return "*"
            case Not(item):
                return f"-{self._one(item)}"
            case Term():
                return self._term(node)
            case Or() if short := self._list(node):
                return short
            case And() | Or():
                return f"({self.any(node)})"

    def _list(self, node: Or) -> str | None:
        """``field:a,b``, where that says the same."""
        first = node.items[0]
        if not isinstance(first, Term):
            return None
        prefix = f"{first.field}:{first.key}=" if first.key else f"{first.field}:"
        values = []
        for item in node.items:
            text = self._term(item) if isinstance(item, Term) else ""
            if not text.startswith(prefix):
                return None
            values.append(text.removeprefix(prefix))
        short = prefix + ",".join(values)
        return short if _reads_as(short, node) else None

    def _term(self, term: Term) -> str:
        text = ""
        for text in self._spellings(term):
            if _reads_as(text, term):
                break
        return text

    def _spellings(self, term: Term) -> Iterator[str]:
        """From the shortest to the one that always says it."""
        field, test = BY_NAME[term.field], term.test
        name = field.name
        if field.kind not in ("value", "text", "keyed", "flag"):
            yield f"{name}:{_number(test, field.kind)}"
            return
        key = term.key if self._plain.fullmatch(term.key) else _escaped(term.key, keep="*")
        if key and isinstance(test, There):
            yield f"{name}:{key}"
        for value in self._values(test):
            if name == "text":
                yield value
            for operator in (":", "~", "=") if isinstance(test, Holds | Matches) else (":", "="):
                yield f"{name}{operator}{key}={value}" if key else f"{name}{operator}{value}"

    def _values(self, test: Test) -> Iterator[str]:
        match test:
            case There():
                yield "*"
            case Is(text) | Holds(text):
                if self._plain.fullmatch(text):
                    yield text
                yield _quoted(text)
            case Like(pattern):
                if pattern.startswith("*") and pattern.endswith("*") and len(pattern) > 2:
                    yield self._like(pattern[1:-1], "?")
                yield self._like(pattern, "?")
                yield self._like(pattern, "")
            case Matches(pattern, ignore_case):
                yield f"/{_slashes(pattern)}/{'i' if ignore_case else ''}"

    def _like(self, pattern: str, literal: str) -> str:
        """``literal``: the wildcards that stand for themselves where this is written."""
        out = []
        for escaped, wild, plain in _PIECE.findall(pattern):
            if escaped and escaped in literal:
                out.append(escaped)
            elif wild or self._plain.fullmatch(escaped or plain):
                out.append(wild or escaped or plain)
            else:
                out.append(_escaped(escaped or plain))
        return "".join(out)


def _reads_as(text: str, node: Node) -> bool:
    try:
        return parse(text, 0.0) == node
    except QueryError:
        return False


def _number(test: Test, kind: Kind) -> str:
    match test:
        case Compares("=", number):
            return written(kind, number)
        case Compares(operator, number):
            return f"{operator}{written(kind, number)}"
        case Between(low, high) if kind == "status" and low % 100 == 0 and high == low + 99:
            return f"{low // 100:.0f}xx"
        case Between(low, high):
            return f"{written(kind, low)}..{written(kind, high)}"
        case _:
            return "*"


def _quoted(text: str) -> str:
    for sign, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(sign, escape)
    return f'"{text}"'


def _escaped(text: str, keep: str = "") -> str:
    """As a bare word. A backslash in front of a letter or digit would stand for itself."""
    return "".join(sign if sign.isalnum() or sign in "._" or sign in keep else f"\\{sign}" for sign in text)


def _slashes(pattern: str) -> str:
    return re.sub(r"\\.|/", lambda found: r"\/" if found[0] == "/" else found[0], pattern, flags=re.DOTALL)
