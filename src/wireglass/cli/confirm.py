"""Asking a person before something is deleted."""

from __future__ import annotations

import sys

import click

from wireglass.cli.text import one_line
from wireglass.errors import UsageError

yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


def confirm(question: str, would: str) -> None:
    """Returns if the answer is yes, and ends the command with exit code 1 if it is no. ``would``: what would be done,
    for the UsageError where nobody is there to be asked."""
    if not sys.stdin.isatty():
        raise UsageError(one_line(f"{would}, and nobody is there to be asked."), "Add --yes.")
    if not click.confirm(one_line(question), err=True):
        click.echo("Nothing was deleted.", err=True)
        raise click.exceptions.Exit(1)
