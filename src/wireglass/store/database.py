"""Connections: where the files are, how they are opened, and what SQLite's errors mean to a person."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import apsw

from wireglass.errors import StoreError, StoreFull
from wireglass.store.migrations import STEPS, migrate, refuse_newer, version

NAME = "wireglass.db"

PAGE_SIZE = 16384
"""Exchanges per second of processor in bench/store.py: 8192 keeps 32.6 thousand, 16384 40.3, 32768 41.9, 65536
39.5; from 32768 on more is written in all, because a small change writes a page."""

WAL_LIMIT = 64 << 20
"""Bytes that the write-ahead log keeps on disk once it is used again from its beginning: a reader that is slow lets it
grow, but not for good. In ordinary use it stays below 16 MiB (writer.WAL_PAGES)."""

FULL_DISK = (apsw.SQLITE_IOERR_SHMSIZE, apsw.SQLITE_IOERR_WRITE)
"""What SQLite says instead of SQLITE_FULL when there is no room for the -shm file (measured on a full tmpfs, for
readers as well) or when a quota is used up (EDQUOT: unixWrite in os_unix.c knows ENOSPC alone)."""


def connect_writer(folder: Path) -> apsw.Connection:
    """The writing connection, schema up to date. There may be one at a time: the lock of the home sees to that."""
    path = folder / NAME
    try:
        # SQLite gives the -wal and -shm files the mode of the database, so the mode is set before it opens it.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # It may have been there with another mode. Where it is right already nothing is asked of the file system,
            # which may know no modes.
            if stat.S_IMODE(os.fstat(descriptor).st_mode) != 0o600:
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            db.set_busy_timeout(5000)
            # Without it SQLite (built with STAT4) compiles a statement anew for each value that is compared with an
            # indexed column: 3 to 6 µs for the hash of every body.
            db.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
            db.pragma("page_size", PAGE_SIZE)
            db.pragma("auto_vacuum", "INCREMENTAL")
            db.pragma("journal_mode", "wal")
            db.pragma("synchronous", "NORMAL")
            db.pragma("cache_size", -32768)
            db.pragma("wal_autocheckpoint", 0)
            db.pragma("journal_size_limit", WAL_LIMIT)
            migrate(db)
        except BaseException:
            db.close()
            raise
    except (apsw.Error, OSError) as error:
        raise explain(error, path) from error
    return db


def connect_reader(folder: Path) -> apsw.Connection:
    path = folder / NAME
    nothing = StoreError(
        f"nothing has been recorded yet in {folder.parent}.", "Start `wireglass`, and send traffic through it."
    )
    if not path.exists():
        raise nothing
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            db.set_busy_timeout(2000)
            refuse_newer(db)
            found = version(db)
            if found == 0:  # made, but its writer found no room for the first step, or has not got there yet
                raise nothing
            if found < len(STEPS):
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
    # Without the path, which the message names already.
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    # apsw's annotations lack the attribute, which all its SQLite errors have.
    if isinstance(error, apsw.IOError) and getattr(error, "extendedresult", 0) in FULL_DISK:
        return StoreFull(
            f"there is no room left for {path}, or its disk fails ({reason}).",
            "Free some space on that disk, or raise the quota.",
        )
    if isinstance(error, apsw.FullError) or code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreFull(f"there is no room left for {path} ({reason}).", "Free some space on that disk.")
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError) or code in (
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
    ):
        return StoreFull(f"{path} cannot be written ({reason}).", "Make it and its folder writable.")
    if isinstance(error, apsw.NotADBError | apsw.CorruptError):
        return StoreError(f"{path} is damaged ({error}).", "Move it away, and start `wireglass` again.")
    if isinstance(error, apsw.BusyError):
        return StoreError(f"{path} is locked by another program ({error}).", "Close that program, and try again.")
    if isinstance(error, apsw.CantOpenError):
        return StoreError(
            f"{path} cannot be opened ({reason}).",
            "Even to read it, SQLite makes a file beside it: copy its folder to where you may write.",
        )
    if code in (errno.EEXIST, errno.ENOTDIR):
        return StoreError(f"{path} cannot be made: there is a file in its place ({reason}).", "Move that file away.")
    return StoreError(f"{path} cannot be used ({type(error).__name__}: {reason}).", "Look after the disk it is on.")
