"""The capture that already runs in this home, or one begun for as long as a command lasts.

One that is begun is a process of its own, ``python -m wireglass.app.companion FLAGS``: ``up`` with two pipes. On its
standard input nothing ever comes; its end says that the command is gone, in whatever way, SIGKILL included, on every
system. On its standard output it says in lines of JSON what ``up`` tells a person.

Commands that use a home at the same time share one capture. Each holds ``HOME/users`` with a shared lock, and a capture
begun by one of them ends when nobody holds it any more: the one that began it may be the first to leave.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from wireglass.app.home import Home, Run
from wireglass.app.report import Started, Stopped, reachable
from wireglass.errors import HomeInUse, HomeNotWritable, Interrupted, PortTaken, UsageError, WireglassError
from wireglass.file_lock import try_lock, try_share
from wireglass.net.authority import CERTIFICATE_NAME
from wireglass.settings import load
from wireglass.store import Reader
from wireglass.store.database import NAME

_START = 60.0  # seconds a start is given: it takes in what an earlier run has left in its spools
_BUSY = 20.0  # seconds the home may be held by a capture that cannot be used, because it starts or ends
_STOP = 45.0  # seconds the end is given: 5 for running exchanges, the rest for the disk
_SETTLE = 1.0  # seconds that the last exchanges are given to reach the store of a capture that goes on
_QUIET = 0.25  # seconds without a change after which they have: the sink and the link hold them for 0.12 at most
_AGAIN = 1.0  # seconds after which one that does not end is told again
_RETRY = 0.05  # seconds between two looks
_CONNECT = 2.0  # seconds
_FREE_PORT = "127.0.0.1:0"

Say: TypeAlias = Callable[[str], None]


class Capture(msgspec.Struct, frozen=True):
    run: Run
    address: str
    """The proxy as a client on this machine writes it: ``host:port``, an IPv6 address in brackets."""
    ca_certificate: Path
    """PEM."""
    started_here: bool


@contextlib.contextmanager
def capture(home: Path, *, say: Say, session: str | None = None) -> Iterator[Capture]:
    """A capture for the time of the block: the one that runs in ``home``, or one begun here with the settings ``up``
    would have. At the end of the block one that was begun here ends too, unless other commands still use it, and what
    it recorded is in the store. ``say`` is given lines for people, from any thread; commands in them stand in
    backticks, for ``with_hints``.

    ``session`` is the name of the session to record into; UsageError if a capture runs that has its own. Raises what
    ``up`` raises when it cannot start.
    """
    folder = Home(home)
    with _use(folder) as leave:
        run, begun = _find_or_begin(folder, say, session)
        before = 0
        try:
            before = _newest_id(folder)
            yield Capture(run, reachable(run.listen), folder.ca / CERTIFICATE_NAME, begun is not None)
        finally:
            leave()
            for line in _ending(folder, begun, before):
                say(line)


def _ending(home: Home, begun: _Begun | None, before: int) -> list[str]:
    """What there is to say at the end. Not raised: what the command did counts, and its exit code."""
    try:
        stopped = begun.stop() if begun else None
        if not stopped:
            return [_recorded(_settled_id(home) - before)]
    except WireglassError as error:
        return [error.line()]
    lines = [_recorded(stopped.exchanges, stopped.failed)]
    if stopped.not_kept:
        lines.append(f"{stopped.not_kept} more passed but could not be stored.")
    return lines


def _recorded(count: int, failed: int = 0) -> str:
    if not count:
        return "Recorded no exchange: no server was asked through the proxy."
    what = "1 exchange" if count == 1 else f"{count} exchanges"
    return f"Recorded {what}{f', {failed} of them failed' if failed else ''}. Look: `wireglass ls`"


@contextlib.contextmanager
def _use(home: Home) -> Iterator[Callable[[], None]]:
    """Be one of the home's users; gives the function that ends it before the end of the block."""
    home.make()
    with contextlib.ExitStack() as held:
        descriptor = _open_users(home)
        held.callback(os.close, descriptor)
        deadline = time.monotonic() + _STOP
        while not try_share(descriptor):  # a capture whose last user has left is ending
            if time.monotonic() > deadline:
                raise HomeInUse(f"A capture in {home.path} is ending, for more than {_STOP:g} s.", "Try again later.")
            time.sleep(_RETRY)
        yield held.close


