"""The feed: what changes in the store, told to everybody who asks, at the cost of one.

One loop reads the changes once, encodes each once, asks each distinct query once, and makes one frame for each distinct
query; its subscribers share it. A subscriber has a bounded queue of such frames: one that does not read loses them, is
told ``gap`` when it reads again, and holds up nobody. Its memory is that of the frames that others were sent as well.

Measured on the test machine (bench/feed.py): see docs/performance.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from wireglass.api.feed_messages import Gap, Heartbeat, Said, Subscribed
from wireglass.api.feed_subject import FeedSubject, Starts
from wireglass.api.readers import Readers
from wireglass.model import Summary
from wireglass.net import spawn
from wireglass.query import All, Node, predicate
from wireglass.store import Reader

TICK = 0.05
"""Seconds between two looks at the store."""

READ = 2_000
"""Changes of one look; under 100 ms of work."""

CATCH_UP = 100_000
"""Changes that a subscriber may be behind to be told them; above that a gap is cheaper for both."""

QUEUE = 4 * 2**20
"""Characters of frames that wait for one subscriber."""

HEARTBEAT = 5.0
"""Seconds without a word."""

EVERY = 1 << 62
"""In place of the newest id that was known: every exchange counts as one that was there before."""

RETRY = 1.0
"""Seconds after an error in reading."""

UNMATCHED = 10_000
"""Running exchanges that a query did not find, remembered so that their end is not told as ``gone``."""

_encode = msgspec.json.Encoder().encode


def frame(said: Said) -> str:
    return _encode(said).decode()


@dataclass(frozen=True)
class Change:
    seq: int
    id: int
    summary: Summary | None
    """None: deleted."""
    encoded: bytes = b""


def read_changes(reader: Reader, after: int, limit: int, last: int) -> tuple[list[Change], int]:
    """At most ``limit`` changes behind ``after`` up to ``last``, by seq, and the number up to which they are complete.
    What has changed again behind ``last`` is left to those who read on from there."""
    summaries = reader.changes(after, limit)
    gone = reader.gone_after(after, limit)
    to = last
    if len(summaries) == limit:
        to = min(to, summaries[-1].seq)
    if len(gone) == limit:
        to = min(to, gone[-1][0])
    changes = [Change(one.seq, one.id, one, _encode(one)) for one in summaries if one.seq <= to]
    changes += [Change(seq, id, None) for seq, id in gone if seq <= to]
    changes.sort(key=lambda change: change.seq)
    return changes, to


class Query:
    """One distinct query, and what has to be remembered between two looks."""

    def __init__(self, node: Node) -> None:
        self._matches = None if isinstance(node, All) else predicate(node)
        self._unmatched: OrderedDict[int, None] = OrderedDict()

    def frame(self, reader: Reader, starts: Starts, changes: Iterable[Change], after: int, to: int, known: int) -> str:
        """``Changes`` as text; empty where none matters. ``known``: the newest id of the time before."""
        items = [item for change in changes if (item := self._item(reader, starts, change, known))]
        if not items:
            return ""
        return f'{{"type":"changes","after":{after},"to":{to},"items":[{",".join(items)}]}}'

    def _item(self, reader: Reader, starts: Starts, change: Change, known: int) -> str:
        summary = change.summary
        if summary is None:
            self._unmatched.pop(change.id, None)
            return _gone(change)
        if self._matches is None or self._matches(FeedSubject(reader, summary, starts)):
            was_unmatched = self._unmatched.pop(change.id, 0) is None
            what = "new" if was_unmatched or change.id > known else "changed"
            exchange = change.encoded.decode()
            return f'{{"what":"{what}","seq":{change.seq},"id":{change.id},"exchange":{exchange}}}'
        if change.id > known or change.id in self._unmatched:
            if summary.state == "open":
                self._unmatched[change.id] = None
                if len(self._unmatched) > UNMATCHED:
                    self._unmatched.popitem(last=False)
            else:
                self._unmatched.pop(change.id, None)
            return ""
        return _gone(change)


def _gone(change: Change) -> str:
    return f'{{"what":"gone","seq":{change.seq},"id":{change.id}}}'


@dataclass(eq=False)
class Subscriber:
    """One place in the feed: frames on their way to one WebSocket."""

    node: Node
    position: int
    """Everything up to here is in its queue, was sent, or is lost."""
    sent: int
    """Everything up to here was sent."""
    known: int
    """The newest id at its beginning; ``EVERY`` where nobody knows that any more."""
    queue: deque[tuple[str, int]] = field(default_factory=deque)
    """Frames, and up to which number each goes."""
    waiting: int = 0
    """Characters in ``queue``."""
    lost: int | None = None
    """Behind which number frames were thrown away."""
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """There is something to send."""

    def put(self, text: str, to: int) -> None:
        self.position = to
        if self.lost is not None:
            return
        if not text:
            if not self.queue:
                self.sent = to
            return
        if self.queue and self.waiting + len(text) > QUEUE:
            self.queue.clear()
            self.waiting = 0
            self.lost = self.sent
        else:
            self.queue.append((text, to))
            self.waiting += len(text)
        self.wanted.set()

    def take(self) -> str | None:
        """The next frame to send; None where there is none."""
        self.wanted.clear()
        if self.lost is not None:
            lost, self.lost, self.sent = self.lost, None, self.position
            return frame(Gap(lost, self.position))
        if not self.queue:
            return None
        text, to = self.queue.popleft()
        self.waiting -= len(text)
        self.sent = to if self.queue else self.position
        return text


@dataclass
class _Joining:
    subscriber: Subscriber
    joined: asyncio.Future[bool]


@dataclass
class _Look:
    """What one look at the store has found."""

    to: int
    known: int
    frames: dict[Node, str]
    first: dict[Subscriber, tuple[str, Query]]
    """What those who join still have to be told, and who knows now what they were not told; those who are too far
    behind are left out."""
    more: bool


class Feed:
    """Runs in one event loop, from ``start`` to ``stop``."""

    def __init__(
        self,
        readers: Readers,
        on_commit: Callable[[Callable[[int], None]], object],
        trouble: Callable[[BaseException], None],
    ) -> None:
        """``on_commit`` takes a function that is called on another thread, with the newest number, at each commit;
        ``trouble`` is told of errors in reading, after which the feed tries again."""
        self._readers = readers
        self._on_commit = on_commit
        self._trouble = trouble
        self._wake = asyncio.Event()
        self._joining: list[_Joining] = []
        self._subscribers: set[Subscriber] = set()
        self._queries: dict[Node, Query] = {}
        self._starts = Starts()
        self._position = 0
        self._known = 0
        self._newest = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()

        def committed(seq: int) -> None:
            self._newest = seq
            if (self._subscribers or self._joining) and not self._wake.is_set():
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                    loop.call_soon_threadsafe(self._wake.set)

        self._on_commit(committed)
        self._task = spawn(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def attend(self, node: Node, after: int | None, send: Callable[[str], Awaitable[None]]) -> None:
        """Tell one subscriber, until cancelled. Raises StoreError."""
        id, newest, oldest = await self._readers.ask(
            lambda reader: (reader.newest_id(), reader.newest_seq(), reader.oldest_gone())
        )
        self._newest = max(self._newest, newest)
        position = newest if after is None else min(after, newest)
        subscriber = Subscriber(node, position, position, id if position == newest else EVERY)
        await send(frame(Subscribed(position)))
        if newest - position > CATCH_UP or position < oldest:
            await self._skip(subscriber, newest, send)
        try:
            while not await self._join(subscriber):
                await self._catch_up(subscriber, send)
            while True:
                await self._say_next(subscriber, send)
        finally:
            self._leave(subscriber)

    async def _say_next(self, subscriber: Subscriber, send: Callable[[str], Awaitable[None]]) -> None:
        text = subscriber.take()
        if text is None:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await subscriber.wanted.wait()
            except TimeoutError:
                text = frame(Heartbeat(subscriber.sent, self._newest))
        if text is not None:
            await send(text)

    async def _skip(self, subscriber: Subscriber, to: int, send: Callable[[str], Awaitable[None]]) -> None:
        await send(frame(Gap(subscriber.position, to)))
        subscriber.position = subscriber.sent = to

    async def _catch_up(self, subscriber: Subscriber, send: Callable[[str], Awaitable[None]]) -> None:
        """By itself, at the pace of its reader, until it is near enough to join."""
        while self._newest - subscriber.position > READ:
            if self._newest - subscriber.position > CATCH_UP:
                await self._skip(subscriber, self._newest, send)
                return
            text, to, _ = await self._readers.ask(lambda reader: self._missed(reader, subscriber, reader.newest_seq()))
            subscriber.position = subscriber.sent = to
            if text:
                await send(text)

    def _missed(self, reader: Reader, subscriber: Subscriber, last: int) -> tuple[str, int, Query]:
        """On a reader's thread."""
        after = subscriber.position
        query = Query(subscriber.node)
        changes, to = read_changes(reader, after, 2 * READ, last)
        return query.frame(reader, self._starts, changes, after, to, subscriber.known), to, query

    async def _join(self, subscriber: Subscriber) -> bool:
        """False where it is too far behind."""
        joining = _Joining(subscriber, asyncio.get_running_loop().create_future())
        self._joining.append(joining)
        self._wake.set()
        try:
            return await joining.joined
        finally:
            if joining in self._joining:
                self._joining.remove(joining)

    def _leave(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)
        if not any(other.node == subscriber.node for other in self._subscribers):
            self._queries.pop(subscriber.node, None)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = loop.time()
            if self._subscribers or self._joining:
                try:
                    if await self._tick():
                        self._wake.set()
                except Exception as error:  # whatever it was, the others must not wait for ever
                    self._trouble(error)
                    self._wake.set()
                    await asyncio.sleep(RETRY)
            await asyncio.sleep(max(0.0, TICK - (loop.time() - began)))

    async def _tick(self) -> bool:
        """One look, given to everybody; says whether there is more to see."""
        joining = sorted(self._joining, key=lambda one: one.subscriber.position)
        if not self._subscribers:
            # Nobody was told anything since: the feed begins where the first one does.
            latest = max((one.subscriber for one in joining), key=lambda subscriber: subscriber.position)
            self._position, self._known = latest.position, latest.known
        nodes = dict(self._queries)
        look = await self._readers.ask(lambda reader: self._look(reader, nodes, [one.subscriber for one in joining]))
        self._position, self._known = look.to, look.known
        for subscriber in self._subscribers:
            subscriber.put(look.frames[subscriber.node], look.to)
        for one in joining:
            if one.joined.done():  # cancelled: it went meanwhile
                continue
            first = look.first.get(one.subscriber)
            if first is not None:
                text, query = first
                self._queries.setdefault(one.subscriber.node, query)
                self._subscribers.add(one.subscriber)
                one.subscriber.put(text, look.to)
            one.joined.set_result(first is not None)
        self._joining = [one for one in self._joining if one not in joining]
        return look.more

    def _look(self, reader: Reader, queries: Mapping[Node, Query], joining: Sequence[Subscriber]) -> _Look:
        """On a reader's thread; nothing else touches the queries meanwhile."""
        position, known = self._position, self._known
        newest_id, newest = reader.newest_id(), reader.newest_seq()
        changes, to = read_changes(reader, position, READ, newest)
        frames = {
            node: query.frame(reader, self._starts, changes, position, to, known) for node, query in queries.items()
        }
        first: dict[Subscriber, tuple[str, Query]] = {}
        for subscriber in joining:
            if subscriber.position <= to:
                text, reached, query = self._missed(reader, subscriber, to)
                if reached == to:
                    first[subscriber] = text, query
        if known == EVERY:
            known = newest_id
        return _Look(to, max([known, *(change.id for change in changes)]), frames, first, to < newest)
