"""Rows for people: what ``ls`` and ``tail`` print without ``--json``."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime

import click

from wireglass.cli.text import one_line, shorten, size
from wireglass.model import Color, Summary

_SHORT_TIME_BELOW = 100
_TYPE = 26  # characters: the longest error kinds, which stand there as well
_PROTOCOL = 9  # "websocket"
_NOTE = 60
_PROTOCOL_FROM, _TYPE_FROM, _MS_FROM, _SIZE_FROM = 125, 110, 80, 60
"""Columns of a terminal below which a column is left out, so that the URL gets the room."""


_COLORS: dict[Color, str] = {
    "": "",
    "red": "red",
    "orange": "bright_red",
    "yellow": "yellow",
    "green": "green",
    "blue": "blue",
    "purple": "magenta",
    "grey": "bright_black",
}
"""Of a terminal: it has no orange of its own."""


def local_time(started: float) -> str:
    """Unix time as people here write it, with the name of the zone."""
    return datetime.fromtimestamp(started).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


class Table:
    """Aligned rows. On a terminal they fit its width; written elsewhere (``| grep``) nothing is cut."""

    def __init__(self) -> None:
        self._width = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else None
        self._short_time = not self._has(_SHORT_TIME_BELOW)

    def header(self) -> str:
        return click.style(
            self._line("", "ID", "TIME", "METHOD", "STATUS", "TYPE", "PROTOCOL", "SIZE", "MS", "URL"), bold=True
        )

    def row(self, summary: Summary) -> str:
        status = "" if summary.status is None else str(summary.status)
        state = "" if summary.state == "done" else summary.state
        # Why it failed tells more than the type of what came.
        kind = (summary.error_kind or "") if summary.state == "failed" else ""
        websocket = summary.protocol == "websocket"  # neither direction is the answer: both count
        named = "websocket" if websocket and not self._has(_PROTOCOL_FROM) else ""
        line = self._line(
            _flag(summary),
            str(summary.id),
            self._time(summary.started),
            one_line(summary.method) or "-",
            f"{status} {state}".strip() or "-",
            one_line(kind or summary.type or named) or "-",
            one_line(summary.protocol) or "-",
            size(summary.response_size + (summary.request_size if websocket else 0)),
            "-" if summary.duration_ms is None else f"{summary.duration_ms:.0f}",
            one_line(summary.url) or "-",
            one_line(kind),
            one_line(summary.operation),
            self._remark(summary),
        )
        color = ""
        if summary.state == "failed" or (summary.status or 0) >= 500:
            color = "red"
        elif summary.state == "open":
            color = "yellow"
        flag = 1 if summary.color else 0
        return _styled(line[:flag], _COLORS[summary.color]) + _styled(line[flag:], color)

    def _remark(self, summary: Summary) -> str:
        """What people have said of it. The colour is a word where none is seen."""
        word = f"[{summary.color}]" if summary.color and self._width is None else ""
        note = f"# {shorten(one_line(summary.note), _NOTE)}" if summary.note else ""
        return f"{word} {note}".strip()

    def _has(self, columns: int) -> bool:
        return self._width is None or self._width >= columns

    def _time(self, started: float) -> str:
        """Where there is little room: the time of day, and of earlier days the date and no seconds."""
        at = datetime.fromtimestamp(started).astimezone()
        if not self._short_time:
            return at.strftime("%m-%d %H:%M:%S")
        today = datetime.now().astimezone().date()
        return at.strftime("%H:%M:%S" if at.date() == today else "%m-%d %H:%M")

    def _line(
        self,
        flag: str,
        id: str,
        time: str,
        method: str,
        status: str,
        type: str,
        protocol: str,
        size: str,
        ms: str,
        url: str,
        kind: str = "",
        operation: str = "",
        remark: str = "",
    ) -> str:
        cells = [f"{flag:<1}{id:>5}", f"{time:<11}" if self._short_time else f"{time:<14}", f"{shorten(method, 7):<7}"]
        cells.append(f"{status:<10}")
        if self._has(_TYPE_FROM):
            cells.append(f"{shorten(type, _TYPE):<{_TYPE}}")
        if self._has(_PROTOCOL_FROM):
            cells.append(f"{shorten(protocol, _PROTOCOL):<{_PROTOCOL}}")
        if kind and self._has(_MS_FROM) and not self._has(_TYPE_FROM):
            cells.append(f"{shorten(kind, 16):<16}")  # in the place of the two
        else:
            if self._has(_SIZE_FROM):
                cells.append(f"{size:>8}")
            if self._has(_MS_FROM):
                cells.append(f"{ms:>7}")
        start = " ".join(cells) + " "
        if self._width is None:
            return start + "  ".join(filter(None, (url, operation, remark)))
        room = max(1, self._width - len(start))
        if remark:
            remark = "  " + shorten(remark, max(1, room // 2 - 2))
            room -= len(remark)
        if operation:  # all GraphQL requests have one URL: the operation tells them apart
            operation = "  " + shorten(operation, max(1, room * 2 // 3 - 2))
        return (start + shorten(url, max(1, room - len(operation))) + operation + remark)[: self._width]


def _styled(text: str, color: str) -> str:
    return click.style(text, fg=color) if color else text


def _flag(summary: Summary) -> str:
    """One character: whether it is marked."""
    return "★" if summary.star else "●" if summary.color else ""
