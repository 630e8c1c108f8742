"""The tests of single values: what ``match`` asks of an exchange, and what the store's SQL functions ask of a row.

One definition for both. Letter case: ASCII letters alone are the same in both cases, as in SQLite's ``lower()``.
A test that a kind of value does not have (a number that should hold a text) raises ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from operator import eq, ge, gt, le, lt

from wireglass.model import Detail, Headers, Side, Summary
from wireglass.query.regex import finder
from wireglass.query.tree import Between, Compares, Holds, Is, Like, Matches, Test, There
from wireglass.query.url_parts import parameters, url_parts

TextTest = Callable[[str], bool]
NumberTest = Callable[[float], bool]

_COMPARE = {"<": lt, "<=": le, "=": eq, ">=": ge, ">": gt}
_PIECE = re.compile(r"\\([*?\\])|([*?])|([^*?\\]+|\\)", re.DOTALL)


def fold(text: str) -> str:
    """ASCII letters in lower case, all others as they are."""
    return (
        text.lower()
        if text.isascii()
        else text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
    )


@lru_cache(maxsize=256)
def text_test(test: Test) -> TextTest:
    """``There``: the text is not empty. Raises QueryError for a regular expression that cannot be used."""
    match test:
        case Is(text):
            wanted = fold(text)
            return lambda value: fold(value) == wanted
        case Holds(text):
            wanted = fold(text)
            return lambda value: wanted in fold(value)
        case Like(pattern):
            return like_test(pattern)
        case Matches(pattern, ignore_case):
            return finder(pattern, ignore_case)
        case There():
            return bool
        case _:
            raise ValueError(f"{test!r} is no test of a text")


@lru_cache(maxsize=1024)
def number_test(test: Test) -> NumberTest:
    """``There``: there is a number at all."""
    match test:
        case Compares(operator, number):
            compare = _COMPARE[operator]
            return lambda value: compare(value, number)
        case Between(low, high):
            return lambda value: low <= value <= high
        case There():
            return lambda value: True
        case _:
            raise ValueError(f"{test!r} is no test of a number")


def number_is(test: Test, value: float | None) -> bool:
    """None: there is none, and no test holds."""
    return value is not None and number_test(test)(value)


def like_test(pattern: str) -> TextTest:
    """Whether a whole text has the form (``tree.Like``)."""
    parts, single = like_parts(pattern)
    if single:
        form = finder(like_expression(pattern), False)
        return lambda value: form(fold(value))
    first, *rest = (fold(part) for part in parts)
    if not rest:
        return lambda value: fold(value) == first
    *between, last = rest
    least = sum(map(len, parts))

    def has_form(value: str) -> bool:
        text = fold(value)
        if len(text) < least or not text.startswith(first):
            return False
        at = len(first)
        # Each part is taken where it comes first: there is nothing to come back for, so no pattern takes long.
        for part in between:
            at = text.find(part, at)
            if at < 0:
                return False
            at += len(part)
        return len(text) - len(last) >= at and text.endswith(last)

    return has_form


def like_parts(pattern: str) -> tuple[list[str], bool]:
    """What stands between the stars, so one more than there are stars; and whether there are question marks, which
    are left out of the parts."""
    parts = [""]
    single = False
    for escaped, wild, plain in _PIECE.findall(pattern):
        if wild == "*":
            parts.append("")
        elif wild:
            single = True
        else:
            parts[-1] += escaped or plain
    return parts, single


def like_literals(pattern: str) -> list[str]:
    """The texts that every value of this form holds, in order; for an index to look for."""
    texts = [""]
    for escaped, wild, plain in _PIECE.findall(pattern):
        if wild:
            texts.append("")
        else:
            texts[-1] += escaped or plain
    return [text for text in texts if text]


def like_escaped(text: str) -> str:
    """The text as it stands, as a part of a pattern."""
    return re.sub(r"([*?\\])", r"\\\1", text)


def like_expression(pattern: str) -> str:
    """The same as a regular expression, for folded values."""
    wilds = {"*": ".*", "?": "."}
    body = "".join(
        wilds[wild] if wild else re.escape(fold(escaped or plain)) for escaped, wild, plain in _PIECE.findall(pattern)
    )
    return rf"(?s)\A{body}\z"


def header_text(data: bytes) -> str:
    """A header name or value: UTF-8 where it is, else ISO 8859-1 (RFC 9110 5.5)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def header_line(name: bytes, value: bytes) -> str:
    """As full text has it."""
    return f"{header_text(name)}: {header_text(value)}"


@lru_cache(maxsize=256)
def header_test(key: str, test: Test) -> Callable[[Headers], bool]:
    """Whether the value of one of the headers of that name passes; without ``key``, one of the lines ``name: value``.
    ``There``: whether there is one. ``key`` may have ``*``."""
    if not key:
        return lines_test(test)
    holds = (lambda text: True) if isinstance(test, There) else text_test(test)
    if key.isascii() and "*" not in key:
        wanted = key.lower().encode()
        return lambda headers: any(name.lower() == wanted and holds(header_text(value)) for name, value in headers)
    named = _key_test(key)
    return lambda headers: any(named(header_text(name)) and holds(header_text(value)) for name, value in headers)


@lru_cache(maxsize=256)
def lines_test(test: Test) -> Callable[[Headers], bool]:
    """Whether one of the lines ``name: value`` passes."""
    holds = (lambda text: True) if isinstance(test, There) else text_test(test)
    if isinstance(test, Holds) and test.text and test.text.isascii() and "\n" not in test.text:
        # ASCII is the same bytes in whatever a header is read as: all lines at once, and none of them decoded.
        wanted = fold(test.text).encode()
        return lambda headers: wanted in b"\n".join(map(b": ".join, headers)).lower()
    return lambda headers: any(holds(header_line(name, value)) for name, value in headers)


