"""A proxy that others go through, written from RFC 9110 9.3.6, RFC 1928 and RFC 1929: what it was asked is kept."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any


class UpstreamProxy:
    """``kind``: ``http``, ``https`` (with ``tls``) or ``socks5``. Listens on a free port of 127.0.0.1 from the start.

    ``login`` is what it asks for, as ``user:password``. ``answer`` is what it says to every request in place of doing
    it: the bytes of an HTTP response, or of a SOCKS reply. ``names``: where a name leads that no other DNS knows.
    ``greeting``: it is no proxy, says that to everybody, and closes.
    """

    def __init__(
        self,
        kind: str,
        *,
        login: str = "",
        tls: ssl.SSLContext | None = None,
        answer: bytes | None = None,
        names: dict[str, str] | None = None,
        greeting: bytes = b"",
    ) -> None:
        self.kind = kind
        self.asked: list[str] = []
        """``host:port`` of each request, as it was written; a SOCKS address with its type in front, e.g.
        ``name example.com:443``."""
        self.heads: list[bytes] = []
        """Of HTTP: whole."""
        self.passed = 0
        """Bytes that went through it, both ways."""
        self.silent = threading.Event()
        """Set: it accepts, and says nothing."""
        self._login = login
        self._tls = tls
        self._answer = answer
        self._names = names or {}
        self._greeting = greeting
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def url(self, login: str | None = None) -> str:
        """With the right login, unless another one is given."""
        login = self._login if login is None else login
        return f"{self.kind}://{login}{'@' if login else ''}127.0.0.1:{self.port}"

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def __enter__(self) -> UpstreamProxy:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        finally:
            self._loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # Connections inside their TLS handshake are known to nobody else, and a loop that is closed leaves them open.
        # So does asyncio one that it has accepted and not yet begun when its server is closed (Server._attach).
        async with asyncio.timeout(10):
            quiet = 0
            while quiet < 10:  # turns of the loop: one that was just accepted is counted a few later
                for writer in self._writers:
                    writer.transport.abort()
                await asyncio.sleep(0.001)
                quiet = 0 if getattr(server, "_active_count", 0) else quiet + 1
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.append(writer)
        try:
            if self._greeting:
                writer.write(self._greeting)
                await writer.drain()
                return
            if self.silent.is_set():
                await reader.read()
                return
            target = await (self._socks(reader, writer) if self.kind == "socks5" else self._connect(reader, writer))
            if target is not None:
                await self._relay(reader, writer, target)
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            pass  # whoever went through it is gone, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int] | None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        assert method == "CONNECT", head
        self.asked.append(target)
        expected = b"\r\nProxy-Authorization: Basic " + base64.b64encode(self._login.encode()) + b"\r\n"
        if self._answer is not None:
            writer.write(self._answer)
            await writer.drain()
            return None
        if self._login and expected not in head:
            writer.write(
                b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n'
                b"Content-Length: 3\r\n\r\nno\n"
            )
            await writer.drain()
            return None
        # A length behind CONNECT means nothing (RFC 9110 9.3.6).
        writer.write(b"HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n")
        host, _, port = target.rpartition(":")
        return host.strip("[]"), int(port)

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int] | None:
        version, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        assert version == 5
        wanted = 2 if self._login else 0
        if wanted not in methods:
            writer.write(b"\x05\xff")
            await writer.drain()
            return None
        writer.write(bytes((5, wanted)))
        if self._login:
            assert await reader.readexactly(1) == b"\x01"
            words = [await reader.readexactly((await reader.readexactly(1))[0]) for _ in range(2)]
            if b":".join(words).decode() != self._login:
                writer.write(b"\x01\x01")
                await writer.drain()
                return None
            writer.write(b"\x01\x00")
        assert await reader.readexactly(3) == b"\x05\x01\x00"
        [kind] = await reader.readexactly(1)
        if kind == 3:
            shown = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            packed = await reader.readexactly(4 if kind == 1 else 16)
            shown = ".".join(map(str, packed)) if kind == 1 else packed.hex(":", 2)
        [port] = struct.unpack("!H", await reader.readexactly(2))
        self.asked.append(f"{'name' if kind == 3 else 'address'} {shown}:{port}")
        if self._answer is not None:
            writer.write(self._answer)
            await writer.drain()
            return None
        writer.write(b"\x05\x00\x00\x03\x01x\x00\x00")
        return shown, port

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: tuple[str, int]) -> None:
        host, port = target
        there_reader, there_writer = await asyncio.open_connection(self._names.get(host, host), port)
        self._writers.append(there_writer)
        ways: list[Coroutine[Any, Any, None]] = [
            self._pass(reader, there_writer),
            self._pass(there_reader, writer),
        ]
        try:
            await asyncio.gather(*ways)
        finally:
            there_writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.passed += len(data)
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError, NotImplementedError):
            if writer.can_write_eof():
                writer.write_eof()
            else:
                writer.close()
