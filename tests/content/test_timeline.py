from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.content.timeline import Arrivals, Mark, MarkReader, read_marks, streamed
from wireglass.model import REQUEST, RESPONSE

STARTED = 1_700_000_000.25

told = st.lists(
    st.tuples(st.sampled_from([REQUEST, RESPONSE]), st.integers(1, 2**32 - 1), st.floats(0, 20_000)), max_size=30
)


def written(marks: list[tuple[int, int, float]]) -> tuple[bytes, list[Mark]]:
    arrivals, now, data, expected = Arrivals(STARTED), STARTED, b"", []
    for side, size, gap in marks:
        now += gap
        data += arrivals.mark(side, size, now)
        expected.append(Mark(side, now, size))
    return data, expected


@given(told)
def test_what_is_written_is_read(marks: list[tuple[int, int, float]]) -> None:
    data, expected = written(marks)
    found = read_marks(data, STARTED)
    assert [(mark.side, mark.size) for mark in found] == [(mark.side, mark.size) for mark in expected]
    for mark, other in zip(found, expected, strict=True):
        assert mark.time == pytest.approx(other.time, abs=2e-6)


@given(told, st.lists(st.integers(0, 400), max_size=5))
def test_any_cut_gives_the_same(marks: list[tuple[int, int, float]], cuts: list[int]) -> None:
    data, _ = written(marks)
    reader = MarkReader(STARTED)
    ends = sorted(min(cut, len(data)) for cut in cuts)
    parts = [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]
    assert [mark for part in parts for mark in reader.feed(part)] == read_marks(data, STARTED)


@given(st.binary(max_size=200))
def test_garbage_raises_nothing(data: bytes) -> None:
    for mark in read_marks(data, STARTED):
        assert mark.side in (REQUEST, RESPONSE) and mark.size


def test_the_format() -> None:
    """Nine bytes, little-endian: side, microseconds, size."""
    arrivals = Arrivals(10.0)
    assert arrivals.mark(RESPONSE, 5, 10.5) == struct.pack("<BII", 1, 500_000, 5)
    assert arrivals.mark(REQUEST, 7, 10.5) == struct.pack("<BII", 0, 0, 7)


def test_a_gap_of_days_is_filled() -> None:
    arrivals = Arrivals(0.0)
    data = arrivals.mark(REQUEST, 1, 3 * 86_400.0) + arrivals.mark(REQUEST, 2, 3 * 86_400.0 + 1)
    assert len(data) > 2 * 9
    assert read_marks(data, 0.0) == [Mark(REQUEST, 259_200.0, 1), Mark(REQUEST, 259_201.0, 2)]


def test_a_clock_that_was_set_back_counts_as_no_time() -> None:
    arrivals = Arrivals(100.0)
    data = arrivals.mark(REQUEST, 1, 101.0) + arrivals.mark(REQUEST, 1, 90.0) + arrivals.mark(REQUEST, 1, 102.0)
    assert [mark.time for mark in read_marks(data, 100.0)] == [101.0, 101.0, 102.0]


def test_many_small_gaps_do_not_drift() -> None:
    arrivals = Arrivals(STARTED)
    data = b"".join(arrivals.mark(REQUEST, 1, STARTED + number / 3) for number in range(1, 30_001))
    assert read_marks(data, STARTED)[-1].time == pytest.approx(STARTED + 10_000, abs=2e-6)


def test_a_side_that_is_none_ends_the_reading() -> None:
    good = struct.pack("<BII", 0, 1, 1)
    assert len(read_marks(good + struct.pack("<BII", 7, 1, 1) + good, 0.0)) == 1


@pytest.mark.parametrize(
    "type",
    [
        "text/event-stream",
        "application/x-ndjson",
        "application/jsonl",
        "application/json-seq",
        "application/x-json-stream",
        "application/grpc",
        "application/grpc+proto",
        "application/grpc-web-text+proto",
        "application/connect+json",
    ],
)
def test_streamed_types(type: str) -> None:
    assert streamed(type)


@pytest.mark.parametrize(
    "type", ["", "text/html", "application/json", "application/grpcx", "text/event-streams", "application/connect"]
)
def test_types_that_are_not_streamed(type: str) -> None:
    assert not streamed(type)
