"""The tests of single values."""

from __future__ import annotations

import re
import sqlite3
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.query.generated import TEXTS, URLS, likes

from wireglass.query import Compares, Holds, Is, Like, There
from wireglass.query.leaf import (
    fold,
    header_test,
    header_text,
    like_literals,
    like_test,
    number_is,
    param_test,
    port_is,
    text_test,
    type_words,
)
from wireglass.query.url_parts import MOST_PARAMETERS, parameters, url_parts


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
@example("\u212a\u0130\u017f \u00c9 ABC")
def test_letter_case_is_sqlites(text: str) -> None:
    with sqlite3.connect(":memory:") as database:
        assert database.execute("SELECT lower(?)", (text,)).fetchone() == (fold(text),)
    database.close()


@given(likes(TEXTS, "*?"), st.text("aAbB1\u00e9 /.\n", max_size=12))
@example(Like("a*a"), "a")
@example(Like("*ab*ab"), "xabab")
@example(Like("a?*"), "a")
def test_a_form_is_what_a_regular_expression_says(test: Like, value: str) -> None:
    expression = "".join(
        {"*": ".*", "?": "."}.get(wild) or re.escape(escaped or plain)
        for escaped, wild, plain in re.findall(r"\\([*?\\])|([*?])|([^*?])", test.pattern)
    )
    expected = re.fullmatch(expression, value, re.DOTALL | re.IGNORECASE | re.ASCII) is not None
    assert like_test(test.pattern)(value) is expected
    if expected:
        at = 0
        for literal in like_literals(test.pattern):
            at = fold(value).index(fold(literal), at) + len(literal)


def test_the_signs_of_a_form_can_be_meant() -> None:
    assert text_test(Like(r"a\*\?\\*"))("a*?\\b")
    assert not text_test(Like(r"a\**"))("ab")


def test_a_form_with_many_stars_takes_no_time() -> None:
    assert not text_test(Like("*a" * 500 + "*b"))("a" * 1_000_000)


def test_texts() -> None:
    assert text_test(Is("ABC"))("abc") and not text_test(Is("ab"))("abc")
    assert text_test(Holds("B"))("abc") and not text_test(Holds("d"))("abc")
    assert text_test(There())("a") and not text_test(There())("")
    with pytest.raises(ValueError, match="no test of a text"):
        text_test(Compares("=", 1))("1")


def test_numbers() -> None:
    assert number_is(Compares(">=", 5), 5) and not number_is(Compares(">", 5), 5)
    assert number_is(There(), 0) and not number_is(There(), None)
    with pytest.raises(ValueError, match="no test of a number"):
        number_is(Is("1"), 1)


def test_headers() -> None:
    headers = [(b"X-A", b"one"), (b"x-a", b""), (b"B", b"caf\xc3\xa9"), (b"C", b"caf\xe9")]
    assert header_test("x-a", There())(headers)
    assert header_test("X-A", Holds("NE"))(headers)
    assert not header_test("b", Holds("one"))(headers)
    assert header_test("x-*", Is("one"))(headers)
    assert header_test("", Is("x-a: one"))(headers)
    assert header_test("a", There())([(b"a", b"")])
    assert not header_test("", There())([])
    assert [header_text(value) for _, value in headers[2:]] == ["caf\u00e9", "caf\u00e9"]


@given(URLS)
def test_a_url_is_split_as_elsewhere(url: str) -> None:
    parts, expected = url_parts(url), urlsplit(url)
    if "://" not in url and not ("/" in url or "?" in url or "#" in url):
        assert parts == ("", 443, "", "")
        return
    if "://" not in url:
        return
    assert (parts.scheme, parts.path, parts.query) == (expected.scheme, expected.path, expected.query)
    assert parts.port == (expected.port or {"http": 80, "https": 443}[expected.scheme])
    assert parameters(url) == tuple(parse_qsl(expected.query, keep_blank_values=True))


@given(st.text(max_size=40) | st.from_regex(r"[a-z]*://[\[\]:0-9a@%]*[/?#].*", fullmatch=True))
def test_any_url_is_taken(url: str) -> None:
    parts = url_parts(url)
    assert parts.port is None or 0 <= parts.port <= 99_999
    assert len(parameters(url)) <= MOST_PARAMETERS


def test_a_url_with_countless_parameters() -> None:
    url = "http://a/?" + "a=1&" * 100_000 + "b=2"
    assert len(parameters(url)) == MOST_PARAMETERS
    assert not param_test("b", There())(url)


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://a/", 80),
        ("https://a/", 443),
        ("wss://a/", 443),
        ("http://[::1]:8080/", 8080),
        ("http://[::1]/", 80),
        ("a:443", 443),
        ("[::1]:443", 443),
        ("nonsense", None),
        ("", None),
    ],
)
def test_ports(url: str, port: int | None) -> None:
    assert url_parts(url).port == port
    assert port_is(url, There()) is (port is not None)


@pytest.mark.parametrize(
    ("type", "words"),
    [
        ("application/json", "json application"),
        ("application/vnd.api+json", "json vnd.api"),
        ("image/svg+xml", "image svg xml"),
        ("text/javascript", "js javascript text"),
        ("application/x-javascript", "js javascript"),
        ("text/event-stream", "sse"),
        ("application/grpc+proto", "grpc proto"),
        ("application/xhtml+xml", "html xml"),
        ("font/woff2", "font woff2"),
        ("application/font-woff", "font"),
        ("application/x-ndjson", "json ndjson"),
    ],
)
def test_words_for_media_types(type: str, words: str) -> None:
    assert {type, *words.split()} <= type_words(type)
    assert "" not in type_words(type)
    assert type_words("") == frozenset()
