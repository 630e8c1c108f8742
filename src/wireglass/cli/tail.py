"""``wireglass tail``"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import click

from wireglass.app.home import Home
from wireglass.cli.found import oldest_first
from wireglass.cli.options import home_option, json_option
from wireglass.cli.polling import POLL, pause_or_end
from wireglass.cli.query_argument import QueryCommand, narrowed, narrowing_options, query_argument, read
from wireglass.cli.record import how_to_start, open_record
from wireglass.cli.shape import summary_object, to_line
from wireglass.cli.table import Table
from wireglass.errors import StoreError
from wireglass.model import Side, Summary
from wireglass.query import match
from wireglass.query.tree import All, Is, Node, Term
from wireglass.store import Reader

_PAGE = 500
_LONG = 1.0
"""Seconds after which an open exchange is shown to people; most end before, and would take two lines."""
_LOOKS_AT_A_NEW_STORE = 40
_REMEMBERED = 100_000
"""Exchanges that are known to have been shown as ended: some 10 MB."""


@click.command(
    cls=QueryCommand,
    short_help="Print exchanges as they are recorded.",
    epilog="""\b
Examples:
  wireglass tail                            in a second terminal while `wireglass` runs
  wireglass tail status:5xx or has:error
  wireglass tail 'body:"order id"' -method:GET
  wireglass tail --json | jq 'select(.status >= 500)'
\b
Exit codes: 0 Ctrl-C, or the reader closed the pipe; 1 the record cannot be read, or no such session or filter;
2 wrong usage, or a query that cannot be read.""",
)
@query_argument
@narrowing_options
@json_option
@home_option
def command(home: Home, query: str, session: str | None, saved: str | None, as_json: bool) -> None:
    """Print exchanges as they are recorded, from now on, until Ctrl-C: those that match QUERY, or all.

    A line is printed when an exchange ends; one that runs longer than a second is printed before as well, as open, if
    what is known of it by then says that it matches. With --json each change of each exchange is a line: compare id,
    and take the last."""
    read(query)  # a mistake is told before anything is waited for
    if home.running() is None:
        now = " now" if home.path.exists() else ": the folder does not exist"
        click.echo(f"Nothing is recording in {home.path}{now}; waiting. {how_to_start(home)}", err=True)
    try:
        reader = wait_for_record(home)
        judge = Judge(reader, narrowed(query, reader, home, session, saved))
        if as_json:
            for changes in follow(reader):
                matching = judge(changes)
                for summary in changes:
                    if summary.id in matching:
                        click.echo(to_line(summary_object(summary)))
        else:
            table = Table()
            click.echo(table.header())
            for summary in for_people(newly_ended(reader, follow(reader)), judge=judge):
                click.echo(table.row(summary))
    except KeyboardInterrupt:
        return


def wait_for_record(home: Home, pause: Callable[[float], None] = pause_or_end) -> Reader:
    """The record as soon as there is one. A store that appears while we wait may be met before its tables are made, so
    it is given some looks; one that was there from the beginning is not."""
    patience = 0
    while True:
        try:
            if reader := open_record(home):
                return reader
            patience = _LOOKS_AT_A_NEW_STORE
        except StoreError:
            if not patience:
                raise
            patience -= 1
        pause(POLL)


def follow(reader: Reader, pause: Callable[[float], None] = pause_or_end) -> Iterator[list[Summary]]:
    """Every change after this moment, in the order of ``seq``, forever: one list each look, often an empty one."""
    seen = reader.newest_seq()
    while True:
        changes = reader.changes(seen, _PAGE)
        yield changes
        if changes:
            seen = max(change.seq for change in changes)
        if len(changes) < _PAGE:
            pause(POLL)


def newly_ended(reader: Reader, looks: Iterator[list[Summary]]) -> Iterator[list[Summary]]:
    """Without what had ended before and was only marked, noted or taken out of a session now."""
    newest = reader.newest_id()
    running = {one.id for one in oldest_first(reader, Term("is", Is("open")))}
    ended: OrderedDict[int, None] = OrderedDict()

    def is_news(change: Summary) -> bool:
        if change.state == "open":
            return True
        if change.id in ended or (change.id <= newest and change.id not in running):
            return False
        ended[change.id] = None
        if len(ended) > _REMEMBERED:
            ended.popitem(last=False)
        return True

    for changes in looks:
        yield [change for change in changes if is_news(change)]


def for_people(
    looks: Iterable[list[Summary]],
    now: Callable[[], float] = time.time,
    judge: Callable[[list[Summary]], Container[int]] | None = None,
) -> Iterator[Summary]:
    """The end of each exchange that ``judge`` lets through; before it one line as open, if it runs long."""
    waiting: dict[int, Summary] = {}
    shown: set[int] = set()
    for changes in looks:
        matching = judge(changes) if judge else {change.id for change in changes}
        for change in changes:
            waiting.pop(change.id, None)
            if change.state != "open":
                shown.discard(change.id)
                if change.id in matching:
                    yield change
            elif change.id in matching:
                waiting[change.id] = change
        due = [one for one in waiting.values() if one.id not in shown and now() - one.started > _LONG]
        for one in due:
            shown.add(one.id)
            yield one


class Known(NamedTuple):
    """What a summary tells of an exchange, as a ``query.Subject``; the rest is not known."""

    summary: Summary
    session_starts: tuple[float, ...]
    detail: None = None

    def text(self, _side: Side) -> None:
        return None


class Judge:
    """Which of some changes match. What the summaries cannot answer the store is asked, once an exchange has ended."""

    def __init__(self, reader: Reader, node: Node) -> None:
        self._reader = reader
        self._node = node
        self._starts: dict[str, float] = {}

    def __call__(self, changes: list[Summary]) -> set[int]:
        if isinstance(self._node, All):
            return {change.id for change in changes}
        verdicts = {change.id: match(self._node, Known(change, self._starts_of(change))) for change in changes}
        unknown = sorted(change.id for change in changes if verdicts[change.id] is None and change.state != "open")
        return {id for id, verdict in verdicts.items() if verdict}.union(*map(self._ask, _runs(unknown)))

    def _ask(self, run: tuple[int, int]) -> list[int]:
        return self._reader.matching_ids(self._node, *run)

    def _starts_of(self, change: Summary) -> tuple[float, ...]:
        if any(name not in self._starts for name in change.sessions):
            self._starts = {one.name: one.started for one in self._reader.sessions()}
        return tuple(self._starts[name] for name in change.sessions if name in self._starts)


def _runs(ids: list[int]) -> Iterator[tuple[int, int]]:
    """Ascending ids as ranges without gaps."""
    for _, run in groupby(enumerate(ids), lambda pair: pair[1] - pair[0]):
        members = [id for _, id in run]
        yield members[0], members[-1]
