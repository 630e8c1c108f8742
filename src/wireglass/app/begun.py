"""A capture that a command has begun: the process, and what it and the command tell each other.

``python -m wireglass.app.begun FLAGS`` is ``up`` with two pipes. On its standard input nothing ever comes; its end says
that the command is gone, in whatever way, SIGKILL included, on every system. On its standard output it says in lines of
JSON what ``up`` tells a person.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from wireglass.app.home import Home, Run
from wireglass.app.report import Started, Stopped
from wireglass.errors import HomeInUse, Interrupted, PortTaken, UsageError, WireglassError
from wireglass.file_lock import try_lock
from wireglass.settings import find, load

_START = 60.0  # seconds a start is given: it takes in what an earlier run has left in its spools
STOP = 45.0  # seconds the end is given: 5 for running exchanges, the rest for the disk
_AGAIN = 1.0  # seconds after which one that does not end is told again
_RETRY = 0.05  # seconds between two looks

Say: TypeAlias = Callable[[str], None]


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


class Begun:
    """The process, seen from the command that began it."""

    def __init__(self, home: Home, flags: Mapping[str, str | None], say: Say) -> None:
        self._home = home
        self._say = say
        self._words: queue.Queue[_Word | None] = queue.Queue()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process writes
        self._said = ""  # on standard error: nothing without a mistake of ours
        self._recording = False
        # Everybody on this machine reads command lines, and this process may outlive the command that was typed.
        secrets = {find(name).env: text for name, text in flags.items() if text and find(name).secret}
        shown = {name: text for name, text in flags.items() if not find(name).secret}
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            # -P: the folder we were started in is not ours to import from
            [sys.executable, "-P", "-m", "wireglass.app.begun", msgspec.json.encode(shown)],
            env={**os.environ, **secrets},
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
            word = self._next(STOP)
        except KeyboardInterrupt:
            self._process.send_signal(signal.SIGINT)
            word = self._next(STOP)
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
        deadline = time.monotonic() + STOP
        while self._process.poll() is None and time.monotonic() < deadline:
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_AGAIN)
        self._wait()

    def _wait(self) -> None:
        """Ends it, and waits for that."""
        self._close()
        try:
            self._process.wait(STOP)
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
    descriptor = home.open_users()  # never closed: a new user waits until this process has ended
    if not try_lock(descriptor):
        _tell(_Shared())
        while not try_lock(descriptor):
            time.sleep(_RETRY)
    while True:  # a second time does no harm, and the first may have come at a moment when nobody listened
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(STOP / 3)


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
