"""``prune``: what is beyond the limits goes, and is said before with ``--dry-run``."""

from __future__ import annotations

import json
import time

import pytest
from tests.cli.recording import Recording, Run

from wireglass.app.home import Home
from wireglass.model import Summary

DAY = 86_400


@pytest.fixture
def ages(recording: Recording) -> Recording:
    """Five of 10 kB, from five days old to one day old."""
    for days in (5, 4, 3, 2, 1):
        started = time.time() - days * DAY - 60
        summary = Summary(method="GET", url=f"http://x/{days}", host="x", started=started, status=200)
        recording.closed(summary, response=days.to_bytes(2, "big") * 5_000)
    recording.close()
    return recording


def _left(wireglass: Run) -> list[str]:
    return [json.loads(line)["url"][-1] for line in wireglass("ls", "--json").out.splitlines()]


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        (("--age", "3d"), ["2", "1"]),
        (("--count", "3"), ["3", "2", "1"]),
        (("--count", "0"), []),
        (("--count", "9"), ["5", "4", "3", "2", "1"]),
        (("--size", "25k", "--session", "test"), ["2", "1"]),
        (("--age", "4d", "--count", "1"), ["1"]),
        (("--age", "2d", "--count", "4", "--session", "test"), ["1"]),
        (("--age", "99d", "--size", "1"), []),
    ],
)
def test_the_oldest_go(ages: Recording, wireglass: Run, limits: tuple[str, ...], left: list[str]) -> None:
    gone = 5 - len(left)
    number = "1 exchange" if gone == 1 else f"{gone} exchanges"
    would = f"{number} ({f'{gone * 10:.1f} kB' if gone else '0 B'} of bodies) would go.\n"
    assert wireglass("prune", *limits, "--dry-run") == (0, would, "")
    assert len(_left(wireglass)) == 5
    assert wireglass("prune", *limits) == (0, f"Deleted {number}.\n", "")
    assert _left(wireglass) == left


def test_open_ones_stay(recording: Recording, wireglass: Run) -> None:
    recording.opened(Summary(method="GET", url="http://x/", host="x", started=1.0))
    assert wireglass("prune", "--count", "0", "--dry-run").out.startswith("0 exchanges ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("--dry-run",), 2),
        (("--age", "x"), 2),
        (("--age", "0s"), 2),
        (("--count", "-1"), 2),
        (("--size", "big"), 2),
        (("--count", "1", "--session", "nope"), 1),
    ],
)
def test_limits_that_cannot_be(ages: Recording, wireglass: Run, arguments: tuple[str, ...], code: int) -> None:
    assert wireglass("prune", *arguments).code == code
    assert len(_left(wireglass)) == 5


def test_nothing_is_recorded(home: Home, wireglass: Run) -> None:
    code, _out, err = wireglass("prune", "--count", "1")
    assert code == 0
    assert "Nothing is recorded" in err
    assert not home.path.exists()


def test_what_a_count_may_be_is_said(wireglass: Run) -> None:
    assert "'-3': it must be a whole number, 0 or more" in wireglass("prune", "--count", "-3").err
