"""When a running exchange counts as standing still."""

from __future__ import annotations

import math

import pytest

from wireglass.proxy.watch import Limits, Watch


def test_idle_is_counted_from_the_last_change() -> None:
    watch = Watch(10.0)
    assert watch.idle(11.0, (0, 0)) == 0.0
    assert watch.idle(15.0, (0, 0)) == 4.0
    assert watch.idle(16.0, (0, 1)) == 0.0
    assert watch.idle(18.0, (0, 1)) == 2.0
    watch.excuse(20.0)
    assert watch.idle(21.0, (0, 1)) == 1.0
    assert watch.waits_from == 20.0


@pytest.mark.parametrize(
    ("response", "idle", "half_closed", "look"),
    [
        (300.0, 600.0, 10.0, 2.0),
        (None, None, 10.0, 2.0),
        (1.0, None, 10.0, 0.1),
        (None, 5.0, 10.0, 0.5),
        (9, 9, 1, 0.2),
    ],
)
def test_looks_are_as_frequent_as_the_shortest_limit_asks_for(
    response: float | None, idle: float | None, half_closed: float, look: float
) -> None:
    limits = Limits(response, idle, half_closed)
    assert limits.look == look
    assert limits.response == (response or math.inf) and limits.idle == (idle or math.inf)
