"""What ends at a limit keeps the beginning, and knows how much there was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wireglass.content.bounded import Full, Kept, Text


@given(st.integers(0, 20), st.lists(st.tuples(st.binary(max_size=8), st.integers(0, 5)), max_size=8))
def test_the_first_bytes_and_the_size(limit: int, added: list[tuple[bytes, int]]) -> None:
    kept = Kept(limit)
    for _ in range(2):  # the second time after take()
        for data, left_out in added:
            kept.add(data, left_out)
        whole = b"".join(data for data, _ in added)
        assert kept.take() == (whole[:limit], len(whole) + sum(left_out for _, left_out in added))


@given(st.integers(0, 20), st.lists(st.text(max_size=8), max_size=8))
def test_text_up_to_the_limit(limit: int, pieces: list[str]) -> None:
    text, whole, full = Text(limit), "".join(pieces), False
    try:
        for piece in pieces:
            text.add(piece)
    except Full:
        full = True
    assert (str(text), full) == (whole[:limit], len(whole) > limit)
