"""Captured text cannot reach through to the terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from wireglass.cli.text import from_wire, many_lines, one_line, shorten, size

_REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_ANYTHING = st.text(st.characters(exclude_categories=()))


@given(_ANYTHING)
def test_no_control_or_format_character_is_left(text: str) -> None:
    for character in one_line(text):
        category = unicodedata.category(character)
        assert category not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(character) not in _REORDERING


@given(_ANYTHING)
def test_many_lines_differ_by_line_ends_and_tabs_alone(text: str) -> None:
    plain = text.replace("\r\n", "\n")
    assert one_line(many_lines(text)).replace("\\n", "\n").replace("\\t", "\t") == one_line(plain).replace(
        "\\n", "\n"
    ).replace("\\t", "\t")


def test_escapes_are_shown() -> None:
    assert one_line("a\x1b]0;owned\x07\x9b2J\u202eb\r\n") == r"a\x1b]0;owned\x07\x9b2J\u202eb\r\n"
    assert many_lines("a\r\nb\tc\rd\x1b") == "a\nb\tc\\rd\\x1b"
    assert one_line("Grüße 👩‍👩‍👧 日本") == "Grüße 👩‍👩‍👧 日本"


@given(st.binary())
def test_any_bytes_of_a_head_become_a_line(data: bytes) -> None:
    assert "\n" not in from_wire(data)


@given(st.text(), st.integers(1, 80))
def test_shortened_text_fits_and_keeps_both_ends(text: str, width: int) -> None:
    short = shorten(text, width)
    assert len(short) <= width
    if len(text) > width:
        head, tail = short.split("…", 1) if text.count("…") == 0 else ("", "")
        assert text.startswith(head)
        assert text.endswith(tail)


def test_sizes() -> None:
    counts = (0, 999, 1000, 999_949, 999_950, 5_000_000, 2**31, 10**13)
    assert [size(count) for count in counts] == [
        "0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "5.0 MB", "2.1 GB", "10.0 TB",
    ]  # fmt: skip
