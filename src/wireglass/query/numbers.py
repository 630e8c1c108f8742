"""Numbers as people write them: an interval from the lowest to the highest that is meant."""

from __future__ import annotations

import math
import re

from wireglass.query.dates import moment
from wireglass.query.fields import Kind

Interval = tuple[float, float]

_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,3})?) ?([a-zµμ]*)", re.ASCII | re.IGNORECASE)
_CLASS = re.compile(r"([1-9])([0-9]?)(x{1,2}|\*)", re.IGNORECASE | re.ASCII)

_HIGHEST_STATUS = 999
"""Servers send, and files have, what RFC 9110 15 does not know, but no more than three digits."""

UNITS: dict[Kind, dict[str, float]] = {
    "bytes": {
        "": 1,
        "b": 1,
        **{prefix + end: 1000.0**power for power, prefix in enumerate("kmgt", 1) for end in ("", "b")},
        **{prefix + end: 1024.0**power for power, prefix in enumerate("kmgt", 1) for end in ("i", "ib")},
    },
    "milliseconds": {
        "": 1,
        "us": 0.001,
        "µs": 0.001,
        "μs": 0.001,
        "ms": 1,
        "s": 1000,
        "sec": 1000,
        "m": 60_000,
        "min": 60_000,
        "h": 3_600_000,
    },
    "status": {"": 1},
    "number": {"": 1},
}

EXPECTED: dict[Kind, str] = {
    "bytes": "Write a number of bytes, or with k, M, G (thousands) or Ki, Mi, Gi (1024): 500, 10k, 1.5M.",
    "milliseconds": "Write a number of milliseconds, or with us, ms, s, m, h: 500, 500ms, 1.5s, 2m.",
    "status": "Write a status or a class: 404, 4xx, >=400, 400..499.",
    "number": "Write a number: 8080, >100, 10..20.",
    "moment": "Write how long ago (10m, 2h, 1d), today, yesterday, a date (2026-01-31, 2026-01-31T10:00, 10:00) or "
    "Unix seconds.",
}


def interval(kind: Kind, text: str, now: float) -> Interval | None:
    """None: it is no such number; ``EXPECTED`` says what would be."""
    if kind == "moment":
        return moment(text, now)
    if kind == "status" and (of_class := _CLASS.fullmatch(text)) and len(text.rstrip("*")) in (1, 2, 3):
        first, second, wild = of_class.groups()
        if wild == "*" or len(text) == 3:
            low = int((first + second).ljust(3, "0"))
            return float(low), float(low + (9 if second else 99))
    if (match := _NUMBER.fullmatch(text)) is None:
        return None
    factor = UNITS[kind].get(match[2].lower())
    number = float(match[1]) * factor if factor else math.inf
    if kind == "status" and not (number <= _HIGHEST_STATUS and number.is_integer()):
        return None
    return (number, number) if math.isfinite(number) else None


def unknown_unit(kind: Kind, text: str) -> str:
    """The unit that is to blame, or nothing."""
    match = _NUMBER.fullmatch(text)
    return match[2] if match and kind in UNITS and match[2].lower() not in UNITS[kind] else ""


def written(kind: Kind, number: float) -> str:
    """As ``interval`` reads it again, exactly."""
    text = str(int(number)) if number == int(number) and number < 1e15 else repr(number)
    return f"@{text}" if kind == "moment" else text
