"""Media types, and what is text."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.content import as_text, media_type


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"text/html", ("text/html", "")),
        (b"Text/HTML; Charset=UTF-8", ("text/html", "utf-8")),
        (b'text/html;a=b ; charset = "iso-8859-1"', ("text/html", "iso-8859-1")),
        (b"text/html; charset='utf-8'", ("text/html", "utf-8")),
        (b"  application/problem+json ;", ("application/problem+json", "")),
        (b"text/html, text/plain", ("", "")),
        (b"html", ("", "")),
        (b"", ("", "")),
        (b"\xff/\xfe", ("", "")),
    ],
)
def test_media_type(value: bytes, found: tuple[str, str]) -> None:
    assert media_type([(b"content-TYPE", value)]) == found


def test_the_last_type_that_can_be_read_counts() -> None:
    lines = [b"text/plain;charset=latin-1", b"application/json", b"nonsense"]
    assert media_type([(b"Content-Type", line) for line in lines]) == ("application/json", "")
    assert media_type([]) == ("", "")


@pytest.mark.parametrize(
    ("data", "type", "charset", "text"),
    [
        (b"", "", "", ""),
        (b"plain", "application/octet-stream", "", "plain"),
        ("Grüße".encode(), "application/json", "", "Grüße"),
        ("Grüße".encode("latin-1"), "text/plain", "iso-8859-1", "Grüße"),
        ("Grüße".encode("latin-1"), "text/plain", "", "Grüße"),
        ("Grüße".encode("latin-1"), "application/json", "", None),
        ("Grüße".encode("latin-1"), "text/plain", "utf-8", "Grüße"),
        ("日本".encode("shift_jis"), "text/html", "Shift_JIS", "日本"),
        ("Grüße".encode("utf-16"), "", "", "Grüße"),
        ("Grüße".encode("utf-16-be"), "text/plain", "utf-16be", "Grüße"),
        ("Grüße".encode("utf-32"), "", "", "Grüße"),
        ("Grüße".encode("utf-8-sig"), "text/plain", "latin-1", "Grüße"),
        (b"\x1b[1mbold\x1b[0m\r\n\t\f", "text/plain", "", "\x1b[1mbold\x1b[0m\r\n\t\f"),
        ("Grüße".encode()[:3], "text/plain", "utf-8", "Gr\ufffd"),
        ("Grüße".encode()[:3], "application/json", "", "Gr\ufffd"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png", "", None),
        (b"text\0text", "text/plain", "utf-8", None),
        (b"text\0text", "text/plain", "", None),
        (b"\x00\x00\x00\x00\x05hello", "application/grpc", "", None),
        (b"abc", "text/plain", "no-such-charset", "abc"),
        (b"abc", "text/plain", "\0", "abc"),
        (b"a-b", "text/plain", "punycode", "a-b"),
        (b"a\\u0041", "text/plain", "unicode_escape", "a\\u0041"),
        (b"616263", "text/plain", "hex", "616263"),
    ],
)
def test_as_text(data: bytes, type: str, charset: str, text: str | None) -> None:
    assert as_text(data, type, charset) == text


def test_a_charset_is_no_way_to_unpack_a_bomb() -> None:
    assert as_text(zlib.compress(bytes(100_000)), "text/plain", "zlib") is None


@given(
    data=st.binary(max_size=60),
    type=st.sampled_from(["", "text/plain", "image/png"]),
    charset=st.sampled_from(
        ["", "utf-8", "utf-7", "utf-16", "utf-32", "latin-1", "big5", "gb18030", "hz", "iso-2022-jp", "idna", "uu", "é"]
    ),
)
def test_nothing_raises(data: bytes, type: str, charset: str) -> None:
    text = as_text(data, type, charset)
    assert text is None or isinstance(text, str)


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"])))
def test_utf_8_comes_back(text: str) -> None:
    assert as_text(text.encode(), "application/json", "") == text.removeprefix("\ufeff")
