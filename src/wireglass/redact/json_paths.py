"""The JSON paths of rules: the part of RFC 9535 that names members and elements."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import re2

_STEP = re.compile(
    r"(\.\.)?(?:\.?\[(?:\*|([0-9]+)|'([^']*)'|\"([^\"]*)\")\]|\.?(\*)|\.?([^\s.\[\]*'\"$]+))",
)
_MOST_STEPS = 250
_BEFORE = "\x1f"
"""Begins each step of a written place; it cannot be in JSON as it is."""


def expression(path: str) -> str:
    """An RE2 expression for the places that ``path`` names: ``$.user.ssn``, ``user.ssn``, ``$.items[*].token``,
    ``$..iban``, ``$['a b']``. Raises ValueError with the words that follow the refused path in a message."""
    rest = path.strip()
    rest = rest.removeprefix("$")
    steps: list[str] = []
    at = 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None:
            raise ValueError(
                f"is no JSON path at {rest[at : at + 20]!r}: write for example $.user.ssn or $.items[*].key"
            )
        if step[1]:
            steps.append(f"(?:{_BEFORE}[^{_BEFORE}]*)*")
        name = next((part for part in (step[2], step[3], step[4], step[6]) if part is not None), None)
        steps.append(_BEFORE + (f"[^{_BEFORE}]*" if name is None else re2.escape(name)))
        at = step.end()
    if not steps:
        raise ValueError("names nothing: write for example $.user.ssn or $.items[*].key")
    if len(steps) > _MOST_STEPS:
        raise ValueError(f"has more than {_MOST_STEPS} steps")
    return "".join(steps)


class JsonPaths:
    def __init__(self, paths: tuple[str, ...]) -> None:
        self._any: Any = re2.compile("|".join(expression(path) for path in paths)) if paths else None

    def __bool__(self) -> bool:
        return self._any is not None

    def names(self, place: list[str]) -> bool:
        return self._any is not None and bool(place) and self._any.fullmatch(_BEFORE + _BEFORE.join(place)) is not None


def unquoted(string: bytes) -> bytes:
    """What the inside of a JSON string means; as it is where it is no JSON."""
    if b"\\" not in string:
        return string
    try:
        return msgspec.json.decode(b'"%b"' % string, type=str).encode("utf-8", "surrogatepass")
    except (msgspec.DecodeError, ValueError):
        return string


def quoted(text: bytes) -> bytes:
    """The inside of a JSON string that means ``text``; bytes that are not UTF-8 stay as they are."""
    try:
        return msgspec.json.encode(text.decode("utf-8"))[1:-1]
    except UnicodeDecodeError:
        return text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
