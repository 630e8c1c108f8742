"""Opening the record of a home for reading."""

from __future__ import annotations

import re

import click

from wireglass.app.home import Home
from wireglass.cli.hint import hint, with_hints
from wireglass.store import Reader


def open_record(home: Home) -> Reader | None:
    """None if nothing was ever recorded in this home. Raises HomeNotWritable if it is a file."""
    if home.path.exists() and not home.path.is_dir():
        home.make()  # says so, in the words that `up` uses
    return Reader.if_any(home.store)


def say_empty(home: Home) -> None:
    click.echo(f"Nothing is recorded in {where(home)}. {how_to_start(home)}", err=True)


def where(home: Home) -> str:
    """The end of "nothing is recorded in …": a mistyped folder must be seen."""
    return f"{home.path} yet" if home.path.exists() else f"{home.path}: the folder does not exist"


def how_to_start(home: Home) -> str:
    return f"Start with: {hint('up', home.path)}"


class Id(click.ParamType[int]):
    """The number in the first column of ``ls``."""

    name = "id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not re.fullmatch(r"[1-9]\d{0,17}", text, re.ASCII):
            home = ctx.find_root().obj if ctx else None
            shows = with_hints("`wireglass ls` shows them.", home)
            self.fail(f"{text!r} is not the number of an exchange; {shows}", param, ctx)
        return int(text)
