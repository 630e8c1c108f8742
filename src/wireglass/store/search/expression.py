"""Tree → what the index is asked: an FTS5 expression for the documents (``documents.py``) that may match."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from wireglass.query import And, Between, Compares, Holds, Is, Like, Matches, Node, Or, Term, Test, leaf
from wireglass.store.search.alphabets import HEADERS, URL, conjunction, disjunction, facet, phrases, plain
from wireglass.store.search.documents import DAY, HOUR, LABELS, beginnings, magnitude, status_class

LONGEST = 20_000
"""Characters of an expression: what would make it longer is left to the test of the candidates."""

MOST = 64
"""Facets of which one is asked for."""

MOST_HOURS = 48


def expression(node: Node, days: tuple[int, int]) -> str:
    """Empty where the index cannot tell. ``days``: since 1970, of the first and the last exchange that is in it."""
    match node:
        case And(items):
            found = []
            room = LONGEST
            for item in items:
                one = expression(item, days)
                if one and len(one) <= room:
                    room -= len(one)
                    found.append(one)
            return conjunction(found) if found else ""
        case Or(items):
            found = [expression(item, days) for item in items]
            return disjunction(found) if all(found) and sum(map(len, found)) <= LONGEST else ""
        case Term("started", test):
            return _of_time(test, days)
        case Term(field, test, key):
            return _TERMS[field](test, key) if field in _TERMS else ""
    return ""


OfTerm = Callable[[Test, str], str]


def _facet(kind: str) -> OfTerm:
    def of(test: Test, key: str) -> str:
        return _any_of(kind, [leaf.fold(test.text)]) if isinstance(test, Is) else ""

    return of


def _any_of(kind: str, values: Sequence[str]) -> str:
    return disjunction([f'"{facet(kind, value)}"' for value in values]) if 0 < len(values) <= MOST else ""


def _literals(test: Test) -> list[str]:
    """Texts that a value holds which passes, in any order."""
    match test:
        case Is(text) | Holds(text):
            return [text]
        case Like(pattern):
            return leaf.like_literals(pattern)
        case Matches(pattern, ignore_case):
            return regex_literals(pattern, ignore_case=ignore_case)
    return []


def _in(alphabet: dict[int, str] | None, test: Test) -> str:
    """That these texts are in a part that is written in this alphabet; None: as it is."""
    texts = _literals(test)
    found = [phrases(plain(text) if alphabet is None else text.translate(alphabet)) for text in texts]
    found = [one for one in found if one]
    return conjunction(found) if found else ""


def _host(test: Test, key: str) -> str:
    if isinstance(test, Is):
        return _any_of("host", [leaf.fold(test.text)])
    if isinstance(test, Like):
        parts, single = leaf.like_parts(test.pattern)
        if not single and len(parts) == 2 and parts[0] == "" and parts[1][:1] == ".":
            end = leaf.fold(parts[1])
            if end.count(".") <= LABELS:
                return _any_of("below", [end])
    return _in(URL, test)


def _path(test: Test, key: str) -> str:
    if isinstance(test, Is):
        return _any_of("path", [leaf.fold(test.text)])
    found = [_in(URL, test)]
    if isinstance(test, Like):
        # What stands before the first wildcard is how the path begins, up to its last slash at least.
        begins = leaf.fold(leaf.like_parts(test.pattern.split("?", 1)[0])[0][0]) if "\\" not in test.pattern else ""
        found += [_any_of("beginning", [one]) for one in list(beginnings(begins))[-1:]]
    found = [one for one in found if one]
    return conjunction(found) if found else ""


def _url(test: Test, key: str) -> str:
    return _in(URL, test)


def _param(test: Test, key: str) -> str:
    return _any_of("param", [leaf.fold(key)]) if key and "*" not in key else ""


def _port(test: Test, key: str) -> str:
    low, high = _ends(test)
    return _any_of("port", [str(int(low))]) if low == high and low == low // 1 else ""


def _status(test: Test, key: str) -> str:
    low, high = _ends(test)
    if low == high:
        return _any_of("status", [str(int(low))]) if math.isfinite(low) and low == low // 1 else ""
    if math.isnan(low) or math.isnan(high):
        return ""
    first, last = (status_class(min(max(end, 0.0), 1000.0)) for end in (low, high))
    return _any_of("class", [str(number) for number in range(first, last + 1)])


def _magnitude(kind: str) -> OfTerm:
    def of(test: Test, key: str) -> str:
        low, high = _ends(test)
        if math.isnan(low) or math.isnan(high) or (low <= 0 and high == math.inf):
            return ""
        first = int(magnitude(low)) if math.isfinite(low) else 0 if low < 0 else MOST
        last = int(magnitude(high)) if math.isfinite(high) else MOST - 1 if high > 0 else 0
        return _any_of(kind, [str(number) for number in range(first, last + 1)])

    return of


def _of_time(test: Test, days: tuple[int, int]) -> str:
    low, high = _ends(test)
    if math.isnan(low) or math.isnan(high):
        return ""
    low, high = max(low, days[0] * DAY), min(high, (days[1] + 1) * DAY)
    if not low <= high:
        return _any_of("hour", ["none"])
    hours = range(int(low // HOUR), int(high // HOUR) + 1)
    if len(hours) <= MOST_HOURS:
        return _any_of("hour", [str(hour) for hour in hours])
    return _any_of("day", [str(day) for day in range(int(low // DAY), int(high // DAY) + 1)])


def _ends(test: Test) -> tuple[float, float]:
    """Numbers that pass are between these, both included."""
    match test:
        case Between(low, high):
            return low, high
        case Compares("=", number):
            return number, number
        case Compares("<" | "<=", number):
            return -math.inf, number
        case Compares(_, number):
            return number, math.inf
    return -math.inf, math.inf


def _headers(test: Test, key: str) -> str:
    names = leaf.like_literals(key) if "*" in key else [key]
    found = [phrases(name.translate(HEADERS)) for name in names if name] + [_in(HEADERS, test)]
    found = [one for one in found if one]
    return conjunction(found) if found else ""


def _words(test: Test, key: str) -> str:
    return _in(HEADERS, test)


def _body(test: Test, key: str) -> str:
    return _in(None, test)


def _text(test: Test, key: str) -> str:
    found = [_in(URL, test), _in(HEADERS, test), _in(None, test)]
    return disjunction(found) if all(found) else ""


def _has(test: Test, key: str) -> str:
    return _any_of("has", [test.text]) if isinstance(test, Is) and test.text != "note" else ""


def _is(test: Test, key: str) -> str:
    match test:
        case Is("failed" | "done" as state):
            return _any_of("state", [state])
        case Is("https"):
            return _any_of("scheme", ["https", "wss"])
    return ""


def _type(test: Test, key: str) -> str:
    return _any_of("type", [leaf.fold(test.text)]) if isinstance(test, Is) and test.text else ""


_TERMS: dict[str, OfTerm] = {
    "method": _facet("method"),
    "host": _host,
    "path": _path,
    "url": _url,
    "scheme": _facet("scheme"),
    "port": _port,
    "param": _param,
    "status": _status,
    "type": _type,
    "size": _magnitude("size"),
    "request_size": _magnitude("request_size"),
    "time": _magnitude("time"),
    "header": _headers,
    "request_header": _headers,
    "response_header": _headers,
    "body": _body,
    "request_body": _body,
    "response_body": _body,
    "text": _text,
    "source": _facet("source"),
    "protocol": _facet("protocol"),
    "mode": _facet("mode"),
    "error": _words,
    "operation": _words,
    "has": _has,
    "is": _is,
}
"""The rest (marks, notes, sessions, ids, clients) is not in documents: it changes, or has an order of its own."""

_SPECIAL = re.compile(r"[()\[\]{}|\\]")
_PLAIN = re.compile(r"[^.^$*+?]+")
_OF_MORE_CASES = re.compile(r"[ksKS]|[^\x00-\x7f]")
"""Characters that are found, letter case aside, as others than ASCII letters: U+212A for a K, U+017F for an S."""


def regex_literals(pattern: str, *, ignore_case: bool) -> list[str]:
    """Texts that whatever an RE2 expression finds must hold. None are told of an expression with brackets, choices or
    escapes: what is easily seen is most of what people write."""
    if _SPECIAL.search(pattern):
        return []
    found: list[str] = []
    for run in _PLAIN.finditer(pattern):
        text, behind = run[0], pattern[run.end() : run.end() + 1]
        if behind and behind in "*?":  # they take the character before them away again
            text = text[:-1]
        found += _OF_MORE_CASES.split(text) if ignore_case else [text]
    return [text for text in found if text]
