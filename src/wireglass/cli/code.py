"""A request as code, for ``wireglass show --as``."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from wireglass.cli.text import say
from wireglass.errors import UsageError
from wireglass.formats.code import BY_ID, request_of
from wireglass.model import Record
from wireglass.store import Reader


def complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(id, help=one.name) for id, one in BY_ID.items() if id.startswith(incomplete)]


def check(language: str, *, alone: bool) -> None:
    """``alone``: without other flags. Raises UsageError."""
    if not alone:
        raise UsageError("--as writes the request as code, and nothing else.", "Leave out the other flags.")
    if language not in BY_ID:
        raise UsageError(f"There is no language {language!r}.", f"There are {', '.join(BY_ID)}.")


def write(reader: Reader, record: Record, language: str) -> None:
    """The code to standard output, what it cannot say to standard error as well."""
    snippet = BY_ID[language].snippet(request_of(record, lambda: reader.body(record, "request")))
    click.echo(snippet.text, nl=False)
    for note in snippet.notes:
        say(note)
