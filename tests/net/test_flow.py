"""One gate per transport: reading stops while any reason holds."""

from __future__ import annotations

import asyncio
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from wireglass.net import PEER_BLOCKED, RECORD_FULL, WAITING, ReadGate


class Transport:
    def __init__(self) -> None:
        self.reading = True
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        assert self.reading, "paused twice"
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading, "resumed twice"
        self.reading = True


REASONS = st.sampled_from([PEER_BLOCKED, RECORD_FULL, WAITING, PEER_BLOCKED | WAITING])


@given(st.lists(st.tuples(st.booleans(), REASONS), max_size=30))
def test_reading_stops_while_any_reason_holds(steps: list[tuple[bool, int]]) -> None:
    transport = Transport()
    gate = ReadGate(cast("asyncio.Transport", transport))
    held = 0
    for hold, reason in steps:
        (gate.hold if hold else gate.release)(reason)
        held = held | reason if hold else held & ~reason
        assert transport.reading is (held == 0)


def test_a_closing_transport_is_left_alone() -> None:
    transport = Transport()
    gate = ReadGate(cast("asyncio.Transport", transport))
    transport.closing = True
    gate.hold(WAITING)
    gate.release(WAITING)
    assert transport.reading
