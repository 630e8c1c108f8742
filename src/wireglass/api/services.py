"""What the API is made of: everything it may read and ask, handed over by ``app``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from wireglass.api.day_counts import DayCounts
from wireglass.api.downloads import Downloads
from wireglass.api.guard import is_token
from wireglass.api.readers import Readers
from wireglass.capture.control import Control
from wireglass.content.showing import Views
from wireglass.model import Doors, Launch
from wireglass.settings import Settings
from wireglass.store import Reader

if TYPE_CHECKING:
    from wireglass.api.feed import Feed
    from wireglass.content.protobuf_names import Names
    from wireglass.redact import Redactor

T = TypeVar("T")

_CHANGING = 4
_LONG = 2  # imports, deletions, prunes at a time; the next ones wait


class Facts(msgspec.Struct, frozen=True):
    """Who runs here."""

    version: str
    pid: int
    started: float
    """Unix time in seconds."""
    home: str
    proxy: str
    """``host:port`` of the first door."""
    ui: str
    """``host:port`` of this API."""


@dataclass(frozen=True)
class Services:
    facts: Facts
    readers: Readers
    control: Control
    doors: Doors
    launch: Launch
    token: str
    settings: Settings
    authority: Path
    """The CA's certificate in PEM."""
    tmp: Path
    """For uploads, which are removed again."""
    views: Callable[[], Views]
    names: Callable[[Reader, str], Names]
    """Protobuf names for what a host sends."""
    redactor: Callable[[], Redactor]
    mistake: Callable[[BaseException], None]
    """Told of every error that is a mistake in Wireglass."""
    feed: Feed
    waiting: set[object] = field(default_factory=set)
    """Those who have a WebSocket open and have not shown the token. Apart, so that they take no place from others."""
    attending: set[object] = field(default_factory=set)
    """Those who have."""
    day_counts: DayCounts = field(default_factory=DayCounts)
    downloads: Downloads = field(default_factory=Downloads)
    _changing: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_CHANGING, "api-change"))
    _long: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_LONG, "api-long"))

    def is_token(self, given: str) -> bool:
        return is_token(given, self.token)

    async def change(self, work: Callable[[Control], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._changing, lambda: work(self.control))

    async def change_long(self, work: Callable[[Control], T]) -> T:
        """What may take seconds or minutes: it must not hold up the short ones."""
        return await asyncio.get_running_loop().run_in_executor(self._long, lambda: work(self.control))

    def close(self) -> None:
        """Waits for what runs, but for what may take minutes: that ends, in order, when the store is closed."""
        self._long.shutdown(wait=False, cancel_futures=True)
        self._changing.shutdown(cancel_futures=True)
        self.readers.close()
