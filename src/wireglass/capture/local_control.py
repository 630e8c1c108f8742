"""``Control`` where the store's writer is."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from wireglass.capture.control import Progress
from wireglass.capture.sessions import Sessions, capture_filter, name_of
from wireglass.errors import NotFound, UsageError
from wireglass.model import Color, Retention, SavedFilter, Session, SessionOptions, SessionState
from wireglass.query import And, Is, Not, Term, parse
from wireglass.setting_values import parse_session
from wireglass.store import Reader, Store

NOTE = 10_000  # characters
_WINDOW = 20_000
"""Ids that are looked through at a time: what is deleted meanwhile need not be found again."""
_MOST_RUNNING = 32
"""Sessions that record or are paused at the same time: each costs something with every exchange."""


class LocalControl:
    """``sessions``: those of a capture that runs in this process; None where none does. Methods may be called from any
    thread but that of the event loop, which carries out what some of them wait for."""

    def __init__(self, store: Store, folder: Path, sessions: Sessions | None = None) -> None:
        """``folder`` is the store's."""
        self._store = store
        self._folder = folder
        self._sessions = sessions
        self._changing = threading.Lock()
        self._going: set[int] = set()
        """Sessions that are being deleted, which takes its time, and must not begin again meanwhile."""

    # Sessions

    def start_session(self, name: str, source: str, options: SessionOptions, note: str = "") -> Session:
        sessions = self._running()
        _check_options(options)
        check_note(note)
        with self._changing:
            if len(sessions.running) >= _MOST_RUNNING:
                raise UsageError(f"{_MOST_RUNNING} sessions run already.", "Stop one: `wireglass session stop NAME`.")
            name = check_session_name(name) if name else name_of(time.time())
            if self._going:
                with contextlib.suppress(NotFound):
                    self._refuse_going(self._find(name))
            session = self._store.start_session(name, source, options, note)
            sessions.put(session)
        return session

    def pause_session(self, session: int | str) -> Session:
        return self._set_state(session, "paused")

    def resume_session(self, session: int | str) -> Session:
        return self._set_state(session, "recording")

    def stop_session(self, session: int | str) -> Session:
        return self._set_state(session, "ended")

    def clear_session(self, session: int | str) -> int:
        with self._changing:
            found = self._find(session)
            if self._sessions is not None:
                self._sessions.settle()
        return self._store.clear_session(found.id)  # may take a minute, in which others must be able to pause

    def change_session(
        self,
        session: int | str,
        *,
        name: str | None = None,
        note: str | None = None,
        options: SessionOptions | None = None,
    ) -> Session:
        if options is not None:
            _check_options(options)
        if name is not None:
            name = check_session_name(name)
        if note is not None:
            check_note(note)
        with self._changing:
            changed = self._store.change_session(self._find(session).id, name=name, note=note, options=options)
            if self._sessions is not None and changed.state != "ended":
                self._sessions.put(changed)
        return changed

    def delete_session(self, session: int | str) -> int:
        with self._changing:
            found = self._find(session)
            if found.state != "ended":
                raise UsageError(
                    f"Session {found.name!r} is {found.state}.", "Stop it first: `wireglass session stop NAME`."
                )
            self._refuse_going(found)
            self._going.add(found.id)
            if self._sessions is not None:
                self._sessions.drop(found.id)
        try:
            return self._store.delete_session(found.id)
        finally:
            self._going.discard(found.id)

    def _refuse_going(self, session: Session) -> None:
        if session.id in self._going:
            raise UsageError(f"Session {session.name!r} is being deleted.", "Wait for the end of that.")

    def _running(self) -> Sessions:
        if self._sessions is None:
            raise UsageError("Nothing records in this home, so no session can run.", "Start it with `wireglass up`.")
        return self._sessions

    def _set_state(self, session: int | str, state: SessionState) -> Session:
        with self._changing:
            found = self._find(session)
            if found.state == state:
                return found
            sessions = self._sessions if state == "ended" else self._running()
            if found.state == "ended":
                raise UsageError(
                    f"Session {found.name!r} has ended.", "`wireglass session start NAME` goes on recording into it."
                )
            try:
                if sessions is not None and state != "recording":
                    # First, so that everything from before is in the store when its state is.
                    sessions.put(msgspec.structs.replace(found, state=state))
                changed = self._store.set_session_state(found.id, state)
            except BaseException:
                if sessions is not None and state != "recording":
                    sessions.put(found)
                raise
            if sessions is not None and state == "recording":
                sessions.put(changed)
        return changed

    def _find(self, session: int | str) -> Session:
        with Reader(self._folder) as reader:
            return reader.session(session)

    # Exchanges

    def mark(
        self, ids: Sequence[int], *, color: Color | None = None, star: bool | None = None, note: str | None = None
    ) -> int:
        if color is not None and color not in get_args(Color):
            raise UsageError(f"{color!r} is no color.", f"Colors: {', '.join(filter(None, get_args(Color)))}.")
        if note is not None:
            check_note(note)
        return self._store.mark(ids, color=color, star=star, note=note)

    def delete(self, ids: Sequence[int]) -> int:
        deleted = self._store.delete(ids)
        self._store.compact()
        return deleted

    def delete_matching(self, query: str, progress: Callable[[int], None] | None = None) -> int:
        node = And((parse(query, time.time()), Not(Term("is", Is("open")))))
        with Reader(self._folder) as reader:
            newest = reader.newest_id()
            deleted = 0
            for first in range(1, newest + 1, _WINDOW):
                ids = reader.matching_ids(node, first, min(first + _WINDOW - 1, newest))
                if ids:
                    deleted += self._store.delete(ids)
                if progress is not None:
                    progress(deleted)
        self._store.compact()
        return deleted

    def prune(self, retention: Retention, session: int | str | None = None) -> int:
        _check_retention(retention)
        found = None if session is None else self._find(session).id
        return self._store.prune(retention, found)

    # The rest

    def save_filter(self, saved: SavedFilter) -> None:
        parse(saved.query, time.time())
        self._store.save_filter(msgspec.structs.replace(saved, name=check_name(saved.name)))

    def remove_filter(self, name: str) -> None:
        self._store.remove_filter(name)

    def import_file(self, path: Path, session: str, progress: Progress | None = None) -> Session:
        from wireglass.capture.importing import import_har  # a fifth of what the main process takes to load

        return import_har(self._store, path, check_session_name(session) if session else name_of(time.time()), progress)


