"""Opening the record of a home for reading."""

from __future__ import annotations

import re

import click

from wireglass.app.home import Home
from wireglass.store import Reader
from wireglass.store.database import NAME


def open_record(home: Home) -> Reader | None:
    """None if nothing was ever recorded in this home."""
    return Reader(home.store) if (home.store / NAME).exists() else None


def say_empty(home: Home) -> None:
    click.echo(f"Nothing is recorded in {home.path} yet. Start with: wireglass up", err=True)


class Id(click.ParamType[int]):
    """The number in the first column of ``ls``."""

    name = "id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not re.fullmatch(r"[1-9]\d{0,17}", text, re.ASCII):
            self.fail(f"{text!r} is not the number of an exchange; `wireglass ls` shows them.", param, ctx)
        return int(text)
