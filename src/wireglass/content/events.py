"""Server-sent events (HTML Living Standard 9.2.6, "Interpreting an event stream")."""

from __future__ import annotations

from wireglass.content.bounded import Kept
from wireglass.content.lines import Lines
from wireglass.content.stream import MESSAGE_LIMIT, Piece

_MARK = b"\xef\xbb\xbf"
_FIELDS_LIMIT = 4096
"""Bytes of a name, an id or the comments of one event that are shown."""


class Events:
    """Each block up to an empty line is a piece ``event``: its data, with ``event``, ``id``, ``retry`` and ``comment``
    as fields where the block has them. Blocks that a browser would not dispatch come out as well, and say so."""

    def __init__(self) -> None:
        self._lines = Lines(MESSAGE_LIMIT)
        self._first = True
        self._begin()

    def _begin(self) -> None:
        self._data = Kept(MESSAGE_LIMIT)
        self._data_lines = 0
        self._fields: dict[str, str] = {}
        self._notes: list[str] = []
        self._any = False

    def feed(self, data: bytes) -> list[Piece]:
        pieces: list[Piece] = []
        for line, size in self._lines.feed(data):
            if line:
                self._line(line, size)
            elif self._any:
                pieces.append(self._piece())
        return pieces

    def end(self) -> list[Piece]:
        for line, size in self._lines.end():
            self._line(line, size)
        if not self._any:
            return []
        self._note("no empty line follows: browsers drop it")
        return [self._piece()]

    def _line(self, line: bytes, size: int) -> None:
        if self._first:
            self._first = False
            if line.startswith(_MARK):
                line, size = line[len(_MARK) :], size - len(_MARK)
                if not line:
                    return
        self._any = True
        name, colon, value = line.partition(b":")
        if value.startswith(b" "):
            value = value[1:]
        cut = size - len(line)  # what Lines has left out of a line that is too long
        if name == b"data":
            self._add(value, cut)
        elif colon and not name:
            self._field("comment", value, join=True)
        elif name == b"event":
            self._field("event", value)
        elif name == b"id":
            if b"\0" in value:
                self._note("an id with a zero byte is ignored by browsers")
            else:
                self._field("id", value)
        elif name == b"retry":
            self._field("retry", value)
            if not (value.isdigit() and value.isascii()):
                self._note("a retry that is no number is ignored by browsers")
        else:
            self._note(f"a line that is no field: {line[:80].decode('utf-8', 'backslashreplace')}")

    def _add(self, value: bytes, cut: int) -> None:
        if self._data_lines:
            value = b"\n" + value
        self._data_lines += 1
        self._data.add(value, cut)

    def _field(self, name: str, value: bytes, *, join: bool = False) -> None:
        text = value[:_FIELDS_LIMIT].decode("utf-8", "replace")
        if join and name in self._fields:
            text = f"{self._fields[name]}\n{text}"[:_FIELDS_LIMIT]
        self._fields[name] = text

    def _note(self, text: str) -> None:
        if text not in self._notes and len(self._notes) < 10:
            self._notes.append(text)

    def _piece(self) -> Piece:
        data, size = self._data.take()
        if not data:
            self._note("no data: browsers dispatch nothing")
        elif size > len(data):
            self._note(f"the first {len(data)} of {size} bytes")
        else:
            try:
                data.decode("utf-8")
            except UnicodeDecodeError:
                self._note("not UTF-8, which events must be")
        piece = Piece("event", data, self._fields, "; ".join(self._notes), size)
        self._begin()
        return piece
