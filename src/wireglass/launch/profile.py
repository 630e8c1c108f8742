"""A browser profile for one start: for this user alone, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from wireglass.errors import HomeNotWritable
from wireglass.file_lock import is_alive, try_lock

_PREFIX = "wireglass-profile-"
_LOCK = "wireglass.lock"
_SETTLED = 60.0  # seconds after which a new profile is locked, if anybody uses it
_PATIENCE = 10.0  # seconds in which the browser's last processes end and write no more
_RETRY = 0.05


class Profile(NamedTuple):
    path: Path
    lock: int
    """An open file to be inherited by the browser: as long as it runs, even if the command was killed, nobody takes the
    profile for a leftover."""


@contextlib.contextmanager
def fresh(parent: Path, say: Callable[[str], None]) -> Iterator[Profile]:
    """An empty folder of mode 0700 in ``parent``, removed at the end of the block. What a killed start left behind is
    removed as well. Raises HomeNotWritable."""
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_leftovers(parent)
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HomeNotWritable(
            f"A browser profile cannot be made in {parent}: {error.strerror}.",
            "Correct its permissions, or choose another home with --home DIR.",
        ) from error
    try:
        try_lock(lock)
        yield Profile(path, lock)
    finally:
        os.close(lock)
        if not _removed(path):
            say(f"The browser's profile could not be removed; delete it: {path}")
        with contextlib.suppress(OSError):  # others have a profile there
            parent.rmdir()


def _remove_leftovers(parent: Path) -> None:
    for path in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime < _SETTLED or _has_firefox(path):
                continue
            descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if try_lock(descriptor):
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(descriptor)


def _has_firefox(path: Path) -> bool:
    """Firefox closes what it inherits, our lock too; while it runs there is a link ``lock`` to ``ADDRESS:+PID``."""
    try:
        return is_alive(int(str((path / "lock").readlink()).rpartition("+")[2]))
    except (OSError, ValueError):
        return False


def _removed(path: Path) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while path.exists():
        shutil.rmtree(path, ignore_errors=True)
        if time.monotonic() > deadline:
            return not path.exists()
        if path.exists():
            time.sleep(_RETRY)
    return True
