"""Opening the record of a home for reading."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from wireglass.app.home import Home
from wireglass.cli.hint import hint, with_hints
from wireglass.errors import NotFound
from wireglass.model import Summary
from wireglass.store import Reader


def open_record(home: Home) -> Reader | None:
    """None if nothing was ever recorded in this home. Raises HomeNotWritable if it is a file."""
    if home.path.exists() and not home.path.is_dir():
        home.make()  # says so, in the words that `up` uses
    return Reader.if_any(home.store)


def recorded(home: Home, ids: Iterable[int]) -> list[Summary]:
    """Raises NotFound for the first that there is not, before anything is done to the others."""
    reader = open_record(home)
    if reader is None:
        raise NotFound(f"nothing is recorded in {where(home)}.", how_to_start(home))
    with reader:
        return [reader.get(id).summary for id in dict.fromkeys(ids)]


def say_empty(home: Home) -> None:
    click.echo(f"Nothing is recorded in {where(home)}. {how_to_start(home)}", err=True)


def where(home: Home) -> str:
    """The end of "nothing is recorded in …": a mistyped folder must be seen."""
    return f"{home.path} yet" if home.path.exists() else f"{home.path}: the folder does not exist"


def how_to_start(home: Home) -> str:
    """Where a capture runs already: that it does, and what else keeps it from recording."""
    run = home.running()
    if run is None:
        return f"Start with: {hint('up', home.path)}"
    reader = Reader.if_any(home.store)
    if reader is not None:
        with reader:
            if any(one.state == "recording" for one in reader.sessions()):
                return f"A capture runs (pid {run.pid}, proxy on {run.listen}) and records what passes."
    start = hint("session start NAME", home.path)
    return f"A capture runs (pid {run.pid}, proxy on {run.listen}), but no session records. Start one with: {start}"


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
