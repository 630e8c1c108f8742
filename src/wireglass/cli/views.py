"""``wireglass views``"""

from __future__ import annotations

import click

from wireglass.app.views import body_views
from wireglass.cli.options import json_option
from wireglass.cli.shape import to_line
from wireglass.cli.text import one_line
from wireglass.content.showing import RAW, about


@click.command(
    short_help="List the views that `show` has for bodies.",
    epilog="""\b
Examples:
  wireglass views
  wireglass show 12 --view hex              both bodies in hex
  wireglass show 12 --response-body --view json | less
\b
Exit codes: 0 done, also if a plug-in could not be loaded; 2 wrong usage.""",
)
@json_option
def command(as_json: bool) -> None:
    """List the views that `wireglass show` has for bodies, those of plug-ins among them.

    `show` takes the one that fits a body best; `show --view NAME` takes the one you name."""
    views = body_views()
    for name, view in views.by_name.items():
        _say(as_json, name, about(view), None)
    for name, reason in views.unloaded.items():
        _say(as_json, name, "", reason)
    if not as_json:
        click.echo(f"{RAW:<12} none of these: the body as text, as it came")


def _say(as_json: bool, name: str, words: str, error: str | None) -> None:
    if as_json:
        click.echo(to_line({"name": name, "about": words or None, "error": error}))
        return
    click.echo(one_line(f"{name:<12} {f'could not be loaded: {error}' if error else words}"))
