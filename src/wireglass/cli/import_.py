"""``wireglass import``"""

from __future__ import annotations

import contextlib
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from wireglass.app.control import control
from wireglass.app.home import Home
from wireglass.app.remote import RemoteControl
from wireglass.app.report import exchanges
from wireglass.cli.hint import hint
from wireglass.cli.options import home_option, json_option
from wireglass.cli.record import open_record
from wireglass.cli.session_table import object_of
from wireglass.cli.shape import to_line
from wireglass.cli.text import one_line, size
from wireglass.errors import BadFile, UsageError
from wireglass.model import Session

_NAME = 80
"""Characters of a session's name that are taken from the file's: there must be room for a number behind."""

_TAKEN_IN = "Taking it in"


@click.command(
    "import",
    short_help="Import a HAR file into a session of its own.",
    epilog="""\b
Examples:
  wireglass import chrome.har
  wireglass import bug.har --session "bug 4711"
  wireglass ls session:chrome
  gunzip -c big.har.gz | wireglass import - --session big
  wireglass import chrome.har --json | jq -r .exchanges
\b
Exit codes: 0 done; 1 FILE is no HAR file or damaged, or the record cannot be written;
2 wrong usage, FILE cannot be read, or there is a session of that name;
130 Ctrl-C: nothing of it is kept, or all of it if it was done already; a line says which.""",
)
@click.argument("file")
@click.option("--session", metavar="NAME", help="What the new session is called.  [default: as FILE]")
@json_option
@home_option
def command(home: Home, file: str, session: str | None, as_json: bool) -> None:
    """Import a HAR file into a session of its own, wholly or not at all.

    FILE is HAR 1.2, as browsers, Charles, Fiddler, mitmproxy and `wireglass export` write it; - is standard input."""
    name = session or ""
    begun = time.time()
    try:
        with _at_hand(file) as path:
            if session is None:
                name = _free_name(home, path.stem if file != "-" else "import")
            done = _imported(home, path, name, "standard input" if file == "-" else file)
    except KeyboardInterrupt:
        _say_interrupted(home, name, begun)
        raise
    if as_json:
        click.echo(to_line(object_of(done)))
        return
    bodies = size(done.request_bytes + done.response_bytes)
    click.echo(one_line(f"Imported {exchanges(done.exchanges)} ({bodies}) into session {done.name!r}."))
    if sys.stderr.isatty():
        click.echo(f"`{hint('ls', home.path)}` lists them.", err=True)


def _imported(home: Home, path: Path, name: str, shown: str) -> Session:
    hidden = not sys.stderr.isatty()
    length = max(1, path.stat().st_size)
    with (
        control(home.path) as writer,
        click.progressbar(length=length, label="Importing", file=sys.stderr, hidden=hidden) as bar,
    ):
        step = max(1, length // 1000)
        handed_over = isinstance(writer, RemoteControl)

        def progress(done: int, _of: int) -> None:
            if handed_over and done >= length:  # most of the work is still to come, elsewhere
                bar.label = _TAKEN_IN
            if done - bar.pos >= step or done >= length:
                bar.update(done - bar.pos)

        try:
            return writer.import_file(path.absolute(), name, progress)
        except BadFile as error:
            raise BadFile(
                one_line(f"{shown}: {error.message}"), f"{error.hint} Nothing was imported.".strip()
            ) from error


@contextlib.contextmanager
def _at_hand(file: str) -> Iterator[Path]:
    """A file that can be read at any place: what comes through a pipe is put into one first."""
    source: IO[bytes]
    if file != "-":
        path = Path(file)
        try:
            mode = path.stat().st_mode
            if stat.S_ISREG(mode):
                yield path
                return
            if stat.S_ISDIR(mode):
                raise UsageError(f"{file} is a folder.", "Name a HAR file in it.")
            source = path.open("rb")
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror or error}.", "Name another file.") from error
    elif sys.stdin.isatty():
        raise UsageError("a HAR file does not come from the terminal.", "Name a file, or pipe one in.")
    else:
        source = sys.stdin.buffer
    with source, tempfile.TemporaryDirectory(prefix="wireglass-import-") as folder:  # for this user alone
        path = Path(folder) / (Path(file).name if file != "-" else "stdin.har")
        with path.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1024 * 1024)
        yield path


def _say_interrupted(home: Home, name: str, begun: float) -> None:
    """Ctrl-C may come with the commit that makes all of it visible: what the record holds is what was done."""
    with contextlib.ExitStack() as opened:
        reader = open_record(home)
        sessions = opened.enter_context(reader).sessions() if reader is not None else []
        done = next((one for one in sessions if one.name == name.strip() and one.started >= begun), None)
    if done is not None:
        line = f"It was done already: {exchanges(done.exchanges)} are in session {done.name!r}."
    elif home.running() is not None:  # where the rest of it is done, which may just be ending
        line = f"Nothing was imported so far; {hint('session ls', home.path)} shows whether it came through after all."
    else:
        line = "Nothing was imported."
    click.echo(one_line(line), err=True)


def _free_name(home: Home, stem: str) -> str:
    """The file's; with a number behind, where a session is called so already."""
    wanted = "".join(char for char in stem if char.isprintable()).strip()[:_NAME].strip() or "import"
    if wanted.isascii() and wanted.isdigit():  # which would name another session by its id
        wanted = f"import {wanted}"
    reader = open_record(home)
    if reader is None:
        return wanted
    with reader:
        taken = {session.name for session in reader.sessions()}
    number = 2
    name = wanted
    while name in taken:
        name = f"{wanted} {number}"
        number += 1
    return name
