"""A store, sessions and a recorder, without a proxy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest
from tests.store.recording import Recording

from wireglass.capture import LocalControl, Recorder, Sessions
from wireglass.link import LinkServer
from wireglass.model import Batch, Detail, Headers, Message, Session, SessionOptions
from wireglass.store import Reader


class Link:
    """Takes acknowledgements."""

    def __init__(self) -> None:
        self.acks: list[int] = []
        self.told = threading.Event()

    def ack(self, seq: int) -> None:
        self.acks.append(seq)
        self.told.set()


class Capture(Recording):
    """What is told with ``tell`` comes from a proxy that knows which sessions record."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._told = 0
        self.sessions = Sessions()
        self.control = LocalControl(self.store, folder, self.sessions)
        self.recorder = Recorder(self.store, self.sessions)

    def start_session(self, name: str, filter: str = "", **options: object) -> Session:
        return self.control.start_session(name, "proxy", SessionOptions(filter, **options))  # type: ignore[arg-type]

    def tell(self, *messages: Message, sessions: tuple[int, ...] | None = None) -> None:
        self._told += 1
        stamp = self.sessions.recording if sessions is None else sessions
        link = Link()
        batch = Batch(self.run, self._told, list(messages), stamp)
        self.recorder.on_batch(cast("LinkServer", link), batch)
        assert link.told.wait(30)

    @property
    def reader(self) -> Reader:
        return Reader(self.folder)

    def session(self, name: str) -> Session:
        with self.reader as reader:
            return reader.session(name)

    def missing(self) -> dict[tuple[str, str, str], int]:
        """By session, reason and host."""
        with self.reader as reader:
            return {(row.session, row.reason, row.host): row.count for row in reader.missing()}

    def urls(self, name: str) -> list[str]:
        with self.reader as reader:
            return [row.url for row in reader.page(1000) if name in row.sessions]


@pytest.fixture
def capture(tmp_path: Path) -> Iterator[Capture]:
    made = Capture(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def detail_of() -> Callable[..., msgspec.Raw]:
    def make(request: Headers | None = None, response: Headers | None = None) -> msgspec.Raw:
        made = Detail(request_headers=request or [], response_headers=response or [])
        return msgspec.Raw(msgspec.msgpack.encode(made))

    return make
