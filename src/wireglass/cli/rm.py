"""``wireglass rm``"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import NamedTuple

import click

from wireglass.app.control import control
from wireglass.app.home import Home
from wireglass.app.report import exchanges
from wireglass.capture.control import Control
from wireglass.cli.confirm import confirm, yes_option
from wireglass.cli.found import oldest_first
from wireglass.cli.options import home_option
from wireglass.cli.query_argument import filter_names, narrowed, session_names
from wireglass.cli.record import Id, open_record, recorded, say_empty
from wireglass.cli.text import size
from wireglass.errors import UsageError
from wireglass.query import unparse
from wireglass.query.tree import Node
from wireglass.store import Reader

_PATIENCE = 3.0
"""Seconds in which is counted what would go; then a person is told "more than"."""


class _Amount(NamedTuple):
    number: int
    bodies: int
    whole: bool = True

    def __str__(self) -> str:
        more = "" if self.whole else "more than "
        return f"{more}{exchanges(self.number)} ({more}{size(self.bodies)} of bodies)"


@click.command(
    epilog="""\b
Examples:
  wireglass rm 12 13
  wireglass rm --query 'host:tracker.example.com before:7d'
  wireglass rm --session noise --yes
\b
What is deleted cannot be had back, and its space is given back to the disk.
\b
Exit codes: 0 done, also if nothing matches; 1 no such exchange, or it cannot be written, or the answer was no;
2 wrong usage, a query that cannot be read, or nobody is there to be asked (--yes); 130 Ctrl-C: what is deleted
until then stays deleted."""
)
@click.argument("ids", nargs=-1, type=Id(), metavar="[ID]...")
@click.option("--query", metavar="QUERY", help="All that match, as `wireglass ls QUERY` shows them.")
@click.option("--session", metavar="NAME", shell_complete=session_names, help="Of these, what this session holds.")
@click.option(
    "--filter", "saved", metavar="NAME", shell_complete=filter_names, help="What this saved filter lets through."
)
@yes_option
@home_option
def command(
    home: Home, ids: tuple[int, ...], query: str | None, session: str | None, saved: str | None, yes: bool
) -> None:
    """Delete exchanges: those named by ID, or all that match. It asks before.

    What still runs stays."""
    by_query = query is not None or session is not None or saved is not None
    if bool(ids) == by_query:
        raise UsageError("what to delete is said by ID or by --query.", "Name one or more exchanges, or give a query.")
    if ids:
        amount = _of_ids(home, ids)
    else:
        reader = open_record(home)
        if query is not None and not query.strip() and session is None and saved is None:
            raise UsageError("an empty query matches everything.", "To delete everything, write --query 'id:>0'.")
        node = narrowed(query or "", reader, home, session, saved)
        if reader is None:
            say_empty(home)
            return
        amount = _of_query(reader, node)
        if not amount.number:
            click.echo("Nothing that has ended matches: nothing was deleted.", err=True)
            return
    if not yes:
        confirm(f"Delete {amount}?", f"{amount} would be deleted")
    with control(home.path) as record:
        gone = record.delete(ids) if ids else _delete_matching(record, unparse(node), amount)
    click.echo(f"Deleted {exchanges(gone)}.")


def _of_ids(home: Home, ids: tuple[int, ...]) -> _Amount:
    rows = recorded(home, ids)
    return _Amount(len(rows), sum(row.request_size + row.response_size for row in rows))


def _of_query(reader: Reader, node: Node) -> _Amount:
    end = time.monotonic() + _PATIENCE
    count = bytes = 0
    with reader:
        for row in oldest_first(reader, node):
            if row.state != "open":
                count += 1
                bytes += row.request_size + row.response_size
            if time.monotonic() > end:
                return _Amount(count, bytes, whole=False)
    return _Amount(count, bytes)


def _delete_matching(record: Control, query: str, amount: _Amount) -> int:
    """With a bar where it takes long enough to be seen."""
    length, hidden = amount.number if amount.whole else None, not sys.stderr.isatty()
    steps: Iterable[int] | None = None
    with click.progressbar(steps, length=length, label="Deleting", file=sys.stderr, hidden=hidden) as bar:
        return record.delete_matching(query, lambda done: bar.update(done - bar.pos))
