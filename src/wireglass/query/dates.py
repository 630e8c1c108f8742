"""Points in time as people write them: an interval from the first to the last moment that is meant, Unix seconds."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

Interval = tuple[float, float]

_AGO = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(s|sec|m|min|h|d|w)", re.ASCII | re.IGNORECASE)
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNIX = re.compile(r"@([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,3})?)|([0-9]{9,11}(?:\.[0-9]+)?)", re.ASCII)
"""Nine digits reach back to 1973; ``@`` as in ``date -d @0``."""
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2})(?:[T ](.+))?)?)?",
    re.ASCII | re.IGNORECASE,
)
_CLOCK = re.compile(
    r"([0-9]{1,2})(?::([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?", re.ASCII
)


def moment(text: str, now: float) -> Interval | None:
    """``10m`` (ago), ``today``, ``yesterday``, ``now``, ``2026``, ``2026-01``, ``2026-01-31``, ``2026-01-31T10:00``
    with or without seconds and a zone (else the one of this machine), ``10:00`` (today), Unix seconds (``1769850000``,
    ``@0``). None: no time is written so, or there is no such day."""
    if ago := _AGO.fullmatch(text):
        point = now - float(ago[1]) * _SECONDS[ago[2].lower()]
        return point, point
    if unix := _UNIX.fullmatch(text):
        point = float(unix[1] or unix[2])
        return (point, point) if math.isfinite(point) else None
    word = text.lower()
    if word == "now":
        return now, now
    try:
        return _of_calendar(word, now)
    except (ValueError, OverflowError, OSError):
        return None


def is_relative(text: str) -> bool:
    """How long ago: a point that nothing falls on."""
    return _AGO.fullmatch(text) is not None


def _of_calendar(text: str, now: float) -> Interval | None:
    midnight = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0)  # noqa: DTZ006 - local
    if text == "today":
        return _until(midnight, midnight + timedelta(days=1))
    if text == "yesterday":
        return _until(midnight - timedelta(days=1), midnight)
    if clock := _CLOCK.fullmatch(text.upper()):
        return _of_clock(midnight, clock) if clock[2] else None  # a bare number is no time of day
    if not (date := _DATE.fullmatch(text)):
        return None
    year, month, day, rest = int(date[1]), int(date[2] or 1), int(date[3] or 1), date[4]
    start = midnight.replace(year=year, month=month, day=day)
    if rest is not None:
        clock = _CLOCK.fullmatch(rest.upper())
        return _of_clock(start, clock) if clock else None
    if date[3]:
        return _until(start, start + timedelta(days=1))
    if date[2]:
        return _until(start, start.replace(year=year + month // 12, month=month % 12 + 1))
    return _until(start, start.replace(year=year + 1))


def _of_clock(day: datetime, clock: re.Match[str]) -> Interval:
    hour, minute, second, fraction, zone = clock.groups()
    start = day.replace(
        hour=int(hour),
        minute=int(minute or 0),
        second=int(second or 0),
        microsecond=int((fraction or "").ljust(6, "0")),
    )
    if zone:
        start = datetime.fromisoformat(start.isoformat() + ("+00:00" if zone == "Z" else zone))
    if fraction:
        return start.timestamp(), start.timestamp()
    return _until(
        start, start + timedelta(hours=1) if not minute else start + timedelta(minutes=not second, seconds=bool(second))
    )


def _until(start: datetime, end: datetime) -> Interval:
    """``end`` is the first moment that is not meant any more."""
    return start.timestamp(), math.nextafter(end.timestamp(), -math.inf)
