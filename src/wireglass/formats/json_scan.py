"""JSON (RFC 8259) of any size, value by value: where each ends is found here, what is in it is msgspec's to read.

ijson would give the same events, but says of a mistake neither line nor column, and holds any string whole. Here a
value is held up to ``HELD`` bytes, and of strings above ``LONG`` only where they are: whoever wants one reads it from
the file again, in pieces.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import msgspec

from wireglass.errors import BadFile
from wireglass.formats import json_text
from wireglass.formats.json_text import Long, ReadAt, what_is_malformed, without_half_pairs

LONG = 1024 * 1024
"""Bytes of a string, as it is written, above which it stays in the file."""
HELD = 64 * 1024 * 1024
"""Bytes of one value that are held, its long strings aside."""
_DEEPEST = 200
_SCALAR_LIMIT = 1024

# What holds no bracket to count: text between them, whole strings, and innermost objects.
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_FLAT = rb'(?:[^"{}\[\]]++|' + _STRING + rb")"
_RUN = re.compile(rb"(?:" + _FLAT + rb"|\{" + _FLAT + rb"*+\})*+", re.DOTALL)
_INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb'[^ \t\r\n,:"{}\[\]]*+')

_T = TypeVar("_T")


class Value(NamedTuple):
    data: bytes
    """JSON; in the place of each long string stands a short one, which is a key of ``long``."""
    start: int
    """Where in the file it begins."""
    long: dict[str, Long]
    moved: list[tuple[int, int]]
    """(offset in ``data``, how many bytes more it is in the file from there on): for the place of a mistake."""


class Scanner:
    """Goes through the file once. Every mistake is a BadFile that begins with the place."""

    def __init__(self, read: ReadAt) -> None:
        self._read = read
        self._start = 0
        """Offset of the first byte of ``_held``."""
        self._held = b""
        self._pos = 0
        self._at_end = False

    @property
    def at(self) -> int:
        """Bytes of the file gone through."""
        return self._start + self._pos

    def skip_mark(self) -> None:
        """The byte order mark that a file may begin with (RFC 8259 8.1)."""
        self._fill()
        if self._held.startswith(codecs.BOM_UTF8):
            self._pos = len(codecs.BOM_UTF8)

    def peek(self) -> bytes:
        """The next byte that is no white space; empty at the end of the file."""
        while True:
            match = _SPACE.match(self._held, self._pos)
            assert match
            self._pos = match.end()
            if self._pos < len(self._held):
                return self._held[self._pos : self._pos + 1]
            if not self._fill():
                return b""

    def members(self) -> Iterator[str]:
        """The names in an object; the value of each must be taken before the next is asked for."""
        self._take(b"{")
        if self.peek() == b"}":
            self._pos += 1
            return
        while True:
            if self.peek() != b'"':
                raise self._unexpected("a name in quotation marks")
            name = self.decoded(self.value(), str)
            self._take(b":")
            yield name
            if not self._goes_on(b"}"):
                return

    def items(self) -> Iterator[int]:
        """Counts the values in an array from 0; each must be taken before the next is asked for."""
        self._take(b"[")
        if self.peek() == b"]":
            self._pos += 1
            return
        number = 0
        while True:
            yield number
            number += 1
            if not self._goes_on(b"]"):
                return

    def value(self) -> Value:
        """The value that comes next. That its end is there is all that is known of it."""
        first = self.peek()
        if first in (b"{", b"["):
            return self._nested()
        if first == b'"':
            collected = _Collected(self.at)
            self._string(collected)
            return collected.value()
        return self._scalar()

    def decoded(self, value: Value, shape: type[_T]) -> _T:
        """What msgspec makes of it. Raises BadFile, and msgspec.ValidationError for JSON that is no ``shape``."""
        try:
            return msgspec.json.decode(value.data, type=shape)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError as error:
            mended = without_half_pairs(value.data)
            if mended != value.data:
                return self.decoded(value._replace(data=mended), shape)
            text, offset = what_is_malformed(error)
            offset = min(offset, len(value.data))
            more = sum(extra for at, extra in value.moved if at < offset)
            raise self.refused(value.start + offset + more, f"this is no JSON: {text}") from error
        except UnicodeDecodeError as error:
            raise self.refused(value.start, "what begins here has text that is not UTF-8") from error
        except RecursionError as error:
            raise self._too_deep(value.start) from error

    def refused(self, offset: int, message: str) -> BadFile:
        """The error to raise about what is at ``offset``. Reads the file up to there, to count its lines."""
        return BadFile(f"{self.place(offset)}: {message}.")

    def place(self, offset: int) -> str:
        line, column, at = 1, 1, 0
        while at < offset and (data := self._read(at, min(json_text.CHUNK, offset - at))):
            if newlines := data.count(b"\n"):
                line += newlines
                column = len(data) - data.rfind(b"\n")
            else:
                column += len(data)
            at += len(data)
        return f"line {line}, column {column}"

    # Inside

    def _fill(self) -> bool:
        """Reads on, and drops what was gone through; False at the end of the file."""
        if self._at_end:
            return False
        data = self._read(self._start + len(self._held), json_text.CHUNK)
        self._at_end = not data
        self._start += self._pos
        self._held = self._held[self._pos :] + data
        self._pos = 0
        return bool(data)

    def _take(self, byte: bytes) -> None:
        if self.peek() != byte:
            raise self._unexpected(f"{byte.decode()!r}")
        self._pos += 1

    def _goes_on(self, end: bytes) -> bool:
        found = self.peek()
        if found not in (b",", end) or not found:
            raise self._unexpected(f"',' or {end.decode()!r}")
        self._pos += 1
        return found == b","

    def _unexpected(self, wanted: str) -> BadFile:
        found = self.peek()
        if not found:
            return self.refused(self.at, f"the file ends where {wanted} is expected: it is cut off")
        return self.refused(self.at, f"{wanted} is expected, not {found.decode('ascii', 'backslashreplace')!r}")

    def _cut_off(self, start: int) -> BadFile:
        return self.refused(start, "what begins here does not end: the file is cut off")

    def _too_deep(self, start: int) -> BadFile:
        return self.refused(start, f"what begins here has more than {_DEEPEST} values inside each other")

    def _scalar(self) -> Value:
        start = self.at
        while True:
            match = _SCALAR.match(self._held, self._pos)
            assert match
            if match.end() < len(self._held) or match.end() - self._pos > _SCALAR_LIMIT or not self._fill():
                break
        data = match[0][:_SCALAR_LIMIT]
        if not data:
            raise self._unexpected("a value")
        self._pos = match.end()
        return Value(data, start, {}, [])

    def _nested(self) -> Value:
        collected = _Collected(self.at)
        self._collect(collected, self._pos + 1)
        depth = 1
        while True:
            match = _RUN.match(self._held, self._pos)
            assert match
            end = match.end()
            if end == len(self._held):
                self._collect(collected, end)
                if not self._fill():
                    raise self._cut_off(collected.start)
                continue
            byte = self._held[end]
            if byte == 0x22:  # a string whose end is not there yet
                self._collect(collected, end)
                self._string(collected)
                continue
            self._collect(collected, end + 1)
            depth += 1 if byte in b"{[" else -1
            if depth > _DEEPEST:
                raise self._too_deep(collected.start)
            if depth == 0:
                return collected.value()

    def _collect(self, collected: _Collected, end: int) -> None:
        collected.add(self._held[self._pos : end])
        self._pos = end
        if collected.size > HELD:
            raise self.refused(
                collected.start,
                f"what begins here has more than {HELD // 2**20} MiB, not counting strings above {LONG // 2**20} MiB",
            )

    def _string(self, collected: _Collected) -> None:
        """The string that begins here, whole or, if it is long, its place."""
        start = self.at
        searched = self._pos + 1
        while True:
            match = _INSIDE.match(self._held, searched)
            assert match
            if match.end() < len(self._held) and self._held[match.end()] == 0x22:
                self._collect(collected, match.end() + 1)
                return
            # What was looked at is not looked at again; a backslash waits for what it escapes.
            searched = match.end() - self._pos
            if searched > LONG:
                break
            if not self._fill():
                raise self._cut_off(start)
        self._pos += searched
        collected.leave_out(Long(start + 1, self._skip_string(start) - start - 1), self.at)

    def _skip_string(self, start: int) -> int:
        """To behind the end of the string that begins at ``start``; returns where its last quotation mark is."""
        while True:
            match = _INSIDE.match(self._held, self._pos)
            assert match
            self._pos = match.end()
            if self._pos < len(self._held) and self._held[self._pos] == 0x22:
                self._pos += 1
                return self.at - 1
            if not self._fill():
                raise self._cut_off(start)


class _Collected:
    """The value that is being gone through."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.size = 0
        self._parts: list[bytes] = []
        self._long: dict[str, Long] = {}
        self._moved: list[tuple[int, int]] = []

    def add(self, part: bytes) -> None:
        self._parts.append(part)
        self.size += len(part)

    def leave_out(self, long: Long, end: int) -> None:
        key = f"\0long {long.offset}"
        self._long[key] = long
        self.add(msgspec.json.encode(key))
        self._moved.append((self.size, end - self.start - self.size - sum(more for _, more in self._moved)))

    def value(self) -> Value:
        return Value(b"".join(self._parts), self.start, self._long, self._moved)
