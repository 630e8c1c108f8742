"""``pmproxy``: the command of PostmanProxy 0.1.5, with its options, lines and files, on our capture. What differs, and
why, is in ``docs/pmproxy.md``."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from wireglass import __version__
from wireglass.app.home import Home
from wireglass.app.pmproxy import Collection, Filtering, Rules, Saved, Saving, session_name, spare, target
from wireglass.app.pmproxy_following import Following
from wireglass.app.pmproxy_tcp import Sender
from wireglass.app.report import Started
from wireglass.app.signals import Signals
from wireglass.cli.hint import hint, with_hints
from wireglass.cli.program import INTERNAL_ERROR, abandon_stdout, write_crash
from wireglass.cli.text import many_lines, one_line
from wireglass.errors import StoreError, WireglassError
from wireglass.listening import Address, parse_address
from wireglass.settings import Settings, load, unknown_variables
from wireglass.store import Reader

_LOOK = 0.05  # seconds
_SILENT = 0.3  # seconds of waiting that need no word
_AFTER_SIGTERM = 5.0  # seconds for what is not sent by TCP yet, when the file is saved
_LEAVE = 2.0  # seconds that the end of the sending is given
_STUCK = 2.0  # seconds that another thread's line may take

_EPILOG = """\
examples:
  pmproxy save                                        Ctrl+C stops, another one saves default.postman_collection
  pmproxy save --name api --host api.example.com --methods GET,POST
  pmproxy save --path /tmp --restricted_headers true  keeps Cookie, Origin, User-Agent ...
  pmproxy save --tcp_connection true                  each request also goes to 127.0.0.1:5005
  pmproxy proxy                                       the same
  pmproxy filter                                      Postman-Cookie is sent on as cookie

Everything is recorded as well, in the home of wireglass (WIREGLASS_HOME); its variables and its config.toml apply.

exit codes: 0 saved, filter stopped; 1 failed, or saved elsewhere; 2 wrong usage, a file that cannot be written, port or
home in use; 70 a mistake in Wireglass; 130 Ctrl+C before there was anything to save
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command (``sys.argv`` by default) and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal in latin-1 must not end the command
    settings: Settings | None = None
    out = _Output()
    code = INTERNAL_ERROR
    try:
        parser = _parser()
        options = parser.parse_args(arguments)
        try:
            listen = parse_address(str(Address(options.bind.strip("[]"), options.port)))
        except ValueError as refusal:
            parser.error(f"argument --bind: {options.bind!r}: with the port it {refusal}")
        for note in unknown_variables(os.environ):
            _say(note)
        is_filter = options.operation == "filter"
        file = None if is_filter else target(options.path, options.name)
        settings = _settings(options, listen, is_filter)
        with Signals() as signals:
            if file is None:
                code = _Filter(settings, signals, out).run()
            else:
                code = _Save(options, settings, signals, out, file).run()
    except SystemExit as end:  # argparse's
        code = end.code if isinstance(end.code, int) else 2
    except KeyboardInterrupt:
        code = 130
    except WireglassError as error:
        _say(_in_our_words(with_hints(error.line(), settings.home if settings else None)))
        code = error.exit_code
    except Exception as error:  # the last door: a person is never shown a traceback
        code = _crashed(error, settings)
    finally:
        out.flush()
        if out.closed:
            abandon_stdout()
        if out.stuck:
            os._exit(code)  # Python would wait for that thread to leave standard output, and then abort
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pmproxy",
        description="PostmanProxy: saves what passes as a Postman collection (v1), sends it to Postman, or passes\n"
        "on headers that a browser keeps for itself.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("operation", metavar="Operation", help="filter or save; proxy is save with --tcp_connection true")
    add("--name", help="Collection name", default="default")
    add("--port", type=_port, help="Port for the proxy. Default=8080", default=8080)
    add("--path", help="Target path for saving the collection. Default is current directory", default="")
    add("--host", help="Only allow URLs of this host. Default is all URLs", default="")
    add("--methods", help="Comma separated list of allowed methods. Default is all methods", default="")
    add("--restricted_headers", help="Enable restricted headers. Default is false.", default="false")
    add(
        "--tcp_connection",
        help="Available for the save option. Set to true to send requests to Postman. Default is false.",
        default="false",
    )
    add("--tcp_host", help="TCP host to forward to. Default=127.0.0.1", default="127.0.0.1")
    add("--tcp_port", type=_port, help="TCP port. Default=5005", default=5005)
    add("--bind", metavar="ADDRESS", help="Address for the proxy. Default=127.0.0.1", default="127.0.0.1")
    add("--insecure", action="store_true", help="Accept servers whose certificate cannot be verified")
    add("--version", action="version", version=f"pmproxy {__version__} (wireglass)")
    return parser


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text.strip(), re.ASCII) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"invalid int value: {text!r} (a port is a number from 0 to 65535)")
    return int(text)