def _open_users(home: Home) -> int:
    file = home.path / "users"
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HomeNotWritable(
            f"Home {home.path} is not writable: {error.strerror} ({file}).",
            "Correct its permissions, or choose another folder with --home DIR.",
        ) from error


def _find_or_begin(home: Home, say: Say, session: str | None) -> tuple[Run, _Begun | None]:
    deadline = time.monotonic() + _BUSY
    listen: str | None = None
    while True:
        run = home.running()
        if run and _accepts(run):
            if session is not None:
                raise UsageError(
                    f"A capture runs already in {home.path} (proxy on {run.listen}), in a session of its own.",
                    "Leave out --session, or stop that capture first.",
                )
            return run, None
        begun = _Begun(home, {"home": str(home.path), "listen": listen, "session": session}, say)
        try:
            return begun.ready(), begun
        except PortTaken as taken:
            if listen is not None:
                raise
            listen = _FREE_PORT
            say(f"{taken.message} Recording goes on a free port instead.")
        except HomeInUse:  # another one has begun in this moment, or is ending
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY)


def _accepts(run: Run) -> bool:
    """False for one that is ending, and for a number in a ``run.json`` left behind that is another process now."""
    host, _, port = reachable(run.listen).rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT).close()
    except OSError:
        return False
    return True


def _newest_id(home: Home) -> int:
    if not (home.store / NAME).exists():
        return 0
    with Reader(home.store) as reader:
        return _id_of_newest(reader)


def _id_of_newest(reader: Reader) -> int:
    rows = reader.page(1)
    return rows[-1].id if rows else 0


def _settled_id(home: Home) -> int:
    """The newest id once nothing has changed for a moment, or at the latest when the capture is plainly busy with the
    traffic of others."""
    deadline = time.monotonic() + _SETTLE
    with Reader(home.store) as reader:
        seq, since = reader.newest_seq(), time.monotonic()
        while time.monotonic() < min(since + _QUIET, deadline):
            time.sleep(_RETRY)
            if (now := reader.newest_seq()) != seq:
                seq, since = now, time.monotonic()
        return _id_of_newest(reader)


class _Ready(msgspec.Struct, frozen=True, tag="ready"):
    pass


class _Notice(msgspec.Struct, frozen=True, tag="notice"):
    line: str


class _Shared(msgspec.Struct, frozen=True, tag="shared"):
    """Its command has ended, but others use it: it goes on until they have."""


class _Ended(msgspec.Struct, frozen=True, tag="ended"):
    stopped: Stopped


class _Failed(msgspec.Struct, frozen=True, tag="failed"):
    code: str
    exit_code: int
    message: str
    hint: str


_Word: TypeAlias = _Ready | _Notice | _Shared | _Ended | _Failed


