"""Rows for people: what ``ls`` and ``tail`` print without ``--json``."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime

import click

from wireglass.cli.text import one_line, shorten, size
from wireglass.model import Summary

_LEAST_FOR_URL = 20
_TYPE_FROM = 110
"""Columns of a terminal below which the media type is left out."""


class Table:
    """Aligned rows. On a terminal they fit its width; written elsewhere (``| grep``) nothing is cut."""

    def __init__(self) -> None:
        self._width = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else None
        self._with_type = self._width is None or self._width >= _TYPE_FROM

    def header(self) -> str:
        return click.style(self._line("ID", "TIME", "METHOD", "STATUS", "TYPE", "SIZE", "MS", "URL"), bold=True)

    def row(self, summary: Summary) -> str:
        status = "" if summary.status is None else str(summary.status)
        state = "" if summary.state == "done" else summary.state
        line = self._line(
            str(summary.id),
            datetime.fromtimestamp(summary.started).astimezone().strftime("%m-%d %H:%M:%S"),
            one_line(summary.method),
            f"{status} {state}".strip() or "-",
            one_line(summary.type) or "-",
            size(summary.response_size),
            "-" if summary.duration_ms is None else f"{summary.duration_ms:.0f}",
            one_line(summary.url),
        )
        if summary.state == "failed" or (summary.status or 0) >= 500:
            return click.style(line, fg="red")
        return click.style(line, fg="yellow") if summary.state == "open" else line

    def _line(self, id: str, time: str, method: str, status: str, type: str, size: str, ms: str, url: str) -> str:
        kind = f"{shorten(type, 20):<20} " if self._with_type else ""
        start = f"{id:>5} {time:<14} {shorten(method, 7):<7} {status:<10} {kind}{size:>8} {ms:>7} "
        if self._width is None:
            return start + url
        return start + shorten(url, max(_LEAST_FOR_URL, self._width - len(start)))