def _settings(options: argparse.Namespace, listen: Address, is_filter: bool) -> Settings:
    flags: dict[str, str | None] = {
        "listen": str(listen),
        "session": session_name("filter" if is_filter else options.name, time.time()),
        "no_session": "false",
        "insecure": "true" if options.insecure else None,
        "postman_headers": "true" if is_filter else None,
    }
    return load(flags, os.environ)


class _Output:
    """Standard output, for several threads. A reader that goes away ends the printing, and nothing else; one that does
    not read holds up the lines of the requests, and not the end."""

    def __init__(self) -> None:
        self.closed = False
        self.stuck = False
        """A thread is inside a write that does not end."""
        self._lock = threading.Lock()

    def line(self, text: str) -> None:
        self._do(lambda: sys.stdout.write(f"{many_lines(text)}\n"))

    def flush(self) -> None:
        self._do(sys.stdout.flush)

    def _do(self, work: Callable[[], object]) -> None:
        if self.closed:
            return
        if not self._lock.acquire(timeout=_STUCK):
            self.closed = self.stuck = True
            return
        try:
            work()
        except (OSError, ValueError):  # EPIPE; EIO of a terminal that was closed
            self.closed = True
        finally:
            self._lock.release()


class _Save:
    """One run of ``save`` or ``proxy``."""

    def __init__(
        self, options: argparse.Namespace, settings: Settings, signals: Signals, out: _Output, file: Path
    ) -> None:
        self._settings = settings
        self._signals = signals
        self._out = out
        self._file = file
        self._store = Home(settings.home).store
        self._collection = Collection(
            options.name, Rules(options.host, options.methods, options.restricted_headers != "false")
        )
        self._peer = None
        if options.operation == "proxy" or options.tcp_connection != "false":
            self._peer = (options.tcp_host, options.tcp_port)
        self._following: Following | None = None
        self._sender: Sender | None = None
        self._code = 0

    def run(self) -> int:
        from wireglass.app.main import up  # here: --help need not load the proxy

        failure: Exception | None = None
        try:
            up(self._settings, started=self._started, notice=_say, signals=self._signals)
        except Exception as error:
            if self._following is None:
                raise
            failure = error
        try:
            self._end(failure)
        finally:
            if failure is not None:
                raise failure
        return self._code

    def _started(self, started: Started) -> None:
        self._following = following = Following(self._store, started.session, _trouble)
        if self._peer:
            self._sender = Sender(*self._peer, following.given_up, _say)
        self._out.line(f"Proxy running at {started.listen.rpartition(':')[2]}")
        self._out.line("Press Ctrl+C to stop the proxy")
        self._out.flush()
        _say_recording(started)
        following.start(Saving(self._collection, self._sender, self._out.line, self._out.flush))

    def _end(self, failure: Exception | None) -> None:
        assert self._following is not None
        with Reader(self._store) as reader:
            last = reader.newest_id()
            ids = range(self._following.first, last + 1)
            self._following.finish(last, reader.newest_seq())
            if failure is None:
                self._finish_telling(reader, ids)
                self._wait_for_the_second()
            if failure is None and not self._signals.terminated:
                self._out.line("You pressed Ctrl+C! Here is the collection file")
            else:
                self._out.line("Here is the collection file")
            self._out.flush()
            saved = self._save(reader, ids)
        self._out.line("None")
        self._out.flush()
        deadline = time.monotonic() + (_AFTER_SIGTERM if self._signals.terminated else 0)
        while self._following.running and time.monotonic() < deadline:
            self._signals.wait(_LOOK)
        self._following.give_up(_LEAVE)
        self._say_unsent(saved)

    @property
    def _hurry(self) -> bool:
        return self._signals.terminated or self._signals.interrupts >= 2

    def _finish_telling(self, reader: Reader, ids: range) -> None:
        """What is not printed and sent yet, unless there is another Ctrl-C."""
        assert self._following is not None
        begun, told = time.monotonic(), False
        while self._following.running and not self._hurry:
            if not told and time.monotonic() - begun > _SILENT:
                told = True
                left = len(reader.ids(ids.start, ids.stop - 1)) - self._following.ended
                where = f"sent to {self._sender.peer}" if self._sender else "printed"
                _say(f"{left} exchanges are still to be {where}; Ctrl+C saves the collection without that.")
            self._signals.wait(_LOOK)

    def _wait_for_the_second(self) -> None:
        if not self._signals.terminated:
            self._out.line("Press Ctrl+C again to save the collection")
            self._out.flush()
        while not self._hurry:
            self._signals.wait()

    def _save(self, reader: Reader, ids: range) -> Saved | None:
        session = hint(f"ls --session {self._settings.session!r}", self._settings.home)
        try:
            saved, file = self._collection.save(reader, ids, self._file), self._file
        except (OSError, StoreError) as error:
            self._code = 1
            why = getattr(error, "strerror", None) or error
            _say(f"{self._file} could not be written: {why}.")
            try:
                file = spare(self._settings.home, self._collection.name, time.time())
                saved = self._collection.save(reader, ids, file)
            except (OSError, StoreError) as again:
                why = getattr(again, "strerror", None) or again
                _say(f"Nor could one in {self._settings.home}: {why}. Nothing is lost: {session}")
                return None
        requests = "1 request" if saved.taken == 1 else f"{saved.taken} requests"
        _say(f"{requests}, duplicates folded, saved as {file.absolute()}; with their responses: {session}")
        if saved.changed:
            _say(f"{saved.changed} of them have a body that is not as it was sent: see their description in the file.")
        if saved.incomplete:
            _say(f"{saved.incomplete} more are left out: their client left before they had come whole.")
        return saved

    def _say_unsent(self, saved: Saved | None) -> None:
        if self._sender is None:
            return
        self._sender.end_outage()
        if saved is not None and saved.taken > self._sender.sent:
            _say(f"{saved.taken - self._sender.sent} of {saved.taken} requests were not sent to {self._sender.peer}.")


