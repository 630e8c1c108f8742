"""Regular expressions are bounded, and their time is linear."""

from __future__ import annotations

from time import process_time

import pytest

from wireglass.errors import QueryError
from wireglass.query.regex import PATTERN_LIMIT, finder


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)+$", r"(.*a){20}$", r"(a*)*b", r"^(\w+\s?)*$"])
def test_what_explodes_elsewhere_does_not_here(pattern: str) -> None:
    """Python's own module would not be done with any of these in a year."""
    text = "a" * 100_000 + "!"
    begun = process_time()
    assert finder(pattern, False)(text) is False
    assert process_time() - begun < 20


def test_twice_the_text_takes_twice_the_time() -> None:
    """For a pattern whose automaton has more states than memory, so that the slow way is taken. A quadratic one would
    take 64 times as long."""
    find = finder("[ab][a-z]{60}[cd]", False)

    def took(length: int) -> float:
        text = "ab" * (length // 2)
        begun = process_time()
        find(text)
        return process_time() - begun

    took(1000)
    assert took(800_000) < 30 * max(took(100_000), 0.001)


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("a" * (PATTERN_LIMIT + 1), "501 characters"),
        ("a{321}", "at most 320"),
        ("a{1,999}", "at most 320"),
        ("(?:a?b?){101}", "at most 320"),
        (r"(?:\pL{100}){9}", "pattern too large"),
        ("((a{100}){100}){100}", "cannot be read"),
        ("(", "missing )"),
        ("[b-a]", "invalid character class range"),
        (r"(?=a)", "perl operator"),
        (r"\1", "escape"),
    ],
)
def test_what_is_refused(pattern: str, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        finder(pattern, False)
    assert says in caught.value.message and caught.value.hint


def test_letters_beyond_ascii() -> None:
    assert finder("^caf.$", False)("caf\u00e9")
    assert finder("\u00c9", True)("\u00e9") and not finder("\u00c9", False)("\u00e9")


@pytest.mark.parametrize(
    "pattern", [r"\pL+", "user.{0,100}id", "[a-z]{200}", "[\u00e9-\u03c9]+", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}"]
)
def test_what_people_write_is_taken(pattern: str) -> None:
    finder(pattern, True)


def test_a_lone_surrogate_is_not_found() -> None:
    assert finder("a", False)("\ud800a") and not finder("\ufffd", False)("\ud800")
    assert not finder("\ud800", False)("\ud800")


def test_a_backslash_before_a_brace() -> None:
    assert finder(r"a\{1000\}", False)("a{1000}")
