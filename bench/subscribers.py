"""Subscribers of the feed, many in one process, and one or none that has stopped reading.

They share what reading costs: subscribers of one query are sent the same frames, and a frame that another one has had
is known by its bytes. So each is checked in whole, and the load and the proxy keep the processors.
"""

from __future__ import annotations

import multiprocessing
import re
import selectors
import socket
import time
from array import array
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import msgspec

_PIECE = 1 << 20
_KNOWN = 256
"""Frames that are remembered."""

_SETTLED = 20.0
"""Seconds to wait for what was said to come, when the load has ended."""

_ITEM = re.compile(rb'\{"what":"(?:new|changed)","seq":(\d+),"id":(\d+),')
_RANGE = re.compile(rb'"after":(\d+),"to":(\d+)')


class Heard(msgspec.Struct, frozen=True):
    """What a subscriber was told, from one place to another without a gap."""

    begun: int
    """Everything behind this change."""
    seqs: bytes
    """``array("q")``."""
    ids: bytes
    gaps: tuple[tuple[int, int], ...] = ()
    failed: str = ""


class Said(msgspec.Struct, frozen=True):
    """Of all subscribers of a process."""

    heard: list[tuple[Heard, int]]
    """Each different one, and of how many."""
    stalled: Heard | None
    cpu: float
    """Seconds of processor time of the process, while the load ran."""
    at: float
    """When the last one that reads was told the newest change: ``time.monotonic``, the same in all processes."""


class Subscribers:
    """Handle of the process. ``at``: the newest change when they had begun."""

    def __init__(self, pipe: Connection, at: int) -> None:
        self._pipe = pipe
        self.at = at

    def finish(self, newest: int) -> Said:
        """Up to the change ``newest``; those that were stalled read what there is for them."""
        self._pipe.send(newest)
        if not self._pipe.poll(3 * _SETTLED):
            raise RuntimeError("the process of the subscribers does not answer")
        said = self._pipe.recv()
        assert isinstance(said, Said)
        return said


@contextmanager
def subscribed(port: int, token: str, count: int, *, stalled: bool) -> Iterator[Subscribers]:
    """``count`` subscribers of everything, one of them stalled if so."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_subscribe, args=(port, token, count, stalled, theirs), daemon=True
    )
    process.start()
    theirs.close()
    try:
        if not ours.poll(30):
            raise RuntimeError("the subscribers could not begin")
        yield Subscribers(ours, ours.recv())
    finally:
        process.kill()
        process.join()


class _Subscriber:
    """One WebSocket (RFC 6455), its messages taken apart as far as is needed."""

    def __init__(self, port: int, token: str) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), _SETTLED)
        self.sock.sendall(
            b"GET /api/feed HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" % port
        )
        self._buffer = bytearray()
        while b"\r\n\r\n" not in self._buffer:
            if not (data := self.sock.recv(_PIECE)):
                raise RuntimeError(f"the feed was refused: {bytes(self._buffer[:300])!r}")
            self._buffer += data
        if not self._buffer.startswith(b"HTTP/1.1 101 "):
            raise RuntimeError(f"the feed was refused: {bytes(self._buffer[:300])!r}")
        del self._buffer[: self._buffer.index(b"\r\n\r\n") + 4]
        text = msgspec.json.encode({"token": token, "query": ""})
        assert len(text) < 126
        self.sock.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)  # masked with zeros
        while (first := self._frame()) is None:
            self._buffer += self.sock.recv(_PIECE)
        said = msgspec.json.decode(first)
        if said["type"] != "subscribed":
            raise RuntimeError(f"the feed answered {said}")
        self.begun = self.to = int(said["after"])
        self.frames: list[_Frame] = []
        self.gaps: list[tuple[int, int]] = []
        self.failed = ""
        self.reached = 0.0

    def read(self, known: _Known) -> bool:
        """What has come; False at the end of the connection."""
        try:
            data = self.sock.recv(_PIECE)
        except (ConnectionError, TimeoutError) as error:
            self.failed = str(error)
            return False
        self._buffer += data
        while (frame := self._frame()) is not None:
            self._hear(frame, known)
        if not data:
            self.failed = self.failed or f"closed behind {self.to}"
        return bool(data)

    def heard(self) -> Heard:
        seqs, ids = array("q"), array("q")
        for frame in self.frames:
            seqs += frame.seqs
            ids += frame.ids
        return Heard(self.begun, seqs.tobytes(), ids.tobytes(), tuple(self.gaps), self.failed)

    def _hear(self, text: bytes, known: _Known) -> None:
        if text.startswith(b'{"type":"changes"'):
            frame = known.frame(text)
            if frame.after < self.to:
                self.failed = f"changes behind {frame.after} came behind {self.to}"
            self.frames.append(frame)
            self.to = frame.to
            self.reached = time.monotonic()
        elif found := _RANGE.search(text, 0, 200):
            self.gaps.append((int(found[1]), int(found[2])))
            self.to = int(found[2])
        elif text.startswith(b'{"type":"heartbeat"'):
            self.to = int(msgspec.json.decode(text)["to"])
        else:
            self.failed = text[:300].decode("utf-8", "replace")

    def _frame(self) -> bytes | None:
        """One message; ours come in one frame each."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size:
            return None
        opcode = buffer[0]
        with memoryview(buffer) as view:
            frame = bytes(view[start : start + size])
        del buffer[: start + size]
        if opcode == 0x89:  # a ping; uvicorn sends them every 20 s and hangs up without an answer
            self.sock.sendall(bytes([0x8A, 0x80 | len(frame)]) + bytes(4) + frame)
            return self._frame()
        return frame if opcode == 0x81 else b"opcode %x: " % opcode + frame


