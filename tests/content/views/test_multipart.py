from __future__ import annotations

from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import httpx
import pytest
import requests
from tests.content.views.asking import fit, rendered

from wireglass.content.showing import body_of
from wireglass.content.views import View, ViewError
from wireglass.model import Headers, Summary

FILES: Any = {"f": ("ü.png", b"\x89PNG\0" + bytes(500), "image/png"), "j": ("a.json", b'{"a":1}', "application/json")}
TEXT = [
    "--- 1: name 'word', 7 bytes", "Grüße", "",
    "--- 2: name 'f', file 'ü.png', image/png, 505 bytes", "[binary]", "",
    "--- 3: name 'j', file 'a.json', application/json, 7 bytes", "{", '  "a": 1', "}",
]  # fmt: skip


def seen(content_type: str, data: bytes, *, whole: bool = True) -> View:
    """With the parameters read from the header."""
    headers: Headers = [(b"Content-Type", content_type.encode("latin-1"))]
    body = body_of(Summary("POST", "http://a/", "a", 0.0), headers, "request", data, whole=whole)
    return rendered("multipart", data, body.type, parameters=body.parameters, whole=whole)


def by_requests() -> tuple[str, bytes]:
    request = requests.Request("POST", "http://a/", data={"word": "Grüße"}, files=FILES).prepare()
    assert isinstance(request.body, bytes)
    return request.headers["Content-Type"], request.body


def by_httpx() -> tuple[str, bytes]:
    request = httpx.Request("POST", "http://a/", data={"word": "Grüße"}, files=FILES)
    return request.headers["Content-Type"], request.read()


@pytest.mark.parametrize("made", [by_requests, by_httpx])
def test_the_forms_of_two_clients(made: Any) -> None:
    view = seen(*made())
    lines = view.text.split("\n")
    assert [line for line in lines if not line.startswith("Content-Length")] == TEXT
    assert (view.fields, view.notes) == ({"parts": "3"}, [])


def test_other_multiparts() -> None:
    """As the standard library writes mail."""
    message = MIMEMultipart("related", boundary="b()/= q")
    message.attach(MIMEText("one", "html", "us-ascii"))
    message.attach(MIMEApplication(b"\0\1"))
    head, _, data = message.as_bytes().partition(b"\n\n")
    content_type = next(line for line in head.split(b"\n") if line.startswith(b"Content-Type")).partition(b": ")[2]
    view = seen(content_type.decode(), data.replace(b"\n", b"\r\n").lstrip())
    assert view.fields == {"parts": "2"}
    assert "--- 1: text/html, 3 bytes\n" in view.text
    assert "Content-Transfer-Encoding: base64\n" in view.text


def test_a_part_of_one_byte() -> None:
    assert "--- 1: 1 byte\n" in seen("multipart/mixed; boundary=B", b"--B\r\n\r\n1\r\n--B--\r\n").text


def test_cut_off() -> None:
    content_type, data = by_httpx()
    view = seen(content_type, data[:200])
    assert view.fields["parts"] == "2"
    assert view.notes == ["the closing boundary is missing: the last part may be cut off"]
    assert seen(content_type, data[:200], whole=False).notes == ["only the start of the body is here"]


def test_damaged(capfd: pytest.CaptureFixture[str]) -> None:
    for content_type, data, reason in (
        ("multipart/form-data; boundary=B", b"xx", "cannot be told apart"),
        ("multipart/form-data; boundary=B", b"", "does not occur"),
        ("multipart/form-data", b"--B\r\n", "names none"),
        ("multipart/form-data; boundary=B", b"--B\r\nA\0: b\r\n\r\n", "cannot be told apart"),
        ("multipart/form-data; boundary=B", b"--B\r\n" + b"a: b\r\n" * 100, "header count exceeded"),
    ):
        with pytest.raises(ViewError, match=reason):
            seen(content_type, data)
    assert capfd.readouterr().err == ""


def test_many_and_large_parts() -> None:
    view = seen("multipart/mixed; boundary=B", b"--B\r\n\r\n" * 100_000)
    assert view.fields == {"parts": "200+"}
    large = seen("multipart/mixed; boundary=B", b"--B\r\n\r\n" + b"x" * 100_000 + b"\r\n--B--")
    assert len(large.text) < 20_000
    assert "100000 bytes" in large.text


def test_what_it_fits() -> None:
    assert fit("multipart", b"", "multipart/form-data") and not fit("multipart", b"--B", "text/plain")
