"""Posted forms taken apart."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from wireglass.formats.form import MOST_FIELDS, params

MULTIPART = "multipart/form-data; boundary=b1"


def part(head: bytes, body: bytes) -> bytes:
    return b"--b1\r\n%b\r\n\r\n%b\r\n" % (head, body)


def test_urlencoded() -> None:
    assert params("Application/X-WWW-Form-Urlencoded; charset=UTF-8", b"a=1&b=%C3%A4+x&a=&c&d=\xff") == [
        {"name": "a", "value": "1"},
        {"name": "b", "value": "\u00e4 x"},
        {"name": "a", "value": ""},
        {"name": "c", "value": ""},
        {"name": "d", "value": "\ufffd"},
    ]


def test_multipart() -> None:
    body = (
        part(b'Content-Disposition: form-data; name="a"', b"1\r\n2")
        + part(
            b'content-disposition: form-data; name="\xc3\xa4"; filename="\xc3\xbc b.txt"\r\nContent-Type: text/x',
            b"\xc3\xa4",
        )
        + part(b'Content-Disposition: form-data; name=file; filename=""\r\nContent-Type: image/png', b"\x89\xff\r\n")
        + part(b"X-Other: 1", b"")
        + b"--b1--\r\n"
    )
    assert params(MULTIPART, body) == [
        {"name": "a", "value": "1\r\n2"},
        {"name": "\u00e4", "value": "\u00e4", "fileName": "\u00fc b.txt", "contentType": "text/x"},
        {"name": "file", "fileName": "", "contentType": "image/png"},
        {"name": "", "value": ""},
    ]


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("text/plain", b"a=1"),
        ("", b"a=1"),
        ("multipart/form-data", b"--b1--"),
        (MULTIPART, b"no boundary"),
        (MULTIPART, b""),
        ("multipart/mixed; boundary=b1", part(b"A: b", b"")),
    ],
)
def test_what_is_no_form(type: str, body: bytes) -> None:
    assert params(type, body) is None


def test_a_form_of_very_many_fields_is_left_whole() -> None:
    form = "application/x-www-form-urlencoded"
    assert len(params(form, b"&".join([b"a=1"] * MOST_FIELDS)) or []) == MOST_FIELDS
    assert params(form, b"&".join([b"a=1"] * (MOST_FIELDS + 1))) is None
    assert params(MULTIPART, part(b"A: b", b"") * (MOST_FIELDS + 1)) is None


@given(st.text(max_size=20).map(lambda text: f"{MULTIPART}; {text}") | st.just(MULTIPART), st.binary(max_size=200))
def test_no_body_breaks_it(type: str, body: bytes) -> None:
    for whole in (body, part(body, body), b"--b1\r\n" + body + b"\r\n--b1--"):
        found = params(type, whole)
        assert found is None or all(isinstance(field["name"], str) for field in found)
