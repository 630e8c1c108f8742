"""What can stand at the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.errors import QueryError
from wireglass.query import parse
from wireglass.query.completion import MOST, completions

KNOWN = {"session": ["Checkout test", 'with "quotes"'], "host": ["api.example.com"]}


def completed(text: str) -> list[str]:
    """``|`` is the cursor."""
    cursor = text.index("|")
    text = text.replace("|", "", 1)
    return [text[: one.start] + one.text + text[one.end :] for one in completions(text, cursor, KNOWN)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("me|", "method:"),
        ("a ME|", "a method:"),
        ("a -stat|", "a -status:"),
        ("(ho|", "(host:"),
        ("dom|", "host:"),
        ("metod|", "method:"),
        ("sta| b", "status: b"),
        ("st|at", "status:"),
        ("method:|", "method:GET"),
        ("method:PO|", "method:POST"),
        ("method:GET,pu|", "method:GET,PUT"),
        ("verb:pos|", "verb:POST"),
        ("has:webs|", "has:websocket"),
        ("has:eror|", "has:error"),
        ("-is:mar|", "-is:marked"),
        ("status:4|", "status:4xx"),
        ("session:chec|", 'session:"Checkout test"'),
        ("session:with|", 'session:"with \\"quotes\\""'),
        ("host:api|", "host:api.example.com"),
        ("header:auth|", "header:authorization"),
        ("a an|", "a and"),
    ],
)
def test_the_first_one(text: str, first: str) -> None:
    assert completed(text)[0] == first


@pytest.mark.parametrize("text", ['"me|', "body:'a me|", "zzzz:a|", "1|2"])
def test_nothing_is_offered(text: str) -> None:
    assert completed(text) == []


def test_everything_is_offered_at_the_start() -> None:
    assert {"method:", "has:", "session:", "since:"} <= set(completed("|"))
    assert not {"and", "or"} & set(completed("|"))


@given(st.text(max_size=30) | st.text("amethodhasis:=,\"'()|- ", max_size=20), st.integers(-5, 40))
def test_any_text_and_cursor(text: str, cursor: int) -> None:
    found = completions(text, cursor)
    assert len(found) <= MOST
    assert all(0 <= one.start <= one.end <= len(text) for one in found)


@given(st.sampled_from(["has:", "is:", "method:", "type:", "protocol:", "session:", "color:", "since:", "size:"]))
def test_what_is_offered_can_be_read(text: str) -> None:
    for one in completions(text, len(text), KNOWN):
        try:
            parse(text[: one.start] + one.text, 0.0)
        except QueryError as error:
            pytest.fail(f"{one}: {error.message}")
