"""``wireglass export``"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import click

from wireglass import __version__
from wireglass.app.home import Home
from wireglass.app.redaction import redactor_for
from wireglass.app.report import exchanges
from wireglass.cli.options import home_option, limit_option
from wireglass.cli.query_argument import QueryCommand, both, narrowed, narrowing_options, query_argument
from wireglass.cli.record import open_record, say_empty
from wireglass.cli.since import Since
from wireglass.cli.text import one_line, size
from wireglass.errors import NotFound, StoreError, UsageError, WireglassError
from wireglass.formats import har
from wireglass.formats.redacted import redacted_records
from wireglass.model import Record, Side
from wireglass.query.tree import Compares, Node, Term
from wireglass.redact import Found
from wireglass.store import Reader
from wireglass.whole_file import replacing

_WINDOW = 20_000
"""Ids looked through by one query: 5 ms; a query has a time limit, and an old snapshot holds up the writer's log."""

_BUFFER = 256 * 1024

_SECRETS = "It holds passwords, cookies and tokens as they passed: look through it before you share it."


@click.command(
    cls=QueryCommand,
    short_help="Export exchanges that match QUERY as a HAR file.",
    epilog="""\b
Examples:
  wireglass export -o all.har
  wireglass export host:api.example.com status:5xx -o bug.har
  wireglass export --session "bug 4711" -o bug.har
  wireglass export --limit 50 -o bug.har
  wireglass export --since 10m | jq -r '.log.entries[].request.url'
  wireglass export --since 2026-01-31T10:00 -o morning.har
  wireglass export --with-secrets -o mine.har
\b
Exit codes: 0 done, also if nothing is recorded;
1 the record cannot be read, or FILE not written, or there is no such session or saved filter;
2 wrong usage, QUERY cannot be read, or FILE is there already;
130 Ctrl-C: FILE is as it was.""",
)
@click.option(
    "--format", type=click.Choice(["har"]), default="har", show_default=True, help="HTTP Archive 1.2, for browsers."
)
@query_argument
@narrowing_options
@limit_option(None, "The newest N only.")
@click.option(
    "--since",
    type=Since(),
    metavar="TIME",
    help="What began at TIME or later: 10m, 2h, 1d (ago), 2026-01-31, 2026-01-31T10:00 (local time), "
    "2026-01-31T10:00Z, or Unix seconds.",
)
@click.option("-o", "--output", metavar="FILE", help="Write FILE, for you alone to read; - is standard output.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--with-secrets", is_flag=True, help="Keep passwords, cookies and tokens as they passed.")
@home_option
def command(
    home: Home,
    query: str,
    session: str | None,
    saved: str | None,
    format: str,
    limit: int | None,
    since: float | None,
    output: str | None,
    force: bool,
    with_secrets: bool,
) -> None:
    """Export exchanges, oldest first, as a file that browsers and other tools open: those that QUERY matches, or all.

    Passwords, cookies, tokens and other secrets are redacted: [kind:length:hash] stands in their place."""
    if output == "":
        raise UsageError("-o names no file.", "Name one, or leave it out and pipe the file into a program.")
    to_file = output is not None and output != "-"
    if force and not to_file:
        raise UsageError("--force says to replace a file, and there is none.", "Add -o FILE.")
    if not to_file and sys.stdout.isatty():
        raise UsageError("a HAR file is not for the terminal.", "Name a file, -o FILE, or pipe it into a program.")
    reader = open_record(home)
    if reader is None:
        say_empty(home)
    node = narrowed(query, reader, home, session, saved)
    if since is not None:
        node = both(node, Term("started", Compares(">=", since)))
    chosen = _Chosen(reader, limit, node)
    found = Found()
    if with_secrets or reader is None:
        pieces = har(chosen, chosen.body, __version__, chosen.timeline)
    else:
        redactor = redactor_for(home, os.environ)
        records, body, timeline = redacted_records(chosen, chosen.body, chosen.timeline, redactor, found)
        pieces = har(records, body, __version__, timeline)
    if not to_file:
        count = _write(sys.stdout.buffer, chosen, pieces)
        where = "standard output"
        quiet = not sys.stderr.isatty()
    else:
        path = Path(str(output))
        with _replacing(path, force) as file:
            count = _write(file, chosen, pieces)
        where = str(path)
        quiet = False
    if not quiet:
        line = f"Exported {exchanges(chosen.count)} to {where} ({size(count)})."
        if found.count:
            line += f" {found.count} value{'' if found.count == 1 else 's'} redacted, --with-secrets keeps them."
        elif chosen.count and with_secrets:
            line += f" {_SECRETS}"
        click.echo(one_line(line), err=True)


