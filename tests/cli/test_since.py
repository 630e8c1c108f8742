"""Points in time as people write them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click
import pytest

from wireglass.cli.since import Since

NOW = 1_800_000_000.0


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fixed time, and a zone that is not UTC."""
    monkeypatch.setattr("wireglass.cli.since.time.time", lambda: NOW)
    with monkeypatch.context() as zone:
        zone.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", NOW),
        ("10m", NOW - 600),
        ("1.5h", NOW - 5400),
        ("2d", NOW - 172_800),
        ("1w", NOW - 604_800),
        (" 10m ", NOW - 600),
        ("1700000000", 1_700_000_000.0),
        ("1700000000.25", 1_700_000_000.25),
        ("2023-11-14T22:13:20Z", 1_700_000_000.0),
        ("2023-11-14T22:13:20.250Z", 1_700_000_000.25),
        ("2023-11-14T23:13:20+01:00", 1_700_000_000.0),
        ("2023-11-14T23:13:20", 1_700_000_000.0),
        ("2023-11-14 23:13", 1_699_999_980.0),
        ("2023-11-15", 1_700_002_800.0),
        ("20231115", 1_700_002_800.0),
        ("2023-07-01", 1_688_162_400.0),
    ],
)
def test_times(text: str, seconds: float) -> None:
    assert Since().convert(text, None, None) == seconds


@pytest.mark.parametrize(
    "text", ["", "m", "10", "10x", "-5m", "yesterday", "2023-13-01", "1700000000000", "1e9", "\u0661\u0660m"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is no time; write how long ago \(10m, 2h, 1d\), a date"):
        Since().convert(text, None, None)
