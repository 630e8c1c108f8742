"""A WebSocket server of another implementation: ``websockets``, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from typing import Literal

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


class EchoServer:
    """Sends every message back. ``/close/CODE`` closes with this code after the first message, ``/chat`` pings before
    it answers."""

    def __init__(self, context: ssl.SSLContext | None, compression: Literal["deflate"] | None) -> None:
        self._context = context
        self._compression = compression
        self._ready = threading.Event()
        self.port = 0
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),), daemon=True)
        self._thread.start()
        assert self._ready.wait(20)

    @property
    def uri(self) -> str:
        return f"{'wss' if self._context else 'ws'}://localhost:{self.port}"

    @property
    def url(self) -> str:
        """As the record has it."""
        return f"{'https' if self._context else 'http'}://localhost:{self.port}"

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with serve(
            self._serve,
            "127.0.0.1",
            0,
            ssl=self._context,
            compression=self._compression,
            max_size=None,
            ping_interval=None,
        ) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            self._ready.set()
            await self._stop.wait()

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        path = connection.request.path
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                if path == "/chat":
                    await (await connection.ping(b"are you there?"))
                await connection.send(message)
                if path.startswith("/close/"):
                    await connection.close(int(path.removeprefix("/close/")), "as you asked")
                    return

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)


@contextlib.contextmanager
def echo_server(
    context: ssl.SSLContext | None = None, compression: Literal["deflate"] | None = "deflate"
) -> Iterator[EchoServer]:
    server = EchoServer(context, compression)
    try:
        yield server
    finally:
        server.stop()
