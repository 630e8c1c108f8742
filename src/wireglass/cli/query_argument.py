"""Queries on the command line: the words of QUERY, ``--session`` and ``--filter``, which narrow it, and what the shell
offers for them."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from wireglass.app.home import Home
from wireglass.cli.record import open_record
from wireglass.errors import NotFound, WireglassError
from wireglass.model import Dimension, Session
from wireglass.query import parse
from wireglass.query.tree import All, And, Is, Node, Term
from wireglass.settings import load_home
from wireglass.store import Reader

_BARS = 50
_FIELDS: dict[Dimension, str] = {"domain": "host", "method": "method", "type": "type"}

_Function = TypeVar("_Function", bound=Callable[..., Any])


class QueryCommand(click.Command):
    """A word such as ``-host:cdn.example.com`` or ``-(a or b)`` is a part of the query, not a bundle of flags. Only
    what is written as a flag of this command is one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        flags, words = self._sorted_out(ctx, args)
        return super().parse_args(ctx, [*flags, "--", *words] if words else flags)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """For click a word that begins with a minus can only be a flag."""
        offered = super().shell_complete(ctx, incomplete)
        return offered if incomplete.startswith("--") else [*offered, *_offer(ctx, None, incomplete)]

    def _sorted_out(self, ctx: click.Context, args: list[str]) -> tuple[list[str], list[str]]:
        takes_value = {
            name: not one.is_flag
            for one in self.get_params(ctx)
            if isinstance(one, click.Option)
            for name in (*one.opts, *one.secondary_opts)
        }
        flags: list[str] = []
        words: list[str] = []
        rest = iter(args)
        for word in rest:
            if word == "--":
                words += rest
            elif word in takes_value:
                flags.append(word)
                if takes_value[word] and (value := next(rest, None)) is not None:
                    flags.append(value)
            elif word.startswith("--"):
                flags.append(word)  # with its value behind "=", or none of ours: click says so
            else:
                words.append(word)
        return flags, words


def query_argument(function: _Function) -> _Function:
    """Gives the function ``query``: the words, with spaces between."""
    return click.argument(
        "query",
        nargs=-1,
        metavar="[QUERY]...",
        callback=lambda _context, _parameter, words: " ".join(words),
        shell_complete=_offer,
    )(function)


def narrowing_options(function: _Function) -> _Function:
    """Gives the function ``session`` and ``saved``: names, or None."""
    session = click.option("--session", metavar="NAME", shell_complete=session_names, help="What this session holds.")
    saved = click.option(
        "--filter",
        "saved",
        metavar="NAME",
        shell_complete=filter_names,
        help="What this saved filter lets through (see `wireglass filters`); with QUERY, what both do.",
    )
    return session(saved(function))


def read(text: str) -> Node:
    """Raises QueryError."""
    return parse(text, time.time())


def narrowed(text: str, reader: Reader | None, home: Home, session: str | None, saved: str | None) -> Node:
    """The query and the two flags as one. Raises QueryError, and NotFound for a name that there is not."""
    parts = [read(text)]
    if session is not None:
        if reader is None:
            raise NotFound(f"there is no session {session!r}: nothing is recorded in {home.path} yet.")
        parts.append(Term("session", Is(session_of(reader, session).name)))
    if saved is not None:
        parts.append(read(_query_of(saved, reader)))
    return both(*parts)


def both(*parts: Node) -> Node:
    some = tuple(part for part in parts if not isinstance(part, All))
    return And(some) if len(some) > 1 else some[0] if some else All()


def session_of(reader: Reader, text: str) -> Session:
    """By its name or, where none has it, by its number. Raises NotFound."""
    try:
        return reader.session(text)
    except NotFound:
        if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
            raise
    return reader.session(int(text))


def _query_of(name: str, reader: Reader | None) -> str:
    for one in reader.saved_filters() if reader else ():
        if one.name == name:
            return one.query
    raise NotFound(f"there is no saved filter {name!r}.", "`wireglass filters` lists them.")


def _reader(context: click.Context) -> Reader | None:
    """Of the home that is meant so far; a shell that completes must never be told of errors."""
    home = context.params.get("home")
    try:
        return open_record(home if isinstance(home, Home) else Home(load_home(None, os.environ)))
    except WireglassError:
        return None


def _offer(context: click.Context, _parameter: click.Parameter | None, incomplete: str) -> list[CompletionItem]:
    """What may stand at the cursor. bash makes a word of each colon, and replaces what is behind it alone."""
    from wireglass.query.completion import completions  # needed here alone

    words = f"{context.params.get('query') or ''} "
    if incomplete == ":":
        words, incomplete = f"{words}: ", ""
    before = re.sub(r" : ", ":", words).lstrip()
    text = before + incomplete
    return [
        CompletionItem(text[len(before) : one.start] + one.text, help=one.help)
        for one in completions(text, len(text), _known(context))
        # An operator takes the place of a colon that is there already, and a shell has its own sense of > and <.
        if one.start >= len(before) and one.kind != "operator"
    ]


def _known(context: click.Context) -> dict[str, list[str]]:
    """What the record has: names of sessions, and what the newest session holds most of."""
    reader = _reader(context)
    sessions = reader.sessions() if reader else []
    known = {"session": [one.name for one in reversed(sessions)]}
    if reader and sessions:
        for tally in reader.tallies(sessions[-1].id, _BARS):
            if field := _FIELDS.get(tally.dimension):
                known.setdefault(field, []).append(tally.value)
    return known


def session_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    reader = _reader(context)
    names = [one.name for one in reversed(reader.sessions())] if reader else []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def filter_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    reader = _reader(context)
    saved = reader.saved_filters() if reader else ()
    return [CompletionItem(one.name, help=one.query) for one in saved if one.name.startswith(incomplete)]
