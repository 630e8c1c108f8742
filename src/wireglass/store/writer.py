"""The one writer: a thread that takes whatever has been submitted into one transaction.

A batch that comes alone is committed at once; under load the batches that arrived during one commit are the next
transaction, so that the cost of a commit is shared exactly when it matters.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

import apsw

from wireglass.errors import StoreError, WireglassError
from wireglass.model import Batch
from wireglass.store.database import NAME, connect_writer, explain
from wireglass.store.ledger import Counts, Failure, Ledger
from wireglass.store.verdict import Verdict

T = TypeVar("T")

BATCHES = 8
"""In one transaction: about 2 MiB, and 10 ms."""

WAL_PAGES = 512
"""Pages in the write-ahead log that start a checkpoint. With 8 MiB commits had a p99 of 45 to 60 ms; with 16 MiB (and
transactions of 4 MiB) 75 to 105; with 64 MiB, in a store of five million bodies, 170 to 275, at about the same rate."""

GATHER = 0.04
"""Seconds after a commit in which batches are gathered for the next one. Under load the proxies hand over 200 batches
a second, and each commit writes the last page of every table and index again: with a commit for each the main process
spends 44 µs on an exchange, with this and the larger pages (database.PAGE_SIZE) 36."""

ROOM = 1 << 20
"""Bytes that must be free before a full disk counts as one with room again: a small batch fits where most do not."""

RETRY = 1.0
"""Seconds between two attempts to write what no batch brings along."""


@dataclass(frozen=True)
class _Entry:
    batch: Batch
    sessions: tuple[int, ...]
    done: Callable[[], None]
    verdict: Verdict | None


@dataclass(frozen=True)
class _Task:
    run: Callable[[], None]


class Closed(StoreError):
    """The store has been closed meanwhile."""


class Writer:
    """What there is of a ``Store`` (record.py) for a capture that runs. Every method may be called from any thread; all
    but ``submit`` wait for the writer."""

    def __init__(self, folder: Path, on_trouble: Callable[[str | None], None]) -> None:
        self._folder = folder
        self._on_trouble = on_trouble
        self._db = connect_writer(folder)
        try:
            self._ledger = Ledger(self._db, folder)
        except (apsw.Error, OSError) as error:
            self._db.close()
            raise explain(error, folder / NAME) from error
        except BaseException:
            self._db.close()
            raise
        self._queue: SimpleQueue[_Entry | _Task] = SimpleQueue()
        self._held: _Entry | _Task | None = None
        self._trouble = False
        self._settled_at = 0.0
        self._gather_until = 0.0
        self._wal_pages = 0
        self._running = True
        self._closed = False
        self._closing = threading.Lock()
        """So that nothing is put behind the last word of ``close``, where nobody would answer it."""
        self._listeners: list[Callable[[int], None]] = []
        self._db.set_wal_hook(self._note_wal)
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> Counts:
        return self._ledger.counts

    def last_seq(self, run: int) -> int:
        """Highest ``seq`` of this run that is committed; 0 if none is."""
        return self._ledger.last_seq(run)

    def has_open(self, key: int) -> bool:
        """Whether an exchange of this key is open, as of the last transaction."""
        return self._ledger.has_open(key)

    def begin_run(self) -> int:
        """A number for a run of a proxy that no other run of this store has had, from 1."""

        def work() -> int:
            (row,) = self._db.execute("UPDATE counters SET value = value + 1 WHERE name = 'run' RETURNING value")
            self._db.execute("INSERT INTO runs (run, last_seq) VALUES (?, 0)", row)
            return int(row[0])

        return self._write(work)

    def submit(
        self, batch: Batch, sessions: tuple[int, ...], done: Callable[[], None], verdict: Verdict | None = None
    ) -> None:
        """Never blocks. ``done`` is called on the writer's thread when the batch is committed, when it was before
        (``batch.seq`` is not above ``last_seq``), or when it could not be kept and is counted as lost. ``sessions``:
        those of the exchanges that are first told of in it; ``verdict``: where that is not the same for all."""
        self._put(_Entry(batch, sessions, done, verdict))

    def end_run(self, run: int, kind: str, error: str) -> None:
        """What is still open of this run has failed, with this ``error_kind`` and ``error``. If the store is full, the
        rows are marked when there is room again."""
        self._ask(lambda: self._end(Failure(kind, error), run))

    def fail_open(self, kind: str, error: str) -> None:
        """The same for everything that is open: at start, when the spools have been replayed."""
        self._ask(lambda: self._end(Failure(kind, error), None))

    def on_commit(self, listener: Callable[[int], None]) -> None:
        """``listener`` is called on the writer's thread, after each commit that has changed something one can see, with
        the newest ``seq``. It must not block."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Write what has been submitted, fold the write-ahead log into the database, and close it."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(_Task(self._stop))
        self._thread.join()

    # asking the writer's thread

    def _put(self, job: _Entry | _Task) -> None:
        with self._closing:
            if self._closed:
                raise Closed(f"the store in {self._folder} is closed.", "This is a defect: please report it.")
            self._queue.put(job)

    def _ask(self, work: Callable[[], T]) -> T:
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except WireglassError as error:
                future.set_exception(error)
            except Exception as error:
                future.set_exception(explain(error, self._folder / NAME))

        self._put(_Task(run))
        return future.result()

    def _write(self, work: Callable[[], T]) -> T:
        return self._ask(lambda: self._transact(work))

    # on the writer's thread

    def _stop(self) -> None:
        self._running = False

    def _run(self) -> None:
        while self._running:
            job = self._take()
            if isinstance(job, _Task):
                job.run()
            else:
                self._settle()
                self._keep(job)
                self._gather_until = time.monotonic() + GATHER
            self._checkpoint()
        self._finish()

    def _take(self) -> list[_Entry] | _Task:
        """The next task, or the batches that wait before it."""
        job, self._held = self._held, None
        while job is None:
            try:
                job = self._queue.get(timeout=RETRY if self._ledger.unsettled else None)
            except Empty:
                self._settle()
        entries: list[_Entry] = []
        while isinstance(job, _Entry):
            entries.append(job)
            if len(entries) == BATCHES:
                return entries
            wait = self._gather_until - time.monotonic()
            try:
                job = self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
            except Empty:
                return entries
        if entries:
            self._held = job
            return entries
        return job

    def _keep(self, entries: list[_Entry]) -> None:
        """Commit the batches together or, if that fails, each by itself: what one of them cannot do is not the loss of
        the others."""

        def work() -> None:
            for entry in entries:
                self._ledger.apply(entry.batch, entry.sessions, entry.verdict)

        try:
            self._transact(work)
        except Exception as error:
            if len(entries) > 1:
                for entry in entries:
                    self._keep([entry])
                return
            self._ledger.lose(entries[0].batch, entries[0].verdict)
            self._failed(error)
        else:
            self._worked()
        for entry in entries:
            try:
                entry.done()
            except Exception as error:
                self._failed(error)

    def _transact(self, work: Callable[[], T]) -> T:
        before = self._ledger.seq
        # Outside: if there is no transaction, the ledger must not go back to where the last one began.
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._ledger.begin()
            result = work()
            self._ledger.flush()
            self._db.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors (https://sqlite.org/lang_transaction.html, 3).
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._ledger.rolled_back()
            raise
        self._ledger.committed()
        if self._ledger.seq != before:
            for listener in self._listeners:
                with contextlib.suppress(Exception):  # as with _tell
                    listener(self._ledger.seq)
        return result

    def _end(self, failure: Failure, run: int | None) -> None:
        self._ledger.end(failure, run)
        self._settled_at = 0.0
        self._settle()

    def _settle(self) -> None:
        if self._ledger.unsettled and time.monotonic() - self._settled_at >= RETRY:
            self._settled_at = time.monotonic()
            self._write_due()

    def _write_due(self) -> None:
        """Write what is due of exchanges that lost messages or their proxy. Apart from the batches: what keeps it from
        being written must not keep them."""
        keys = self._ledger.overdue
        try:
            self._transact(lambda: self._ledger.settle(keys))
        except Exception as error:
            if isinstance(error, apsw.Error) or not keys:
                self._failed(error)
                return
            # Not the database: what one of them cannot do must not keep the others from being marked.
            for key in keys:
                self._settle_alone(key)

    def _settle_alone(self, key: int) -> None:
        try:
            self._transact(lambda: self._ledger.settle([key]))
        except Exception as error:
            self._failed(error)
            if not isinstance(error, apsw.Error):
                self._ledger.give_up(key)

    def _failed(self, error: Exception) -> None:
        if not self._trouble:
            self._trouble = True
            self._tell(explain(error, self._folder / NAME).line())

    def _worked(self) -> None:
        if self._trouble:
            try:
                free = shutil.disk_usage(self._folder).free
            except OSError:  # the folder was moved away under us
                return
            if free >= ROOM:
                self._trouble = False
                self._tell(None)

    def _tell(self, trouble: str | None) -> None:
        # Whoever was to be told may be gone already (a closed event loop raises); the writer goes on.
        with contextlib.suppress(Exception):
            self._on_trouble(trouble)

    def _note_wal(self, db: apsw.Connection, name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        if self._wal_pages >= WAL_PAGES:
            try:
                self._checkpoint_now()
            except apsw.Error as error:
                self._failed(error)

    def _checkpoint_now(self) -> None:
        self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _finish(self) -> None:
        try:
            self._write_due()
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except Exception as error:
            self._failed(error)
        finally:
            self._ledger.close()
            self._db.close()
