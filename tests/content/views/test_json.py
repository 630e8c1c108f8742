from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.content.views.asking import fit, rendered

from wireglass.content.views import OUTPUT_LIMIT, ViewError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def exact(text: str) -> Any:
    """As the standard library reads it, with number texts and duplicate keys kept."""
    return json.loads(
        text, parse_float=lambda number: ("f", number), parse_int=lambda number: ("i", number), object_pairs_hook=tuple
    )


@given(VALUES, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_the_value_stays_the_same(value: object, ascii: bool, indent: int | str | None) -> None:
    try:
        sent = json.dumps(value, ensure_ascii=ascii, indent=indent, allow_nan=False)
    except ValueError:  # NaN and the infinities are no JSON
        return
    seen = rendered("json", sent.encode("utf-8", "surrogatepass" if ascii else "replace"), "application/json")
    assert exact(seen.text) == exact(sent)
    assert not seen.notes


@given(VALUES)
def test_the_layout_is_that_of_the_standard_library(value: object) -> None:
    try:
        expected = json.dumps(value, ensure_ascii=True, indent=2, allow_nan=False)
    except ValueError:
        return
    plain = expected.encode()
    if b"\\u" not in plain:
        assert rendered("json", plain.replace(b"\n", b"\r\n")).text == expected


def test_numbers_keys_order_and_duplicates_are_as_they_were_sent() -> None:
    text = rendered("json", b'{"b":1.10,"a":12345678901234567890123,"b":1E400,"c":-0.0,"d":[]}').text
    assert text.split("\n") == [
        "{", '  "b": 1.10,', '  "a": 12345678901234567890123,', '  "b": 1E400,', '  "c": -0.0,', '  "d": []', "}",
    ]  # fmt: skip


def test_escapes_are_written_as_the_characters_where_those_can_be_seen() -> None:
    sent = rb'["\u00fc\u4e2d\ud83d\ude00", "\u0007", "\ud800", "\\u00fc", "\u200b\u202e"]'
    lines = rendered("json", sent).text.split("\n")
    assert [line.strip(" ,") for line in lines[1:-1]] == [
        '"ü中😀"', r'"\u0007"', r'"\ud800"', r'"\\u00fc"', r'"\u200b\u202e"',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b'{"a":1,}', 1, 8),
        (b'{"a":1,\n "b" 2}', 2, 6),
        (b"[1,2", 1, 5),
        (b"[01]", 1, 2),
        (b"[1.]", 1, 2),
        (b"[NaN]", 1, 2),
        (b'["a\nb"]', 1, 2),
        (b"[1] 2", 1, 5),
        (b"[1}", 1, 3),
        (b"", 1, 1),
        (b"{1:2}", 1, 2),
        (b"'a'", 1, 1),
        (b"[,]", 1, 2),
        (b"[1 2]", 1, 4),
        (b"nullx", 1, 1),
        (b'{"a"}', 1, 5),
    ],
)
def test_what_is_wrong_is_said_with_its_place(data: bytes, line: int, column: int) -> None:
    with pytest.raises(ViewError, match=rf"line {line}, column {column}:"):
        rendered("json", data)
    with pytest.raises(json.JSONDecodeError):
        json.loads(data, parse_constant=lambda name: json.loads("wrong"))


@given(VALUES, st.data())
def test_the_start_of_a_body_is_shown_as_far_as_it_goes(value: object, data: st.DataObject) -> None:
    try:
        sent = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace").decode()
    except ValueError:
        return
    at = data.draw(st.integers(1, len(sent)))
    seen = rendered("json", sent[:at].encode(), whole=False)
    assert "".join(seen.text.split()) == "".join(sent[:at].split()).removeprefix("\ufeff")
    assert seen.notes == ["only the start of the body is here"]


def test_too_deep_and_too_long() -> None:
    with pytest.raises(ViewError, match="200 levels"):
        rendered("json", b"[" * 201)
    rendered("json", b"[" * 200 + b"]" * 200)
    seen = rendered("json", b"[" + b"1," * 2_000_000 + b"1]")
    assert len(seen.text) == OUTPUT_LIMIT
    assert "ends at the limit" in seen.notes[0]


def test_what_keeps_scripts_from_loading_it_is_left_out() -> None:
    assert rendered("json", b')]}\',\n{"a":1}').text == '{\n  "a": 1\n}'


def test_in_other_encodings() -> None:
    assert rendered("json", '["ü"]'.encode("utf-16")).text == '[\n  "ü"\n]'
    assert rendered("json", b'["\xfc"]', parameters={"charset": "ISO-8859-1"}).text == '[\n  "ü"\n]'
    with pytest.raises(ViewError, match="binary"):
        rendered("json", b"\0\1\2")


def test_what_it_fits() -> None:
    assert fit("json", b"", "application/json") == fit("json", b"", "application/problem+json") > 2
    for type in ("", "text/plain", "application/x-www-form-urlencoded"):  # the last: what curl -d says
        assert fit("json", b' [{ "a" :1}]', type)
        assert not fit("json", b"[INFO] started", type)
    assert not fit("json", b'{"a":1}', "text/html")
