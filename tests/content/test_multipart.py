"""Multipart bodies as parts, within bounds. What the view makes of them is in ``views/test_multipart.py``."""

from __future__ import annotations

from urllib.parse import quote

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.redact.test_linear import is_linear

from wireglass.content.multipart import Malformed, Parts, names
from wireglass.model import Headers


def read(body: bytes, most: int = 100, boundary: str = "b1") -> Parts:
    parts = Parts(most)
    parts.read(boundary, body)
    return parts


def part(head: bytes, data: bytes) -> bytes:
    return b"--b1\r\n%b\r\n\r\n%b\r\n" % (head, data)


def found(parts: Parts) -> list[tuple[Headers, bytes]]:
    return [(one.headers, bytes(one.data)) for one in parts.found]


def test_parts() -> None:
    parts = read(part(b"A: 1\r\nb:2", b"\r\n--b2") + part(b"A: 2", b"") + b"--b1--\r\nafter")
    assert found(parts) == [([(b"A", b"1"), (b"b", b"2")], b"\r\n--b2"), ([(b"A", b"2")], b"")]
    assert parts.ended


def test_a_form_without_fields() -> None:
    parts = read(b"--b1--\r\n")
    assert parts.ended and not parts.found


def test_one_that_is_cut_off() -> None:
    parts = read(part(b"A: 1", b"whole") + b"--b1\r\nA: 2\r\n\r\nhal")
    assert [data for _, data in found(parts)] == [b"whole", b"hal"] and not parts.ended


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "does not occur"),
        (b"something else", "cannot be told apart"),
        (b"--b1\nA: 1\n\n1\n--b1--", "cannot be told apart"),
        (part(b"\r\n".join([b"A: 1"] * 51), b""), "header count exceeded"),
        (part(b"A: " + b"1" * 20_000, b""), "header size exceeded"),
        (part(b"\r\n".join([b"A: " + b"1" * 12_000] * 3), b""), "the head of one is longer than 32768 bytes"),
    ],
)
def test_what_cannot_be_read(body: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        read(body)


def test_more_than_the_most_are_not_looked_at() -> None:
    parts = read(part(b"A: 1", b"x" * 70_000) * 9, most=3)
    assert len(parts.found) == 4


def test_data_that_nobody_wants_is_left_out() -> None:
    parts = Parts(9, lambda headers: headers != [(b"A", b"large")])
    parts.read("b1", part(b"A: large", b"x" * 1000) + part(b"A: small", b"y") + b"--b1--")
    assert [data for _, data in found(parts)] == [b"", b"y"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'form-data; name="a"', ("a", None)),
        (b'form-data; name="a  b"; filename=""', ("a  b", "")),
        (b"form-data; name=a; filename=b.txt", ("a", "b.txt")),
        (b'FORM-DATA; NAME="a;b=c"', ("a;b=c", None)),
        ('form-data; name="\u00fc"; filename="\u65e5"'.encode(), ("\u00fc", "\u65e5")),
        (b"form-data; name*=utf-8''%C3%A4; filename*=utf-8''a%20b", ("ä", "a b")),
        (b"form-data; filename*=utf-8''%E6%97%A5; filename=plain", (None, "plain")),
        (b"form-data; name*0=a; name*1*=%20b; filename*0*=iso-8859-1''%fc; filename*1=c", ("a b", "üc")),
        (b"form-data; filename*=utf-8; name*=x''%ff", ("ÿ", "utf-8")),
        (rb'form-data; name="a\"b\\c\d"', (r'a"b\c\d', None)),
        (b'form-data; "; filename=x"; name=a', ("a", None)),
        (b'form-data; name="a; filename=x', ("a; filename=x", None)),
        (b"form-data; name=a ;filename= b ", ("a", "b")),
        (b"form-data", (None, None)),
        (b"", (None, None)),
    ],
)
def test_names(value: bytes, expected: tuple[str | None, str | None]) -> None:
    assert names([(b"X", b"1"), (b"content-DISPOSITION", value)], lambda data: data.decode()) == expected
    assert names([], lambda data: data.decode()) == (None, None)


@pytest.mark.alone
@pytest.mark.parametrize("head", [b'form-data; "', b"form-data", b'form-data; name="'])
@pytest.mark.parametrize("unit", [b";", b"; ", b"a;", b'\\";', b";a=", b";name*0=", b'"', b"\\", b" ", b";a", b"'"])
def test_names_take_linear_time(head: bytes, unit: bytes) -> None:
    """What a few hundred bytes of gzip become must not hold up whoever reads it."""
    assert is_linear(lambda value: names([(b"Content-Disposition", value)], bytes.decode), unit, 256_000, head=head)


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_text_has_names(head: str, value: str) -> None:
    for field in (head, f"form-data; name={value}", f'form-data; name="{value}', f"form-data; name*={value}"):
        names([(b"Content-Disposition", field.encode("utf-8", "surrogatepass"))], lambda data: data.decode("latin-1"))


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))))
def test_names_come_back(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    field = f"form-data; name=\"{quoted}\"; filename*=utf-8''{quote(name)}".encode()
    assert names([(b"Content-Disposition", field)], bytes.decode) == (name, name)


@settings(deadline=None)  # the first reading imports the library
@given(st.lists(st.binary(max_size=30)))
def test_data_comes_back(pieces: list[bytes]) -> None:
    whole = b"".join(part(b"A: 1", piece) for piece in pieces) + b"--b1--"
    assert [data for _, data in found(read(whole, most=len(pieces)))] == pieces


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_parts_or_malformed(body: bytes) -> None:
    for whole in (body, part(body, body), b"--b1\r\n" + body):
        try:
            parts = read(whole)
        except Malformed:
            continue
        assert parts.found or parts.ended
