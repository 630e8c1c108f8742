"""``wireglass prune``"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import click

from wireglass.app.control import control
from wireglass.app.home import Home
from wireglass.app.report import exchanges
from wireglass.cli.options import home_option
from wireglass.cli.query_argument import session_names, session_of
from wireglass.cli.record import open_record, say_empty
from wireglass.cli.text import size as shown_size
from wireglass.errors import UsageError
from wireglass.model import Retention
from wireglass.setting_values import parse_duration, parse_size
from wireglass.store.retention import Oldest


class _Read(click.ParamType[Any]):
    """What a parser of ``settings`` makes of a text, which says what is wrong with it in a ValueError."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._parse(str(value))
        except ValueError as error:
            self.fail(f"{value!r}: it {error}.", param, ctx)


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text, re.ASCII):
        raise ValueError("must be a whole number, 0 or more, of at most 12 digits")
    return int(text)


@click.command(
    short_help="Delete the oldest exchanges beyond a limit.",
    epilog="""\b
Examples:
  wireglass prune --age 30d                 what began earlier goes
  wireglass prune --count 100000 --dry-run  says what would go
  wireglass prune --size 1G --session load-test
\b
The settings --retention-age, --retention-count and --retention-size of `wireglass up` do this all the time.
\b
Exit codes: 0 done, also if nothing had to go; 1 no such session, or it cannot be written; 2 wrong usage;
130 Ctrl-C: what is deleted until then stays deleted.""",
)
@click.option("--age", type=_Read("time", parse_duration), metavar="TIME", help="Keep what is younger: 12h, 30d.")
@click.option("--count", type=_Read("number", _count), metavar="N", help="Keep the newest N.")
@click.option("--size", type=_Read("size", parse_size), metavar="SIZE", help="Keep the newest of this size: 500M, 2G.")
@click.option("--session", metavar="NAME", shell_complete=session_names, help="Only what this session holds.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and delete nothing.")
@home_option
def command(
    home: Home, age: float | None, count: int | None, size: int | None, session: str | None, dry_run: bool
) -> None:
    """Delete the oldest exchanges until what is left is within all the limits given. It does not ask.

    What still runs stays, and what is starred, unless nothing else is left for a count or a size. The space is given
    back to the disk."""
    retention = Retention(age, count, size)
    if retention == Retention():
        raise UsageError("nothing is said about what may stay.", "Add --age, --count or --size.")
    reader = open_record(home)
    if reader is None:
        say_empty(home)
        return
    id = session_of(reader, session).id if session is not None else None
    if dry_run:
        with Oldest(home.store, id) as oldest:
            number, bodies = oldest.excess(retention, time.time())
        click.echo(f"{exchanges(number)} ({shown_size(bodies)} of bodies) would go.")
        return
    with control(home.path) as record:
        gone = record.prune(retention, id)
    click.echo(f"Deleted {exchanges(gone)}.")
