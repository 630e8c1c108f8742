"""A store to test, and messages to put into it."""

from __future__ import annotations

import threading
from pathlib import Path

import apsw
import msgspec

from wireglass.model import Batch, Closed, Detail, Message, Opened, Summary
from wireglass.store import Store, Verdict, open_store


class Recording:
    """A store, the troubles it told, and batches counted for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.troubles: list[str | None] = []
        self.store: Store = open_store(folder, self.troubles.append)
        self.run = self.store.begin_run()
        self.last = 0
        """``seq`` of the newest batch."""

    def send(self, *messages: Message, sessions: tuple[int, ...] = (), verdict: Verdict | None = None) -> None:
        """One batch, and wait for its ``done``."""
        self.last += 1
        self.deliver(Batch(self.run, self.last, list(messages)), sessions, verdict)

    def deliver(self, batch: Batch, sessions: tuple[int, ...] = (), verdict: Verdict | None = None) -> None:
        done = threading.Event()
        self.store.submit(batch, sessions, done.set, verdict)
        assert done.wait(30)

    def reopen(self) -> None:
        self.store.close()
        self.store = open_store(self.folder, self.troubles.append)

    def sql(self, statement: str, *bindings: object) -> list[tuple[object, ...]]:
        """Through a connection of its own, of the same SQLite: two libraries in one process drop each other's locks
        (https://sqlite.org/howtocorrupt.html, 2.2.1), and integrity_check then finds damage that is not there."""
        db = apsw.Connection(str(self.folder / "wireglass.db"))
        try:
            return list(db.execute(statement, bindings))
        finally:
            db.close()

    def key(self, number: int) -> int:
        return self.run << 40 | number


def summary(number: int, **changes: object) -> Summary:
    base = Summary("GET", f"http://example.test/{number}", "example.test", 1_700_000_000.0 + number, client="[::1]:5")
    return msgspec.structs.replace(base, **changes)


def detail(number: int) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(Detail(target=b"/%d" % number, request_headers=[(b"Host", b"a")])))


def opened(key: int, **changes: object) -> Opened:
    return Opened(key, summary(key & 0xFFFF, **changes), detail(key & 0xFFFF))


def closed(
    key: int, request: bytes = b"", response: bytes = b"", before: tuple[int, int] = (0, 0), **changes: object
) -> Closed:
    """``request`` and ``response`` are the tails; ``before`` counts the bytes that went in parts."""
    kept = before[0] + len(request), before[1] + len(response)
    values: dict[str, object] = {"state": "done", "status": 200, "request_size": kept[0], "response_size": kept[1]}
    number = key & 0xFFFF
    return Closed(
        key,
        summary(number, **(values | changes)),
        detail(number),
        [request] if request else [],
        [response] if response else [],
        *kept,
    )
