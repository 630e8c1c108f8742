"""The HTTP server of the API: uvicorn inside a running event loop, ended in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from wireglass.api.guard import Application
from wireglass.net import spawn

GRACE = 2
"""Seconds that running requests are given at the end."""

CONNECTIONS = 1000
"""Above it, 503."""

MESSAGE_LIMIT = 64 * 1024
"""Bytes of a WebSocket message of a client."""

_HEAD_LIMIT = 64 * 1024

FIRST_REQUEST = 20.0
"""Seconds until a new connection must have sent the head of a request. Nobody has shown a token until then."""


@contextlib.asynccontextmanager
async def serving(sockets: list[socket.socket], app: Application) -> AsyncIterator[None]:
    """Answers on ``sockets`` (bound; they are made to listen, and are closed) until the end of the block, in the loop
    that runs."""
    # It says on these loggers what nobody asked for, and prints stacks; a mistake is told by the application.
    for name in ("uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
    config = uvicorn.Config(
        app,
        http=_Http,
        ws="wsproto",
        loop="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=_HEAD_LIMIT,
        ws_max_size=MESSAGE_LIMIT,
        ws_per_message_deflate=False,  # 50 subscribers would cost 50 compressions of each frame
    )
    server = _Server(config)
    done = asyncio.Event()

    async def run() -> None:
        try:
            await server.serve(sockets=sockets)
        finally:
            done.set()

    spawn(run())
    try:
        await server.ready.wait()
        yield
    finally:
        server.should_exit = True
        await done.wait()
        server.abort()


class _Http(H11Protocol):
    """Connections that say nothing are few, and do not stay: each costs the main process a descriptor."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > 2 * CONNECTIONS:
            transport.abort()
            return
        self._waiting = self.loop.call_later(FIRST_REQUEST, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        if waiting := getattr(self, "_waiting", None):
            waiting.cancel()
        super().connection_lost(exc)

    def _too_late(self) -> None:
        if self.cycle is None and self.transport.get_protocol() is self:  # else it has become a WebSocket
            self.transport.abort()


class _Server(uvicorn.Server):
    """Signals are the main process's."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield

    def abort(self) -> None:
        """What a client that does not read has kept from ending."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
