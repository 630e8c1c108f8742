"""Points in time as people write them: how long ago, a date, or Unix seconds."""

from __future__ import annotations

import re
import time
from datetime import datetime

import click

_AGO = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNIX = re.compile(r"[0-9]{9,10}(?:\.[0-9]+)?", re.ASCII)
"""Nine digits reach back to 1973; eight are a date without its hyphens."""


class Since(click.ParamType[float]):
    """Unix time in seconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        if ago := _AGO.fullmatch(text):
            return time.time() - float(ago[1]) * _SECONDS[ago[2]]
        if _UNIX.fullmatch(text):
            return float(text)
        try:
            # Without a zone it is the time of this machine's clock.
            return datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError, OSError):
            self.fail(
                f"{text!r} is no time; write how long ago (10m, 2h, 1d), a date (2026-01-31, 2026-01-31T10:00, "
                "2026-01-31T10:00Z) or Unix seconds.",
                param,
                ctx,
            )
