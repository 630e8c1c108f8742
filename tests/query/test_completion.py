"""What can stand at the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.errors import QueryError
from wireglass.query import parse
from wireglass.query.completion import MOST, completions, writing
from wireglass.query.fields import TABLE, Field

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


VALUES = {"status": "200", "number": "5", "bytes": "1k", "milliseconds": "2s", "moment": "today", "keyed": "a=b"}


@pytest.mark.parametrize("field", TABLE, ids=lambda field: field.name)
def test_what_is_offered_can_be_read(field: Field) -> None:
    text = f"{field.name}:"
    found = completions(text, len(text), KNOWN)
    operators = [one for one in found if one.kind == "operator"]
    assert bool(operators) == (field.kind != "flag" and field.stands_for is None)
    for one in found:
        rest = ""
        if one.kind == "operator" and one.text == ":/":
            rest = "a/"
        elif one.kind == "operator" and not one.text.startswith(":"):
            rest = VALUES.get(field.kind) or (field.values[0] if field.only else "a")
        try:
            parse(text[: one.start] + one.text + rest, 0.0)
        except QueryError as error:
            pytest.fail(f"{one}: {error.message}")


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("host:|", "host~"),
        ("host|", "host~"),
        ("a -host|", "a -host!="),
        ("size:|", "size>"),
        ("status|", "status:400..499"),
        ("header:|", "header="),
        ("body:|", "body:/"),
        ("a |", "a or"),
        ("(a) n|", "(a) not"),
    ],
)
def test_operators_and_words(text: str, offered: str) -> None:
    assert offered in completed(text)


@pytest.mark.parametrize("text", ["host:a|", "host~|", "method:GET,|", "|"])
def test_operators_are_not_offered_behind_a_value(text: str) -> None:
    cursor = text.index("|")
    assert {one.kind for one in completions(text.replace("|", ""), cursor, KNOWN)} <= {"field", "value", "word"}


@pytest.mark.parametrize(
    ("text", "field", "written"),
    [
        ("host:|", "host", ""),
        ("a -domain:ap|i b", "host", "api"),
        ("verb:GET,po|", "method", "po"),
        ("param:a=|", "param", "a="),
        ('host:"a|', None, ""),
        ("ho|", None, ""),
        ("a=b|", None, ""),
    ],
)
def test_the_value_that_is_being_written(text: str, field: str | None, written: str) -> None:
    cursor = text.index("|")
    text = text.replace("|", "")
    found = writing(text, cursor)
    assert (found and found.field, found and text[found.start : found.end]) == (field, written if field else None)
