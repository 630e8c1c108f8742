"""``wireglass note``"""

from __future__ import annotations

import click

from wireglass.app.control import control
from wireglass.app.home import Home
from wireglass.cli.options import home_option
from wireglass.cli.record import Id, recorded


@click.command(
    short_help="Write a note to an exchange.",
    epilog="""\b
Examples:
  wireglass note 12 'the order that was lost'
  wireglass note 12 ''                      takes the note away
  wireglass ls has:note                     all that have one; note:lost
\b
Exit codes: 0 done; 1 no such exchange, or it cannot be written; 2 wrong usage, or TEXT is too long.""",
)
@click.argument("id", type=Id(), metavar="ID")
@click.argument("text", metavar="TEXT")
@home_option
def command(home: Home, id: int, text: str) -> None:
    """Write a note to an exchange, in the place of an earlier one: up to 10,000 characters.

    `ls` shows how it begins, `show` the whole."""
    recorded(home, (id,))
    with control(home.path) as record:
        record.mark((id,), note=text)
    click.echo(f"{'Noted' if text else 'The note is taken away'}: exchange {id}.")
