"""``wireglass missing``"""

from __future__ import annotations

import shutil
import sys
from typing import get_args

import click

from wireglass.app.home import Home
from wireglass.cli.hint import with_hints
from wireglass.cli.options import home_option, json_option
from wireglass.cli.query_argument import session_names, session_of
from wireglass.cli.record import open_record, say_empty
from wireglass.cli.shape import iso_time, to_line
from wireglass.cli.table import local_time
from wireglass.cli.text import one_line, shorten
from wireglass.model import Missing, Reason

_WHY: dict[Reason, tuple[str, str]] = {
    "filtered": (
        "it did not match the capture filter of any session",
        "`wireglass session ls` shows the filters; `wireglass session set NAME --filter QUERY` changes one",
    ),
    "paused": ("every session was paused", "`wireglass session resume NAME` goes on recording"),
    "no_session": ("no session was recording", "`wireglass session start NAME` begins one"),
    "store_full": (
        "there was no room on the disk, or the store could not be written",
        "make room, `wireglass prune --age 30d` for example; `wireglass doctor` tells what is wrong",
    ),
    "passed_through": (
        "the connection was passed on without being read, as --passthrough or the client's behaviour says",
        "`wireglass ls protocol:tunnel` shows which; docs/guide/tls.md says who decides",
    ),
    "certificate_rejected": (
        "the client did not accept the certificate of Wireglass",
        "`wireglass ca` says how to make it trusted; a program with pinned certificates cannot be read",
    ),
    "refused": ("Wireglass refused to pass it on", "`wireglass ls has:error` says why; docs/guide/errors.md explains"),
}
assert set(_WHY) == set(get_args(Reason))

_SHOWN = 20
"""Hosts of one reason, for people."""

_DETAIL = 160  # characters
_BESIDE = 43
"""Columns of a terminal beside the host: the count and the time of the last."""


@click.command(
    short_help="Say what passed and was not kept, and why.",
    epilog="""\b
Examples:
  wireglass missing                         why something is not in the record
  wireglass missing --session checkout
  wireglass missing --json | jq 'select(.reason == "certificate_rejected").host'
\b
Exit codes: 0 done, also if nothing is missing; 1 the record cannot be read, or no such session; 2 wrong usage.""",
)
@click.option("--session", metavar="NAME", shell_complete=session_names, help="What is missing in this session.")
@json_option
@home_option
def command(home: Home, session: str | None, as_json: bool) -> None:
    """Say what passed and was not kept as an exchange, why, and what to do: by reason and host, with counts."""
    reader = open_record(home)
    if reader is None:
        say_empty(home)
        return
    rows = reader.missing(session_of(reader, session).id if session is not None else None)
    if as_json:
        for row in rows:
            click.echo(to_line(_object(row)))
        return
    if not rows:
        click.echo("Nothing is missing: what passed was kept.", err=True)
    for reason, (why, remedy) in _WHY.items():
        if those := [row for row in rows if row.reason == reason]:
            _say(reason, why, with_hints(remedy, home.path), those)


def _say(reason: Reason, why: str, remedy: str, rows: list[Missing]) -> None:
    total = sum(row.count for row in rows)
    click.echo(click.style(f"{reason}: {total:,}", bold=True) + f", because {why}.")
    click.echo(f"  → {remedy}.")
    columns = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else None
    most = 50 if columns is None else max(20, min(50, columns - _BESIDE))
    width = min(most, max(len(one_line(row.host) or "-") for row in rows[:_SHOWN]))
    for row in rows[:_SHOWN]:
        last = f"last {local_time(row.last)}" + (f" in session {row.session}" if row.session else "")
        host = one_line(row.host) or "-"
        if columns is not None:
            host = shorten(host, width)
        line = f"  {row.count:>9,}  {host:<{width}}  {one_line(f'{last}  {shorten(row.detail, _DETAIL)}')}"
        click.echo(line[:columns].rstrip())
    if len(rows) > _SHOWN:
        click.echo(
            f"  and {len(rows) - _SHOWN:,} more host{'' if len(rows) == _SHOWN + 1 else 's'}; --json has them all."
        )
    click.echo()


def _object(row: Missing) -> dict[str, object]:
    why, remedy = _WHY[row.reason]
    return {
        "reason": row.reason,
        "host": row.host or None,
        "count": row.count,
        "first": iso_time(row.first),
        "last": iso_time(row.last),
        "detail": row.detail or None,
        "client": row.client or None,
        "session": row.session or None,
        "why": why,
        "remedy": remedy,
    }
