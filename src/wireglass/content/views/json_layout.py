"""JSON (RFC 8259) laid out by its tokens: numbers, keys, their order and duplicates stay as they were sent, which no
round trip through values keeps. One pass that checks and writes, so that its cost ends with the output."""

from __future__ import annotations

import re

from wireglass.content.bounded import Full, Text
from wireglass.content.views import DEPTH_LIMIT, ViewError

_INDENT = "  "
_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:
        (?P<string>"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")
        |(?P<scalar>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+(?![0-9A-Za-z.+-])|(?:true|false|null)\b)
        |(?P<mark>[{}\[\]:,])
        |(?P<end>\Z)
    )""",
    re.VERBOSE,
)
_CUT_TOKEN = re.compile(
    r'[ \t\r\n]*+(?:"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+(?:\\(?:u[0-9a-fA-F]{0,3})?)?'
    r"|-?[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]*)?|t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?)\ufffd?\Z"
)
# A pair of surrogates, one \\uXXXX, or another escape, which is stepped over.
_ESCAPED = re.compile(r"(\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[0-9a-fA-F]{4})|\\.")

# What may come next. The strings are what a person is told.
_VALUE = "a value"
_FIRST_VALUE = "a value or ]"
_KEY = "a key in double quotes"
_FIRST_KEY = "a key in double quotes or }"
_COLON = "a colon"
_MORE = "a comma or the closing bracket"
_NOTHING = "the end"


class NotJson(ViewError):
    """The reason names line and column, both counted from 1, the column in characters."""


class Laid:
    """``text``; ``end``: where the value ended in the input; ``stopped``: why the text ends before it, or nothing."""

    __slots__ = ("end", "stopped", "text")

    def __init__(self, text: str, end: int, stopped: str) -> None:
        self.text = text
        self.end = end
        self.stopped = stopped


def laid_out(text: str, room: int, *, whole: bool = True) -> Laid:
    """One JSON text, indented. ``whole`` False: ``text`` is cut off, and so may be its last token. The escapes
    ``\\uXXXX`` of printable characters beyond ASCII are written as the characters.

    Raises ``NotJson``, and ``ViewError`` for nesting deeper than ``DEPTH_LIMIT``.
    """
    out = Text(room)
    try:
        end, stopped = _write(text, out, whole)
    except Full:
        return Laid(str(out), len(text), "full")
    return Laid(str(out), end, stopped)


def _write(text: str, out: Text, whole: bool) -> tuple[int, str]:
    at = 0
    opened: list[str] = []
    expected = _VALUE
    while expected != _NOTHING:
        found = _TOKEN.match(text, at)
        if found is None or found["end"] is not None:
            if not whole and (found or _CUT_TOKEN.match(text, at)):
                out.add(text[at:].strip(" \t\r\n"))
                return len(text), "cut"
            raise _refused(text, at, expected)
        mark = found["mark"]
        if mark is None:
            token = found["string"]
            if token is None:
                token = found["scalar"]
            elif "\\u" in token:
                token = _ESCAPED.sub(_readable, token)
            if expected in (_KEY, _FIRST_KEY):
                if found["string"] is None:
                    raise _refused(text, at, expected)
                if expected is _FIRST_KEY:
                    out.add("\n", _INDENT * len(opened))
                out.add(token)
                expected = _COLON
            elif expected in (_VALUE, _FIRST_VALUE):
                if expected is _FIRST_VALUE:
                    out.add("\n", _INDENT * len(opened))
                out.add(token)
                expected = _MORE if opened else _NOTHING
            else:
                raise _refused(text, at, expected)
        elif mark in "{[":
            if expected not in (_VALUE, _FIRST_VALUE):
                raise _refused(text, at, expected)
            if expected is _FIRST_VALUE:
                out.add("\n", _INDENT * len(opened))
            if len(opened) == DEPTH_LIMIT:
                raise ViewError(f"it is nested deeper than {DEPTH_LIMIT} levels")
            opened.append("}" if mark == "{" else "]")
            out.add(mark)
            expected = _FIRST_KEY if mark == "{" else _FIRST_VALUE
        elif mark == ":" and expected is _COLON:
            out.add(": ")
            expected = _VALUE
        elif mark == "," and expected is _MORE:
            out.add(",\n", _INDENT * len(opened))
            expected = _KEY if opened[-1] == "}" else _VALUE
        elif opened and mark == opened[-1] and expected in (_MORE, _FIRST_KEY, _FIRST_VALUE):
            opened.pop()
            if expected is _MORE:
                out.add("\n", _INDENT * len(opened))
            out.add(mark)
            expected = _MORE if opened else _NOTHING
        else:
            raise _refused(text, at, expected)
        at = found.end()
    return at, ""


def _readable(match: re.Match[str]) -> str:
    run = match[1]
    if run is None:
        return match[0]
    units = bytes.fromhex(run.replace("\\u", ""))
    try:
        plain = units.decode("utf-16-be")
    except UnicodeDecodeError:
        return run
    return plain if all(one > "\x7f" and one.isprintable() for one in plain) else run


def _refused(text: str, at: int, expected: str) -> NotJson:
    """Says where, and what stands there."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    if at == len(text):
        there = "the end"
    elif text[at] == '"' and expected not in (_COLON, _MORE, _NOTHING):
        there = "a string that does not end, or has a control character or a wrong escape in it"
    else:
        there = repr(text[at : at + 12])
    return NotJson(f"it is not JSON: line {line}, column {column}: {expected} is missing there, it has {there}")


def rest_refused(text: str, at: int) -> NotJson | None:
    """What is wrong with the rest behind the value: None if it is white space."""
    if text[at:].strip(" \t\r\n"):
        return _refused(text, at, _NOTHING)
    return None
