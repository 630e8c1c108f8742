"""Flags that several commands share, made from the table of settings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from wireglass.app.home import Home
from wireglass.settings import TABLE, Setting, find, load_home

_Function = TypeVar("_Function", bound=Callable[..., Any])


def option(setting: Setting) -> Callable[[_Function], _Function]:
    """The flag of a setting. Its value arrives as text, or None where the flag was not given: what else may decide, and
    how text is read, is known by ``settings`` alone."""
    default = f"default: {setting.default}; " if setting.default else ""
    help = f"{setting.help} [{default}{setting.env}]"
    if setting.repeatable:
        return click.option(
            setting.flag,
            setting.name,
            metavar=setting.metavar,
            multiple=True,
            help=help,
            callback=lambda _context, _parameter, texts: "\n".join(texts) if texts else None,
        )
    if setting.metavar:
        return click.option(setting.flag, setting.name, metavar=setting.metavar, help=help)
    return click.option(
        setting.flag if setting.name.startswith("no_") else f"{setting.flag}/--no-{setting.flag[2:]}",
        setting.name,
        is_flag=True,
        default=None,
        help=help,
        callback=lambda _context, _parameter, value: None if value is None else str(value).lower(),
    )


def _open_home(context: click.Context, _parameter: click.Parameter, value: str | None) -> Home:
    home = Home(load_home(value, os.environ))
    context.find_root().obj = home.path
    return home


def home_option(function: _Function) -> _Function:
    """``--home`` for commands that read: gives the function a ``Home``."""
    setting = find("home")
    help = f"{setting.help} [{setting.env}]"
    return click.option(
        setting.flag, setting.name, metavar=setting.metavar, help=help, callback=_open_home, is_eager=True
    )(function)


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")


OF_CAPTURE = tuple(setting for setting in TABLE if setting.name not in ("home", "listen", "mode", "open"))


def capture_options(function: _Function) -> _Function:
    """The flags of ``up`` for commands that start a capture where none runs. Where to listen is left out: who needs to
    know that starts ``up``; so does who wants to see the web UI."""
    for setting in reversed(OF_CAPTURE):  # the first decorator applied is listed last
        function = option(setting)(function)
    return function


def check(flags: Mapping[str, str | None]) -> None:
    """Reads them all: a wrong one is wrong usage before anything has started. Raises BadSetting."""
    for setting in OF_CAPTURE:
        if (text := flags[setting.name]) is not None:
            setting.read(text, setting.flag)


def _at_least_1(context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", value, re.ASCII) or int(value) < 1:
        raise click.UsageError(f"--limit must be a whole number, at least 1, not {value}.", context)
    return int(value)


def limit_option(default: int | None, help: str) -> Callable[[_Function], _Function]:
    return click.option(
        "--limit",
        callback=_at_least_1,
        default=None if default is None else str(default),
        metavar="N",
        help=f"{help}  [default: {default or 'all'}]",
    )
