"""``wireglass mark``"""

from __future__ import annotations

from typing import cast, get_args

import click

from wireglass.app.control import control
from wireglass.app.home import Home
from wireglass.app.report import exchanges
from wireglass.cli.options import home_option
from wireglass.cli.record import Id, recorded
from wireglass.errors import UsageError
from wireglass.model import Color

COLORS = [color for color in get_args(Color) if color]
NONE = "none"


@click.command(
    epilog="""\b
Examples:
  wireglass mark 12 --color red
  wireglass mark 12 13 14 --star
  wireglass mark 12 --color none --no-star  as it was
  wireglass ls is:marked                    all that are marked; color:red, is:starred
\b
Exit codes: 0 done; 1 no such exchange, or it cannot be written; 2 wrong usage."""
)
@click.argument("ids", nargs=-1, required=True, type=Id(), metavar="ID...")
@click.option("--color", type=click.Choice([*COLORS, NONE]), help="The colour; none takes it away.")
@click.option("--star/--no-star", default=None, help="The star, or none.")
@home_option
def command(home: Home, ids: tuple[int, ...], color: str | None, star: bool | None) -> None:
    """Mark exchanges with a colour or a star, to find them again.

    `wireglass note` writes a text to one."""
    if color is None and star is None:
        raise UsageError("nothing is said to be marked.", "Add --color red, --star or --no-star.")
    recorded(home, ids)
    with control(home.path) as record:
        marked = record.mark(ids, color=None if color is None else cast("Color", color.replace(NONE, "")), star=star)
    click.echo(f"Marked {exchanges(marked)}.")
