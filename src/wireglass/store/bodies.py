"""Bodies and their rows: whole ones that come in one message, and open ones that grow part by part.

Up to 64 KiB a body is a blob in ``bodies``; above it is a file (body_files.py). Equal contents are kept once
(hashes.py), and go with the last exchange that has them: ``shared_bodies`` counts the uses beyond the first. All of it
happens inside the writer's transaction: ``begin``, the changes, ``flush``, then ``committed`` or ``rolled_back``.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import apsw

from wireglass.model import REQUEST, RESPONSE, TIMELINE
from wireglass.store.body_files import INLINE, Descriptors, File, Folders, Growing, read
from wireglass.store.hashes import Hashes

FULL = 1
DAMAGED = 2
GAPS = {FULL: "the store was full", DAMAGED: "the file that held them was deleted or cut short"}
"""Why the rest of an open body is not kept, by ``open_bodies.broken``."""

INSERT_BODY = "INSERT INTO bodies (id, hash, size, data) VALUES (?, ?, ?, ?)"
SAVE_OPEN_BODY = "INSERT OR REPLACE INTO open_bodies (key, side, length, broken) VALUES (?, ?, ?, ?)"
SHARE = (
    "INSERT INTO shared_bodies (body_id, extra) VALUES (?, ?) ON CONFLICT DO UPDATE SET extra = extra + excluded.extra"
)

Place = tuple[int, int]
"""The key of an open exchange, and the side."""

Brought = bytes | File
"""A whole body: what goes into the database, or a file that is in ``open``."""


class Bodies:
    """What the writer knows of bodies, and the rows of the running transaction."""

    def __init__(self, db: apsw.Connection, folder: Path) -> None:
        self._db = db
        self._folders = Folders(folder)
        self._folders.make()
        self._descriptors = Descriptors()
        self._open: dict[Place, Growing] = {}
        self._unsaved: set[Place] = set()
        """Open bodies with something to write into ``open_bodies``."""
        self._moved: list[int] = []
        """Bodies whose file has got its final name since the last transaction."""
        self._unlinked: list[bytes] = []
        """Hashes of deleted bodies whose files were removed since the last transaction."""
        self._recover()
        counters: dict[str, int] = dict(db.execute("SELECT name, value FROM counters WHERE name IN ('body', 'files')"))
        self._id, self._file_bytes = counters["body"], counters["files"]
        self._hashes = Hashes(db)
        self._remove_doomed()
        self._before: tuple[int, int, set[Place]] = (self._id, self._file_bytes, set())
        self._reset()

    def _reset(self) -> None:
        self._rows: list[tuple[int, bytes, int, bytes | None]] = []
        self._uses: dict[int, int] = {}
        """Of bodies that are stored already: how many uses more, or fewer."""
        self._undo: list[Callable[[], object]] = []
        self._touched: set[Growing] = set()
        self._created: list[Path] = []
        self._coming: set[bytes] = set()
        """Hashes of the bodies whose files this transaction brings."""
        self._after: list[Callable[[], None]] = []
        self._kept = 0

    def _recover(self) -> None:
        """Make the files say what the last committed transaction says, whatever was under way when a process died."""
        moves = list(self._db.execute("SELECT body_id, name, hash FROM moves JOIN bodies ON bodies.id = body_id"))
        for _, name, hash in moves:
            # A file that is gone is said when somebody asks for that body; the others are still worth opening for.
            with contextlib.suppress(FileNotFoundError):
                self._folders.move(name, hash)
        damaged = []
        for key, side, length, broken in self._db.execute("SELECT key, side, length, broken FROM open_bodies"):
            body = self._open[key, side] = Growing(self._folders.growing(key, side), length, broken)
            if body.cut(self._descriptors):
                body.broken = DAMAGED
                damaged.append((key, side, body.length, body.broken))
            body.trim()
        if moves or damaged:
            with self._db:
                self._db.execute("DELETE FROM moves")
                self._db.executemany(SAVE_OPEN_BODY, damaged)
        known = {body.path.name for body in self._open.values()}
        for path in self._folders.open.iterdir():
            if path.name not in known:
                path.unlink()

    def _remove_doomed(self) -> None:
        """The files of bodies that were deleted, unless the same content has come again."""
        done = []
        for (hash,) in list(self._db.execute("SELECT hash FROM doomed_files")):
            with contextlib.suppress(OSError):
                if self._hashes.find(hash) is None:
                    self._folders.final(hash).unlink(missing_ok=True)
                done.append((hash,))
        if done:
            with self._db:
                self._db.executemany("DELETE FROM doomed_files WHERE hash = ?", done)

    # the transaction

    def begin(self) -> None:
        self._before = (self._id, self._file_bytes, self._unsaved.copy())
        if self._unlinked:
            unlinked, self._unlinked = self._unlinked, []
            self._undo.append(lambda: self._unlinked.extend(unlinked))
            self._db.executemany("DELETE FROM doomed_files WHERE hash = ?", [(hash,) for hash in unlinked])
        if self._moved:
            moved, self._moved = self._moved, []
            self._undo.append(lambda: self._moved.extend(moved))
            self._db.executemany("DELETE FROM moves WHERE body_id = ?", [(id,) for id in moved])

    def flush(self) -> list[tuple[Place, int]]:
        """Write the rows. Returns the open bodies that have changed, with their lengths."""
        if self._rows:
            self._db.executemany(INSERT_BODY, self._rows)
            self._hashes.flush()
            self._db.execute("UPDATE counters SET value = ? WHERE name = 'body'", (self._id,))
        if self._uses:
            self._settle_uses()
        if self._file_bytes != self._before[1]:
            self._db.execute("UPDATE counters SET value = ? WHERE name = 'files'", (self._file_bytes,))
        changed = [(place, self._open[place]) for place in self._unsaved]
        if changed:
            self._db.executemany(SAVE_OPEN_BODY, [(*place, body.length, body.broken) for place, body in changed])
        return [(place, body.length) for place, body in changed]

    def committed(self) -> int:
        """Returns the bytes that the transaction has kept for ended exchanges."""
        for body in self._touched:
            body.commit()
        self._unsaved.clear()
        self._hashes.committed()
        after, kept = self._after, self._kept
        self._reset()
        for action in after:
            action()
        return kept

    def rolled_back(self) -> None:
        for undo in reversed(self._undo):
            undo()
        for body in self._touched:
            body.roll_back(self._descriptors)
        for path in self._created:
            with contextlib.suppress(OSError):
                path.unlink()
        self._id, self._file_bytes, self._unsaved = self._before
        self._hashes.rolled_back()
        self._reset()

    @property
    def unsaved(self) -> bool:
        return bool(self._unsaved)

    # uses

    def release(self, id: int) -> None:
        """One use fewer. Who has the last one deletes the body, at the end of the transaction: until then the same
        content may come again."""
        self._uses[id] = self._uses.get(id, 0) - 1

    def _found(self, hash: bytes) -> int | None:
        """The body with this content, which has one use more now; None if there is none."""
        id = self._hashes.find(hash)
        if id is not None:
            self._uses[id] = self._uses.get(id, 0) + 1
        return id

    def _settle_uses(self) -> None:
        self._db.executemany(SHARE, [item for item in self._uses.items() if item[1] > 0])
        gone: list[tuple[bytes, int]] = []
        for id, change in self._uses.items():
            if change >= 0:
                continue
            extra = sum(row[0] for row in self._db.execute("SELECT extra FROM shared_bodies WHERE body_id = ?", (id,)))
            if extra + change > 0:
                self._db.execute("UPDATE shared_bodies SET extra = ? WHERE body_id = ?", (extra + change, id))
            elif extra:
                self._db.execute("DELETE FROM shared_bodies WHERE body_id = ?", (id,))
            if extra + change < 0 and (hash := self._delete(id)):
                gone.append((hash, id))
        if gone:
            self._hashes.forget(gone)

    def _delete(self, id: int) -> bytes | None:
        """The row of a body that nobody uses. Its file goes after the commit; what a crash leaves of it goes at the
        next start."""
        # typeof() looks at the head of the row: the blob's pages are not read.
        rows = list(self._db.execute("SELECT hash, size, typeof(data) = 'null' FROM bodies WHERE id = ?", (id,)))
        if not rows:
            return None
        hash, size, is_file = rows[0]
        self._db.execute("DELETE FROM bodies WHERE id = ?", (id,))
        if is_file:
            self._file_bytes -= size
            self._db.execute("INSERT OR IGNORE INTO doomed_files (hash) VALUES (?)", (hash,))
            names = list(self._db.execute("DELETE FROM moves WHERE body_id = ? RETURNING name", (id,)))
            self._after.append(lambda: self._unlink(hash, [name for (name,) in names]))
        return bytes(hash)

    def _unlink(self, hash: bytes, names: list[str]) -> None:
        with contextlib.suppress(OSError):
            for name in names:
                (self._folders.open / name).unlink(missing_ok=True)
            self._folders.final(hash).unlink(missing_ok=True)
            self._unlinked.append(hash)

    def close(self) -> None:
        self._descriptors.close_all()

    # open bodies

    def length(self, key: int, side: int) -> int:
        """Bytes that are kept so far of an open body; 0 if nothing has come."""
        body = self._open.get((key, side))
        return body.length if body else 0

    def broken(self, key: int, side: int) -> int:
        """``FULL`` or ``DAMAGED`` if there is a gap in an open body; else 0."""
        body = self._open.get((key, side))
        return body.broken if body else 0

    def append(self, key: int, side: int, data: bytes) -> None:
        place = key, side
        body = self._open.get(place)
        if body is None:
            body = self._open[place] = Growing(self._folders.growing(key, side))
            self._undo.append(lambda: self._open.pop(place, None))
        if not self._whole_so_far(body):
            self._unsaved.add(place)
            return
        self._touched.add(body)
        body.append(self._descriptors, data)
        self._unsaved.add(place)

    def lose_rest(self, key: int, side: int) -> None:
        """A part could not be kept: what comes next would stand behind a gap. No rollback takes that back."""
        place = key, side
        if place not in self._open:
            self._open[place] = Growing(self._folders.growing(key, side))
        self._open[place].broken = self._open[place].broken or FULL
        self._unsaved.add(place)

    def forget(self, key: int) -> None:
        """The exchange was never opened: its transaction has failed."""
        for place in [(key, side) for side in (REQUEST, RESPONSE, TIMELINE)]:
            self._open.pop(place, None)

    def end(self, key: int, side: int, tail: list[bytes], handed_over: int, note: str) -> tuple[int | None, str]:
        """The end of a body, open or not. ``tail`` are its last pieces; ``handed_over`` counts all its bytes.

        Returns the id of the body (None if nothing is kept) and the note for the record.
        """
        place = key, side
        body = self._open.pop(place, None)
        if body is None:
            return self.whole(tail, handed_over, note, counted=side != TIMELINE)
        self._undo.append(lambda: self._open.__setitem__(place, body))
        self._unsaved.discard(place)
        self._db.execute("DELETE FROM open_bodies WHERE key = ? AND side = ?", place)
        whole = self._whole_so_far(body)
        self._touched.add(body)
        body.save()
        if whole:
            for piece in tail:
                body.append(self._descriptors, piece)
        if body.length < handed_over:
            if whole:
                # A process died between losing a part and writing down which: nobody knows where the gap is.
                body.length = 0
            note = _lost_note(handed_over - body.length, note, body.broken or FULL)
        if side != TIMELINE:
            self._kept += body.length
        return self._keep(body), note

    def _whole_so_far(self, body: Growing) -> bool:
        """False behind a gap. A file that somebody deleted or cut is one body's gap, not the failure of a batch."""
        if not body.broken and body.cut(self._descriptors):
            body.broken = DAMAGED
        return not body.broken

    def _keep(self, body: Growing) -> int | None:
        """Give a body that was open its place for good. Its file stays what it is until the transaction is
        committed: a crash before that finds everything as it was."""
        if body.length == 0:
            self._after.append(lambda: self._discard(body))
            return None
        hash = body.digest()
        id = self._found(hash)
        if body.length <= INLINE:
            self._after.append(lambda: self._discard(body))
            return id or self._add(hash, body.length, b"".join(read(body.path, body.length)))
        if id is not None and self._has_file(hash):
            self._after.append(lambda: self._discard(body))
            return id
        id = id or self._add(hash, body.length, None)
        self._place(body.path, hash, id)
        return id

    def _has_file(self, hash: bytes) -> bool:
        return hash in self._coming or self._folders.final(hash).exists()

    def _place(self, path: Path, hash: bytes, id: int) -> None:
        """A file of ``open`` is this body. It has its final name when the transaction is committed: a crash before that
        leaves nothing in ``bodies`` that no exchange has."""
        self._db.execute("INSERT OR REPLACE INTO moves (body_id, name) VALUES (?, ?)", (id, path.name))
        self._coming.add(hash)
        self._after.append(lambda: self._move(path, hash, id))

    def _move(self, path: Path, hash: bytes, id: int) -> None:
        self._descriptors.close(path)
        # Readers find the file under either name; what fails now is done at the next start.
        with contextlib.suppress(OSError):
            self._folders.move(path.name, hash)
            self._moved.append(id)

    def _discard(self, body: Growing) -> None:
        self._descriptors.close(body.path)
        with contextlib.suppress(OSError):
            body.path.unlink(missing_ok=True)

    # bodies that are brought from elsewhere

    def bring(self, name: str, pieces: Iterable[bytes] | bytes) -> Brought:
        """On any thread, outside of the transactions: a body as ``adopt`` takes it. A large one is a file of this name
        by then, which ``discard`` removes if it is not adopted."""
        if isinstance(pieces, bytes) and len(pieces) <= INLINE:
            return pieces
        return self._folders.bring(name, [pieces] if isinstance(pieces, bytes) else pieces)

    def discard(self, brought: Brought) -> None:
        if not isinstance(brought, bytes):
            brought.path.unlink(missing_ok=True)

    def adopt(self, brought: Brought) -> int | None:
        """The id of the body; None if it is empty."""
        if isinstance(brought, bytes):
            return self.whole([brought], 0, "", counted=False)[0]
        found = self._found(brought.hash)
        if found is not None and self._has_file(brought.hash):
            self._after.append(lambda: self.discard(brought))
            return found
        id = found or self._add(brought.hash, brought.size, None)
        self._place(brought.path, brought.hash, id)
        return id

    # whole bodies

    def whole(
        self, pieces: list[bytes], handed_over: int, note: str, *, counted: bool = True
    ) -> tuple[int | None, str]:
        """A body of which all that is kept is in ``pieces``. Returns the same as ``end``. ``counted``: it is one, and
        no timeline, which nobody asked to keep."""
        data = pieces[0] if len(pieces) == 1 else b""
        size = len(data) if data else sum(map(len, pieces))
        if size < handed_over:
            return None, _lost_note(handed_over, note, FULL)
        if size == 0:
            return None, note
        if counted:
            self._kept += size
        if size > INLINE:
            return self._file(pieces, size), note
        data = data or b"".join(pieces)
        hash = hashlib.sha256(data).digest()
        return self._found(hash) or self._add(hash, size, data), note

    def _file(self, pieces: list[bytes], size: int) -> int:
        hasher = hashlib.sha256()
        for piece in pieces:
            hasher.update(piece)
        hash = hasher.digest()
        found = self._found(hash)
        # A file that was deleted by hand comes back with the next body of the same content.
        if found is not None and self._has_file(hash):
            return found
        id = found or self._add(hash, size, None)
        path = self._folders.write(f"new-{hash.hex()}", pieces)
        self._created.append(path)
        self._place(path, hash, id)
        return id

    def _add(self, hash: bytes, size: int, data: bytes | None) -> int:
        self._id += 1
        self._rows.append((self._id, hash, size, data))
        if data is None:
            self._file_bytes += size
        self._hashes.add(hash, self._id)
        return self._id


def _lost_note(lost: int, note: str, gap: int) -> str:
    text = f"{lost} bytes were lost: {GAPS[gap]}"
    return f"{note}; {text}" if note else text
