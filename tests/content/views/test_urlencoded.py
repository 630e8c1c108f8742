from __future__ import annotations

import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.content.views.asking import fit, rendered

from wireglass.content.views import ViewError

PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))


@given(st.lists(st.tuples(PLAIN, PLAIN), min_size=1))
def test_fields_in_their_order(fields: list[tuple[str, str]]) -> None:
    """As urllib writes them."""
    seen = rendered("urlencoded", urllib.parse.urlencode(fields).encode())
    assert seen.text == "".join(f"{name} = {value}\n" for name, value in fields)
    assert (seen.fields, seen.notes) == ({"fields": str(len(fields))}, [])


def test_what_curl_sends_without_encoding_it() -> None:
    assert rendered("urlencoded", "name=Jürgen Müller&flag&=x\n".encode()).text == "name = Jürgen Müller\nflag\n = x\n"


def test_several_lines_and_bytes_that_are_no_text() -> None:
    seen = rendered("urlencoded", b"a=1%0D%0A2&b=%ff%zz%4")
    assert seen.text == "a = 1\n    2\nb = \\xff%zz%4\n"
    assert seen.notes == [r"bytes that are no UTF-8 are shown as \xNN"]


def test_damaged_and_cut_off() -> None:
    with pytest.raises(ViewError, match="control characters"):
        rendered("urlencoded", b"a=\0")
    assert rendered("urlencoded", b"a=1&b=%4", whole=False).notes == ["only the start of the body is here"]
    many = rendered("urlencoded", b"a&" * 20_000)
    assert many.notes == ["the first 10000 fields are shown"]


def test_what_it_fits() -> None:
    assert fit("urlencoded", b"", "application/x-www-form-urlencoded") and not fit("urlencoded", b"a=1", "text/plain")
