"""Connections: where the files are, how they are opened, and what SQLite's errors mean to a person."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import apsw

from wireglass.errors import StoreError, StoreFull
from wireglass.store.migrations import STEPS, migrate, refuse_newer, version

NAME = "wireglass.db"

PAGE_SIZE = 8192
"""Measured with bench/store.py: 4096 keeps 19 thousand exchanges a second, 8192 between 23 and 29, and 16384 between 22
and 36: no sure gain, and a small change then writes twice as much."""


def connect_writer(folder: Path) -> apsw.Connection:
    """The writing connection, schema up to date. There may be one at a time: the lock of the home sees to that."""
    path = folder / NAME
    try:
        # SQLite gives the -wal and -shm files the mode of the database, so the mode is set before it opens it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            db.set_busy_timeout(5000)
            db.pragma("page_size", PAGE_SIZE)
            db.pragma("auto_vacuum", "INCREMENTAL")
            db.pragma("journal_mode", "wal")
            db.pragma("synchronous", "NORMAL")
            db.pragma("cache_size", -32768)
            db.pragma("wal_autocheckpoint", 0)
            migrate(db)
        except BaseException:
            db.close()
            raise
    except (apsw.Error, OSError) as error:
        raise explain(error, path) from error
    return db


def connect_reader(folder: Path) -> apsw.Connection:
    path = folder / NAME
    if not path.exists():
        raise StoreError(
            f"nothing has been recorded yet in {folder.parent}.", "Start `wireglass`, and send traffic through it."
        )
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            db.set_busy_timeout(2000)
            refuse_newer(db)
            if (found := version(db)) < len(STEPS):
                raise StoreError(
                    f"{path} was written by an older Wireglass (its schema is {found}, this one reads {len(STEPS)}).",
                    "Start `wireglass` once: it brings the store up to date.",
                )
        except BaseException:
            db.close()
            raise
    except (apsw.Error, OSError) as error:
        raise explain(error, path) from error
    return db


def explain(error: Exception, path: Path) -> StoreError:
    """The error as one of ours: ``StoreFull`` if it is about room or permission to write."""
    if isinstance(error, StoreError):
        return error
    code = error.errno if isinstance(error, OSError) else None
    if isinstance(error, apsw.FullError) or code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreFull(f"there is no room left for {path} ({error}).", "Free some space on that disk.")
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError) or code in (
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
    ):
        return StoreFull(f"{path} cannot be written ({error}).", "Make it and its folder writable.")
    if isinstance(error, apsw.NotADBError | apsw.CorruptError):
        return StoreError(f"{path} is damaged ({error}).", "Move it away, and start `wireglass` again.")
    if isinstance(error, apsw.BusyError):
        return StoreError(f"{path} is locked by another program ({error}).", "Close that program, and try again.")
    return StoreError(f"{path} cannot be used ({type(error).__name__}: {error}).", "Look after the disk it is on.")
