"""What click says about wrong usage, as one line in our words."""

from __future__ import annotations

import re

import click

from wireglass.cli.hint import program


def usage_line(error: click.UsageError) -> str:
    text = error.format_message().replace("\n\t", " ")
    text = re.sub(r"^Got unexpected extra (arguments?) \((.*)\)$", r"Unexpected \1 '\2'", text, flags=re.DOTALL)
    stop = "" if text.endswith((".", "?", "!", "?)")) else "."
    command = error.ctx.command_path.removeprefix("wireglass") if error.ctx else ""
    if error.ctx and error.ctx.invoked_subcommand:
        command = f"{command} {error.ctx.invoked_subcommand}"
    return f"{text}{stop} Try '{program()}{command} --help'."
