"""The store as those who change the record see it: sessions, marks, what is deleted, kept for a time, and imported.

What takes long (deleting, giving space back, importing) is done in small transactions, each asked for by the thread
that waits for the whole: the batches of a running capture are written between them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from wireglass.errors import StoreError, UsageError
from wireglass.model import Color, Imported, Retention, SavedFilter, Session, SessionOptions, SessionState
from wireglass.store import marks, staging
from wireglass.store.database import explain
from wireglass.store.retention import Oldest
from wireglass.store.sessions import check_note
from wireglass.store.staging import Prepared
from wireglass.store.tallies import Kind
from wireglass.store.verdict import Missed
from wireglass.store.writer import Closed, Writer

T = TypeVar("T")

STEP = 0.01
"""Seconds of the writer's time that one step of something long should take, its commit included."""

FIRST_STEP = 32
"""What is done in the first one: exchanges, or pages."""

LONGEST_STEP = 2000

SLACK = 1024
"""Free pages (16 MiB) that ``retain`` leaves in the file: what comes next is written into them, and moving pages to cut
them off would be work for nothing."""

PORTION = 1 << 20
"""Bytes of bodies that one step of an import takes, or ``LONGEST_PORTION`` records."""

LONGEST_PORTION = 200

ALL_DEFAULTS = SessionOptions()
NO_LIMITS = Retention()


