"""The API of a running capture: what it is made of, and its life inside the main process's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import socket
import time
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from wireglass import __version__
from wireglass.app.home import Home
from wireglass.capture.control import Control
from wireglass.model import Doors, Launch
from wireglass.net import address_of, spawn
from wireglass.settings import Settings
from wireglass.store import Store

_FEEDING = 2
"""Threads that read for the feed alone: four long searches must not hold it up."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Behind:
    """What the API stands in front of."""

    home: Home
    store: Store
    control: Control
    doors: Doors
    launch: Launch
    settings: Settings
    token: str
    certificate: Path
    """The CA's."""
    started: float = field(default_factory=time.time)
    """Unix time."""


@contextlib.asynccontextmanager
async def api_served(sockets: Sequence[socket.socket], behind: Behind, notice: Say) -> AsyncIterator[None]:
    """Serve the API on ``sockets`` (listening; none: no API) until the end of the block, which waits for what runs.

    It is made when somebody first connects: half a second of processor time and 30 MB, which a capture that nobody asks
    need not spend. Until then the system holds the connections."""
    if not sockets:
        yield
        return
    mistakes = _Mistakes(behind.home, notice)
    ended = asyncio.Event()

    async def serve() -> None:
        if await _asked(sockets, ended):
            try:
                await asyncio.to_thread(_import)
                await _serve(sockets, behind, mistakes, ended)
            except Exception as error:  # there is nobody above who could tell the user
                mistakes(error)
        for sock in sockets:  # so that who comes is refused, and does not wait
            sock.close()

    serving = spawn(serve())
    try:
        yield
    finally:
        ended.set()
        await asyncio.wait([serving])
        mistakes.close()


async def _asked(sockets: Sequence[socket.socket], ended: asyncio.Event) -> bool:
    """Waits for the first connection; False where the end comes before."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    for sock in sockets:
        loop.add_reader(sock, asked.set)
    waiting = [asyncio.ensure_future(event.wait()) for event in (asked, ended)]  # noqa: TID251 - awaited here
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
        for sock in sockets:
            loop.remove_reader(sock)
    return not ended.is_set()


async def _serve(sockets: Sequence[socket.socket], behind: Behind, mistakes: _Mistakes, ended: asyncio.Event) -> None:
    from wireglass.api.app import make_app
    from wireglass.api.feed import Feed
    from wireglass.api.readers import Readers
    from wireglass.api.server import serving
    from wireglass.api.services import Facts, Services
    from wireglass.app.protos import names_for
    from wireglass.app.redaction import redactor_of
    from wireglass.app.views import body_views

    home, settings, doors = behind.home, behind.settings, behind.doors
    readers = Readers(home.store)
    feeding = Readers(home.store, _FEEDING)
    feed = Feed(feeding, behind.store.on_commit, mistakes)
    address = sockets[0].getsockname()
    facts = Facts(__version__, os.getpid(), behind.started, str(home.path), doors.list()[0].listen, address_of(address))
    services = Services(
        facts=facts,
        readers=readers,
        control=behind.control,
        doors=doors,
        launch=behind.launch,
        token=behind.token,
        settings=settings,
        authority=behind.certificate,
        tmp=home.tmp,
        views=body_views,
        names=lambda reader, host: names_for(home, reader, host),
        redactor=functools.cache(lambda: redactor_of(home, settings)),
        mistake=mistakes,
        feed=feed,
    )
    app = make_app(
        services,
        (str(settings.ui.host) if isinstance(settings.ui, tuple) else address[0], address[1]),
        remote=settings.ui_remote,
        origins=settings.ui_origins,
    )
    try:
        feed.start()
        async with serving(list(sockets), app):
            await ended.wait()
    finally:
        await feed.stop()
        await asyncio.to_thread(feeding.close)
        await asyncio.to_thread(services.close)


def _import() -> None:
    import wireglass.api.app
    import wireglass.api.server  # noqa: F401


class _Mistakes:
    """Errors that are Wireglass's own go into ``api.log``; the first one is told."""

    def __init__(self, home: Home, notice: Say) -> None:
        self._home = home
        self._notice = notice
        self._log: BinaryIO | None = None

    def __call__(self, error: BaseException) -> None:
        if self._log is None:
            self._log = self._home.open_log("api.log")
            self._notice(f"The API met a mistake in Wireglass and goes on; please report it. Details: {self._log.name}")
        if self._log.tell() < 10 * 2**20:
            self._log.write("".join(traceback.format_exception(error)).encode("utf-8", "replace"))
            self._log.flush()

    def close(self) -> None:
        if self._log is not None:
            self._log.close()
