"""A record made by the store itself, and what a command came to."""

from __future__ import annotations

import hashlib
import threading
from typing import NamedTuple, Protocol

import msgspec

from wireglass.app.home import Home
from wireglass.model import Batch, Certificate, Closed, Detail, Message, Opened, Summary
from wireglass.store import Store, open_store


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


class Run(Protocol):
    def __call__(self, *arguments: str) -> Outcome: ...


class Recording:
    """Puts exchanges into a store and waits until they are committed."""

    def __init__(self, home: Home) -> None:
        self.home = home
        home.make()
        self._store: Store = open_store(home.store, lambda _trouble: None)
        self._run = self._store.begin_run()
        self._session = self._store.start_session("test", "proxy").id
        self._seq = 0
        self._key = 0

    @property
    def store(self) -> Store:
        return self._store

    def _submit(self, *messages: Message) -> None:
        self._seq += 1
        committed = threading.Event()
        self._store.submit(Batch(self._run, self._seq, list(messages)), (self._session,), committed.set)
        assert committed.wait(30)

    def opened(self, summary: Summary, detail: Detail | None = None) -> int:
        self._key += 1
        self._submit(Opened(self._run * 2**40 + self._key, summary, _packed(detail)))
        return self._run * 2**40 + self._key

    def closed(
        self,
        summary: Summary,
        detail: Detail | None = None,
        *,
        request: bytes = b"",
        response: bytes = b"",
        response_note: str = "",
        key: int | None = None,
        kept: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        """``kept``: bytes of both bodies and the timeline that went before, in parts."""
        if key is None:
            self._key += 1
            key = self._run * 2**40 + self._key
        summary.request_size = summary.request_size or len(request)
        summary.response_size = summary.response_size or len(response)
        if summary.state == "open":
            summary.state = "done"
        bodies = [request] if request else [], [response] if response else []
        self._submit(
            Closed(
                key,
                summary,
                _packed(detail),
                *bodies,
                kept[0] + len(request),
                kept[1] + len(response),
                response_note=response_note,
                timeline_kept=kept[2],
            )
        )

    def certificate(self, der: bytes) -> bytes:
        hash = hashlib.sha256(der).digest()
        self._submit(Certificate(hash, der))
        return hash

    def close(self) -> None:
        self._store.close()


def _packed(detail: Detail | None) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(detail or Detail()))
