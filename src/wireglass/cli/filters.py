"""``wireglass filters``"""

from __future__ import annotations

import os

import click

from wireglass.app.control import control
from wireglass.app.home import Home
from wireglass.cli.hint import with_hints
from wireglass.cli.options import home_option, json_option
from wireglass.cli.query_argument import QueryCommand, filter_names, query_argument, read
from wireglass.cli.record import open_record
from wireglass.cli.shape import to_line
from wireglass.cli.text import one_line, say
from wireglass.errors import UsageError
from wireglass.model import SavedFilter
from wireglass.settings import load_home


@click.group(
    short_help="Queries that are kept under a name.",
    invoke_without_command=True,
    epilog="""\b
Examples:
  wireglass filters save errors 'status:5xx or has:error'
  wireglass ls --filter errors
  wireglass ls --filter errors host:api.example.com
  wireglass filters                         what there is, like `wireglass filters ls`
\b
Exit codes: 0 done; 1 no such filter, or it cannot be written; 2 wrong usage, or a query that cannot be read.""",
)
@click.pass_context
def command(context: click.Context) -> None:
    """Queries that are kept under a name, for `--filter NAME` of other commands and for the user interface."""
    if context.invoked_subcommand is None:
        context.invoke(list_filters, home=Home(load_home(None, os.environ)), as_json=False)


@command.command(
    name="ls",
    epilog="""\b
Examples:
  wireglass filters ls
  wireglass filters ls --json | jq -r .query
\b
Exit codes: 0 done, also if there is none; 1 the record cannot be read; 2 wrong usage.""",
)
@json_option
@home_option
def list_filters(home: Home, as_json: bool) -> None:
    """List the saved filters."""
    reader = open_record(home)
    saved = reader.saved_filters() if reader else []
    if not saved and not as_json:
        say(with_hints("No filter is saved. Save one with `wireglass filters save NAME QUERY`.", home.path))
    width = min(30, max((len(one.name) for one in saved), default=0))
    for one in saved:
        if as_json:
            click.echo(to_line({"name": one.name, "query": one.query}))
        else:
            click.echo(f"{one_line(one.name):<{width}}  {one_line(one.query)}")


@command.command(
    cls=QueryCommand,
    epilog="""\b
Examples:
  wireglass filters save slow 'time:>1s -type:image'
\b
Exit codes: 0 done; 1 it cannot be written; 2 wrong usage, or a query that cannot be read.""",
)
@click.argument("name", metavar="NAME", shell_complete=filter_names)
@query_argument
@home_option
def save(home: Home, name: str, query: str) -> None:
    """Keep QUERY under NAME, in the place of what has this name."""
    if not query.strip():
        raise UsageError(f"filter {name!r} has no query.", "Write one behind its name.")
    read(query)
    with control(home.path) as record:
        record.save_filter(SavedFilter(name, query))
    click.echo(one_line(f"Saved filter {name!r}."))


@command.command(
    epilog="""\b
Examples:
  wireglass filters rm slow
\b
Exit codes: 0 done; 1 no such filter, or it cannot be written; 2 wrong usage."""
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=filter_names)
@home_option
def rm(home: Home, names: tuple[str, ...]) -> None:
    """Forget the saved filters NAME..."""
    with control(home.path) as record:
        for name in names:
            record.remove_filter(name)
            click.echo(one_line(f"Removed filter {name!r}."))
