"""``wireglass secrets``"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator

import click
import msgspec

from wireglass.app.home import Home
from wireglass.app.redaction import redactor_for
from wireglass.app.report import exchanges
from wireglass.cli.options import home_option, json_option, limit_option
from wireglass.cli.query_argument import QueryCommand, query_argument, read
from wireglass.cli.record import open_record, say_empty
from wireglass.cli.shape import to_line
from wireglass.cli.text import one_line, shorten
from wireglass.errors import NotFound, StoreError
from wireglass.formats.har import ReadBody
from wireglass.formats.redacted import secrets_of
from wireglass.model import Record, Side
from wireglass.query import Node
from wireglass.redact import Finding
from wireglass.store import Reader

_PAGE = 1000
_PLACES = 5
"""Places of one secret that are listed for people."""
_MOST_PLACES = 1000
"""Places of one secret that are listed for programs; the number of all is said."""
_MOST_SECRETS = 100_000


class _Secret(msgspec.Struct):
    kind: str
    length: int
    hash: str
    count: int = 0
    exchanges: int = 0
    last: int = 0
    places: list[tuple[int, str, int]] = []
    """The exchange, the place in it, and how often it stands there."""


@click.command(
    cls=QueryCommand,
    short_help="List where secrets are, without printing them.",
    epilog="""\b
Examples:
  wireglass secrets                         in the newest 1000 exchanges
  wireglass secrets host:api.example.com    where one server's are
  wireglass secrets --limit 100000 --json | jq -r 'select(.kind == "jwt").hash'
\b
Exit codes: 0 done, also if there is none; 1 the record cannot be read; 2 wrong usage.""",
)
@query_argument
@limit_option(1000, "Look through the newest N that match.")
@json_option
@home_option
def command(home: Home, query: str, as_json: bool, limit: int) -> None:
    """List where secrets are in the record, without printing them.

    Equal secrets are one line: its hash is the one that stands in redacted exports."""
    node = read(query)
    reader = open_record(home)
    if reader is None:
        say_empty(home)
        return
    redactor = redactor_for(home, os.environ)
    secrets: dict[tuple[str, int], _Secret] = {}
    looked = 0
    ids = list(newest(reader, node, limit))
    with click.progressbar(ids, label="Looking", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for id in bar:
            try:
                record = reader.get(id)
            except NotFound:  # deleted meanwhile
                continue
            looked += 1
            found = secrets_of(record, _body_of(reader), reader.timeline, redactor)
            _add(secrets, id, found.items)
    listed = sorted(secrets.values(), key=lambda secret: (-secret.last, secret.kind, secret.hash))
    for secret in listed:
        click.echo(to_line(_object(secret)) if as_json else _line(secret))
    if not as_json and sys.stderr.isatty():
        number = f"{len(listed)} secret{'' if len(listed) == 1 else 's'}"
        click.echo(f"{number} in {exchanges(looked)}.", err=True)


def newest(reader: Reader, node: Node, limit: int) -> Iterator[int]:
    """The ids of the newest that match, newest first."""
    cursor: str | None = None
    while limit > 0:
        page = reader.find(node, min(limit, _PAGE), cursor)
        for summary in page.items:
            yield summary.id
        limit -= len(page.items)
        cursor = page.next
        if cursor is None:
            return


def _body_of(reader: Reader) -> ReadBody:
    def body(record: Record, side: Side) -> Iterator[bytes]:
        try:
            yield from reader.body(record, side)
        except OSError as error:
            raise StoreError(f"the {side} body cannot be read: {error.filename}: {error.strerror}.") from error

    return body


def _add(secrets: dict[tuple[str, int], _Secret], id: int, findings: Iterable[Finding]) -> None:
    for (place, kind, length, hash), count in Counter(
        (one.place, one.kind, one.length, one.hash) for one in findings
    ).items():
        secret = secrets.get((hash, length))
        if secret is None:
            if len(secrets) == _MOST_SECRETS:
                continue
            secret = secrets[hash, length] = _Secret(kind, length, hash)
        secret.count += count
        if not secret.places or secret.last != id:
            secret.exchanges += 1
        secret.last = max(secret.last, id)
        if len(secret.places) < _MOST_PLACES:
            secret.places.append((id, place, count))


def _object(secret: _Secret) -> dict[str, object]:
    return {
        "kind": secret.kind,
        "length": secret.length,
        "hash": secret.hash,
        "count": secret.count,
        "exchanges": secret.exchanges,
        "places": [{"id": id, "place": place, "count": count} for id, place, count in secret.places],
    }


def _line(secret: _Secret) -> str:
    named = f"[{secret.kind}:{secret.length}:{secret.hash}]"
    places = ", ".join(f"{id} {shorten(place, 60)}" for id, place, _ in secret.places[:_PLACES])
    more = len(secret.places) - _PLACES
    return one_line(f"{named:<36} {secret.count:>5}x  {places}{f', and {more} more' if more > 0 else ''}")
