"""The caret."""

from __future__ import annotations

import pytest

from wireglass.errors import QueryError
from wireglass.query import caret, parse


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("metod:POST", "metod:POST\n^^^^^"),
        ("a or (b", "a or (b\n     ^"),
        ("a or", "a or\n    ^"),
        ("\u65e5\u672c metod:a", "\u65e5\u672c metod:a\n     ^^^^^"),
        ("a\tb\x1b[2J metod:a", "a\u00b7b\u00b7[2J metod:a\n        ^^^^^"),
        ("e\u0301 metod:a", "e\u00b7 metod:a\n   ^^^^^"),
    ],
)
def test_it_stands_under_the_place(text: str, shown: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, 0.0)
    assert caret(caught.value) == shown


def test_a_long_query_is_cut_around_the_place() -> None:
    with pytest.raises(QueryError) as caught:
        parse("word " * 40 + "metod:POST " + "word " * 40, 0.0)
    above, below = caret(caught.value).split("\n")
    assert len(above) <= 74 and above[0] == above[-1] == "\u2026"
    assert above[below.index("^") : below.rindex("^") + 1] == "metod"


def test_an_error_without_a_text_has_none() -> None:
    assert caret(QueryError("Something else.")) == ""
