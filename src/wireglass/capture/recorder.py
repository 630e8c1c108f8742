"""From the link into the store: which exchange is kept, in which sessions, and how much of it.

An exchange is decided on when it is first told of, by the sessions that its batch says were recording and their capture
filters; and at its end once more by those filters that could not know. What none keeps is counted and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import NamedTuple

from wireglass.capture.body_policy import Trimming
from wireglass.capture.missed import Gathered, reason_of
from wireglass.capture.sessions import Live, Plan, Sessions
from wireglass.capture.subject import Arriving, Collected
from wireglass.link import LinkServer, read_spool
from wireglass.model import Batch, Certificate, Closed, Message, Opened, Part, Reason
from wireglass.store import Store, Verdict

_MOST_COLLECTED = 64 << 20
"""Bytes that are held for filters that ask for bodies. What is above is kept: nobody has said that it does not
match."""

_RUN_SHIFT = 40  # a key is the number of its run times 2**40 plus a count (model.Exchange)


class _Open:
    """An exchange that was told of and has not ended."""

    __slots__ = ("collected", "otherwise", "sessions", "trimming", "unsure")

    def __init__(
        self, sessions: tuple[int, ...], unsure: tuple[Live, ...] = (), otherwise: tuple[int, Reason] = (0, "filtered")
    ) -> None:
        self.sessions = sessions
        """Those that keep it; none: what it was counted to, and as what, is ``otherwise``."""
        self.unsure = unsure
        self.otherwise = otherwise
        self.collected: Collected | None = None
        self.trimming: Trimming | None = None

    @property
    def is_plain(self) -> bool:
        return bool(self.sessions) and not self.unsure and self.trimming is None


class _Found(NamedTuple):
    """What is special in one batch."""

    apart: dict[int, tuple[int, ...]]
    leaving: dict[int, tuple[int, ...]]
    missed: Gathered

    def verdict(self) -> Verdict | None:
        missed = self.missed.all()
        return Verdict(self.apart, self.leaving, missed) if self.apart or self.leaving or missed else None


class Recorder:
    """Gives batches to the store and answers them when they are committed, or counted as not keepable."""

    def __init__(self, store: Store, sessions: Sessions) -> None:
        self._store = store
        self._sessions = sessions
        self._open: dict[int, _Open] = {}
        self._collected = 0

    def on_batch(self, link: LinkServer, batch: Batch) -> None:
        self._submit(batch, lambda: link.ack(batch.seq))

    def replay(self, spool: Path) -> bool:
        """Stores what a proxy could not hand over, and removes the spool. Blocks; batches that the store has already
        are passed over. False, and the spool stays, if the store has no room for it."""
        for batch in read_spool(spool):
            if batch.seq <= self._store.last_seq(batch.run):
                continue
            answered = Event()
            self._submit(batch, answered.set)
            answered.wait()
            if self._store.last_seq(batch.run) < batch.seq:
                return False
        spool.unlink(missing_ok=True)
        return True

    def end_run(self, run: int) -> None:
        """Its proxy is gone: nothing more is told of its exchanges."""
        for key in list(self._open):  # a copy, because others' batches may come meanwhile
            if key >> _RUN_SHIFT == run:
                self._forget(key)

    def _submit(self, batch: Batch, done: Callable[[], None]) -> None:
        plan = self._sessions.plan(batch.sessions)
        if plan.plain and self._is_plain(batch, plan):
            self._store.submit(batch, plan.ids, done)
        else:
            kept, verdict = self._sort(batch, plan)
            self._store.submit(kept, plan.ids, done, verdict)

    def _is_plain(self, batch: Batch, plan: Plan) -> bool:
        """Whether it can go as it is; notes what is open then. All that is noted of one that cannot is noted again."""
        open = self._open
        for message in batch.messages:
            if type(message) is Closed:
                summary = message.summary
                if summary.error_kind is not None or summary.protocol == "tunnel":
                    return False
                if open and (known := open.get(message.key)) is not None:
                    if not known.is_plain:
                        return False
                    del open[message.key]
            elif not isinstance(message, Certificate):
                known = open.get(message.key)
                if known is None:
                    if type(message) is Opened:
                        open[message.key] = _Open(plan.ids)
                elif not known.is_plain:
                    return False
        return True

    def _sort(self, batch: Batch, plan: Plan) -> tuple[Batch, Verdict | None]:
        kept: list[Message] = []
        found = _Found({}, {}, Gathered())
        for message in batch.messages:
            passed: Message | None
            if type(message) is Closed:
                passed = self._closed(message, plan, found)
            elif type(message) is Opened:
                passed = self._opened(message, plan, found)
            elif type(message) is Part:
                passed = self._part(message)
            else:
                passed = message
            if passed is not None:
                kept.append(passed)
        return Batch(batch.run, batch.seq, kept, batch.sessions), found.verdict()

    def _opened(self, message: Opened, plan: Plan, found: _Found) -> Opened | None:
        known = self._open.get(message.key)
        if known is None:
            known = self._open[message.key] = self._begin(message, plan, found)
        if not known.sessions:
            return None
        return message if known.trimming is None else known.trimming.opened(message)

    def _begin(self, message: Opened, plan: Plan, found: _Found) -> _Open:
        if self._store.has_open(message.key):
            known = self._of_earlier(plan)
        elif plan.plain:
            known = _Open(plan.ids)
        else:
            known = _Open(*plan.ask(Arriving(message)), plan.otherwise)
            if known.sessions and known.sessions != plan.ids:
                found.apart[message.key] = known.sessions
        if any(live.reads_bodies for live in known.unsure) and self._collected < _MOST_COLLECTED:
            known.collected = Collected()
        if policy := self._sessions.policy(known.sessions):
            known.trimming = Trimming(policy)
        return known

    @staticmethod
    def _of_earlier(plan: Plan) -> _Open:
        """The store has its beginning from a main process that was killed: its filters are asked again at its end."""
        return _Open(plan.ids, tuple(live for live in plan.lives if live.filter is not None), plan.otherwise)

    def _part(self, message: Part) -> Part | None:
        known = self._open.get(message.key)
        if known is None:
            return message
        if known.collected is not None:
            self._collected += known.collected.add(message.side, message.data)
        if not known.sessions or (
            known.trimming is not None and not known.trimming.part(message.side, len(message.data))
        ):
            return None
        return message

    def _closed(self, message: Closed, plan: Plan, found: _Found) -> Closed | None:
        known = self._forget(message.key)
        if known is None and self._store.has_open(message.key):
            known = self._of_earlier(plan)
        if known is None:
            kept = plan.ids if plan.plain else plan.ask(Arriving(message))[0]
            if not kept:
                found.missed.add(*plan.otherwise, message)
                return None
            if kept != plan.ids:
                found.apart[message.key] = kept
            if policy := self._sessions.policy(kept):
                message = Trimming(policy).closed(message)
        else:
            if not known.sessions:
                found.missed.add(*known.otherwise, message)
                return None
            if known.unsure and self._leaves_all(message, known, found):
                return message
            if known.trimming is not None:
                message = known.trimming.closed(message)
        if reason := reason_of(message.summary):
            found.missed.add(0, reason, message)
        return message

    def _leaves_all(self, message: Closed, known: _Open, found: _Found) -> bool:
        """Asks those that could not know when it began; whether none keeps it."""
        subject = Arriving(message, known.collected)
        leaving = tuple(live.session.id for live in known.unsure if live.filter and live.filter(subject) is False)
        if leaving:
            found.leaving[message.key] = leaving
        if len(leaving) < len(known.sessions):
            return False
        found.missed.add(leaving[-1], "filtered", message)
        return True

    def _forget(self, key: int) -> _Open | None:
        known = self._open.pop(key, None)
        if known is not None and known.collected is not None:
            self._collected -= known.collected.size
        return known
