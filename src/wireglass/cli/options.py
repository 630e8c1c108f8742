"""Flags that several commands share, made from the table of settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from wireglass.app.home import Home
from wireglass.settings import Setting, find, load_home

_Function = TypeVar("_Function", bound=Callable[..., Any])


def option(setting: Setting) -> Callable[[_Function], _Function]:
    """The flag of a setting. Its value arrives as text, or None where the flag was not given: what else may decide, and
    how text is read, is known by ``settings`` alone."""
    default = f"default: {setting.default}; " if setting.default else ""
    help = f"{setting.help} [{default}{setting.env}]"
    if setting.metavar:
        return click.option(setting.flag, setting.name, metavar=setting.metavar, help=help)
    return click.option(
        f"{setting.flag}/--no-{setting.flag[2:]}",
        setting.name,
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
