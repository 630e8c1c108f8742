"""``wireglass ls``"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import click

from wireglass.app.home import Home
from wireglass.cli.found import newest, oldest_first
from wireglass.cli.hint import hint
from wireglass.cli.options import home_option, json_option, limit_option
from wireglass.cli.query_argument import QueryCommand, both, narrowed, narrowing_options, query_argument
from wireglass.cli.record import Id, open_record, say_empty
from wireglass.cli.shape import summary_object, to_line
from wireglass.cli.table import Table
from wireglass.errors import UsageError
from wireglass.model import Summary
from wireglass.query.tree import All, Compares, Node, Term
from wireglass.store import Lag, Reader

_PATIENCE = 15.0
"""Seconds that are looked through the record for a person, who is then told how to go on. A program waits to the end,
which is what it has asked for."""

_AT_ONCE, _COUNTING = 0.05, 2.0
"""Seconds for the first, approximate count and for the exact one behind it."""


@click.command(
    cls=QueryCommand,
    short_help="List the recorded exchanges that match QUERY.",
    epilog="""\b
Examples:
  wireglass ls                              the newest 100
  wireglass ls method:POST status:5xx -host:cdn.example.com
  wireglass ls 'body:"order id" or has:error'
  wireglass ls --session checkout --limit 5 | cat    nothing is cut to the terminal's width
  wireglass ls host:*.example.com --before 4200      the next page: what is older than exchange 4200
  wireglass ls since:1h --all --json | jq -r .url    one JSON object a line; null where unknown
  wireglass ls status:4xx --count                    how many there are
\b
The query language: docs/guide/queries.md. Put a query with quotes or brackets in single quotes.
\b
Exit codes: 0 done, also if nothing is found; 1 the record cannot be read, or no such session or filter; 2 wrong usage,
or a query that cannot be read.""",
)
@query_argument
@narrowing_options
@limit_option(100, "The newest N only.")
@click.option("--before", type=Id(), metavar="ID", help="Only what is older than exchange ID.")
@click.option("--all", "everything", is_flag=True, help="Without a limit.")
@click.option("--count", "only_count", is_flag=True, help="Print how many there are, and none of them.")
@json_option
@home_option
def command(
    home: Home,
    query: str,
    session: str | None,
    saved: str | None,
    limit: int,
    before: int | None,
    everything: bool,
    only_count: bool,
    as_json: bool,
) -> None:
    """List the recorded exchanges that match QUERY, or all of them, newest last."""
    given = click.get_current_context().get_parameter_source("limit")
    if everything and given and given.name == "COMMANDLINE":
        raise UsageError("--limit and --all cannot both be.", "Leave out one of them.")
    reader = open_record(home)
    node = narrowed(query, reader, home, session, saved)
    if before is not None:
        node = both(node, Term("id", Compares("<", before)))
    if only_count:
        if reader is not None:
            _say_lag(reader.search_lag(), node)
        click.echo(str(reader.count(node, math.inf).exchanges if reader else 0))
        return
    if reader is None or not reader.newest_id():
        say_empty(home)
        return
    show = _lines(as_json)
    if everything:
        for row in oldest_first(reader, node):
            show(row)
        return
    look = newest(reader, node, limit + 1, _PATIENCE if sys.stdout.isatty() else math.inf)
    more = len(look.rows) > limit
    for row in look.rows[-limit:]:
        show(row)
    if not look.rows and look.whole:
        click.echo(f"Nothing matches. {hint('ls', home.path)} shows all there is.", err=True)
    if not look.whole:
        click.echo(
            f"Looked for {_PATIENCE:g} s and not at everything: there may be older ones. Narrow it (since:1d), or send "
            "it to a file or another program, for which it looks to the end.",
            err=True,
        )
    _say_lag(look.lag, node)
    if more and sys.stderr.isatty():
        _say_how_many(reader, node, limit, look.rows[-limit].id)


def _say_lag(lag: Lag, node: Node) -> None:
    if not lag.changes or isinstance(node, All):
        return
    one = lag.changes == 1
    behind = "1 change behind: it was" if one else f"{lag.changes:,} changes behind: these were"
    click.echo(
        f"The search index is {behind} looked at {'directly' if one else 'one by one'}."
        if lag.ready
        else "There is no search index yet: the exchanges were looked at one by one.",
        err=True,
    )


def _lines(as_json: bool) -> Callable[[Summary], None]:
    if as_json:
        return lambda row: click.echo(to_line(summary_object(row)))
    table = Table()
    click.echo(table.header())
    return lambda row: click.echo(table.row(row))


def _say_how_many(reader: Reader, node: Node, limit: int, first: int) -> None:
    """At once what is known at once, then in its place what was counted."""
    newest = "The newest is" if limit == 1 else f"The newest {limit} are"
    shown = f"{newest} shown; --before {first} shows the next, --limit N more."
    count = reader.count(node, _AT_ONCE)
    if not count.exact:
        click.echo(f"About {count.exchanges:,} match. {shown}", err=True, nl=False)
        count = reader.count(node, _COUNTING)
        click.echo("\r\x1b[K", err=True, nl=False)
    about = "" if count.exact else "About "
    click.echo(f"{about}{count.exchanges:,} match. {shown}", err=True)
