"""The home: one folder with everything Wireglass keeps, used by one main process at a time."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from wireglass.errors import HomeInUse, HomeNotWritable
from wireglass.file_lock import is_alive, try_lock


def _token() -> str:
    return secrets.token_urlsafe(32)


class Run(msgspec.Struct, frozen=True):
    """``run.json``: who runs in this home."""

    pid: int
    listen: str
    """The proxy's ``host:port`` as bound."""
    started: float
    """Unix time in seconds."""
    version: str
    token: str = msgspec.field(default_factory=_token)
    """Proves to the running process that a caller may read this home."""


class Home:
    """Paths are given without touching the disk; ``make``, ``lock`` and ``write_run`` raise HomeNotWritable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = path / "store"
        self.ca = path / "ca"
        self.spool = path / "spool"
        self.tmp = path / "tmp"
        self.config = path / "config.toml"
        self._run = path / "run.json"

    def make(self) -> None:
        """Create the folders for this user alone. A home that was there keeps its mode: it may be one that others
        need, and what is in it is closed by the folders below, which are given theirs."""
        with self._writable():
            for folder in (self.path, self.store, self.ca, self.spool, self.tmp):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.store, self.ca, self.spool, self.tmp):
                if stat.S_IMODE(folder.stat().st_mode) != 0o700:  # ours, whoever made them
                    folder.chmod(0o700)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the home; raises HomeInUse, naming the holder, if another process has it."""
        self.make()
        with self._writable():
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not try_lock(descriptor):
                run = self.running()
                who = f"Wireglass (pid {run.pid}, proxy on {run.listen})" if run else "another Wireglass"
                raise HomeInUse(f"Home {self.path} is in use by {who}.", "Stop it, or start this one with --home DIR.")
            yield
        finally:
            os.close(descriptor)

    def write_run(self, run: Run) -> None:
        """Readers see the old file or the new one, never a part."""
        with self._writable():
            self.write_private(self._run, msgspec.json.encode(run))

    def read_run(self) -> Run | None:
        """None if nothing has run here, or it ended as it should."""
        try:
            return msgspec.json.decode(self._run.read_bytes(), type=Run)
        except (OSError, msgspec.DecodeError):
            return None

    def running(self) -> Run | None:
        """The run whose process still exists; a killed one leaves its ``run.json`` behind."""
        run = self.read_run()
        return run if run and is_alive(run.pid) else None

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

    def open_proxy_log(self) -> BinaryIO:
        """Standard error of this start's proxy processes; emptied, and stays so unless Wireglass has a mistake."""
        with self._writable():
            return open(self.path / "proxy.log", "wb", opener=lambda path, flags: os.open(path, flags, 0o600))

    def write_private(self, file: Path, data: bytes) -> None:
        """Write a file of mode 0600 in the home as a whole. Raises OSError."""
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        part.replace(file)

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
