"""The main process's end of the link to one proxy process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from wireglass.link.frames import (
    Ack,
    Control,
    Drain,
    FrameReader,
    NotKept,
    Ready,
    Recorded,
    Recording,
    Start,
    control_frame,
)
from wireglass.model import Batch


class LinkServer(asyncio.Protocol):
    """``on_batch`` is called for every batch, in order; answer each with ``ack`` (from any thread)."""

    def __init__(self, start: Start, on_batch: Callable[[LinkServer, Batch], None]) -> None:
        self.run = start.run
        self.sessions = start.sessions
        """Those that the proxy has been told of."""
        self.not_kept = 0
        self._start = start
        self._on_batch = on_batch
        self._frames = FrameReader()
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._seq = 0
        self._asked = 0
        self._asking: dict[int, tuple[asyncio.Future[None], int | None]] = {}
        """Of each ``record`` that is not done: the seq it waits for, once that is known."""

    def ack(self, seq: int) -> None:
        self._loop.call_soon_threadsafe(self._send, Ack(seq))

    def drain(self, seconds: float) -> None:
        self._send(Drain(seconds))

    def record(self, sessions: tuple[int, ...]) -> asyncio.Future[None]:
        """Tells the proxy which sessions record. Done when everything that it had before has been given to
        ``on_batch``, or when there is nobody any more to wait for."""
        done: asyncio.Future[None] = self._loop.create_future()
        if self._transport is None:
            done.set_result(None)
            return done
        self.sessions = sessions
        self._asked += 1
        self._asking[self._asked] = done, None
        self._send(Recording(self._asked, sessions))
        return done

    def _answer(self) -> None:
        for number, (done, seq) in list(self._asking.items()):
            if self._transport is None or (seq is not None and seq <= self._seq):
                del self._asking[number]
                if not done.done():  # whoever waited may have given up
                    done.set_result(None)

    def _send(self, control: Control) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(control_frame(control))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has classes of its own
        self._transport = transport
        self._send(self._start)

    def data_received(self, data: bytes) -> None:
        for message in self._frames.feed(data):
            if isinstance(message, Batch):
                self._on_batch(self, message)
                self._seq = message.seq
                if self._asking:
                    self._answer()
            elif isinstance(message, Ready):
                if not self.ready.done():  # whoever waited may have given up
                    self.ready.set_result(None)
            elif isinstance(message, Recorded):
                if asked := self._asking.get(message.number):
                    self._asking[message.number] = asked[0], message.seq
                    self._answer()
            elif isinstance(message, NotKept):
                self.not_kept += message.exchanges

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._answer()
        if not self.lost.done():
            self.lost.set_result(None)
        if not self.ready.done():
            self.ready.cancel()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
