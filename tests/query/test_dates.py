"""Points in time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.query.dates import moment


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[float]:
    """Half past one in the afternoon of the day on which clocks went forward: it had 23 hours."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield unix("2026-03-29T13:30:00+02:00")
    monkeypatch.undo()
    time.tzset()


def unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("text", "first", "behind"),
    [
        ("today", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("Yesterday", "2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00"),
        ("2026", "2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"),
        ("2026-12", "2026-12-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"),
        ("2026-3", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"),
        ("2026-01-31", "2026-01-31T00:00:00+01:00", "2026-02-01T00:00:00+01:00"),
        ("2026-01-31T10", "2026-01-31T10:00:00+01:00", "2026-01-31T11:00:00+01:00"),
        ("2026-01-31T10:00", "2026-01-31T10:00:00+01:00", "2026-01-31T10:01:00+01:00"),
        ("2026-01-31 10:05", "2026-01-31T10:05:00+01:00", "2026-01-31T10:06:00+01:00"),
        ("2026-01-31T10:05:07", "2026-01-31T10:05:07+01:00", "2026-01-31T10:05:08+01:00"),
        ("2026-01-31T10:05:00", "2026-01-31T10:05:00+01:00", "2026-01-31T10:05:01+01:00"),
        ("2026-01-31T10:00Z", "2026-01-31T10:00:00+00:00", "2026-01-31T10:01:00+00:00"),
        ("2026-01-31T10:00-0330", "2026-01-31T10:00:00-03:30", "2026-01-31T10:01:00-03:30"),
        ("10:00", "2026-03-29T10:00:00+02:00", "2026-03-29T10:01:00+02:00"),
    ],
)
def test_spans(berlin: float, text: str, first: str, behind: str) -> None:
    found = moment(text, berlin)
    assert found is not None
    low, high = found
    assert low == unix(first)
    assert unix(behind) - 0.001 < high < unix(behind)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("10m", -600),
        ("1.5h", -5400),
        ("2D", -172_800),
        ("1 w", -604_800),
        ("now", 0),
    ],
)
def test_points_before_now(text: str, point: float) -> None:
    assert moment(text, 1_769_850_000.0) == (1_769_850_000.0 + point,) * 2


@pytest.mark.parametrize("text", ["1769850000", "@1769850000", "2026-01-31T09:00:00.000Z"])
def test_unix_seconds(text: str) -> None:
    assert moment(text, 0.0) == (1_769_850_000.0,) * 2


@pytest.mark.parametrize(
    "text",
    ["", "10", "10x", "2026-13", "2026-02-30", "2026-01-31T25:00", "25:00", "10:60", "0000", "@", "tomorrow", "@1e999"],
)
def test_no_time(text: str) -> None:
    assert moment(text, 1_769_850_000.0) is None


@given(st.text("0123456789-:.TZ+@emhdw ", max_size=24), st.floats(0, 4e9))
def test_any_text(text: str, now: float) -> None:
    found = moment(text, now)
    assert found is None or found[0] <= found[1]
