"""What the messages of a batch do to the store: all of it inside the writer's transaction.

An exchange is *open* from its first ``Opened`` to its ``Closed``. The hot case, a ``Closed`` for an exchange that is
not open, is gathered in lists and written by ``flush``; everything else is rare and written at once. What a transaction
changed in memory is taken back by ``rolled_back``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import apsw
import msgspec

from wireglass.errors import StoreFull
from wireglass.model import REQUEST, RESPONSE, TIMELINE, Batch, Certificate, Closed, Opened, Part, Summary
from wireglass.store.bodies import GAPS, Bodies
from wireglass.store.deletion import Deletion
from wireglass.store.missing import MissingCounts
from wireglass.store.rows import (
    INSERT_DETAIL,
    INSERT_EXCHANGE,
    UPDATE_DETAIL,
    UPDATE_EXCHANGE,
    Row,
    at_least,
    exchange_row,
)
from wireglass.store.sessions import Sessions
from wireglass.store.staging import Staging
from wireglass.store.tallies import Tallies, has_failed, kind_of
from wireglass.store.verdict import Missed, Verdict

SIDES = (REQUEST, RESPONSE, TIMELINE)
RUN_SHIFT = 40
"""A key is the number of its run times 2**40 plus a count (model.Exchange)."""

INSERT_MEMBERSHIP = "INSERT INTO memberships (session_id, exchange_id) VALUES (?, ?)"
GROW = {
    REQUEST: "UPDATE exchanges SET seq = ?, request_size = max(request_size, ?) WHERE id = ?",
    RESPONSE: "UPDATE exchanges SET seq = ?, response_size = max(response_size, ?) WHERE id = ?",
}


class Counts(msgspec.Struct, frozen=True):
    """What this process has kept so far."""

    exchanges: int = 0
    """Ended exchanges that are in the store."""
    body_bytes: int = 0
    """Bytes of bodies kept for them, before equal contents are stored once."""
    lost: int = 0
    """Exchanges that could not be kept, or whose end could not."""
    failed: int = 0
    """Of ``exchanges``: those that ended with an error."""

    def plus(self, exchanges: int = 0, body_bytes: int = 0, lost: int = 0, failed: int = 0) -> Counts:
        return Counts(self.exchanges + exchanges, self.body_bytes + body_bytes, self.lost + lost, self.failed + failed)


@dataclass(frozen=True)
class Failure:
    """Why an exchange ended without a ``Closed``."""

    kind: str
    error: str


NOTHING_APART = Verdict({}, {}, ())

LOST_END = Failure(StoreFull.code, "its end could not be recorded: the store was full")


class Ledger:
    """The state of the store that the writer keeps in memory, and the rows of the running transaction."""

    def __init__(self, db: apsw.Connection, folder: Path) -> None:
        self._db = db
        self._bodies = Bodies(db, folder)
        self._tallies = Tallies(db)
        self.missing = MissingCounts(db)
        self.sessions = Sessions(db)
        self.deletion = Deletion(db, self._bodies, self._tallies, self.next_seq)
        self.staging = Staging(db, self._bodies, self._tallies, self._next_id, self.next_seq)
        counters: dict[str, int] = dict(db.execute("SELECT name, value FROM counters"))
        self._id, self._seq = counters["exchange"], counters["seq"]
        self._seqs: dict[int, int] = dict(db.execute("SELECT run, last_seq FROM runs"))
        self._open: dict[int, int] = dict(db.execute("SELECT key, id FROM exchanges WHERE key IS NOT NULL"))
        self._gaps: dict[int, set[int]] = {}
        """Of exchanges the store has never seen because it was full: the sides of which parts were lost."""
        self._overdue: dict[int, Failure] = {}
        """Open exchanges that will hear no more, and are not yet marked."""
        self._certificates: set[bytes] = set()
        self.counts = Counts()
        self._before = (self._id, self._seq)
        self._reset()

    def _reset(self) -> None:
        self._exchanges: list[Row] = []
        self._details: list[Row] = []
        self._memberships: list[tuple[int, int]] = []
        self._undo: list[Callable[[], object]] = []
        self._new_seqs: dict[int, int] = {}
        self._kept = self._kept_failed = 0

    # what the writer calls, in this order: begin, apply …, flush, then committed or rolled_back

    def last_seq(self, run: int) -> int:
        return self._seqs.get(run, 0)

    @property
    def seq(self) -> int:
        """Of the newest change; what is committed, between two transactions."""
        return self._seq

    def next_seq(self, many: int = 1) -> int:
        """The last of ``many`` new ones."""
        self._seq += many
        return self._seq

    def _next_id(self) -> int:
        self._id += 1
        return self._id

    def open_ids(self) -> set[int]:
        return set(self._open.values())

    def has_open(self, key: int) -> bool:
        return key in self._open

    def begin(self) -> None:
        self._before = (self._id, self._seq)
        self._bodies.begin()
        self.sessions.begin()
        self.deletion.begin()

    @property
    def overdue(self) -> list[int]:
        """The keys of the exchanges that ``settle`` would mark."""
        return list(self._overdue)

    def settle(self, keys: Iterable[int]) -> None:
        """Mark exchanges that will hear no more."""
        for key in keys:
            self._fail(key, self._overdue[key])

    def give_up(self, key: int) -> None:
        """This exchange cannot be marked: leave it open until the next start."""
        del self._overdue[key]

    def apply(self, batch: Batch, sessions: tuple[int, ...], verdict: Verdict | None = None) -> None:
        if batch.seq <= self._new_seqs.get(batch.run, self.last_seq(batch.run)):
            return
        self._new_seqs[batch.run] = batch.seq
        if verdict is not None or self.sessions.that_are(sessions) != sessions:
            self._apply_apart(batch, sessions, verdict or NOTHING_APART)
            return
        for message in batch.messages:
            if type(message) is Closed:
                if message.key in self._open:
                    self._close(message)
                else:
                    self._insert_closed(message, sessions)
            elif type(message) is Part:
                self._part(message)
            elif type(message) is Opened:
                self._opened(message, sessions)
            elif type(message) is Certificate:
                self._certificate(message)

    def _apply_apart(self, batch: Batch, sessions: tuple[int, ...], verdict: Verdict) -> None:
        for message in batch.messages:
            if isinstance(message, Certificate):
                self._certificate(message)
            elif message.key in self._open:
                self._apply_open(message, verdict)
            else:
                given = verdict.apart.get(message.key, sessions)
                own = self.sessions.that_are(given)
                if given and not own:  # they were deleted meanwhile, and what they held
                    self._forget_gaps(message.key)
                elif type(message) is Closed:
                    self._insert_closed(message, own)
                elif type(message) is Opened:
                    self._opened(message, own)
                elif type(message) is Part:
                    self._part(message)
        self.missing.add(verdict.missed)

    def _apply_open(self, message: Opened | Part | Closed, verdict: Verdict) -> None:
        if type(message) is Closed:
            self._close(message, verdict.leaving.get(message.key, ()))
        elif type(message) is Opened:
            self._opened(message, ())
        elif type(message) is Part:
            self._part(message)

    def flush(self) -> None:
        run = self._db.executemany
        grown = self._bodies.flush()
        if self._exchanges:
            run(INSERT_EXCHANGE, self._exchanges)
            run(INSERT_DETAIL, self._details)
        if self._memberships:
            run(INSERT_MEMBERSHIP, self._memberships)
        self._tallies.flush()
        self.deletion.flush()
        self.missing.pay()
        for (key, side), length in grown:
            if side == TIMELINE:
                continue  # what it counts has grown as well
            self._seq += 1
            self._db.execute(GROW[side], (self._seq, length, self._open[key]))
        if self._new_seqs:
            run("INSERT OR REPLACE INTO runs (run, last_seq) VALUES (?, ?)", self._new_seqs.items())
        now = (self._id, self._seq)
        if now != self._before:
            run("UPDATE counters SET value = ? WHERE name = ?", zip(now, ("exchange", "seq"), strict=True))

    def committed(self) -> None:
        self._seqs.update(self._new_seqs)
        kept, failed = self._kept, self._kept_failed
        self._tallies.clear()
        self.missing.committed()
        self._reset()
        self.counts = self.counts.plus(exchanges=kept, body_bytes=self._bodies.committed(), failed=failed)

    def rolled_back(self) -> None:
        self._bodies.rolled_back()
        self._tallies.clear()
        self.missing.rolled_back()
        self.sessions.rolled_back()
        self.deletion.rolled_back()
        for undo in reversed(self._undo):
            undo()
        self._id, self._seq = self._before
        self._certificates.clear()
        self._reset()

    def lose(self, batch: Batch, verdict: Verdict | None = None) -> None:
        """The batch cannot be kept. Remember what that does to the exchanges in it, for when there is room again."""
        lost = 0
        if verdict is not None:
            self.missing.owe(verdict.missed)
        for message in batch.messages:
            if isinstance(message, Certificate):
                continue
            if type(message) is Closed:
                lost += 1
                self._gaps.pop(message.key, None)
                if message.key in self._open:
                    self._overdue[message.key] = LOST_END
                    kept_of = (message.request_kept, message.response_kept, message.timeline_kept)
                    for side, kept in zip(SIDES, kept_of, strict=True):
                        if kept > self._bodies.length(message.key, side):
                            self._bodies.lose_rest(message.key, side)
                else:
                    self.missing.owe([_lost(message.summary)])
            elif type(message) is Part:
                if message.side not in SIDES:
                    continue
                if message.key in self._open:
                    self._bodies.lose_rest(message.key, message.side)
                else:
                    self._gaps.setdefault(message.key, set()).add(message.side)
            elif message.key not in self._open:
                self._gaps.setdefault(message.key, set())
        self.counts = self.counts.plus(lost=lost)

    def end(self, failure: Failure, run: int | None = None) -> None:
        """The open exchanges (of one run, or all) will hear no more: the next transaction marks them."""
        for key in self._open:
            if run is None or key >> RUN_SHIFT == run:
                self._overdue.setdefault(key, failure)
        never = [key for key in self._gaps if run is None or key >> RUN_SHIFT == run]
        for key in never:
            del self._gaps[key]
        self.counts = self.counts.plus(lost=len(never))

    @property
    def unsettled(self) -> bool:
        """True if there is something to write although no batch has come."""
        return bool(self._overdue) or self._bodies.unsaved or self.missing.owed

    def close(self) -> None:
        self._bodies.close()

    # exchanges

    def _insert_closed(self, message: Closed, sessions: tuple[int, ...]) -> None:
        self._id = id = self._id + 1
        self._seq = seq = self._seq + 1
        request_note, response_note = message.request_note, message.response_note
        request = response = None
        if message.request or message.request_kept:
            request, request_note = self._bodies.whole(message.request, message.request_kept, request_note)
        if message.response or message.response_kept:
            response, response_note = self._bodies.whole(message.response, message.response_kept, response_note)
        timeline, timeline_note = None, message.timeline_note
        if message.timeline_kept:
            timeline, timeline_note = self._bodies.whole(
                message.timeline, message.timeline_kept, timeline_note, counted=False
            )
        if self._gaps:
            self._forget_gaps(message.key)
        self._exchanges.append(exchange_row(id, seq, None, message.summary))
        self._details.append(
            (id, message.detail, request, response, request_note, response_note, timeline, timeline_note)
        )
        summary = message.summary
        kind = kind_of(sessions, summary)
        for session in sessions:
            self._memberships.append((session, id))
        if sessions:
            self._tallies.add(kind, summary.request_size, summary.response_size)
        self._kept += 1
        self._kept_failed += kind[-1]

    def _opened(self, message: Opened, sessions: tuple[int, ...]) -> None:
        id = self._open.get(message.key)
        self._seq += 1
        if id is not None:
            row = exchange_row(id, self._seq, message.key, message.summary, self._lengths(message.key))
            self._db.execute(UPDATE_EXCHANGE, row)
            self._db.execute("UPDATE details SET data = ? WHERE exchange_id = ?", (message.detail, id))
            return
        self._id = id = self._id + 1
        self._db.execute(INSERT_EXCHANGE, exchange_row(id, self._seq, message.key, message.summary))
        self._db.execute(INSERT_DETAIL, (id, message.detail, None, None, "", "", None, ""))
        self._db.executemany(INSERT_MEMBERSHIP, [(session, id) for session in sessions])
        self._open[message.key] = id

        def undo() -> None:
            del self._open[message.key]
            self._bodies.forget(message.key)

        self._undo.append(undo)
        for side in self._forget_gaps(message.key):
            self._bodies.lose_rest(message.key, side)

    def _forget_gaps(self, key: int) -> set[int]:
        gaps = self._gaps.pop(key, None)
        if gaps is None:
            return set()
        self._undo.append(lambda: self._gaps.__setitem__(key, gaps))
        return gaps

    def _part(self, message: Part) -> None:
        if message.side not in SIDES:
            raise ValueError(f"a part of exchange {message.key} is for side {message.side}: there are 0, 1 and 2")
        if message.key in self._open:
            self._bodies.append(message.key, message.side, message.data)
        else:
            self._gaps.setdefault(message.key, set()).add(message.side)

    def _close(self, message: Closed, leaving: tuple[int, ...] = ()) -> None:
        key, id = message.key, self._leave(message.key)
        end = self._bodies.end
        request, request_note = end(key, REQUEST, message.request, message.request_kept, message.request_note)
        response, response_note = end(key, RESPONSE, message.response, message.response_kept, message.response_note)
        self._seq += 1
        self._db.execute(UPDATE_EXCHANGE, exchange_row(id, self._seq, None, message.summary))
        timeline, timeline_note = end(key, TIMELINE, message.timeline, message.timeline_kept, message.timeline_note)
        self._db.execute(
            UPDATE_DETAIL,
            (id, message.detail, request, response, request_note, response_note, timeline, timeline_note),
        )
        if self.deletion.ended(id, leaving):
            self._kept += 1
            self._kept_failed += has_failed(message.summary)

    def _fail(self, key: int, failure: Failure) -> None:
        """End an open exchange that will hear no more, with what is there of its bodies."""
        lengths = (*self._lengths(key), self._bodies.length(key, TIMELINE))
        id = self._leave(key)
        # The row is gone if somebody deleted it by hand: that must not keep the others from being marked.
        rows = list(self._db.execute("SELECT request_size, response_size FROM exchanges WHERE id = ?", (id,)))
        sizes: tuple[int, int] = rows[0] if rows else (0, 0)
        ends: list[tuple[int | None, str]] = []
        for side in SIDES:
            note = ""
            if gap := self._bodies.broken(key, side):
                note = f"the rest was lost: {GAPS[gap]}"
            elif side != TIMELINE and sizes[side] > lengths[side]:
                note = f"{sizes[side] - lengths[side]} bytes were not recorded: {failure.error}"
            ends.append(self._bodies.end(key, side, [], lengths[side], note))
        self._seq += 1
        self._db.execute(
            "UPDATE exchanges SET seq = ?, key = NULL, state = 'failed', error_kind = ?, error = ?,"
            " request_size = ?, response_size = ? WHERE id = ?",
            (self._seq, failure.kind, failure.error, *at_least(sizes, lengths[:2]), id),
        )
        (request, request_note), (response, response_note), (timeline, timeline_note) = ends
        self._db.execute(
            "UPDATE details SET request_body = ?, response_body = ?, request_note = ?, response_note = ?, timeline = ?,"
            " timeline_note = ? WHERE exchange_id = ?",
            (request, response, request_note, response_note, timeline, timeline_note, id),
        )
        if self.deletion.ended(id) and failure is not LOST_END:
            self._kept += 1
            self._kept_failed += 1

    def _leave(self, key: int) -> int:
        id = self._open.pop(key)
        self._undo.append(lambda: self._open.__setitem__(key, id))
        overdue = self._overdue.pop(key, None)
        if overdue is not None:
            self._undo.append(lambda: self._overdue.__setitem__(key, overdue))
        return id

    def _lengths(self, key: int) -> tuple[int, int]:
        return self._bodies.length(key, REQUEST), self._bodies.length(key, RESPONSE)

    def _certificate(self, message: Certificate) -> None:
        if message.hash not in self._certificates:
            self._db.execute(
                "INSERT OR IGNORE INTO certificates (hash, der) VALUES (?, ?)", (message.hash, message.der)
            )
            self._certificates.add(message.hash)


def _lost(s: Summary) -> Missed:
    return Missed(0, "store_full", s.host, 1, s.started, f"{s.method} {s.url}", s.client.rpartition(":")[0])