def check_name(name: str) -> str:
    """Without space around it. Raises UsageError."""
    try:
        return parse_session(name)
    except ValueError as refusal:
        raise UsageError(f"The name {name!r} {refusal}.") from None


def check_session_name(name: str) -> str:
    """The same for what people call a session: a number would name another one by its id."""
    name = check_name(name)
    if name.isascii() and name.isdigit():
        raise UsageError(
            f"The name {name!r} is a number, and numbers name sessions by their id.", f"Add a word: 'run {name}'."
        )
    return name


def check_note(note: str) -> None:
    if len(note) > NOTE:
        raise UsageError(f"The note has {len(note)} characters, and {NOTE} at most are kept.", "Write a shorter one.")


def _check_retention(retention: Retention) -> None:
    for name in ("age", "count", "size"):
        value = getattr(retention, name)
        if value is not None and not 0 <= value < 2**63:
            raise UsageError(f"The {name} of what may stay is {value}.", "It must be a number from 0 on.")


def _check_options(options: SessionOptions) -> None:
    """Raises UsageError, QueryError for the filter."""
    capture_filter(options.filter, time.time())
    _check_retention(options.retention)
    for pattern in options.skip_bodies:
        type, slash, sub = pattern.partition("/")
        if not (type and slash and sub) or "*" in type or "*" in sub.removesuffix("*") or pattern != pattern.lower():
            raise UsageError(f"{pattern!r} is no media type.", "Write for example image/* or video/mp4.")
