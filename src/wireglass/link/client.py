"""The proxy's end of the link: the sink that turns what happens into batches.

Times and sizes are those of ``docs/architecture.md``: a message waits at most ``_LINGER`` for company, an exchange or
a body piece at most ``_ANNOUNCE`` before it is handed over though not finished, a batch ``_PATIENCE`` for its
acknowledgement before it is written to the spool as well.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, cast

import msgspec

from wireglass.link.frames import (
    BATCH,
    Ack,
    Control,
    Drain,
    FrameReader,
    NotKept,
    Recorded,
    Recording,
    Start,
    batch_payload,
    control_frame,
    frame_parts,
)
from wireglass.link.spool import Spool, spool_file
from wireglass.model import REQUEST, RESPONSE, TIMELINE, Batch, Certificate, Closed, Exchange, Message, Opened, Part

_LINGER = 0.02
_ANNOUNCE = 0.08
_PATIENCE = 0.4
_BATCH_BYTES = 256 * 1024
_PART_BYTES = 256 * 1024
_MESSAGE_BYTES = 1000  # what a message is counted for besides its bodies: two heads and the columns, measured 0.8 kB
_TIMELINE_BYTES = 16 * 1024 * 1024 // 9 * 9  # of one exchange: 1.8 million arrivals, each a mark of nine bytes
_RETELL = 0.5  # seconds between repetitions of Opened for an exchange whose sizes grow
_SPOOL_BYTES = 256 * 1024 * 1024  # a spool that never gets empty is written anew when it is larger
_SPOOL_LIMIT = 1024 * 1024 * 1024
_STALLED = 10.0  # seconds without any acknowledgement after which traffic goes on unrecorded

_TIMELINE_FULL = f"no times of what came after the first {_TIMELINE_BYTES // 9} arrivals"

_encode = msgspec.msgpack.Encoder().encode


class _Pending:
    """An exchange that has begun and not ended: what was not handed over of it yet."""

    __slots__ = ("announced", "exchange", "kept", "notes", "parts", "since", "told", "waiting")

    def __init__(self, exchange: Exchange, since: float) -> None:
        self.exchange = exchange
        self.since = since
        self.announced = False
        self.told = 0.0  # when Opened was last said; 0 when there is news
        self.parts: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])
        self.kept = [0, 0, 0]
        self.notes = ["", ""]
        self.waiting = 0  # bytes in ``parts``


class _Sent(NamedTuple):
    seq: int
    payload: bytes
    since: float
    exchanges: int
    """Exchanges that end in this batch."""


class LinkSink(asyncio.Protocol):
    """A ``model.Sink``. ``on_control`` is given ``Start`` and ``Drain``; ``on_lost`` is called when the main process is
    gone, after everything unacknowledged has been written to the spool."""

    def __init__(
        self,
        on_control: Callable[[Start | Drain], None],
        on_lost: Callable[[], None],
        *,
        budget: int = 64 * 1024 * 1024,
    ) -> None:
        self._on_control = on_control
        self._on_lost = on_lost
        self._budget = budget
        self._loop = asyncio.get_running_loop()
        self._frames = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._spool: Spool | None = None
        self._run = 0
        self._count = 0
        self._sessions: tuple[int, ...] = ()
        self._body_limit: int | None = None
        self._pending: dict[int, _Pending] = {}
        self._dirty: set[int] = set()
        self._messages: list[Message] = []
        self._bytes = 0
        self._seq = 0
        # Batches in order of seq. The first ``_written`` are on their way, the first ``_spooled`` are in the spool too.
        self._unacked: deque[_Sent] = deque()
        self._written = 0
        self._spooled = 0
        self._blocked = False
        self._lost = False
        self._unacked_bytes = 0
        self._held_bytes = 0
        self._last_ack = 0.0
        self._not_kept = 0
        self._resume: list[Callable[[], None]] = []
        self._empty: asyncio.Event = asyncio.Event()
        self._empty.set()
        self._timer: asyncio.TimerHandle | None = None

    # The sink

    @property
    def full(self) -> bool:
        return self._unacked_bytes + self._bytes + self._held_bytes > self._budget

    def new_key(self) -> int:
        self._count += 1
        return (self._run << 40) + self._count

    def opened(self, exchange: Exchange) -> None:
        self._pending[exchange.key] = _Pending(exchange, self._loop.time())
        if self._timer is None:
            self._timer = self._loop.call_later(_LINGER, self._tick)

    def part(self, exchange: Exchange, side: int, data: bytes) -> None:
        pending = self._pending[exchange.key]
        limit = _TIMELINE_BYTES if side == TIMELINE else self._body_limit
        if limit is not None and pending.kept[side] + len(data) > limit:
            data = data[: limit - pending.kept[side]]
            if not data:
                return
        pending.kept[side] += len(data)
        pending.parts[side].append(data)
        pending.waiting += len(data)
        self._held_bytes += len(data)
        if pending.waiting >= _PART_BYTES:
            self._hand_parts(pending, self._loop.time())
        if pending.announced:
            self._dirty.add(exchange.key)

    def leave_out(self, exchange: Exchange, side: int, why: str) -> None:
        """The rest of this body does not come, and ``why``."""
        self._pending[exchange.key].notes[side] = why

    def changed(self, exchange: Exchange) -> None:
        pending = self._pending[exchange.key]
        pending.told = 0.0
        if pending.announced:
            self._dirty.add(exchange.key)

    def closed(self, exchange: Exchange) -> None:
        pending = self._pending.pop(exchange.key)
        summary, detail = exchange.summary, exchange.detail
        request, response, timeline = pending.parts
        kept = pending.kept
        self._held_bytes -= pending.waiting
        self._add(
            Closed(
                exchange.key,
                summary,
                msgspec.Raw(_encode(detail)),
                request,
                response,
                kept[REQUEST],
                kept[RESPONSE],
                pending.notes[REQUEST]
                or ("" if "request" in detail.decoded else self._note(kept[REQUEST], summary.request_size)),
                pending.notes[RESPONSE]
                or ("" if "response" in detail.decoded else self._note(kept[RESPONSE], summary.response_size)),
                timeline,
                kept[TIMELINE],
                _TIMELINE_FULL if kept[TIMELINE] == _TIMELINE_BYTES else "",
            ),
            pending.waiting,
        )

    def certificate(self, hash: bytes, der: bytes) -> None:
        self._add(Certificate(hash, der), len(der))

    def when_room(self, resume: Callable[[], None]) -> None:
        self._resume.append(resume)

    async def drained(self) -> None:
        """Returns when everything told so far is acknowledged (or spooled, if the main process is gone)."""
        self._flush()
        await self._empty.wait()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._flush()
        if self._spool is not None:
            self._spool.close(remove=not self._unacked)
        if self._transport is not None:
            self._transport.close()

    def send(self, control: Control) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(control_frame(control))

    # Batches out

    def _note(self, kept: int, size: int) -> str:
        if kept >= size:
            return ""
        if self._body_limit is not None and kept >= self._body_limit:
            return f"only the first {kept} of {size} bytes are kept (--body-limit)"
        return "passed on untouched and counted; the content of tunnels is not recorded"

    def _add(self, message: Message, size: int) -> None:
        self._messages.append(message)
        self._bytes += size + _MESSAGE_BYTES
        if self._bytes >= _BATCH_BYTES:
            self._flush()
        elif self._timer is None:
            self._timer = self._loop.call_later(_LINGER, self._tick)

    def _hand_parts(self, pending: _Pending, now: float) -> None:
        exchange = pending.exchange
        pending.announced = True
        self._held_bytes -= pending.waiting
        pending.waiting = 0
        if pending.told < now - _RETELL:
            pending.told = now
            summary = msgspec.structs.replace(exchange.summary)
            self._add(Opened(exchange.key, summary, msgspec.Raw(_encode(exchange.detail))), 0)
        for side in (REQUEST, RESPONSE, TIMELINE):  # in this order: readers find the bytes of every mark they find
            pieces = pending.parts[side]
            if pieces:
                data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
                pieces.clear()
                for at in range(0, len(data), _PART_BYTES):
                    piece = data[at : at + _PART_BYTES]
                    self._add(Part(exchange.key, side, piece), len(piece))

    def _tick(self) -> None:
        now = self._loop.time()
        due = now - _ANNOUNCE
        for pending in self._pending.values():
            if pending.since > due:
                break
            if not pending.announced:
                self._hand_parts(pending, now)
        if self._dirty:
            dirty, self._dirty = self._dirty, set()
            for key in dirty:
                waiting = self._pending.get(key)
                if waiting is not None:
                    self._hand_parts(waiting, now)
                    if waiting.told < now:
                        self._dirty.add(key)  # its sizes have grown since, which is told when _RETELL is over
        self._flush()
        self._watch(now)
        busy = self._pending or self._unacked or self._messages
        self._timer = self._loop.call_later(_LINGER, self._tick) if busy else None

    def _flush(self) -> None:
        if not self._messages:
            return
        self._seq += 1
        messages = self._messages
        payload = batch_payload(Batch(self._run, self._seq, messages, self._sessions))
        now = self._loop.time()
        if not self._unacked:
            self._last_ack = now
        self._unacked.append(_Sent(self._seq, payload, now, sum(type(message) is Closed for message in messages)))
        self._unacked_bytes += len(payload)
        self._messages = []
        self._bytes = 0
        if self._lost:
            self._to_spool(len(self._unacked))
        else:
            self._empty.clear()
            self._write()

    def _write(self) -> None:
        while self._transport is not None and not self._blocked and self._written < len(self._unacked):
            payload = self._unacked[self._written].payload
            self._written += 1
            self._transport.writelines(frame_parts(BATCH, payload))

    def _watch(self, now: float) -> None:
        """Spools what waits too long; lets traffic go on if nobody answers at all."""
        old = 0
        for sent in self._unacked:
            if sent.since > now - _PATIENCE:
                break
            old += 1
        if old > self._spooled:
            self._to_spool(old)
        if self.full and now - self._last_ack > _STALLED:
            self._give_way()

    def _to_spool(self, upto: int) -> None:
        """Appends the unacknowledged batches from the last spooled one to the ``upto``-th."""
        if self._spool is None:
            return
        if self._spool.size > _SPOOL_LIMIT:
            return  # the main process hangs and does not die; what is in memory is bounded by the budget
        try:
            for index in range(self._spooled, upto):
                self._spool.append(self._unacked[index].payload)
                self._spooled += 1
        except OSError:
            return  # no room for the spool either: the store tells people, and the batches are still in memory

    def _give_way(self) -> None:
        """The main process takes nothing and the budget is used up: drop the newest batches, and count them, rather
        than hold up everybody's traffic. Some may be in the spool, and be kept after all."""
        unacked = self._unacked
        while self._unacked_bytes > self._budget // 2 and len(unacked) > self._written:
            sent = unacked.pop()
            self._unacked_bytes -= len(sent.payload)
            self._not_kept += sent.exchanges
        self._spooled = min(self._spooled, len(unacked))
        self._made_room()

    def _made_room(self) -> None:
        if self._resume and not self.full:
            resume, self._resume = self._resume, []
            for call in resume:
                call()

    # Frames in

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has classes of its own
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for message in self._frames.feed(data):
            if isinstance(message, Ack):
                self._acked(message.seq)
            elif isinstance(message, Start):
                self._run = message.run
                self._sessions = message.sessions
                self._body_limit = message.body_limit
                self._spool = Spool(spool_file(Path(message.spool), message.run))
                self._on_control(message)
            elif isinstance(message, Recording):
                self._flush()
                self._sessions = message.sessions
                self.send(Recorded(message.number, self._seq))
            elif isinstance(message, Drain):
                self._on_control(message)

    def _acked(self, seq: int) -> None:
        unacked = self._unacked
        self._last_ack = self._loop.time()
        while unacked and unacked[0].seq <= seq:
            self._unacked_bytes -= len(unacked.popleft().payload)
            self._written -= 1
            self._spooled = max(0, self._spooled - 1)
        if self._spool is not None:
            if not self._spooled:
                self._spool.empty()
            elif self._spool.size > _SPOOL_BYTES:
                self._spool.rewrite([unacked[index].payload for index in range(self._spooled)])
        if self._not_kept:
            self.send(NotKept(self._not_kept))
            self._not_kept = 0
        if not unacked and not self._messages:
            self._empty.set()
        self._made_room()

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._write()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._lost = True
        for pending in list(self._pending.values()):
            pending.told = 0.0
            self._hand_parts(pending, self._loop.time())
        self._flush()
        self._to_spool(len(self._unacked))
        self._empty.set()
        self._on_lost()
