"""``wireglass tail``"""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import click

from wireglass.app.home import Home
from wireglass.cli.options import home_option, json_option
from wireglass.cli.record import how_to_start, open_record
from wireglass.cli.shape import summary_object, to_line
from wireglass.cli.table import Table
from wireglass.errors import StoreError
from wireglass.model import Summary
from wireglass.store import Reader

POLL = 0.05
"""Seconds between looks at the store: half a percent of one core (measured), and below what a person notices."""
_PAGE = 500
_LONG = 1.0
"""Seconds after which an open exchange is shown to people; most end before, and would take two lines."""
_LOOKS_AT_A_NEW_STORE = 40


@click.command(
    epilog="""\b
Examples:
  wireglass tail                            in a second terminal while `wireglass` runs
  wireglass tail --json | jq 'select(.status >= 500)'
\b
Exit codes: 0 Ctrl-C, or the reader closed the pipe; 1 the record cannot be read; 2 wrong usage."""
)
@json_option
@home_option
def command(home: Home, as_json: bool) -> None:
    """Print exchanges as they are recorded, from now on, until Ctrl-C.

    A line is printed when an exchange ends; one that runs longer than a second is printed before as well, as open. With
    --json each change of each exchange is a line: compare id, and take the last."""
    if home.running() is None:
        now = " now" if home.path.exists() else ": the folder does not exist"
        click.echo(f"Nothing is recording in {home.path}{now}; waiting. {how_to_start(home)}", err=True)
    try:
        reader = wait_for_record(home)
        if as_json:
            for summary in chain.from_iterable(follow(reader)):
                click.echo(to_line(summary_object(summary)))
        else:
            table = Table()
            click.echo(table.header())
            for summary in for_people(follow(reader)):
                click.echo(table.row(summary))
    except KeyboardInterrupt:
        return


def pause_or_end(seconds: float) -> None:
    """Ends the command as soon as the reader of the pipe is gone (`tail | head -1`): where nothing more is recorded,
    nothing is written that would tell."""
    if sys.platform == "win32" or sys.stdout.isatty():
        time.sleep(seconds)
        return
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)  # nothing but POLLERR and POLLHUP, which need not be asked for
    if poll.poll(seconds * 1000):
        raise BrokenPipeError


def wait_for_record(home: Home, pause: Callable[[float], None] = pause_or_end) -> Reader:
    """The record as soon as there is one. A store that appears while we wait may be met before its tables are made, so
    it is given some looks; one that was there from the beginning is not."""
    patience = 0
    while True:
        try:
            if reader := open_record(home):
                return reader
            patience = _LOOKS_AT_A_NEW_STORE
        except StoreError:
            if not patience:
                raise
            patience -= 1
        pause(POLL)


def follow(reader: Reader, pause: Callable[[float], None] = pause_or_end) -> Iterator[list[Summary]]:
    """Every change after this moment, in the order of ``seq``, forever: one list each look, often an empty one."""
    seen = reader.newest_seq()
    while True:
        changes = reader.changes(seen, _PAGE)
        yield changes
        if changes:
            seen = max(change.seq for change in changes)
        if len(changes) < _PAGE:
            pause(POLL)


def for_people(looks: Iterable[list[Summary]], now: Callable[[], float] = time.time) -> Iterator[Summary]:
    """The end of each exchange; before it one line as open, if it runs long."""
    waiting: dict[int, Summary] = {}
    shown: set[int] = set()
    for changes in looks:
        for change in changes:
            if change.state == "open":
                waiting[change.id] = change
            else:
                waiting.pop(change.id, None)
                shown.discard(change.id)
                yield change
        due = [one for one in waiting.values() if one.id not in shown and now() - one.started > _LONG]
        for one in due:
            shown.add(one.id)
            yield one
