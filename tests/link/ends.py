"""The two ends, what arrived, and exchanges to send."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import msgspec

from wireglass.link import Drain, LinkServer, LinkSink, Ready, Start, read_spool, spool_file
from wireglass.model import TIMELINE, Batch, Closed, Detail, Exchange, Message, Opened, Part, Summary

RUN = 7


class Ends:
    """``acknowledge``: batches are answered as they come; else with ``ack``."""

    sink: LinkSink
    server: LinkServer

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.batches: list[Batch] = []
        self.acknowledge = True
        self.lost = 0
        self.drained: list[Drain] = []
        self._closed = False

    async def connect(self, *, budget: int = 64 << 20, body_limit: int | None = None) -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        for sock in (ours, theirs):
            sock.setblocking(False)
        start = Start(RUN, (3,), "", str(self.folder), "", False, body_limit, False)
        started: asyncio.Future[Start] = loop.create_future()

        def on_control(control: Start | Drain) -> None:
            if isinstance(control, Start):
                started.set_result(control)
            else:
                self.drained.append(control)

        def on_lost() -> None:
            self.lost += 1

        def on_batch(link: LinkServer, batch: Batch) -> None:
            self.batches.append(batch)
            if self.acknowledge:
                link.ack(batch.seq)

        _, self.server = await loop.create_connection(lambda: LinkServer(start, on_batch), sock=ours)
        _, self.sink = await loop.create_connection(lambda: LinkSink(on_control, on_lost, budget=budget), sock=theirs)
        assert await started == start
        self.sink.send(Ready())
        await self.server.ready

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.sink.close()
        self.server.close()

    def ack(self) -> None:
        self.server.ack(self.batches[-1].seq)

    @property
    def messages(self) -> list[Message]:
        return [message for batch in self.batches for message in batch.messages]

    def of(self, exchange: Exchange) -> list[Message]:
        return [
            message
            for message in self.messages
            if isinstance(message, Opened | Part | Closed) and message.key == exchange.key
        ]

    def spooled(self) -> list[Batch]:
        return list(read_spool(spool_file(self.folder, RUN)))

    def open(self, path: str = "/") -> Exchange:
        exchange = Exchange(self.sink.new_key(), Summary("GET", f"http://a{path}", "a", 1.0), Detail(path.encode()))
        self.sink.opened(exchange)
        return exchange

    def part(self, exchange: Exchange, side: int, data: bytes) -> None:
        if side == TIMELINE:
            pass
        elif side:
            exchange.summary.response_size += len(data)
        else:
            exchange.summary.request_size += len(data)
        self.sink.part(exchange, side, data)

    def end(self, exchange: Exchange) -> None:
        exchange.summary.state = "done"
        self.sink.closed(exchange)


def assembled(messages: list[Message], key: int) -> tuple[Summary, Detail, tuple[bytes, bytes]]:
    """What a store makes of it: asserts the order, and that nothing follows the end."""
    bodies = (bytearray(), bytearray())
    announced = False
    ended: Closed | None = None
    for message in messages:
        if not isinstance(message, Opened | Part | Closed) or message.key != key:
            continue
        assert ended is None, "something after the end"
        if isinstance(message, Opened):
            announced = True
        elif isinstance(message, Part):
            assert announced, "a part before it was opened"
            assert 0 < len(message.data) <= 256 * 1024
            bodies[message.side].extend(message.data)
        else:
            ended = message
            for body, pieces in zip(bodies, (message.request, message.response), strict=True):
                body.extend(b"".join(pieces))
    assert ended is not None, "no end"
    assert (ended.request_kept, ended.response_kept) == (len(bodies[0]), len(bodies[1]))
    return ended.summary, msgspec.msgpack.decode(ended.detail, type=Detail), (bytes(bodies[0]), bytes(bodies[1]))