def fields_of(detail: Detail, side: Side) -> Headers:
    """What ``request_header`` and ``response_header`` look at: of a response the trailers too, where gRPC has its
    status."""
    return detail.request_headers if side == "request" else detail.response_headers + detail.response_trailers


@lru_cache(maxsize=256)
def param_test(key: str, test: Test) -> Callable[[str], bool]:
    """Of a URL, whether the value of one of its query parameters of that name passes; without ``key``, one of
    ``name=value``. ``There``: whether there is one. ``key`` may have ``*``."""
    holds = (lambda text: True) if isinstance(test, There) else text_test(test)
    if not key:
        return lambda url: any(holds(f"{name}={value}") for name, value in parameters(url))
    named = _key_test(key)
    return lambda url: any(named(name) and holds(value) for name, value in parameters(url))


def _key_test(key: str) -> TextTest:
    return text_test(Like(key) if "*" in key else Is(key))


def path_is(url: str, test: Test) -> bool:
    return text_test(test)(url_parts(url).path)


def scheme_is(url: str, test: Test) -> bool:
    return text_test(test)(url_parts(url).scheme)


def port_is(url: str, test: Test) -> bool:
    return number_is(test, url_parts(url).port)


_NICKNAMES = {
    "javascript": "js",
    "ecmascript": "js",
    "event-stream": "sse",
    "x-www-form-urlencoded": "form",
    "form-data": "form",
    "ndjson": "json",
    "jsonl": "json",
    "markdown": "md",
    "plain": "txt",
}


@lru_cache(maxsize=256)
def type_words(media_type: str) -> frozenset[str]:
    """What ``type:WORD`` may say for a media type (lower case, without parameters): all of it (``image/svg+xml``), what
    stands before and behind the slash (``image``, ``svg+xml``), before and behind the plus (``svg``, ``xml``), without
    ``x-``, and what people call it (``js``). No type, no words."""
    if not media_type:
        return frozenset()
    main, _, sub = media_type.partition("/")
    base, _, suffix = sub.partition("+")
    words = {media_type, main, sub, base, suffix, base.removeprefix("x-")}
    if main == "font" or base.removeprefix("x-").startswith("font-"):
        words.add("font")
    if base == "xhtml":
        words.add("html")
    words |= {_NICKNAMES[word] for word in tuple(words) if word in _NICKNAMES}
    return frozenset(words - {""})


@lru_cache(maxsize=256)
def type_test(test: Test) -> TextTest:
    """``Is``: one of ``type_words``. Others look at the whole media type."""
    if isinstance(test, Is) and test.text:
        word = fold(test.text)
        return lambda media_type: word in type_words(fold(media_type))
    return text_test(test)


_STREAMS = re.compile(
    r"text/event-stream"
    r"|application/(?:(?:x-)?(?:ndjson|jsonl|jsonlines)|json-seq|(?:x-json-|json-)stream|stream\+json"
    r"|grpc(?:[+-].*)?|connect\+.*)"
)


def is_stream(summary: Summary) -> bool:
    """Its response is a row of messages: WebSocket, server-sent events, lines of JSON, gRPC."""
    return summary.protocol == "websocket" or _STREAMS.fullmatch(summary.type) is not None


def answered(summary: Summary) -> bool:
    """What comes with the response head is known, or that there was none."""
    return summary.status is not None or summary.state != "open"


def ended(summary: Summary) -> bool:
    return summary.state != "open"


def _sure(holds: bool, known: bool) -> bool | None:
    """What holds stays so; what does not may still come."""
    return True if holds else False if known else None


def _cookies(summary: Summary, detail: Detail | None) -> bool | None:
    if detail is None:
        return None
    sent = any(name.lower() == b"cookie" for name, _ in detail.request_headers)
    return _sure(sent or any(name.lower() == b"set-cookie" for name, _ in detail.response_headers), answered(summary))


def _trailers(summary: Summary, detail: Detail | None) -> bool | None:
    if detail is None:
        return None
    return _sure(bool(detail.request_trailers or detail.response_trailers), ended(summary))


Flag = Callable[[Summary, "Detail | None"], "bool | None"]

HAS: dict[str, Flag] = {
    "error": lambda s, d: _sure(s.error_kind is not None or s.error is not None, ended(s)),
    "body": lambda s, d: _sure(s.request_size > 0 or s.response_size > 0, ended(s)),
    "request_body": lambda s, d: _sure(s.request_size > 0, ended(s)),
    "response_body": lambda s, d: _sure(s.response_size > 0, ended(s)),
    "websocket": lambda s, d: _sure(s.protocol == "websocket", answered(s)),
    "stream": lambda s, d: _sure(is_stream(s), answered(s)),
    "note": lambda s, d: bool(s.note),
    "cookies": _cookies,
    "trailers": _trailers,
}
"""The words of ``has:``. None: not known yet."""

IS: dict[str, Flag] = {
    "marked": lambda s, d: bool(s.color or s.star),
    "starred": lambda s, d: s.star,
    "open": lambda s, d: s.state == "open",
    "done": lambda s, d: None if s.state == "open" else s.state == "done",
    "failed": lambda s, d: None if s.state == "open" else s.state == "failed",
    "https": lambda s, d: url_parts(s.url).scheme in ("https", "wss"),
}
"""The words of ``is:``."""


def head_test(test: Test) -> Callable[[str, Detail], bool]:
    """Whether one of what the field ``text`` looks at beside the bodies passes: the URL, and each header line of both
    sides."""
    holds, of_lines = text_test(test), lines_test(test)
    return lambda url, detail: (
        holds(url) or of_lines(fields_of(detail, "request")) or of_lines(fields_of(detail, "response"))
    )