class _Filter:
    """One run of ``filter``."""

    def __init__(self, settings: Settings, signals: Signals, out: _Output) -> None:
        self._settings = settings
        self._signals = signals
        self._out = out
        self._following: Following | None = None

    def run(self) -> int:
        from wireglass.app.main import up  # here: --help need not load the proxy

        store = Home(self._settings.home).store

        def begin(started: Started) -> None:
            self._following = Following(store, started.session, _trouble)
            self._out.line("Press Ctrl+C to stop the proxy")
            self._out.flush()
            _say(f"The proxy is on {started.listen}.")
            _say_recording(started)
            self._following.start(Filtering(self._out.line, self._out.flush))

        up(self._settings, started=begin, notice=_say, signals=self._signals)
        assert self._following is not None
        with Reader(store) as reader:
            self._following.finish(reader.newest_id(), reader.newest_seq())
        while self._following.running and self._signals.interrupts < 2 and not self._signals.terminated:
            self._signals.wait(_LOOK)
        self._following.give_up(_LEAVE)
        return 0


def _say(line: str) -> None:
    """A line of ours on standard error."""
    sys.stderr.write(f"pmproxy: {one_line(line)}\n")
    sys.stderr.flush()


def _say_recording(started: Started) -> None:
    _say(f"Recording to session {started.session!r} in {started.home}; for HTTPS: {hint('ca', started.home)}")


def _trouble(error: Exception) -> None:
    if isinstance(error, WireglassError):
        _say(f"{error.line()} What passes is recorded all the same.")
    else:
        where = write_crash(error, None)
        _say(
            f"Nothing more is printed or sent ({type(error).__name__}: {error}); the collection is not affected. The "
            f"details are in {where}; please report it."
        )


def _crashed(error: Exception, settings: Settings | None) -> int:
    where = write_crash(error, settings.home if settings else None)
    _say(f"internal error ({type(error).__name__}: {error}). The details are in {where}; please report it.")
    return INTERNAL_ERROR


def _in_our_words(line: str) -> str:
    """Hints name the flags of ``wireglass``."""
    line = re.sub(r"--listen \S*:(\d+)", r"--port \1", line)
    return line.replace("--home DIR", "WIREGLASS_HOME=DIR in the environment")
