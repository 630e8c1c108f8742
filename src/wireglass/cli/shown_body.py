"""A body as people see it: through the body view that fits best or was asked for, else as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from wireglass.app.home import Home
from wireglass.cli import body
from wireglass.cli.hint import hint
from wireglass.cli.text import many_lines, one_line, say, size
from wireglass.content import as_text, media_type
from wireglass.content.showing import RAW, Shown, Views, body_of
from wireglass.content.views import INPUT_LIMIT
from wireglass.errors import UsageError
from wireglass.model import Record, Side
from wireglass.store import Reader

TEXT_SHOWN = 256 * 1024
"""Bytes of a body without a view that are printed for people; the flags for bodies have no limit."""


def views() -> Views:
    # Finding and loading them takes some 60 ms of 210, and many exchanges have no body.
    from wireglass.app.views import body_views

    return body_views()


def view_names() -> list[str]:
    return [*views().by_name, RAW]


def check_view(name: str) -> None:
    """Raises ``UsageError`` for a view that there is not."""
    known = views()
    if name == RAW or name in known.by_name:
        return
    if name in known.unloaded:
        raise UsageError(f"The view {name!r} could not be loaded: {known.unloaded[name]}.", "Reinstall or update it.")
    raise UsageError(
        f"There is no view {name!r}.", f"There are {', '.join(view_names())}. `wireglass views` says what each is for."
    )


def lines(reader: Reader, record: Record, side: Side, home: Path, view: str) -> Iterator[str]:
    """For the terminal, with an empty line at the end; nothing where there is no body."""
    ref = record.body(side)
    if not ref.size:
        return
    partial = body.why_partial(record, side)
    if partial and not ref.kept:
        yield f"[{size(ref.size)}; {one_line(partial)}]"
        yield ""
        return
    content = body.read(reader, record, side, INPUT_LIMIT, raw=False, partial=True)
    shown = _shown(reader, record, side, content, view, home)
    if shown.view == RAW:
        yield from _as_text(record, side, content, home)
    else:
        told = ", ".join(f"{name} {value}" for name, value in shown.fields.items())
        yield one_line(f"[shown as {shown.view}{': ' if told else ''}{told}]")
        if shown.text:
            yield many_lines(shown.text).removesuffix("\n")
        if not content.whole:
            yield _all(f"{size(ref.size)}; the first {size(len(content.data))} are shown", record, side, home)
    for note in filter(None, (shown.reason, *shown.notes, partial, "" if not content.whole else content.note)):
        yield f"[{one_line(note)}]"
    yield ""


def _shown(reader: Reader, record: Record, side: Side, content: body.Content, view: str, home: Path) -> Shown:
    # What has no body, or is shown raw, need not wait for it.
    from wireglass.app.protos import names_for

    whole = content.whole and not content.note and not body.why_partial(record, side)
    headers = record.headers(side)
    names = names_for(Home(home), reader, record.summary.host)
    return views().show(body_of(record.summary, headers, side, content.data, whole=whole, names=names), view)


def _as_text(record: Record, side: Side, content: body.Content, home: Path) -> Iterator[str]:
    ref = record.body(side)
    kind, charset = media_type(record.headers(side))
    data = content.data[:TEXT_SHOWN]
    text = as_text(data, kind, charset)
    if text is not None:
        yield many_lines(text).removesuffix("\n")
    if text is None or not content.whole or len(data) < len(content.data):
        shown = "binary" if text is None else f"the first {size(len(data))} are shown"
        yield _all(f"{f'{size(ref.size)} {one_line(kind)}'.rstrip()}; {shown}", record, side, home)


def _all(what: str, record: Record, side: Side, home: Path) -> str:
    flag = "--request-body" if side == "request" else "--response-body"
    return f"[{what}; all: {hint(f'show {record.summary.id} {flag}', home)}]"


def write(reader: Reader, record: Record, side: Side, home: Path, view: str) -> str:
    """Write the text of the view alone, notes to standard error; where the view cannot, the body as it is. Returns why
    it is not what was asked for, or nothing."""
    if not record.body(side).kept:
        return body.write_exact(reader, record, side, raw=False)
    content = body.read(reader, record, side, INPUT_LIMIT, raw=False, partial=True)
    shown = _shown(reader, record, side, content, view, home)
    if shown.view == RAW:
        reasons = [shown.reason, body.write_exact(reader, record, side, raw=False)]
        return "; ".join(filter(None, reasons))
    click.echo(many_lines(shown.text or "").removesuffix("\n"))
    for note in shown.notes:
        say(note)
    return body.why_partial(record, side) or content.note
