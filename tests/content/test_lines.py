from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.content.lines import Lines

text = st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\r\n", b"\xff"]), max_size=20).map(b"".join)
cuts = st.lists(st.integers(0, 30), max_size=6)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    ends = sorted(min(end, len(data)) for end in at)
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


def lines(parts: list[bytes], limit: int = 100, *, only_lf: bool = False) -> list[tuple[bytes, int]]:
    reader = Lines(limit, only_lf=only_lf)
    return [line for part in parts for line in reader.feed(part)] + list(reader.end())


@given(text, cuts, st.booleans())
def test_any_cut_gives_the_same_lines(data: bytes, at: list[int], only_lf: bool) -> None:
    expected = re.split(rb"\n" if only_lf else rb"\r\n|\r|\n", data)
    if not expected[-1]:
        expected.pop()
    assert lines(cut(data, at), only_lf=only_lf) == [(line, len(line)) for line in expected]


@pytest.mark.parametrize("parts", [[b"abcdefgh\nx"], [b"abc", b"defg", b"h\nx"]])
def test_a_line_above_the_limit_is_its_start_and_its_size(parts: list[bytes]) -> None:
    assert lines(parts, 4) == [(b"abcd", 8), (b"x", 1)]
