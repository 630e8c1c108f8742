"""JSON texts one after the other: as lines (https://jsonlines.org, NDJSON) and as JSON text sequences (RFC 7464)."""

from __future__ import annotations

import msgspec

from wireglass.content.bounded import Kept
from wireglass.content.lines import Lines
from wireglass.content.stream import MESSAGE_LIMIT, Piece

_RECORD_SEPARATOR = b"\x1e"
_SPACE = b" \t\r\n"
_decode = msgspec.json.Decoder(msgspec.Raw).decode


class JsonLines:
    """Each line is a piece ``line``. Empty lines, which some servers send to keep a connection alive, are none."""

    def __init__(self) -> None:
        self._lines = Lines(MESSAGE_LIMIT, only_lf=True)

    def feed(self, data: bytes) -> list[Piece]:
        return [_line(line, size) for line, size in self._lines.feed(data) if line.strip(_SPACE)]

    def end(self) -> list[Piece]:
        return [_line(line, size, last=True) for line, size in self._lines.end() if line.strip(_SPACE)]


def _line(line: bytes, size: int, *, last: bool = False) -> Piece:
    if size > len(line):
        return Piece("line", line, note=f"the first {len(line)} of {size} bytes", size=size)
    line = line.removesuffix(b"\r")
    fault = json_fault(line)
    if last and fault:
        fault = f"the stream ends inside it: {fault}"
    return Piece("line", line, note=fault)


class JsonSequence:
    """Each text behind a record separator is a piece ``message``. What is no JSON does not keep the next one from being
    read (RFC 7464 2.3)."""

    def __init__(self) -> None:
        self._held = Kept(MESSAGE_LIMIT)
        self._begun = False

    def feed(self, data: bytes) -> list[Piece]:
        pieces: list[Piece] = []
        first, *others = data.split(_RECORD_SEPARATOR)
        self._held.add(first)
        for text in others:
            pieces += self._take()
            self._begun = True
            self._held.add(text)
        return pieces

    def end(self) -> list[Piece]:
        return self._take()

    def _take(self) -> list[Piece]:
        begun = self._begun
        held, size = self._held.take()
        text = held.strip(_SPACE)
        if not text:
            return []
        if size > len(held):
            return [Piece("message", held, note=f"the first {len(held)} of {size} bytes", size=size)]
        note = json_fault(text)
        if not begun:
            note = f"no record separator stands before it (RFC 7464 2.2){f'; {note}' if note else ''}"
        elif not note and text[-1:] not in b'"]}' and held[-1:] not in _SPACE:
            note = "it may be cut off: no white space follows it (RFC 7464 2.4)"
        return [Piece("message", text, note=note)]


def json_fault(text: bytes) -> str:
    """Why it is not JSON; empty if it is."""
    try:
        text.decode("utf-8")
        _decode(text)
    except UnicodeDecodeError as error:
        return f"not JSON: byte {error.start} is no UTF-8"
    except (msgspec.DecodeError, RecursionError) as error:
        return f"not JSON: {error}"
    return ""
