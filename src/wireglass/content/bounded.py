"""What ends at a limit: bytes of which the first are kept, and text that is written for people."""

from __future__ import annotations


class Kept:
    """The first ``limit`` bytes of what is added, and how many there were."""

    __slots__ = ("data", "limit", "size")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.data = bytearray()
        self.size = 0

    def add(self, data: bytes | bytearray, left_out: int = 0) -> None:
        """``left_out``: bytes behind ``data`` that somebody has left out already."""
        self.size += len(data) + left_out
        room = self.limit - len(self.data)
        if room > 0:
            self.data += data[:room]

    def take(self) -> tuple[bytes, int]:
        """What is kept, and its size; begins anew."""
        taken = bytes(self.data), self.size
        self.data.clear()
        self.size = 0
        return taken


class Full(Exception):
    """The text has reached its limit; what is there is the start."""


class Text:
    """Pieces of text up to ``limit`` characters; ``Full`` is raised by the one that passes it."""

    def __init__(self, limit: int) -> None:
        self._pieces: list[str] = []
        self._room = limit

    def add(self, *pieces: str) -> None:
        for piece in pieces:
            self._room -= len(piece)
            if self._room < 0:
                self._pieces.append(piece[: len(piece) + self._room])
                self._room = 0
                raise Full
            self._pieces.append(piece)

    def __str__(self) -> str:
        return "".join(self._pieces)
