"""What a client is told, in the form it reads."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.errors import (
    CertificateExpired,
    ConnectTimeout,
    LimitReached,
    ProtocolError,
    Refused,
    StoreFull,
    WireglassError,
)
from wireglass.proxy.answers import error_answer
from wireglass.wire.head import read_request_head

HOST = "dev.local:8443"
ERROR = CertificateExpired("The certificate of dev.local has expired.", "--insecure-hosts dev.local")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def told(*lines: str, error: WireglassError = ERROR, host: str = HOST) -> tuple[dict[str, str], str]:
    """Header fields and body of the answer to a request with these header lines."""
    block = "\r\n".join(["GET http://dev.local:8443/ HTTP/1.1", *lines, "", ""]).encode()
    return parts(error_answer(error, keep_alive=True, head_only=False, head=read_request_head(block), host=host))


def parts(answer: bytes) -> tuple[dict[str, str], str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode("ascii").split("\r\n")
    headers = dict(field.split(": ", 1) for field in fields)
    assert int(headers["Content-Length"]) == len(body)
    return {"": status, **headers}, body.decode("utf-8")


@pytest.mark.parametrize(
    ("lines", "form"),
    [
        ([f"Accept: {BROWSER}"], "html"),
        (["accept: TEXT/HTML"], "html"),
        (["Accept: application/json, text/plain, */*"], "json"),
        (["Accept: application/vnd.api+json"], "json"),
        (["Accept: application/problem+json;q=0.9, text/html;q=0.5"], "json"),
        (["Accept: application/json;q=0.5, text/html"], "html"),
        (["Accept: application/json;q=0, text/html;q=0, */*"], "plain"),
        (["Accept: text/plain", "Accept: application/json"], "json"),
        (["Accept: */*"], "plain"),
        ([], "plain"),
        (["Accept: text/*"], "plain"),
        (["Accept: */*", "Content-Type: application/json; charset=utf-8"], "json"),
        (["Content-Type: application/merge-patch+json"], "json"),
        (["Accept: text/plain", "Content-Type: application/json"], "plain"),
        (["Accept: */*", "Content-Type: text/html"], "plain"),
        (["Accept: application/jsonx, text/html;q=x"], "html"),
    ],
)
def test_the_form_follows_what_the_client_accepts(lines: list[str], form: str) -> None:
    headers, body = told(*lines)
    kinds = {"text/html; charset=utf-8": "html", "application/json": "json", "text/plain; charset=utf-8": "plain"}
    assert kinds[headers["Content-Type"]] == form
    assert "The certificate of dev.local has expired." in body and "--insecure-hosts dev.local" in body
    assert "certificate_expired" in body


def test_json_has_every_part_by_its_name() -> None:
    _, body = told("Accept: application/json")
    assert json.loads(body) == {
        "error": {
            "kind": "certificate_expired",
            "message": "The certificate of dev.local has expired.",
            "hint": "--insecure-hosts dev.local",
            "host": "dev.local:8443",
            "check": "the server's certificate: has it expired",
        }
    }


@pytest.mark.parametrize("accept", [BROWSER, "application/json", "*/*"])
def test_programs_see_that_it_is_not_the_servers_answer(accept: str) -> None:
    headers, _ = told(f"Accept: {accept}")
    assert headers["Wireglass-Error"] == "certificate_expired"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert headers["X-Content-Type-Options"] == "nosniff"


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


OURS = Page(told(f"Accept: {BROWSER}")[1])


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    assert OURS.tags.isdisjoint({"script", "img", "link", "iframe", "form", "object", "a"})
    assert OURS.attributes <= {"lang", "charset", "name", "content"}


@given(st.text(), st.text(), st.text(max_size=200))
def test_what_others_say_is_text_in_the_page(message: str, hint: str, host: str) -> None:
    error = CertificateExpired(f"<script>{message}", f'"><img src=x>{hint}')
    page = Page(told(f"Accept: {BROWSER}", error=error, host=f"<b>{host}")[1])
    assert page.tags == OURS.tags
    assert "<script>" in "".join(page.words)


@given(st.text(), st.text())
def test_json_is_valid_whatever_is_in_it(message: str, host: str) -> None:
    _, body = told("Accept: application/json", error=CertificateExpired(message + "\ud800"), host=host)
    assert json.loads(body)["error"]["kind"] == "certificate_expired"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_any_accept_gets_an_answer(accept: str) -> None:
    headers, _ = told(f"Accept: {accept}")
    assert headers["Wireglass-Error"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConnectTimeout("x"), "504 Gateway Timeout"),
        (CertificateExpired("x"), "502 Bad Gateway"),
        (Refused("x"), "403 Forbidden"),
        (ProtocolError("x"), "400 Bad Request"),
        (LimitReached("x"), "503 Service Unavailable"),
        (StoreFull("x"), "507 Insufficient Storage"),
    ],
)
def test_the_status_says_whose_fault_it_is(error: WireglassError, status: str) -> None:
    assert told(error=error)[0][""] == f"HTTP/1.1 {status}"


def test_an_answer_to_head_has_no_body_and_a_last_one_says_so() -> None:
    answer = error_answer(ERROR, keep_alive=False, head_only=True)
    assert answer.endswith(b"\r\nConnection: close\r\n\r\n")
    assert b"Connection" not in error_answer(ERROR, keep_alive=True, head_only=True)


def test_a_head_that_could_not_be_read_still_says_what_it_accepts() -> None:
    error = ProtocolError("Two lengths.")
    error.received = b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\naccept: application/json\r\n\r\n"
    headers, body = parts(error_answer(error, keep_alive=False, head_only=False))
    assert headers["Content-Type"] == "application/json" and "Two lengths." in body