class _Frame(msgspec.Struct):
    after: int
    to: int
    seqs: array[int]
    ids: array[int]


class _Known:
    def __init__(self) -> None:
        self._frames: OrderedDict[bytes, _Frame] = OrderedDict()

    def frame(self, text: bytes) -> _Frame:
        frame = self._frames.get(text)
        if frame is None:
            found = _RANGE.search(text)
            assert found is not None, text[:200]
            items = _ITEM.findall(text)
            frame = _Frame(
                int(found[1]),
                int(found[2]),
                array("q", [int(seq) for seq, _ in items]),
                array("q", [int(id) for _, id in items]),
            )
            self._frames[text] = frame
            if len(self._frames) > _KNOWN:
                self._frames.popitem(last=False)
        return frame


def _subscribe(port: int, token: str, count: int, stalled: bool, pipe: Connection) -> None:
    all = [_Subscriber(port, token) for _ in range(count)]
    held = all.pop() if stalled else None
    known = _Known()
    selector = selectors.DefaultSelector()
    for one in all:
        selector.register(one.sock, selectors.EVENT_READ, one)
    selector.register(pipe, selectors.EVENT_READ)
    pipe.send(max(one.begun for one in all))
    begun = time.process_time()
    newest: int | None = None
    while newest is None:
        for key, _ in selector.select():
            if key.data is None:
                newest = pipe.recv()
            elif not key.data.read(known):
                selector.unregister(key.fileobj)
    selector.unregister(pipe)
    deadline = time.monotonic() + _SETTLED
    # A feed says every 5 s how far it is where nothing happens, so that all get to the newest change.
    while any(one.to < newest and not one.failed for one in all) and time.monotonic() < deadline:
        for key, _ in selector.select(0.5):
            if not key.data.read(known):
                selector.unregister(key.fileobj)
    cpu = time.process_time() - begun
    if held is not None:
        held.sock.settimeout(_SETTLED)
        while held.to < newest and held.read(known):
            pass
    counted = Counter(one.heard() for one in all)
    pipe.send(Said(list(counted.items()), held.heard() if held else None, cpu, max(one.reached for one in all)))
