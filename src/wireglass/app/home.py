"""The home: one folder with everything Wireglass keeps, used by one main process at a time."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from wireglass.errors import HomeInUse, HomeNotWritable
from wireglass.file_lock import is_alive, try_lock, try_share
from wireglass.listening import Credentials
from wireglass.whole_file import replacing

# A link in the place of a file of ours is nobody's wish: what it leads to would be made, or emptied.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # Windows has none
_LOCK_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | _NO_LINK


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_LINK, 0o600)


def new_token() -> str:
    return secrets.token_urlsafe(32)


class Port(msgspec.Struct, frozen=True):
    listen: str
    """``host:port`` as bound, so never port 0."""
    target: str = ""
    """In reverse mode: the URL of the server behind it."""


class Run(msgspec.Struct, frozen=True):
    """``run.json``: who runs in this home."""

    pid: int
    listen: str
    """The proxy's ``host:port`` as bound."""
    started: float
    """Unix time in seconds."""
    version: str
    token: str = msgspec.field(default_factory=new_token)
    """Proves to the running process that a caller may read this home."""
    settings: dict[str, Any] = {}
    """What it was started with (``given.in_use``); empty in the file of an older version."""
    ports: tuple[Port, ...] = ()
    """All that it listens on, that of ``listen`` first."""
    ui: str = ""
    """The API's ``host:port`` as bound; empty where there is none."""
    proxy_auth: Credentials | None = None
    """In clear, for the commands that send programs to the proxy. Whoever can read this file can read the record."""


class Home:
    """Paths are given without touching the disk; ``make``, ``lock`` and ``write_run`` raise HomeNotWritable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = path / "store"
        self.ca = path / "ca"
        self.spool = path / "spool"
        self.tmp = path / "tmp"
        self.config = path / "config.toml"
        self.trust = path / "trust"
        self.browsers = path / "browsers"
        self.protos = path / "protos"
        self._run = path / "run.json"

    def make(self) -> None:
        """Create the folders for this user alone. A home that was there keeps its mode: it may be one that others
        need, and what is in it is closed by the folders below, which are given theirs. HomeNotWritable as well for a
        home in which others may have planted something."""
        with self._writable():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_what_others_can_write()
            for folder in (self.store, self.ca, self.spool, self.tmp):
                folder.mkdir(mode=0o700, exist_ok=True)
            for folder in (self.store, self.ca, self.spool, self.tmp, self.trust, self.browsers, self.protos):
                self._refuse_what_others_made(folder)
            for folder in (self.store, self.ca, self.spool, self.tmp):
                if stat.S_IMODE(folder.stat().st_mode) != 0o700:  # ours, whoever made them
                    folder.chmod(0o700)

    def _refuse_what_others_can_write(self) -> None:
        """Who can write here can put a CA of their own in place of ours, or links for us to write through. The sticky
        bit of /tmp keeps nobody from being first."""
        mode = stat.S_IMODE(self.path.stat().st_mode)
        if mode & 0o002 and sys.platform != "win32":
            raise HomeNotWritable(
                f"Home {self.path} can be written by every user of this machine (mode {mode:04o}): they could put a "
                "certificate authority of their own there.",
                f"Choose a folder of your own in it, --home {shlex.quote(str(self.path / 'wireglass'))}, or "
                f"chmod o-w {shlex.quote(str(self.path))}",
            )

    def _refuse_what_others_made(self, folder: Path) -> None:
        """The link itself counts: one to another disk is fine if it is this user's, or the administrator's."""
        if sys.platform == "win32":
            return
        try:
            owner = folder.lstat().st_uid
        except FileNotFoundError:
            return
        if owner not in (0, os.geteuid()):
            raise HomeNotWritable(
                f"{folder} belongs to user {owner}, and not to you (user {os.geteuid()}): they could read or change "
                "what is kept there.",
                "Move it away, or choose another home with --home DIR.",
            )

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the home; raises HomeInUse, naming the holder, if another process has it."""
        self.make()
        with self._writable():
            descriptor = os.open(self.path / "lock", _LOCK_FLAGS, 0o600)
        try:
            if not try_lock(descriptor):
                run = self.running()
                who = f"Wireglass (pid {run.pid}, proxy on {run.listen})" if run else "another Wireglass"
                raise HomeInUse(f"Home {self.path} is in use by {who}.", "Stop it, or start this one with --home DIR.")
            yield
        finally:
            os.close(descriptor)

    def write_run(self, run: Run) -> None:
        with self._writable():
            self.write_private(self._run, msgspec.json.encode(run))

    def read_run(self) -> Run | None:
        """None if nothing has run here, or it ended as it should."""
        try:
            return msgspec.json.decode(self._run.read_bytes(), type=Run)
        except (OSError, msgspec.DecodeError):
            return None

    def running(self) -> Run | None:
        """The run whose process still exists; a killed one leaves its ``run.json`` behind.

        Its number alone proves nothing: another user can wait until a process of theirs gets it, listen on its port,
        and be taken for the proxy. The lock cannot be held by others."""
        run = self.read_run()
        return run if run and is_alive(run.pid) and self.is_locked() else None

    def is_locked(self) -> bool:
        """Looked at by sharing it for a moment: a start at the same time is refused only if it comes within
        microseconds."""
        try:
            descriptor = os.open(self.path / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not try_share(descriptor)
        finally:
            os.close(descriptor)

    def remove_run(self) -> None:
        with self._writable():
            self._run.unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """What killed processes had not finished writing. Only while the home is locked and its old proxies are
        gone."""
        unfinished = (*self.tmp.iterdir(), *self.spool.glob("*.new"), *self.path.glob("*.part"))
        for file in unfinished:
            with contextlib.suppress(OSError):
                file.unlink()

    def open_log(self, name: str) -> BinaryIO:
        """Standard error of processes of this start; emptied, and stays so unless Wireglass has a mistake."""
        with self._writable():
            return open(self.path / name, "wb", opener=_open_private)

    def open_users(self) -> int:
        """A descriptor of the file whose lock those share who use a capture of this home (``companion``)."""
        with self._writable():
            return os.open(self.path / "users", _LOCK_FLAGS, 0o600)

    def write_private(self, file: Path, data: bytes) -> None:
        """Write a file of mode 0600 in the home as a whole. Raises OSError."""
        with replacing(file) as stream:
            stream.write(data)

    def write_proto_set(self, name: str, data: bytes) -> None:
        with self._writable():
            self.protos.mkdir(mode=0o700, exist_ok=True)
            self.write_private(self.protos / name, data)

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except (FileExistsError, NotADirectoryError) as error:
            raise HomeNotWritable(
                f"Home {self.path} cannot be used: {error.filename} is a file, not a folder.",
                "Move the file away, or choose another folder with --home DIR.",
            ) from error
        except OSError as error:
            raise HomeNotWritable(
                f"Home {self.path} is not writable: {error.strerror} ({error.filename}).",
                "Correct its permissions, or choose another folder with --home DIR.",
            ) from error
