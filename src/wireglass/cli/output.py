"""Lines of several threads on one stream, of which none has to wait for whoever reads it."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TextIO

_ROOM = 1_000_000
"""Characters that wait to be written."""
_PIECE = 64 * 1024
_STUCK = 2.0
"""Seconds in which a reader that is there takes a piece."""
_LAST = 6.0
"""Seconds for all that is left at the end."""


class Output:
    """Standard output or standard error, written by a thread of its own. A reader that goes away ends the printing, and
    nothing else; for one that does not read ``line`` waits, and ``say`` and ``end`` do not for long."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._changed = threading.Condition()
        self._lines: deque[str] = deque()
        self._size = 0
        self._pieces = 0  # written so far
        self._ended = False
        self._thread: threading.Thread | None = None
        self.closed = False
        """Nothing more is written."""

    def line(self, text: str) -> None:
        """Waits while there is no room, until ``closed``. ``text`` has no controls of a terminal."""
        self._put(text, None)

    def say(self, text: str) -> None:
        """As ``line``; if there is no room in time, the printing ends."""
        self._put(text, _STUCK)

    def end(self) -> bool:
        """Waits until all is written, as long as it is read. False: the thread is inside a write that does not end."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        thread, deadline = self._thread, time.monotonic() + _LAST
        while thread is not None and thread.is_alive():
            before = self._pieces
            thread.join(_STUCK)
            if self._pieces == before or time.monotonic() > deadline:
                self._close()
                thread.join(0.1)
                return not thread.is_alive()
        return True

    def _put(self, text: str, seconds: float | None) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self.closed or self._size < _ROOM, seconds):
                self.closed = True
                self._changed.notify_all()
            if self.closed:
                return
            self._lines.append(f"{text}\n")
            self._size += len(text) + 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="output", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines or self._ended or self.closed)
                if self.closed or not self._lines:
                    return
                text = self._lines.popleft()
                is_last = not self._lines
            try:
                for at in range(0, len(text), _PIECE):
                    self._stream.write(text[at : at + _PIECE])
                    self._pieces += 1
                if is_last:
                    self._stream.flush()
            except (OSError, ValueError):  # EPIPE; EIO of a terminal that was closed
                self._close()
            with self._changed:
                self._size -= len(text)
                self._changed.notify_all()

    def _close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()