class _Begun:
    """The process, seen from the command that began it."""

    def __init__(self, home: Home, flags: Mapping[str, str | None], say: Say) -> None:
        self._home = home
        self._say = say
        self._words: queue.Queue[_Word | None] = queue.Queue()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process writes
        self._said = ""  # on standard error: nothing without a mistake of ours
        self._recording = False
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            # -P: the folder we were started in is not ours to import from
            [sys.executable, "-P", "-m", "wireglass.app.companion", msgspec.json.encode(flags)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,  # a terminal's Ctrl-C and hang-up are for the command
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def ready(self) -> Run:
        """Waits until it records. Raises what ended it instead; then, as after every exception, it is gone."""
        try:
            word = self._next(_START)
        except BaseException:
            self._give_up()
            raise
        run = self._home.read_run()
        if isinstance(word, _Ready) and run:
            self._recording = True
            return run
        self._give_up()
        raise _error(word) if isinstance(word, _Failed) else self._unexpected()

    def stop(self) -> Stopped | None:
        """Ends it and waits until everything is in the store; None if it goes on for others. A Ctrl-C meanwhile cuts
        off what is still running."""
        self._recording = False
        self._close()
        try:
            word = self._next(_STOP)
        except KeyboardInterrupt:
            self._process.send_signal(signal.SIGINT)
            word = self._next(_STOP)
        if isinstance(word, _Shared):
            # Not ours to wait for any more; subprocess warns of a child that is given up while it runs.
            self._process.returncode = 0
            self._stderr.close()
            return None
        self._wait()
        if isinstance(word, _Ended):
            return word.stopped
        raise _error(word) if isinstance(word, _Failed) else self._unexpected()

    def _listen(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                word = msgspec.json.decode(line, type=_Word)
                if isinstance(word, _Notice):
                    self._say(word.line)
                else:
                    self._words.put(word)
        self._words.put(None)
        if self._recording:
            self._say("The capture has ended before the command: from now on its requests fail.")

    def _next(self, seconds: float) -> _Word | None:
        """None when it has ended without another word, or says none for so long."""
        try:
            return self._words.get(timeout=seconds)
        except queue.Empty:
            return None

    def _close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()

    def _give_up(self) -> None:
        """Ends one that does not record yet. It is told, and does not wait for the home's users, because its command is
        one of them; more than once, because a signal may come before it listens."""
        deadline = time.monotonic() + _STOP
        while self._process.poll() is None and time.monotonic() < deadline:
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_AGAIN)
        self._wait()

    def _wait(self) -> None:
        """Ends it, and waits for that."""
        self._close()
        try:
            self._process.wait(_STOP)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self._process.kill()  # its proxy keeps what is not stored yet in its spool, for the next start
            self._process.wait()
        if not self._stderr.closed:
            with self._stderr:
                self._stderr.seek(0)
                self._said = self._stderr.read().decode("utf-8", "replace").strip()

    def _unexpected(self) -> WireglassError:
        self._wait()
        code = self._process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        if not self._said:
            return Interrupted(f"The capture ended by itself ({how}).", "The next start takes in what is left over.")
        file = self._home.path / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{self._process.pid}.txt"
        self._home.write_private(file, self._said.encode())
        return Interrupted(
            f"The capture ended by itself ({how}: {self._said.splitlines()[-1]}).",
            f"The details are in {file}; please report it.",
        )


def _error(failed: _Failed) -> WireglassError:
    kinds: tuple[type[WireglassError], ...] = (PortTaken, HomeInUse, UsageError)
    for kind in kinds:
        if kind.code == failed.code or (kind is UsageError and failed.exit_code == UsageError.exit_code):
            return kind(failed.message, failed.hint)
    return WireglassError(failed.message, failed.hint)


def _tell(word: _Word) -> None:
    # The command may be gone, and its end of the pipe with it: recording matters more than telling.
    with contextlib.suppress(OSError):
        os.write(1, msgspec.json.encode(word) + b"\n")


def _end_when_alone(home: Home) -> None:
    """Waits for the end of the command, then for that of all other users, and ends this process as Ctrl-C does."""
    while os.read(0, 1):
        pass
    descriptor = _open_users(home)  # never closed: a new user waits until this process has ended
    if not try_lock(descriptor):
        _tell(_Shared())
        while not try_lock(descriptor):
            time.sleep(_RETRY)
    while True:  # a second time does no harm, and the first may have come at a moment when nobody listened
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(_STOP / 3)


def _started(_: Started) -> None:
    _tell(_Ready())


def main() -> int:
    # Started by a shell without job control, SIGINT would be ignored; SIGTERM would end Python without a word.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Imported here: the command does not need the proxy.
    from wireglass.app.main import up

    try:
        settings = load(msgspec.json.decode(sys.argv[1], type=dict[str, str | None]), os.environ)
        threading.Thread(target=_end_when_alone, args=(Home(settings.home),), daemon=True).start()
        _tell(_Ended(up(settings, started=_started, notice=lambda line: _tell(_Notice(line)))))
    except WireglassError as error:
        _tell(_Failed(error.code, error.exit_code, error.message, error.hint))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
