"""JSON strings (RFC 8259 7): those too long to be held, and what JavaScript writes that no UTF-8 can hold."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import msgspec

ReadAt: TypeAlias = Callable[[int, int], bytes]
"""Bytes of the file: from an offset on, at most so many; fewer only at its end."""

CHUNK = 256 * 1024

# An escaped half of a surrogate pair without the other: JavaScript writes those, and no UTF-8 can hold them.
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
_MALFORMED_AT = re.compile(r" \(byte (\d+)\)$")
# Text whose escapes are whole; half a pair of surrogates waits for the other half.
_WHOLE = re.compile(
    r"(?:[^\\]++|\\u[dD][89abAB][0-9a-fA-F]{2}(?=[^\\]|\\[^u]|\\u[0-9a-fA-F]{4})(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    r"|\\u(?![dD][89abAB])[0-9a-fA-F]{4}|\\[^u])*+",
    re.DOTALL,
)
_LONGEST_ESCAPE = 12


class Long(NamedTuple):
    """A string that stays in the file: its bytes between the quotation marks, as they are written there."""

    offset: int
    length: int


def without_half_pairs(data: bytes) -> bytes:
    """JSON with U+FFFD in the place of each escaped surrogate that has no other half."""
    return _ESCAPE.sub(_mended, data)


def _mended(match: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if match[1] else match[0]


def what_is_malformed(error: msgspec.DecodeError) -> tuple[str, int]:
    """What msgspec says, and at which byte; 0 where it does not say it."""
    text = str(error)
    match = _MALFORMED_AT.search(text)
    return _MALFORMED_AT.sub("", text).removeprefix("JSON is malformed: "), int(match[1]) if match else 0


def text_of(read: ReadAt, long: Long) -> Iterator[str]:
    """A long string in pieces. Raises ValueError if it is no JSON string in UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    held = ""
    at, end = long
    end += at
    while at < end:
        data = read(at, min(CHUNK, end - at))
        if not data:
            raise ValueError("the file has changed")
        at += len(data)
        held += decoder.decode(data, at >= end)
        match = _WHOLE.match(held)
        assert match
        cut = len(held) if at >= end else match.end()
        if cut:
            yield _unescaped(held[:cut])
        held = held[cut:]
        if len(held) > _LONGEST_ESCAPE:
            raise ValueError("an escape that JSON does not have")


def _unescaped(text: str) -> str:
    if "\\" not in text and text.isprintable():
        return text
    data = b'"%b"' % text.encode("utf-8")
    try:
        return msgspec.json.decode(data, type=str)
    except msgspec.DecodeError as error:
        try:
            return msgspec.json.decode(without_half_pairs(data), type=str)
        except msgspec.DecodeError:
            raise ValueError(what_is_malformed(error)[0]) from error