class Store(Writer):
    """Made by ``open_store``. Every method may be called from any thread; all but ``submit`` wait for the writer. Those
    that name a session or filter that is not there raise ``NotFound``."""

    def __init__(self, folder: Path, on_trouble: Callable[[str | None], None]) -> None:
        self._importing: set[int] = set()
        super().__init__(folder, on_trouble)
        self._sessions = self._ledger.sessions

    # sessions

    def start_session(self, name: str, source: str, options: SessionOptions = ALL_DEFAULTS, note: str = "") -> Session:
        """One that records. An ended one of this name goes on, with these options, and with its own note where none is
        given; of one that has not ended ``UsageError`` is raised."""
        return self._write(lambda: self._sessions.start(name, source, options, note, time.time()))

    def set_session_state(self, id: int, state: SessionState) -> Session:
        """An ended one may record again; ``UsageError`` if it shall pause."""
        return self._write(lambda: self._sessions.set_state(id, state, time.time()))

    def change_session(
        self, id: int, *, name: str | None = None, note: str | None = None, options: SessionOptions | None = None
    ) -> Session:
        """What is None stays. The exchanges of a renamed one do not count as changed. Raises ``UsageError`` for a name
        that another one has."""
        return self._write(lambda: self._sessions.change(id, name, note, options, time.time()))

    def end_left_sessions(self) -> int:
        """What a process that died has left recording or paused is ended, at the time of its last exchange. At start,
        when the spools have been replayed. Returns how many there were."""
        return self._write(self._sessions.end_left)

    def clear_session(self, id: int) -> int:
        """Take out of it what it holds now; what no other session holds is deleted, open exchanges at their end.
        Returns how many went out. What it has missed stays counted."""
        went = self._empty(id)
        self.compact()
        return went

    def delete_session(self, id: int) -> int:
        """With the exchanges that no other session holds, open ones at their end; returns how many went out of it.
        Raises ``UsageError`` while it is not ended."""
        session = self._write(lambda: self._sessions.get(id, time.time()))
        if session.state != "ended":
            raise UsageError(f"session {session.name!r} is {session.state}.", "Stop it before it is deleted.")
        went = self._empty(id)

        def remove() -> None:
            self._sessions.remove(id)
            self._ledger.missing.forget(id)

        self._write(remove)
        self.compact()
        return went

    def _empty(self, id: int) -> int:
        last = self._write(lambda: self._sessions.newest_in(id))
        went = 0
        after = 0
        while ids := self._write(partial(self._sessions.held, id, after, last, LONGEST_STEP)):
            went += self._in_steps([(id, exchange) for exchange in ids], self._leave)
            after = ids[-1]
        return went

    # exchanges

    def leave(self, memberships: Sequence[tuple[int, int]]) -> int:
        """(session, exchange): those it should not hold any more. An exchange that is then in none is deleted, an open
        one at its end. Returns how many of these memberships there were."""
        return self._in_steps(memberships, self._leave)

    def mark(
        self, ids: Sequence[int], *, color: Color | None = None, star: bool | None = None, note: str | None = None
    ) -> int:
        """What is None stays. Returns how many of these exchanges there are."""
        if note is not None:
            check_note(note)
        one = partial(marks.mark, self._db, self._ledger.next_seq, color, star, note)
        return self._in_steps(ids, one)

    def delete(self, ids: Sequence[int]) -> int:
        """Wherever they are held; returns how many there were. Raises ``UsageError``, and deletes none, if one of them
        is open. Their space is free for others; ``compact`` gives it back to the disk."""
        open_ids = sorted(self._write(self._ledger.open_ids) & set(ids))
        if open_ids:
            raise UsageError(f"exchange {open_ids[0]} is still open.", "Wait for its end, or leave it out.")
        return self._in_steps(ids, self._ledger.deletion.delete)

    def missed(self, missed: Sequence[Missed]) -> None:
        self._write(lambda: self._ledger.missing.add(missed))

    def save_filter(self, saved: SavedFilter) -> None:
        """In the place of one with the same name."""
        self._write(lambda: marks.save_filter(self._db, saved))

    def remove_filter(self, name: str) -> None:
        self._write(lambda: marks.remove_filter(self._db, name))

    # what may stay

    def prune(self, retention: Retention, session: int | None = None) -> int:
        """Delete the oldest ended exchanges of the store until what is left is within ``retention``; or take those of a
        session out of it. What is starred stays, unless a count or size leaves nothing else to go. Returns how many
        went. All space that is free is given back to the disk."""
        went = self._expire(retention, session, thorough=True)
        self.compact()
        return went

    def retain(self, retention: Retention = NO_LIMITS) -> int:
        """What a running store asks for every so often, on a thread of its own: ``prune`` for the whole store and for
        each session that has limits; but up to 16 MiB of free space stay for what comes next. Also takes back what an
        import that was killed has left. Returns how many exchanges went."""
        for number in self._write(self._ledger.staging.numbers):
            if number not in self._importing:
                self._drop_import(number)
        went = 0
        for id, limits in self._write(self._sessions.limits):
            went += self._expire(limits, id, thorough=False)
        went += self._expire(retention, None, thorough=False)
        self.compact(SLACK)
        return went

    def _expire(self, retention: Retention, session: int | None, *, thorough: bool) -> int:
        if retention == NO_LIMITS:
            return 0
        went = 0
        with Oldest(self._folder, session) as oldest:
            for ids in oldest.beyond(retention, time.time(), thorough=thorough):
                if session is None:
                    gone = self._in_steps(ids, self._ledger.deletion.delete)
                else:
                    gone = self._in_steps([(session, id) for id in ids], self._leave)
                went += gone
                if gone == 0 or self._closed:
                    break
        return went

    def compact(self, keep: int = 0) -> int:
        """Cut free pages off the database's file, but for ``keep`` of them; returns how many. The file is shorter when
        that is in it, not in the write-ahead log, which this sees to as well unless a reader is in its way."""
        cut = 0
        pages = FIRST_STEP

        def free() -> int:
            return int(str(self._db.pragma("freelist_count")))

        def vacuum(many: int) -> int:
            before = free()
            # A row for each page: it works while it is asked for them.
            for _ in self._db.execute(f"PRAGMA incremental_vacuum({many})"):
                pass
            return before - free()

        with contextlib.suppress(Closed):
            while (left := self._ask(free) - keep) > 0:
                done, took = self._timed(partial(vacuum, min(pages, left)))
                if done == 0:
                    break
                cut += done
                pages = _next_step(pages, took)
            if cut:
                self._ask(self._checkpoint_now)
        return cut

    # imports

    def import_records(
        self,
        name: str,
        source: str,
        records: Iterable[Imported],
        progress: Callable[[int], None] | None = None,
    ) -> Session:
        """A session of this name with these exchanges, which appears as a whole when they are all there. ``progress``:
        how many are. Whatever is raised, by ``records`` too, nothing of it stays; of a process that is killed
        ``retain`` takes it back. Raises ``UsageError`` if there is a session of this name."""
        began = time.time()
        self._write(lambda: self._sessions.check_free(name))
        number = self._write(self._ledger.staging.new)
        self._importing.add(number)
        kinds: dict[Kind, list[int]] = {}

        def finish() -> int:
            id = self._sessions.add_ended(name, source, began, time.time())
            self._ledger.staging.finish(number, id, kinds)
            return id

        stage = self._ledger.staging
        waiting: list[Prepared] = []
        try:
            done = held = 0
            for record in records:
                waiting.append(stage.prepare(number, record))
                held += waiting[-1].weight
                if held >= PORTION or len(waiting) >= LONGEST_PORTION:
                    done += self._take_in(number, waiting, kinds)
                    held = 0
                    if progress is not None:
                        progress(done)
            done += self._take_in(number, waiting, kinds)
            if progress is not None:
                progress(done)
            id = self._write(finish)
        except BaseException:
            with contextlib.suppress(StoreError):  # ``retain`` takes it back then, and the next start its files
                # On the writer's thread: after a Ctrl-C it may still be taking these in.
                self._ask(partial(stage.discard, waiting))
                self._drop_import(number)
            raise
        finally:
            self._importing.discard(number)
        return self._write(lambda: self._sessions.get(id, time.time()))  # with what the last transaction has counted

    def _take_in(self, number: int, records: list[Prepared], kinds: dict[Kind, list[int]]) -> int:
        """One step of an import, after which ``records`` is empty. Returns how many they were."""
        self._write(partial(self._ledger.staging.add, number, records))
        staging.count(kinds, records)
        many = len(records)
        records.clear()
        return many

    def _drop_import(self, number: int) -> None:
        while self._write(lambda: self._ledger.staging.drop(number, LONGEST_PORTION)):
            pass

    # steps

    def _leave(self, membership: tuple[int, int]) -> bool:
        session, exchange = membership
        return self._ledger.deletion.leave(exchange, (session,))

    def _in_steps(self, items: Sequence[T], one: Callable[[T], bool]) -> int:
        """``one`` for each item, on the writer's thread, in transactions of about ``STEP``. Returns for how many it was
        True. Ends early, with what is done by then, when the store is closed."""
        done = went = 0
        size = FIRST_STEP

        with contextlib.suppress(Closed):
            while done < len(items):
                count, took = self._timed(partial(_how_many, one, items[done : done + size]))
                went += count
                done += size
                size = _next_step(size, took)
        return went

    def _timed(self, work: Callable[[], T]) -> tuple[T, float]:
        """As one transaction; with the seconds that the writer spent on it."""

        def run() -> tuple[T, float]:
            began = time.monotonic()
            return self._transact(work), time.monotonic() - began

        return self._ask(run)


def _how_many(one: Callable[[T], bool], items: Sequence[T]) -> int:
    return sum(map(one, items))


def _next_step(size: int, took: float) -> int:
    """Towards ``STEP``, at most twice as much as before: one slow commit says little."""
    return max(1, min(LONGEST_STEP, 2 * size, int(size * STEP / max(took, 1e-6))))


def open_store(folder: Path, on_trouble: Callable[[str | None], None]) -> Store:
    """Open the store in ``folder`` (made, mode 0700, if it is not there) for the one process that writes it.

    ``on_trouble`` is called on the writer's thread: once with a line for people when what is submitted cannot be kept
    any more, and once with None when it can again. Raises ``StoreError``.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error, folder) from error
    return Store(folder, on_trouble)
