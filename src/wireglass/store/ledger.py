"""What the messages of a batch do to the store: all of it inside the writer's transaction.

An exchange is *open* from its first ``Opened`` to its ``Closed``. The hot case, a ``Closed`` for an exchange that is
not open, is gathered in lists and written by ``flush``; everything else is rare and written at once. What a transaction
changed in memory is taken back by ``rolled_back``.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import msgspec

from wireglass.errors import StoreFull
from wireglass.model import REQUEST, RESPONSE, Batch, Certificate, Closed, Opened, Part, Summary
from wireglass.store.bodies import INLINE, Descriptors, Folders, Growing, read
from wireglass.store.hashes import Hashes

SIDES = (REQUEST, RESPONSE)
RUN_SHIFT = 40
"""A key is the number of its run times 2**40 plus a count (model.Exchange)."""

INSERT_EXCHANGE = (
    "INSERT INTO exchanges (id, seq, key, method, url, host, started, protocol, source, client, status, type,"
    " request_size, response_size, duration_ms, state, error_kind, error)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
UPDATE_EXCHANGE = (
    "UPDATE exchanges SET seq = ?2, key = ?3, method = ?4, url = ?5, host = ?6, started = ?7, protocol = ?8,"
    " source = ?9, client = ?10, status = ?11, type = ?12, request_size = ?13, response_size = ?14, duration_ms = ?15,"
    " state = ?16, error_kind = ?17, error = ?18 WHERE id = ?1"
)
INSERT_DETAIL = (
    "INSERT INTO details (exchange_id, data, request_body, response_body, request_note, response_note)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
UPDATE_DETAIL = (
    "UPDATE details SET data = ?2, request_body = ?3, response_body = ?4, request_note = ?5, response_note = ?6"
    " WHERE exchange_id = ?1"
)
INSERT_BODY = "INSERT INTO bodies (id, hash, size, data) VALUES (?, ?, ?, ?)"
INSERT_MEMBERSHIP = "INSERT INTO memberships (session_id, exchange_id) VALUES (?, ?)"
GROW = {
    REQUEST: "UPDATE exchanges SET seq = ?, request_size = max(request_size, ?) WHERE id = ?",
    RESPONSE: "UPDATE exchanges SET seq = ?, response_size = max(response_size, ?) WHERE id = ?",
}
SAVE_OPEN_BODY = "INSERT OR REPLACE INTO open_bodies (key, side, length, broken) VALUES (?, ?, ?, ?)"

Row = tuple[int | float | str | bytes | msgspec.Raw | None, ...]


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


@dataclass
class OpenExchange:
    id: int
    bodies: list[Growing | None] = field(default_factory=lambda: [None, None])


@dataclass(frozen=True)
class Failure:
    """Why an exchange ended without a ``Closed``."""

    kind: str
    error: str


LOST_END = Failure(StoreFull.code, "its end could not be recorded: the store was full")


class Ledger:
    """The state of the store that the writer keeps in memory, and the rows of the running transaction."""

    def __init__(self, db: apsw.Connection, folder: Path) -> None:
        self._db = db
        self._folders = Folders(folder)
        self._folders.make()
        self._descriptors = Descriptors()
        self._id = self._seq = self._body = 0
        self._seqs: dict[int, int] = {}
        self._open: dict[int, OpenExchange] = {}
        self._gaps: dict[int, set[int]] = {}
        """Of exchanges the store has never seen because it was full: the sides of which parts were lost."""
        self._overdue: dict[int, Failure] = {}
        """Open exchanges that will hear no more, and are not yet marked."""
        self._certificates: set[bytes] = set()
        self._moved: list[int] = []
        """Bodies whose file has got its final name since the last transaction."""
        self._growing: set[tuple[int, int]] = set()
        """Open bodies with something to write into ``open_bodies``."""
        self.counts = Counts()
        self._before = (0, 0, 0)
        self._growing_before: set[tuple[int, int]] = set()
        self._reset()
        self._recover()
        self._load()
        self._hashes = Hashes(db)

    def _reset(self) -> None:
        self._exchanges: list[Row] = []
        self._details: list[Row] = []
        self._bodies: list[Row] = []
        self._memberships: list[tuple[int, int]] = []
        self._undo: list[Callable[[], None]] = []
        self._touched: set[Growing] = set()
        self._created: list[Path] = []
        self._after: list[Callable[[], None]] = []
        self._new_seqs: dict[int, int] = {}
        self._kept = self._kept_bytes = self._kept_failed = 0

    # at start

    def _recover(self) -> None:
        """Make the files say what the last committed transaction says, whatever was under way when a process died."""
        moves = list(self._db.execute("SELECT body_id, name, hash FROM moves JOIN bodies ON bodies.id = body_id"))
        for _, name, hash in moves:
            # A file that is gone is said when somebody asks for that body; the others are still worth opening for.
            with contextlib.suppress(FileNotFoundError):
                self._folders.move(name, hash)
        growing = list(self._db.execute("SELECT key, side, length FROM open_bodies"))
        shorter = []
        for key, side, length in growing:
            path = self._folders.growing(key, side)
            found = path.stat().st_size if path.exists() else 0
            if found < length:
                shorter.append((found, key, side))
        if moves or shorter:
            with self._db:
                self._db.execute("DELETE FROM moves")
                self._db.executemany(
                    "UPDATE open_bodies SET length = ?, broken = 1 WHERE key = ? AND side = ?", shorter
                )
        known = {self._folders.growing(key, side).name for key, side, _ in growing}
        for path in self._folders.open.iterdir():
            if path.name not in known:
                path.unlink()

    def _load(self) -> None:
        values: dict[str, int] = dict(self._db.execute("SELECT name, value FROM counters"))
        self._id, self._seq, self._body = values["exchange"], values["seq"], values["body"]
        self._seqs = dict(self._db.execute("SELECT run, last_seq FROM runs"))
        for key, id in self._db.execute("SELECT key, id FROM exchanges WHERE key IS NOT NULL"):
            self._open[key] = OpenExchange(id)
        for key, side, length, broken in self._db.execute("SELECT key, side, length, broken FROM open_bodies"):
            self._open[key].bodies[side] = Growing(self._folders.growing(key, side), length, bool(broken))

    # what the writer calls, in this order: begin, apply …, flush, then committed or rolled_back

    def last_seq(self, run: int) -> int:
        return self._seqs.get(run, 0)

    def begin(self) -> None:
        self._before = (self._id, self._seq, self._body)
        self._growing_before = self._growing.copy()
        if self._moved:
            moved, self._moved = self._moved, []
            self._undo.append(lambda: self._moved.extend(moved))
            self._db.executemany("DELETE FROM moves WHERE body_id = ?", [(body,) for body in moved])

    def settle(self) -> None:
        """Mark the exchanges that will hear no more."""
        for key, failure in list(self._overdue.items()):
            self._fail(key, failure)

    def apply(self, batch: Batch, sessions: tuple[int, ...]) -> None:
        if batch.seq <= self._new_seqs.get(batch.run, self.last_seq(batch.run)):
            return
        self._new_seqs[batch.run] = batch.seq
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

    def flush(self) -> None:
        run = self._db.executemany
        if self._bodies:
            run(INSERT_BODY, self._bodies)
            self._hashes.flush()
        if self._exchanges:
            run(INSERT_EXCHANGE, self._exchanges)
            run(INSERT_DETAIL, self._details)
        if self._memberships:
            run(INSERT_MEMBERSHIP, self._memberships)
        for key, side in self._growing:
            self._save_growing(key, side)
        if self._new_seqs:
            run("INSERT OR REPLACE INTO runs (run, last_seq) VALUES (?, ?)", self._new_seqs.items())
        now = (self._id, self._seq, self._body)
        if now != self._before:
            run("UPDATE counters SET value = ? WHERE name = ?", zip(now, ("exchange", "seq", "body"), strict=True))

    def committed(self) -> None:
        for body in self._touched:
            body.commit()
        self._seqs.update(self._new_seqs)
        self._growing.clear()
        counts = self.counts
        self.counts = Counts(
            counts.exchanges + self._kept,
            counts.body_bytes + self._kept_bytes,
            counts.lost,
            counts.failed + self._kept_failed,
        )
        after = self._after
        self._reset()
        self._hashes.committed()
        for action in after:
            action()

    def rolled_back(self) -> None:
        for undo in reversed(self._undo):
            undo()
        for body in self._touched:
            body.roll_back(self._descriptors)
        for path in self._created:
            with contextlib.suppress(OSError):
                path.unlink()
        self._id, self._seq, self._body = self._before
        self._growing = self._growing_before
        self._hashes.rolled_back()
        self._certificates.clear()
        self._reset()

    def lose(self, batch: Batch) -> None:
        """The batch cannot be kept. Remember what that does to the exchanges in it, for when there is room again."""
        lost = 0
        for message in batch.messages:
            if isinstance(message, Certificate):
                continue
            exchange = self._open.get(message.key)
            if type(message) is Closed:
                lost += 1
                self._gaps.pop(message.key, None)
                if exchange is not None:
                    self._overdue[message.key] = LOST_END
                    for side, kept in ((REQUEST, message.request_kept), (RESPONSE, message.response_kept)):
                        body = exchange.bodies[side]
                        if kept > (body.length if body else 0):
                            self._break(message.key, exchange, side)
            elif exchange is None:
                gaps = self._gaps.setdefault(message.key, set())
                if type(message) is Part:
                    gaps.add(message.side)
            elif type(message) is Part:
                self._break(message.key, exchange, message.side)
        counts = self.counts
        self.counts = Counts(counts.exchanges, counts.body_bytes, counts.lost + lost, counts.failed)

    def end(self, failure: Failure, run: int | None = None) -> None:
        """The open exchanges (of one run, or all) will hear no more: the next transaction marks them."""
        for key in self._open:
            if run is None or key >> RUN_SHIFT == run:
                self._overdue.setdefault(key, failure)
        never = [key for key in self._gaps if run is None or key >> RUN_SHIFT == run]
        for key in never:
            del self._gaps[key]
        counts = self.counts
        self.counts = Counts(counts.exchanges, counts.body_bytes, counts.lost + len(never), counts.failed)

    @property
    def unsettled(self) -> bool:
        """True if there is something to write although no batch has come."""
        return bool(self._overdue or self._growing)

    def close(self) -> None:
        self._descriptors.close_all()

    # exchanges

    def _insert_closed(self, message: Closed, sessions: tuple[int, ...]) -> None:
        self._id = id = self._id + 1
        self._seq = seq = self._seq + 1
        request_note, response_note = message.request_note, message.response_note
        request = response = None
        if message.request or message.request_kept:
            request, request_note = self._whole(message.request, message.request_kept, request_note)
        if message.response or message.response_kept:
            response, response_note = self._whole(message.response, message.response_kept, response_note)
        if self._gaps:
            self._forget_gaps(message.key)
        self._exchanges.append(_row(id, seq, None, message.summary))
        self._details.append((id, message.detail, request, response, request_note, response_note))
        for session in sessions:
            self._memberships.append((session, id))
        self._kept += 1
        self._kept_failed += message.summary.state == "failed"

    def _opened(self, message: Opened, sessions: tuple[int, ...]) -> None:
        exchange = self._open.get(message.key)
        self._seq += 1
        if exchange is not None:
            row = _row(exchange.id, self._seq, message.key, message.summary, _lengths(exchange))
            self._db.execute(UPDATE_EXCHANGE, row)
            self._db.execute("UPDATE details SET data = ? WHERE exchange_id = ?", (message.detail, exchange.id))
            return
        self._id += 1
        exchange = OpenExchange(self._id)
        self._db.execute(INSERT_EXCHANGE, _row(self._id, self._seq, message.key, message.summary))
        self._db.execute(INSERT_DETAIL, (self._id, message.detail, None, None, "", ""))
        self._db.executemany(INSERT_MEMBERSHIP, [(session, self._id) for session in sessions])
        self._open[message.key] = exchange
        self._undo.append(lambda: self._open.__delitem__(message.key))
        for side in self._forget_gaps(message.key):
            self._break(message.key, exchange, side)

    def _forget_gaps(self, key: int) -> set[int]:
        gaps = self._gaps.pop(key, None)
        if gaps is None:
            return set()
        self._undo.append(lambda: self._gaps.__setitem__(key, gaps))
        return gaps

    def _part(self, message: Part) -> None:
        exchange = self._open.get(message.key)
        if exchange is None:
            self._gaps.setdefault(message.key, set()).add(message.side)
            return
        body = exchange.bodies[message.side] or self._grow(message.key, exchange, message.side)
        if body.broken:
            return
        self._touched.add(body)
        body.append(self._descriptors, message.data)
        self._growing.add((message.key, message.side))

    def _close(self, message: Closed) -> None:
        exchange = self._leave(message.key)
        request, request_note = self._end_body(
            message.key, exchange, REQUEST, message.request, message.request_kept, message.request_note
        )
        response, response_note = self._end_body(
            message.key, exchange, RESPONSE, message.response, message.response_kept, message.response_note
        )
        self._seq += 1
        self._db.execute(UPDATE_EXCHANGE, _row(exchange.id, self._seq, None, message.summary))
        self._db.execute(UPDATE_DETAIL, (exchange.id, message.detail, request, response, request_note, response_note))
        self._kept += 1
        self._kept_failed += message.summary.state == "failed"

    def _fail(self, key: int, failure: Failure) -> None:
        """End an open exchange that will hear no more, with what is there of its bodies."""
        del self._overdue[key]
        self._undo.append(lambda: self._overdue.__setitem__(key, failure))
        exchange = self._leave(key)
        (sizes,) = self._db.execute("SELECT request_size, response_size FROM exchanges WHERE id = ?", (exchange.id,))
        ends: list[tuple[int | None, str]] = []
        for side in SIDES:
            body = exchange.bodies[side]
            length = body.length if body else 0
            note = ""
            if body is not None and body.broken:
                note = "the rest was lost: the store was full"
            elif sizes[side] > length:
                note = f"{sizes[side] - length} bytes were not recorded: {failure.error}"
            ends.append(self._end_body(key, exchange, side, [], length, note))
        self._seq += 1
        self._db.execute(
            "UPDATE exchanges SET seq = ?, key = NULL, state = 'failed', error_kind = ?, error = ?,"
            " request_size = ?, response_size = ? WHERE id = ?",
            (self._seq, failure.kind, failure.error, *_at_least(sizes, _lengths(exchange)), exchange.id),
        )
        (request, request_note), (response, response_note) = ends
        self._db.execute(
            "UPDATE details SET request_body = ?, response_body = ?, request_note = ?, response_note = ?"
            " WHERE exchange_id = ?",
            (request, response, request_note, response_note, exchange.id),
        )
        if failure is not LOST_END:
            self._kept += 1
            self._kept_failed += 1

    def _leave(self, key: int) -> OpenExchange:
        exchange = self._open.pop(key)
        self._growing -= {(key, side) for side in SIDES}
        overdue = self._overdue.pop(key, None)

        def undo() -> None:
            self._open[key] = exchange
            if overdue is not None:
                self._overdue[key] = overdue

        self._undo.append(undo)
        return exchange

    def _certificate(self, message: Certificate) -> None:
        if message.hash not in self._certificates:
            self._db.execute(
                "INSERT OR IGNORE INTO certificates (hash, der) VALUES (?, ?)", (message.hash, message.der)
            )
            self._certificates.add(message.hash)

    # bodies

    def _whole(self, pieces: list[bytes], handed_over: int, note: str) -> tuple[int | None, str]:
        """A body of which all that is kept is in the message."""
        data = pieces[0] if len(pieces) == 1 else b""
        size = len(data) if data else sum(map(len, pieces))
        if size < handed_over:
            return None, _lost_note(handed_over, note)
        if size == 0:
            return None, note
        self._kept_bytes += size
        if size > INLINE:
            return self._file(pieces, size), note
        data = data or b"".join(pieces)
        hash = hashlib.sha256(data).digest()
        found = self._hashes.find(hash)
        return found or self._add(hash, size, data), note

    def _file(self, pieces: list[bytes], size: int) -> int:
        hasher = hashlib.sha256()
        for piece in pieces:
            hasher.update(piece)
        hash = hasher.digest()
        found = self._hashes.find(hash)
        if found:
            return found
        self._created.append(self._folders.write(hash, pieces))
        return self._add(hash, size, None)

    def _add(self, hash: bytes, size: int, data: bytes | None) -> int:
        self._body += 1
        self._bodies.append((self._body, hash, size, data))
        self._hashes.add(hash, self._body)
        return self._body

    def _grow(self, key: int, exchange: OpenExchange, side: int) -> Growing:
        body = exchange.bodies[side] = Growing(self._folders.growing(key, side))
        self._undo.append(lambda: exchange.bodies.__setitem__(side, None))
        return body

    def _break(self, key: int, exchange: OpenExchange, side: int) -> None:
        body = exchange.bodies[side]
        if body is None:
            body = exchange.bodies[side] = Growing(self._folders.growing(key, side))
        body.broken = True
        self._growing.add((key, side))

    def _save_growing(self, key: int, side: int) -> None:
        exchange = self._open[key]
        body = exchange.bodies[side]
        assert body is not None
        self._db.execute(SAVE_OPEN_BODY, (key, side, body.length, body.broken))
        self._seq += 1
        self._db.execute(GROW[side], (self._seq, body.length, exchange.id))

    def _end_body(
        self, key: int, exchange: OpenExchange, side: int, tail: list[bytes], handed_over: int, note: str
    ) -> tuple[int | None, str]:
        body = exchange.bodies[side]
        if body is None:
            return self._whole(tail, handed_over, note)
        self._db.execute("DELETE FROM open_bodies WHERE key = ? AND side = ?", (key, side))
        self._touched.add(body)
        body.save()
        if not body.broken:
            for piece in tail:
                body.append(self._descriptors, piece)
        if body.length < handed_over:
            note = _lost_note(handed_over - (body.length if body.broken else 0), note)
            if not body.broken:
                # A process died between losing a part and writing down which: nobody knows where the gap is.
                body.length = 0
        self._kept_bytes += body.length
        return self._keep(body), note

    def _keep(self, body: Growing) -> int | None:
        """Give a body that was open its place for good. Its file stays what it is until the transaction is
        committed: a crash before that finds everything as it was."""
        if body.length == 0:
            self._after.append(lambda: self._discard(body))
            return None
        hash = body.digest()
        id = self._hashes.find(hash)
        if id is None and body.length > INLINE:
            id = self._add(hash, body.length, None)
            self._db.execute("INSERT INTO moves (body_id, name) VALUES (?, ?)", (id, body.path.name))
            self._after.append(lambda: self._move(body, hash, id))
            return id
        self._after.append(lambda: self._discard(body))
        return id or self._add(hash, body.length, b"".join(read(body.path, body.length)))

    def _move(self, body: Growing, hash: bytes, id: int) -> None:
        self._descriptors.close(body.path)
        # Readers find the file under either name; what fails now is done at the next start.
        with contextlib.suppress(OSError):
            self._folders.move(body.path.name, hash)
            self._moved.append(id)

    def _discard(self, body: Growing) -> None:
        self._descriptors.close(body.path)
        with contextlib.suppress(OSError):
            body.path.unlink(missing_ok=True)


def _row(id: int, seq: int, key: int | None, s: Summary, lengths: tuple[int, int] = (0, 0)) -> Row:
    request_size, response_size = s.request_size, s.response_size
    state: str = s.state
    if key is not None:
        state = "open"
        request_size, response_size = _at_least((request_size, response_size), lengths)
    elif state == "open":
        # ``Closed`` is the end, whatever its summary says: a row that stays open would never be ended.
        state = "done" if s.error_kind is None else "failed"
    return (
        id,
        seq,
        key,
        s.method,
        s.url,
        s.host,
        s.started,
        s.protocol,
        s.source,
        s.client,
        s.status,
        s.type,
        request_size,
        response_size,
        s.duration_ms,
        state,
        s.error_kind,
        s.error,
    )


def _lengths(exchange: OpenExchange) -> tuple[int, int]:
    request, response = exchange.bodies
    return request.length if request else 0, response.length if response else 0


def _at_least(sizes: tuple[int, int], lengths: tuple[int, int]) -> tuple[int, int]:
    return max(sizes[0], lengths[0]), max(sizes[1], lengths[1])


def _lost_note(lost: int, note: str) -> str:
    text = f"{lost} bytes were lost: the store was full"
    return f"{note}; {text}" if note else text
