"""Lines in a stream that is cut anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wireglass.content.bounded import Kept

_END = re.compile(rb"[\r\n]")
_LF = re.compile(rb"\n")


class Lines:
    """Lines without their ends, each with the size it had: of one above ``limit`` bytes the start is kept. They end
    with LF, CRLF or CR; with ``only_lf`` a CR is a byte like others, and one before the LF stays."""

    def __init__(self, limit: int, *, only_lf: bool = False) -> None:
        self._end = _LF if only_lf else _END
        self._held = Kept(limit)
        self._after_cr = False

    def feed(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        at = 0
        if self._after_cr and data:
            self._after_cr = False
            if data[:1] == b"\n":
                at = 1
        while match := self._end.search(data, at):
            self._held.add(data[at : match.start()])
            at = match.end()
            if match[0] == b"\r":
                if data[at : at + 1] == b"\n":
                    at += 1
                elif at == len(data):
                    self._after_cr = True
            yield self._held.take()
        self._held.add(data[at:])

    def end(self) -> Iterator[tuple[bytes, int]]:
        """What stands behind the last line's end, if anything does."""
        if self._held.size:
            yield self._held.take()
