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
from pathlib import Path
from typing import BinaryIO

from wireglass import __version__
from wireglass.app.home import Home
from wireglass.capture.control import Control
from wireglass.model import Doors
from wireglass.net import address_of
from wireglass.settings import Settings
from wireglass.store import Store

_FEEDING = 2
"""Threads that read for the feed alone: four long searches must not hold it up."""

Say = Callable[[str], None]


@contextlib.asynccontextmanager
async def api_served(
    sockets: Sequence[socket.socket],
    *,
    home: Home,
    store: Store,
    control: Control,
    doors: Doors,
    settings: Settings,
    token: str,
    certificate: Path,
    notice: Say,
) -> AsyncIterator[None]:
    """Serve the API on ``sockets`` (bound; none: no API) until the end of the block, which waits for what runs.
    ``certificate``: the CA's."""
    if not sockets:
        yield
        return
    # Half a second of imports, which a capture without an API need not wait for, and the loop neither.
    await asyncio.to_thread(_import)
    from wireglass.api.app import make_app
    from wireglass.api.feed import Feed
    from wireglass.api.readers import Readers
    from wireglass.api.server import serving
    from wireglass.api.services import Facts, Services
    from wireglass.app.protos import names_for
    from wireglass.app.redaction import redactor_of
    from wireglass.app.views import body_views

    mistakes = _Mistakes(home, notice)
    readers = Readers(home.store)
    feeding = Readers(home.store, _FEEDING)
    feed = Feed(feeding, store.on_commit, mistakes)
    address = sockets[0].getsockname()
    services = Services(
        facts=Facts(__version__, os.getpid(), time.time(), str(home.path), doors.list()[0].listen, address_of(address)),
        readers=readers,
        control=control,
        doors=doors,
        token=token,
        settings=settings,
        authority=certificate,
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
            yield
    finally:
        await feed.stop()
        await asyncio.to_thread(feeding.close)
        await asyncio.to_thread(services.close)
        mistakes.close()


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
