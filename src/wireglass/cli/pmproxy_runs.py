"""What ``pmproxy`` does from the start of the proxy to its last line."""

from __future__ import annotations

import argparse
import shlex
import time
from collections.abc import Callable
from pathlib import Path

from wireglass.app.home import Home
from wireglass.app.pmproxy import Collection, Filtering, Rules, Saved, Saving, spare
from wireglass.app.pmproxy_following import Following, Listener
from wireglass.app.pmproxy_tcp import Sender
from wireglass.app.report import Started
from wireglass.app.signals import Signals
from wireglass.cli.departures import departures, openness
from wireglass.cli.hint import hint
from wireglass.cli.pmproxy_words import Words
from wireglass.cli.program import write_crash
from wireglass.errors import StoreError, WireglassError
from wireglass.settings import Settings
from wireglass.store import Reader

_LOOK = 0.05  # seconds
_SILENT = 0.3  # seconds of waiting that need no word
_AFTER_SIGTERM = 5.0  # seconds for what is not sent by TCP yet, when the file is saved
_LEAVE = 2.0  # seconds that the end of the sending is given


class _Run:
    """The proxy, and who follows what passes."""

    def __init__(self, settings: Settings, signals: Signals, words: Words) -> None:
        self._settings = settings
        self._signals = signals
        self._words = words
        self._store = Home(settings.home).store
        self._following: Following | None = None

    def _up(self, started: Callable[[Started, Following], Listener]) -> None:
        """Until a signal ends it. ``started`` prints the first lines."""
        from wireglass.app.main import up  # here: --help need not load the proxy

        def begin(what: Started) -> None:
            self._following = following = Following(self._store, what.session, self._trouble)
            listener = started(what, following)
            where = f"Recording to session {what.session!r} in {what.home}"
            self._words.say(f"{where}; for HTTPS: {hint('ca', what.home)}")
            for line in (*openness(what), *departures(self._settings)):
                self._words.say(line)
            following.start(listener)

        up(self._settings, started=begin, notice=self._words.say_hinting, signals=self._signals)

    def _trouble(self, error: Exception) -> None:
        if isinstance(error, WireglassError):
            self._words.say(f"{error.line()} What passes is recorded all the same.")
        else:
            where = write_crash(error, None)
            self._words.say(
                f"Nothing more is printed or sent ({type(error).__name__}: {error}); the collection is not affected. "
                f"The details are in {where}; please report it."
            )


class Filter(_Run):
    """One run of ``filter``."""

    def run(self) -> int:
        self._up(self._started)
        assert self._following is not None
        with Reader(self._store) as reader:
            self._following.finish(reader.newest_id(), reader.newest_seq())
        while self._following.running and self._signals.interrupts < 2 and not self._signals.terminated:
            self._signals.wait(_LOOK)
        self._following.give_up(_LEAVE)
        return 0

    def _started(self, started: Started, _: Following) -> Listener:
        self._words.print("Press Ctrl+C to stop the proxy")
        self._words.say(f"The proxy is on {started.listen}.")
        return Filtering(self._words.follow)


class Save(_Run):
    """One run of ``save`` or ``proxy``."""

    def __init__(
        self, options: argparse.Namespace, settings: Settings, signals: Signals, words: Words, file: Path
    ) -> None:
        super().__init__(settings, signals, words)
        self._file = file
        rules = Rules(options.host, options.methods, options.restricted_headers != "false")
        self._collection = Collection(options.name, rules)
        self._peer = None
        if options.operation == "proxy" or options.tcp_connection != "false":
            self._peer = (options.tcp_host, options.tcp_port)
        self._sender: Sender | None = None
        self._code = 0

    def run(self) -> int:
        failure: Exception | None = None
        try:
            self._up(self._started)
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

    def _started(self, started: Started, following: Following) -> Listener:
        if self._peer:
            self._sender = Sender(*self._peer, following.given_up, self._words.say)
        self._words.print(f"Proxy running at {started.listen.rpartition(':')[2]}")
        self._words.print("Press Ctrl+C to stop the proxy")
        return Saving(self._collection, self._sender, self._words.follow)

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
                self._words.print("You pressed Ctrl+C! Here is the collection file")
            else:
                self._words.print("Here is the collection file")
            saved = self._save(reader, ids)
        if saved is not None:
            self._words.print("None")
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
                self._words.say(f"{left} exchanges are still to be {where}; Ctrl+C saves the collection without that.")
            self._signals.wait(_LOOK)

    def _wait_for_the_second(self) -> None:
        if not self._signals.terminated:
            self._words.print("Press Ctrl+C again to save the collection")
        while not self._hurry:
            self._signals.wait()

    def _save(self, reader: Reader, ids: range) -> Saved | None:
        session = hint(f"ls --session {shlex.quote(self._settings.session or '')}", self._settings.home)
        try:
            saved, file = self._collection.save(reader, ids, self._file), self._file
        except (OSError, StoreError) as error:
            self._code = 1
            why = getattr(error, "strerror", None) or error
            self._words.say(f"{self._file} could not be written: {why}.")
            try:
                file = spare(self._settings.home, self._collection.name, time.time())
                saved = self._collection.save(reader, ids, file)
            except (OSError, StoreError) as again:
                why = getattr(again, "strerror", None) or again
                self._words.say(f"Nor could one in {self._settings.home}: {why}. Nothing is lost: {session}")
                return None
        count = saved.taken - saved.duplicates
        requests = "1 request" if count == 1 else f"{count} requests"
        folded = f" (duplicates left out: {saved.duplicates})" if saved.duplicates else ""
        self._words.say(f"{requests}{folded} saved as {file.absolute()}; with their responses: {session}")
        if saved.changed:
            self._words.say(
                f"{saved.changed} of them have a body that is not as it was sent: see their description in the file."
            )
        if saved.incomplete:
            self._words.say(f"{saved.incomplete} more are left out: they had not come whole, and were not answered.")
        return saved

    def _say_unsent(self, saved: Saved | None) -> None:
        if self._sender is None:
            return
        if saved is None:
            self._sender.end_outage()
        elif saved.taken > self._sender.sent:
            self._words.say(
                f"{saved.taken - self._sender.sent} of {saved.taken} requests were not sent to {self._sender.peer}."
            )
