"""``wireglass ls``"""

from __future__ import annotations

import sys

import click

from wireglass.app.home import Home
from wireglass.cli.options import home_option, json_option, limit_option
from wireglass.cli.record import open_record, say_empty
from wireglass.cli.shape import summary_object, to_line
from wireglass.cli.table import Table
from wireglass.model import Summary
from wireglass.store import Reader

_PAGE = 5000
"""Rows of one query, some 50 ms: a query has a time limit, and an old snapshot holds up the writer's log."""


@click.command(
    epilog="""\b
Examples:
  wireglass ls                              the newest 100
  wireglass ls --limit 5 | cat              nothing is cut to the terminal's width
  wireglass ls --json | jq -r .url          one JSON object a line; null where unknown
\b
Exit codes: 0 done, also if nothing is recorded; 1 the record cannot be read; 2 wrong usage."""
)
@limit_option(100, "The newest N only.")
@json_option
@home_option
def command(home: Home, as_json: bool, limit: int) -> None:
    """List the recorded exchanges, newest last."""
    reader = open_record(home)
    rows = newest(reader, limit + 1) if reader else []
    if not rows:
        say_empty(home)
        return
    if as_json:
        for row in rows[-limit:]:
            click.echo(to_line(summary_object(row)))
        return
    table = Table()
    click.echo(table.header())
    for row in rows[-limit:]:
        click.echo(table.row(row))
    if len(rows) > limit and sys.stderr.isatty():
        click.echo(f"The newest {limit} are shown; --limit N shows more.", err=True)


def newest(reader: Reader, limit: int) -> list[Summary]:
    """The newest ``limit`` exchanges, newest last."""
    rows: list[Summary] = []
    while len(rows) < limit:
        page = reader.page(min(_PAGE, limit - len(rows)), rows[-1].id if rows else None)
        if not page:
            break
        rows += reversed(page)
    rows.reverse()
    return rows
