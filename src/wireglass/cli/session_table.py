"""Sessions for people and for programs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

import click

from wireglass.cli.shape import Object, iso_time
from wireglass.cli.table import local_time
from wireglass.cli.text import one_line, shorten, size
from wireglass.model import Dimension, Missing, Session, Tally

_NAME = 30  # characters
_COLUMNS = {"STARTED": -24, "LASTED": 10, "EXCHANGES": 10, "SIZE": 8, "SOURCE": -11}
"""Characters, behind ID, STATE and NAME; below 0 where the text begins at the left."""
_LEFT_OUT = ("SOURCE", "STARTED", "LASTED", "SIZE", "EXCHANGES")
"""On a narrow terminal, the first first. A session without a name of its own is called as it started."""
_BAR = 24
_VALUE = 40
_HOSTS = 3
"""Of one reason why something is not there, the latest."""
_TITLES: dict[Dimension, str] = {
    "method": "Methods",
    "domain": "Hosts",
    "type": "Content types",
    "status": "Status",
    "mode": "Data modes",
}
assert set(_TITLES) == set(get_args(Dimension))


def duration(seconds: float) -> str:
    """The two largest units: ``1 d 2 h``, ``3 min 5 s``, ``0.4 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next(index for index, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)


def listed(sessions: Sequence[Session]) -> Iterator[str]:
    """On a terminal the rows fit its width; elsewhere nothing is cut or left out."""
    width = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else None
    names = [one_line(one.name) if width is None else shorten(one_line(one.name), _NAME) for one in sessions]
    columns = {"ID": 4, "STATE": -9, "NAME": -max(4, *map(len, names)), **_COLUMNS}
    if width is not None:
        for title in _LEFT_OUT:
            if sum(map(abs, columns.values())) + len(columns) - 1 > width:
                del columns[title]
        over = sum(map(abs, columns.values())) + len(columns) - 1 - width
        columns["NAME"] = min(columns["NAME"] + max(0, over), -8)

    def line(cells: Mapping[str, str], words: str) -> str:
        parts = [
            f"{cells[title]:>{room}}"
            if room > 0
            else f"{cells[title] if width is None else shorten(cells[title], -room):<{-room}}"
            for title, room in columns.items()
        ]
        whole = " ".join((*parts, words)).rstrip()
        return whole if width is None else whole[:width]

    yield click.style(line({title: title for title in columns}, "FILTER AND NOTE"), bold=True)
    for session, name in zip(sessions, names, strict=True):
        cells = {
            "ID": str(session.id),
            "STATE": session.state,
            "NAME": name,
            "STARTED": local_time(session.started),
            "LASTED": duration(session.duration),
            "EXCHANGES": f"{session.exchanges + session.open:,}",
            "SIZE": size(session.request_bytes + session.response_bytes),
            "SOURCE": one_line(session.source),
        }
        row = line(cells, one_line("  ".join(filter(None, (session.options.filter, session.note)))))
        yield click.style(row, fg="green") if session.state == "recording" else row


