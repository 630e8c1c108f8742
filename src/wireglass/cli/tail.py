"""``wireglass tail``"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import click

from wireglass.app.home import Home
from wireglass.cli.options import home_option, json_option
from wireglass.cli.record import open_record
from wireglass.cli.shape import summary_object, to_line
from wireglass.cli.table import Table
from wireglass.errors import StoreError
from wireglass.model import Summary
from wireglass.store import Reader

POLL = 0.05
"""Seconds between looks at the store: half a percent of one core (measured), and below what a person notices."""
_PAGE = 500
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

    A line is printed when an exchange ends; one that runs long is printed when it begins as well, as open. With --json
    each change of each exchange is a line: compare id, and take the last."""
    if home.running() is None:
        click.echo(f"Nothing is recording in {home.path} now; waiting. Start with: wireglass up", err=True)
    try:
        reader = wait_for_record(home)
        if as_json:
            for summary in follow(reader):
                click.echo(to_line(summary_object(summary)))
        else:
            table = Table()
            click.echo(table.header())
            for summary in once_for_people(follow(reader)):
                click.echo(table.row(summary))
    except KeyboardInterrupt:
        return


def wait_for_record(home: Home, pause: Callable[[float], None] = time.sleep) -> Reader:
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


def follow(reader: Reader, pause: Callable[[float], None] = time.sleep) -> Iterator[Summary]:
    """Every change after this moment, in the order of ``seq``, forever."""
    seen = reader.newest_seq()
    while True:
        changes = reader.changes(seen, _PAGE)
        yield from changes
        if changes:
            seen = max(change.seq for change in changes)
        if len(changes) < _PAGE:
            pause(POLL)


def once_for_people(changes: Iterator[Summary]) -> Iterator[Summary]:
    """Without the changes of an open exchange after the first: a download changes several times a second."""
    open_ids: set[int] = set()
    for summary in changes:
        if summary.state != "open":
            open_ids.discard(summary.id)
        elif summary.id in open_ids:
            continue
        else:
            open_ids.add(summary.id)
        yield summary
