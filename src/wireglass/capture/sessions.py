"""The sessions that run: what the recorder asks for each exchange, and what changes while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from wireglass.capture.body_policy import BodyPolicy
from wireglass.capture.subject import Arriving
from wireglass.errors import QueryError
from wireglass.model import Reason, Session, SessionState
from wireglass.query import All, And, Is, Node, Not, Or, Predicate, Term, parse, predicate

_OF_BODIES = frozenset(("text", "body", "request_body", "response_body"))
_NEVER = frozenset(("id", "session", "session_started", "color", "note"))
_NEVER_THERE = frozenset((("is", "marked"), ("is", "starred"), ("has", "note")))

Announce = Callable[[tuple[int, ...]], None]
"""Tells all proxies which sessions record; returns when what they had before has arrived."""


def capture_filter(text: str, now: float) -> Node | None:
    """None for one that lets everything pass. Raises QueryError, also for a field that nothing has yet when it is
    captured."""
    node = parse(text, now)
    for term in _terms(node):
        asked = (term.field, term.test.text.lower()) if isinstance(term.test, Is) else ()
        if term.field in _NEVER or asked in _NEVER_THERE:
            raise QueryError(
                f"a capture filter cannot ask for {':'.join(asked) if asked in _NEVER_THERE else term.field}: "
                "what is just captured has none yet.",
                "Ask for what was sent, such as host:api.example.com or method:POST.",
                text=text,
            )
    predicate(node)  # refuses regular expressions that cannot be used
    return None if isinstance(node, All) else node


def _terms(node: Node) -> Iterable[Term]:
    if isinstance(node, Term):
        yield node
    elif isinstance(node, And | Or):
        for item in node.items:
            yield from _terms(item)
    elif isinstance(node, Not):
        yield from _terms(node.item)


class Live(NamedTuple):
    """A session as the recorder sees it."""

    session: Session
    filter: Predicate | None
    reads_bodies: bool


def _live(session: Session) -> Live:
    options = session.options
    # Relative times count from when the filter was set, which is not kept: from the start of the session.
    node = capture_filter(options.filter, session.started) if options.filter else None
    if node is None:
        return Live(session, None, False)
    return Live(session, predicate(node), any(term.field in _OF_BODIES for term in _terms(node)))


class Plan(NamedTuple):
    """What to do with the exchanges of batches that come with the same sessions."""

    ids: tuple[int, ...]
    lives: tuple[Live, ...]
    policy: BodyPolicy | None
    """Of all of them."""
    plain: bool
    """Every exchange is kept, whole, in all of them."""
    reads_bodies: bool
    otherwise: tuple[int, Reason]
    """To whom what none of them keeps is counted, and as what."""

    def ask(self, subject: Arriving) -> tuple[tuple[int, ...], tuple[Live, ...]]:
        """The sessions that keep it, and of these the ones that cannot know yet."""
        kept: list[int] = []
        unsure: list[Live] = []
        for live in self.lives:
            if live.filter is not None:
                answer = live.filter(subject)
                if answer is False:
                    continue
                if answer is None:
                    unsure.append(live)
            kept.append(live.session.id)
        return tuple(kept), tuple(unsure)


class _State:
    """Of one moment, with what was worked out for it."""

    def __init__(self, known: dict[int, Live], idle: tuple[int, Reason] | None = None) -> None:
        self.known = known
        self.recording = self.with_state("recording")
        self.idle = idle or self._idle()
        """To whom what comes from a time without any recording session is counted, and as what."""
        self._plans: dict[tuple[int, ...], Plan] = {}
        self._policies: dict[tuple[int, ...], BodyPolicy | None] = {}

    def with_state(self, state: SessionState) -> tuple[int, ...]:
        return tuple(sorted(id for id, live in self.known.items() if live.session.state == state))

    def plan(self, stamped: tuple[int, ...]) -> Plan:
        plan = self._plans.get(stamped)
        if plan is None:
            lives = tuple(self.known[id] for id in stamped if id in self.known)
            ids = tuple(live.session.id for live in lives)
            policy = self.policy(ids)
            plain = bool(lives) and policy is None and all(live.filter is None for live in lives)
            reads_bodies = any(live.reads_bodies for live in lives)
            plan = self._plans[stamped] = Plan(ids, lives, policy, plain, reads_bodies, self._otherwise(lives))
        return plan

    def policy(self, ids: tuple[int, ...]) -> BodyPolicy | None:
        if ids not in self._policies:
            policy = BodyPolicy(self.known[id].session.options for id in ids if id in self.known)
            self._policies[ids] = None if policy.plain or not ids else policy
        return self._policies[ids]

    def _otherwise(self, lives: tuple[Live, ...]) -> tuple[int, Reason]:
        return (lives[-1].session.id, "filtered") if lives else self.idle

    def _idle(self) -> tuple[int, Reason]:
        if paused := self.with_state("paused"):
            return paused[-1], "paused"
        return 0, "no_session"


class Sessions:
    """Read on the event loop for every batch, changed by one thread at a time (``LocalControl``)."""

    def __init__(self, sessions: Iterable[Session] = ()) -> None:
        self._state = _State({session.id: _live(session) for session in sessions})
        self.announce: Announce = lambda recording: None

    @property
    def recording(self) -> tuple[int, ...]:
        """Ids, ascending."""
        return self._state.recording

    @property
    def running(self) -> tuple[int, ...]:
        """Those that are paused as well."""
        return tuple(sorted((*self._state.recording, *self._state.with_state("paused"))))

    def put(self, session: Session) -> None:
        """It is new, or is not as it was. The change is everywhere when this returns: what came before has been
        handed to the store, what comes from now on is treated by it."""
        before = self._state.known.get(session.id)
        if before is not None and before.session.state == session.state:
            self.settle()  # what has come so far is still treated as before
        known = {**self._state.known, session.id: _live(session)}
        if before is not None and before.session.state == session.state:
            self._state = _State(known)
            return
        # What the proxies had while nothing recorded still comes when something does.
        self._state = _State(known, self._state.idle if session.state == "recording" else None)
        self.announce(self._state.recording)
        self._state = _State(known)

    def drop(self, id: int) -> None:
        """It is deleted."""
        self._state = _State({known: live for known, live in self._state.known.items() if known != id})

    def settle(self) -> None:
        """Returns when all that the proxies had until now has been handed to the store."""
        self.announce(self._state.recording)

    def plan(self, stamped: tuple[int, ...]) -> Plan:
        """``stamped`` are the sessions that were recording when the batch was made. Those that are deleted since then
        keep nothing."""
        return self._state.plan(stamped)

    def policy(self, ids: tuple[int, ...]) -> BodyPolicy | None:
        """None where everything is kept as it is."""
        return self._state.policy(ids)


def name_of(now: float) -> str:
    """Of a session that was given none: the local date and time, with the hundredths that tell two starts in one second
    apart."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + f".{int(now * 100) % 100:02d}"