def for_people(session: Session, tallies: Sequence[Tally], missing: Sequence[Missing], limit: int) -> Iterator[str]:
    """``tallies``: one more than ``limit`` of a dimension where there are more."""
    yield click.style(f"{one_line(session.name)}  ({session.state})", bold=True)
    if session.note:
        yield f"  {one_line(session.note)}"
    ended = f", ended {local_time(session.ended)}" if session.ended is not None else ""
    yield f"  Number {session.id}, begun {local_time(session.started)} for {one_line(session.source)}{ended}"
    failed = f", {session.failed:,} of them failed" if session.failed else ""
    running = f", {session.open:,} still running" if session.open else ""
    yield f"  Recording for {duration(session.duration)}: {session.exchanges:,} exchanges{failed}{running}"
    yield f"  Bodies: {size(session.request_bytes)} sent, {size(session.response_bytes)} received"
    if options := _options(session):
        yield f"  Keeps: {options}"
    for reason in dict.fromkeys(row.reason for row in missing):
        rows = [row for row in missing if row.reason == reason]
        hosts = [f"{shorten(one_line(row.host), _VALUE)} {row.count:,}" for row in rows[:_HOSTS] if row.host]
        if len(rows) > _HOSTS:
            hosts.append("…")
        where = f" ({', '.join(hosts)})" if hosts else ""
        yield f"  Not kept: {sum(row.count for row in rows):,} {reason}{where}"
    if len(missing) > _HOSTS:
        yield "  wireglass missing has all of them, with what to do"
    for dimension, title in _TITLES.items():
        bars = sorted(
            (tally for tally in tallies if tally.dimension == dimension), key=lambda one: (-one.exchanges, one.value)
        )
        if bars:
            yield ""
            yield click.style(title, bold=True)
            yield from _bars(bars, limit, session.exchanges)


def _bars(bars: Sequence[Tally], limit: int, total: int) -> Iterator[str]:
    most = bars[0].exchanges
    names = [shorten(one_line(one.value) or "-", _VALUE) for one in bars[:limit]]
    longest = max(map(len, names))
    for name, one in zip(names, bars[:limit], strict=True):
        filled = "█" * max(1, round(one.exchanges / max(most, 1) * _BAR))
        share = 100 * one.exchanges / max(total, 1)
        bytes = size(one.request_bytes + one.response_bytes)
        yield f"  {name:<{longest}} {filled:<{_BAR}} {one.exchanges:>9,} {share:>5.1f} % {bytes:>8}"
    if len(bars) > limit:
        rest = total - sum(one.exchanges for one in bars[:limit])
        yield f"  {'and others':<{longest}} {'':<{_BAR}} {rest:>9,}"


def _options(session: Session) -> str:
    options, limits = session.options, session.options.retention
    words = [f"what matches {one_line(options.filter)}"] if options.filter else []
    if not options.response_bodies:
        words.append("no response bodies")
    if options.skip_bodies:
        words.append(f"no bodies of {one_line(', '.join(options.skip_bodies))}")
    if not options.cookies:
        words.append("no values of cookies")
    if limits.age is not None:
        words.append(f"{duration(limits.age)} of exchanges")
    if limits.count is not None:
        words.append(f"the newest {limits.count:,}")
    if limits.size is not None:
        words.append(f"{size(limits.size)} of bodies")
    return "; ".join(words)


def object_of(
    session: Session, tallies: Sequence[Tally] | None = None, missing: Sequence[Missing] | None = None
) -> Object:
    options, limits = session.options, session.options.retention
    found: Object = {
        "id": session.id,
        "name": session.name,
        "source": session.source,
        "state": session.state,
        "started": iso_time(session.started),
        "ended": None if session.ended is None else iso_time(session.ended),
        "duration": round(session.duration, 3),
        "note": session.note or None,
        "filter": options.filter or None,
        "response_bodies": options.response_bodies,
        "skip_bodies": list(options.skip_bodies),
        "cookies": options.cookies,
        "retention_age": limits.age,
        "retention_count": limits.count,
        "retention_size": limits.size,
        "exchanges": session.exchanges,
        "failed": session.failed,
        "open": session.open,
        "request_bytes": session.request_bytes,
        "response_bytes": session.response_bytes,
        "missing": session.missing,
    }
    if tallies is not None:
        found["tallies"] = {
            dimension: [
                {
                    "value": one.value or None,
                    "exchanges": one.exchanges,
                    "request_bytes": one.request_bytes,
                    "response_bytes": one.response_bytes,
                }
                for one in tallies
                if one.dimension == dimension
            ]
            for dimension in _TITLES
        }
    if missing is not None:
        found["not_kept"] = [
            {"reason": row.reason, "host": row.host or None, "count": row.count, "last": iso_time(row.last)}
            for row in missing
        ]
    return found
