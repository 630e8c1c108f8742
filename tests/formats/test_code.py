"""A request as code: what is left to the client, what is refused, and words that shells give back as they were. That
what the code sends is what was recorded is in tests/doors/test_code.py."""

from __future__ import annotations

import subprocess
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.doors.code_cases import CASES
from tests.formats.records import record, with_detail

from wireglass.errors import UsageError
from wireglass.formats.code import BY_ID, INLINE_LIMIT, LANGUAGES, Language, Request, request_of
from wireglass.formats.code.shells import argv, cmd, powershell, sh, sh_printf, sh_text
from wireglass.model import Headers, Record

# Surrogates are in no text that was decoded, and a NUL in no argument of a program.
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ODD = st.text(st.sampled_from("'\"`\\$!%^&|<>()*?[]{}~#;= \t\n\r@-abc\u2018\u201d\U0001f600"))


def request(made: Record, body: bytes = b"") -> Request:
    return request_of(made, lambda: [body])


def with_headers(*headers: tuple[bytes, bytes], body: bytes = b"", **more: Any) -> Request:
    given: Headers = list(headers)
    return request(record(body, request_headers=given, **more), body)


def test_what_is_of_the_connection_is_left_to_the_client() -> None:
    found = with_headers(
        (b":authority", b"a"), (b"Host", b"a"), (b"Connection", b"close, X-Hop"), (b"X-Hop", b"1"),
        (b"Transfer-Encoding", b"chunked"), (b"Accept-Encoding", b"br"), (b"Content-Length", b"1"), (b"TE", b"x"),
        (b"X-Kept", b" 1 "), (b"x-kept", b"2"),
    )  # fmt: skip
    assert found.headers == (("X-Kept", b"1"), ("x-kept", b"2"))
    assert found.takes_codings


def test_the_address_is_as_sent_and_ascii() -> None:
    found = with_headers(url="https://a.test:8443/gr\u00fc\u00dfe/%2F/..;x?a=%20&b='[1]'")
    assert found.url == "https://a.test:8443/gr%C3%BC%C3%9Fe/%2F/..;x?a=%20&b='[1]'"
    assert with_headers(url="https://a.test").url == "https://a.test/"
    assert with_headers(url="https://a.test?x=1").url == "https://a.test/?x=1"
    assert with_headers(url="https://a.test/a?b#c d\r\n").url == "https://a.test/a?b%23c%20d%0D%0A"


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"method": ""}, "no request that can be read"),
        ({"method": "CONNECT"}, "a tunnel"),
        ({"protocol": "tunnel"}, "a tunnel"),
        ({"protocol": "websocket"}, "a WebSocket"),
    ],
)
def test_what_is_no_request_is_refused(more: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=f"Exchange 1 is {what}"):
        with_headers(**more)


def test_a_body_that_is_not_all_there_is_said() -> None:
    found = request(record(b"half", request_size=8), b"half")
    assert found.notes == ("Not all of the body is recorded: 4 of 8 bytes are.",)


def test_a_body_above_the_limit_is_in_a_file() -> None:
    body = bytes(INLINE_LIMIT)
    assert with_headers(body=body).file == ""
    found = with_headers(body=body + b"1", id=12)
    assert (found.file, found.body) == ("12-request.bin", b"")
    assert "wireglass show 12 --request-body --raw > 12-request.bin" in found.notes[0]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.id)
def test_the_file_that_the_code_reads_is_named_beside_it(language: Language) -> None:
    large = language.snippet(with_headers(body=bytes(INLINE_LIMIT + 1), id=12, method="POST"))
    assert large.file == "12-request.bin"
    assert large.file in large.text.replace(large.notes[0], "")
    assert language.snippet(with_headers(body=b"a", method="POST")).file == ""


def test_what_cmd_cannot_take_is_in_a_file() -> None:
    snippet = BY_ID["curl-cmd"].snippet(with_headers(body=b"two\nlines", id=12, method="POST"))
    assert snippet.file == "12-request.bin"
    assert '^"@12-request.bin^"' in snippet.text


def test_a_body_that_is_kept_decoded_has_no_coding() -> None:
    made = record(b"text", request_headers=[(b"Content-Encoding", b"gzip"), (b"X", b"1")])
    assert request(made, b"text").has("content-encoding")
    assert not request(with_detail(made, decoded=("request",)), b"text").has("content-encoding")


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.id)
def test_notes_are_comments_of_one_line(language: Language) -> None:
    asked = msgspec.structs.replace(with_headers(), notes=("one\nnote",))
    snippet = language.snippet(asked)
    assert snippet.notes == ["one note"]
    assert f"{language.comment}one note\n" in snippet.text
    for case in CASES:
        made = language.snippet(case.request("http://a.test", 3))
        assert made.text.endswith("\n")
        assert not made.text.endswith("\n\n")
        assert all("\n" not in note for note in made.notes)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.id)
