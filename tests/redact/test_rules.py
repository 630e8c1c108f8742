"""The settings that make rules: what they accept, the redactor can use."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.redact.planted import KEY

from wireglass.redact import Found, Redactor, Rules, check_json_path
from wireglass.setting_values import parse_json_paths, parse_names, parse_patterns

_steps = st.lists(
    st.sampled_from(
        [".a", "..b", "[*]", "[3]", "['c d']", '["e]f"]', ".*", "..*", "..[0]", "g", "$", "..", ".", "[x]"]
    ),
    min_size=1,
    max_size=5,
).map("".join)


@settings(deadline=None)
@given(_steps | st.text(alphabet="$.[]*'\"abc09 ", max_size=12))
def test_every_path_that_is_accepted_can_be_used(text: str) -> None:
    try:
        paths = parse_json_paths(text)
    except ValueError:
        return
    for path in paths:
        check_json_path(path)
    Redactor(Rules(json=paths), KEY).json(b'{"a":[1,{"b":"c"}]}', Found())


@pytest.mark.parametrize("text", ["$", "a b", "$.", "[x]", "$.a[", "a..", "$['a"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match="no JSON path"):
        parse_json_paths(text)


def test_paths_with_semicolons_between() -> None:
    assert parse_json_paths("$.a;b[0]\n$..c;") == ("$.a", "b[0]", "$..c")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(", "no RE2 expression: missing"),
        (r"(a)\1", "no RE2 expression: invalid escape"),
        ("a*", "finds empty text"),
        ("x" * 1001, "1001 characters"),
        ("\n".join(f"x{number}" for number in range(101)), "101 patterns"),
        ("((a{100}){100}){100}", "no RE2 expression"),
    ],
)
def test_what_is_no_pattern(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_patterns(text)


def test_patterns_one_a_line() -> None:
    assert parse_patterns("acme_[a-z]+\n\norder, (\\d+)\n") == ("acme_[a-z]+", "order, (\\d+)")


def test_names() -> None:
    assert parse_names(" X-Device, pin,,pin ") == ("X-Device", "pin")
    with pytest.raises(ValueError, match="no name"):
        parse_names("a b")