class _Chosen:
    """The records to export, oldest first, read one by one."""

    def __init__(self, reader: Reader | None, limit: int | None, node: Node) -> None:
        self._reader = reader
        self._node = node
        self.last = reader.newest_id() if reader else 0
        """Fixed at the start: what is recorded meanwhile is left out, or the export of a busy record might not end."""
        self.first = 1 if limit is None else self._newest(limit)
        self.at = self.first - 1
        """The id that was read last."""
        self.count = 0

    def _newest(self, limit: int) -> int:
        """The id from which on there are ``limit`` that match, or as many as there are."""
        last = self.last
        while last > 0:
            assert self._reader is not None
            ids = self._reader.matching_ids(self._node, max(1, last - _WINDOW + 1), last)
            if len(ids) >= limit:
                return ids[-limit]
            limit -= len(ids)
            last -= _WINDOW
        return 1

    def __iter__(self) -> Iterator[Record]:
        for first in range(self.first, self.last + 1, _WINDOW):
            assert self._reader is not None
            for id in self._reader.matching_ids(self._node, first, min(first + _WINDOW - 1, self.last)):
                self.at = id
                try:
                    record = self._reader.get(id)
                except NotFound:  # deleted meanwhile
                    continue
                self.count += 1
                yield record

    def body(self, record: Record, side: Side) -> Iterator[bytes]:
        """Raises StoreError."""
        assert self._reader is not None
        try:
            yield from self._reader.body(record, side)
        except OSError as error:
            raise StoreError(f"the {side} body cannot be read: {error.filename}: {error.strerror}.") from error

    def timeline(self, record: Record) -> bytes:
        """Raises StoreError."""
        assert self._reader is not None
        try:
            return self._reader.timeline(record)
        except OSError as error:
            raise StoreError(f"the timeline cannot be read: {error.filename}: {error.strerror}.") from error


def _write(file: BinaryIO, chosen: _Chosen, pieces: Iterable[bytes]) -> int:
    """The bytes written. Small pieces are put together: an entry without a body has some hundred bytes."""
    total = 0
    held = bytearray()
    length = max(1, chosen.last - chosen.first + 1)
    with click.progressbar(length=length, label="Exporting", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for piece in pieces:
            held += piece
            if len(held) >= _BUFFER:
                file.write(held)
                total += len(held)
                held.clear()
                bar.update(chosen.at - chosen.first + 1 - bar.pos)
        file.write(held)
        file.flush()
        bar.update(length - bar.pos)
    return total + len(held)


def _refuse_what_others_put_there(path: Path) -> None:
    """In a folder that everybody may write (/tmp), a link would choose the file that is written, and a pipe's reader
    would get the record. Linux can refuse to open both (fs.protected_symlinks, protected_fifos); not all systems do."""
    with contextlib.suppress(FileNotFoundError):
        _refuse_foreign(path, path.lstat())
        _refuse_foreign(path, path.stat())


def _refuse_foreign(path: Path, found: os.stat_result) -> None:
    mine = (0, os.geteuid()) if sys.platform != "win32" else (found.st_uid,)
    if not stat.S_ISREG(found.st_mode) and found.st_uid not in mine:
        what = "a link" if stat.S_ISLNK(found.st_mode) else "no plain file"
        raise UsageError(
            f"{path} is {what} that user {found.st_uid} has put there.", "Choose a file in a folder of your own."
        )


@contextlib.contextmanager
def _replacing(path: Path, force: bool) -> Iterator[BinaryIO]:
    """The file to write, of mode 0600, which takes the place of ``path`` when all went well. What is no file (a pipe,
    /dev/null) is written as it is."""
    try:
        _refuse_what_others_put_there(path)
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            with path.open("wb") as file:
                _refuse_foreign(path, os.fstat(file.fileno()))  # another one may have come since
                yield file
            return
        if path.exists() and not force:
            raise UsageError(f"{path} is there already.", "Choose another, or add --force.")
        with replacing(path.resolve()) as file:  # a symbolic link stays one
            yield file
    except OSError as error:
        raise WireglassError(f"{path} cannot be written: {error.strerror or error}.", "Choose another file.") from error
