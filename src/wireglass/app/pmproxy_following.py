"""What passes, told once to somebody slow: read from the record, on a thread of its own, at the listener's pace.
Nothing waits for it, and what it has not told yet stands in the record and nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from wireglass.errors import NotFound, StoreError
from wireglass.formats.postman_v1 import is_request
from wireglass.model import Record, Summary
from wireglass.store import Reader

_PAGE = 500
_LOOK = 0.05
"""Seconds between two looks at a store that has nothing new."""
_RETRY = 1.0
"""Seconds after an error in reading."""
_REQUEST, _ALL = 1, 2  # told of an exchange


class Listener(Protocol):
    """Is called on the following's thread."""

    def request(self, record: Record, reader: Reader) -> None:
        """A request, complete. Raises ``GivenUp``."""

    def response(self, record: Record) -> None:
        """The exchange of a request that was told has ended with a response."""


class GivenUp(Exception):
    """``Following.give_up`` was called."""


class Following:
    """Tells of the exchanges of one capture from its first one on, each once, in the order of their changes."""

    def __init__(self, folder: Path, session: str, trouble: Callable[[Exception], None]) -> None:
        """``folder`` is the store's, ``session`` the one that the capture has just begun; ``trouble`` is told of errors
        in reading, after which it tries again. Raises StoreError."""
        self._folder = folder
        self._trouble = trouble
        with Reader(folder) as reader:
            self.first, self._after = _beginning(reader, session)
        """The id of the first exchange of the capture."""
        self._last = 1 << 62
        self._until: int | None = None
        self._told = bytearray()
        """A byte for each exchange from ``first`` on: people mark and note old ones too, which is a change."""
        self.ended = 0
        """Exchanges that are done with."""
        self.given_up = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, listener: Listener) -> None:
        self._thread = threading.Thread(target=self._run, args=(listener,), name="pmproxy", daemon=True)
        self._thread.start()

    def finish(self, last: int, until: int) -> None:
        """Goes on to the exchange ``last`` and the change ``until``, and ends."""
        self._last, self._until = last, until
        self._wake.set()

    def give_up(self, seconds: float) -> None:
        """Ends it now; it is given ``seconds`` for what it cannot leave."""
        self.given_up.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self, listener: Listener) -> None:
        while not self.given_up.is_set():
            try:
                with Reader(self._folder) as reader:
                    self._follow(reader, listener)
                return
            except GivenUp:
                return
            except StoreError as error:
                self._trouble(error)
                if self._until is not None:
                    return
                self._wake.wait(_RETRY)
            except Exception as error:
                self._trouble(error)
                return

    def _follow(self, reader: Reader, listener: Listener) -> None:
        while not self.given_up.is_set():
            until = self._until
            changes = reader.changes(self._after, _PAGE)
            for change in changes:
                self._tell(change, reader, listener)
                self._after = change.seq
            if until is not None and (len(changes) < _PAGE or self._after >= until):
                return
            if len(changes) < _PAGE:
                self._wake.wait(_LOOK)

    def _tell(self, change: Summary, reader: Reader, listener: Listener) -> None:
        if change.source != "proxy" or not self.first <= change.id <= self._last:
            return
        at = change.id - self.first
        if at >= len(self._told):
            self._told += bytes(at + 4096 - len(self._told))
        told, has_ended = self._told[at], change.state != "open"
        if told == _ALL or (told == _REQUEST and not has_ended):
            return
        if self.given_up.is_set():
            raise GivenUp
        try:
            record = reader.get(change.id)
        except NotFound:  # deleted meanwhile
            return
        if not told and is_request(record) and is_complete(record):
            listener.request(record, reader)
            self._told[at] = told = _REQUEST
        if record.summary.state != "open":
            self._told[at] = _ALL
            self.ended += 1
            if told and record.summary.state == "done" and record.summary.status is not None:
                listener.response(record)


def is_complete(record: Record) -> bool:
    """Whether there is nothing more to come of the request, and, of an exchange that goes on, all is in the record. One
    that was cut is as complete as it gets if it was answered all the same, by the server or by us; else it is none."""
    summary, detail = record.summary, record.detail
    if summary.state == "open":
        return record.request_body.kept == summary.request_size and detail.timings.send is not None
    return not detail.request_cut or summary.status is not None


def _beginning(reader: Reader, session: str) -> tuple[int, int]:
    """The first id, and the number behind which all changes are: something may have passed before we were called."""
    after, first = reader.newest_seq(), reader.newest_id() + 1
    before: int | None = None
    while page := reader.page(_PAGE, before):
        ours = [one for one in page if session in one.sessions and one.id < first]
        first = min([first, *(one.id for one in ours)])
        after = min([after, *(one.seq - 1 for one in ours)])
        if len(ours) < len(page):
            break
        before = page[0].id
    return first, after