@given(st.binary(max_size=200) | ODD.map(str.encode))
@settings(max_examples=30, deadline=None)
def test_any_body_can_be_written(language: Language, body: bytes) -> None:
    assert language.snippet(with_headers((b"X", body.translate(None, b"\r\n\0")), body=body)).text.endswith("\n")


@pytest.mark.parametrize(
    "more",
    [{"method": "--output=x"}, {"method": "GET\nX: 1"}, {"url": "-o/etc/passwd"}, {"url": "file:///etc/passwd"}],
)
def test_what_was_imported_and_is_no_http_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="HTTP does not know"):
        with_headers(**more)


def test_headers_that_cannot_be_sent_are_left_out() -> None:
    found = with_headers((b"X: 1\r\nY", b"2"), (b"Z", b"3\r\nEvil: 1"), (b"Fine", b"4"))
    assert found.headers == (("Fine", b"4"),)
    assert found.notes == ("Headers that HTTP does not allow are left out: 2.",)


def test_every_language_has_an_id_and_a_name_of_its_own() -> None:
    assert len(BY_ID) == len(LANGUAGES) == len({language.name for language in LANGUAGES})


# Shells


def _in_sh(script: str) -> bytes:
    return subprocess.run(["sh"], input=script.encode(), capture_output=True, check=True, timeout=60).stdout


@given(st.lists(WORDS | ODD, min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_sh_gives_words_back(words: list[str]) -> None:
    # A word that is written into a script, and not given as an argument, may have a line feed, but sh reads bytes.
    script = "printf '%s\\0' " + " ".join(map(sh, words))
    assert _in_sh(script).decode().split("\0")[:-1] == words


@given(st.lists(st.binary(max_size=60) | WORDS.map(str.encode) | ODD.map(str.encode), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_printf_writes_these_bytes(bodies: list[bytes]) -> None:
    assert _in_sh("\n".join(map(sh_printf, bodies))) == b"".join(bodies)


def test_text_that_a_terminal_would_change_is_no_word() -> None:
    assert sh_text(b"one\n\ttwo '\xc3\xbc'") == "one\n\ttwo 'ü'"
    for body in (b"\r\n", b"\x1b[31m", b"\x00", b"\xff", b"\x7f", b"a" * 100_000):
        assert sh_text(body) is None


def _c_runtime(line: str) -> list[str]:
    """Arguments as Microsoft's C runtime takes them apart ("Parsing C command-line arguments")."""
    found: list[str] = []
    word, inside, begun, at = "", False, False, 0
    while at < len(line):
        char = line[at]
        if char == "\\":
            end = at
            while end < len(line) and line[end] == "\\":
                end += 1
            count = end - at
            if end < len(line) and line[end] == '"':
                word += "\\" * (count // 2)
                if count % 2:
                    word, end = word + '"', end + 1
            else:
                word += "\\" * count
            begun, at = True, end
            continue
        if char == '"':
            inside, begun = not inside, True
        elif char in " \t" and not inside:
            if begun:
                found.append(word)
            word, begun = "", False
        else:
            word, begun = word + char, True
        at += 1
    return [*found, word] if begun else found


def _cmd_prompt(line: str) -> str:
    """What cmd makes of a line at its prompt: variables (none of them is set), then carets."""
    assert "\n" not in line
    out, at, inside = "", 0, False
    while at < len(line):
        char = line[at]
        if char == "^" and not inside:
            at += 1
            out += line[at]
        else:
            assert inside or char not in '&|<>()"!', f"{char} is not escaped in {line}"
            inside ^= char == '"'
            out += char
        at += 1
    return out


@given(WORDS.filter(lambda text: text.isprintable()) | ODD.map(lambda text: "".join(text.split())))
def test_windows_gives_arguments_back(text: str) -> None:
    assert _c_runtime(argv(text)) == [text]
    assert _c_runtime(f"curl {_cmd_prompt(cmd(text))} --next") == ["curl", text, "--next"]


@given(ODD)
def test_cmd_finds_no_variable(text: str) -> None:
    """A name between two percent signs would have to begin with a caret."""
    line = cmd(f"%{text}PATH%")
    parts = line.split("%")[1:]
    assert all(part.startswith("^") for part in parts if part)


@given(WORDS | ODD)
def test_powershell_strings_end_where_they_end(text: str) -> None:
    word = powershell(text)
    inner = word[1:-1]
    for quote in "'\u2018\u2019\u201a\u201b":
        assert inner.count(quote) % 2 == 0
        inner = inner.replace(quote * 2, quote)
    assert inner == text
