"""Time grows with the size alone, whatever a server sends: eight times as much may take sixteen times as long."""

from __future__ import annotations

import time

import pytest
from tests.redact.planted import KEY

from wireglass.redact import Found, Redactor, Rules, redact_body

REDACTOR = Redactor(Rules(), KEY)

UNITS = {
    "keys that begin": b"-----BEGIN PRIVATE KEY-----",
    "jwt starts": b"eyJ",
    "jwts cut": b"eyJaaaaaaaa.",
    "queries": b"?token=",
    "queries encoded": b"%3Ftoken=",
    "brackets": b"[",
    "quotes": b'"',
    "escapes": b'\\"',
    "escaped quotes": b'{\\"token\\":',
    "digits": b"4111-",
    "long digits": b"4111111111111111",
    "openai": b"sk-aaaaaaaaaaaaaaaaaaaaaaaa-",
    "bearer": b"bearer ",
    "xml": b"<password>",
    "urls": b"http://a:b",
    "percent": b"%",
    "nested": b"%2525",
    "placeholders": b"[token:8:abcdefgh]",
    "names": b"password=",
    "pairs": b"a=b&",
    "members": b'{"a":',
    "boundary": b"--b\r\n",
    "blanks": b" ",
}


@pytest.mark.alone
@pytest.mark.parametrize("name", [b"Cookie", b"Set-Cookie", b"Authorization", b"Location", b"X-Any"])
@pytest.mark.parametrize("head", [b"", b"a=b", b"Basic x", b"http://"])
@pytest.mark.parametrize("unit", [b" ", b"=", b'"', b"; ", b"\t=", b"@", b":/"])
def test_time_is_linear_for_headers(name: bytes, head: bytes, unit: bytes) -> None:
    def taken(size: int) -> float:
        redactor = Redactor(Rules(), KEY)
        begun = time.process_time()
        redactor.header(name, head + unit * (size // len(unit)) + b"x", Found())
        return time.process_time() - begun

    small = min(taken(4_000) for _ in range(3))
    large = min(taken(32_000) for _ in range(2))
    assert large < 0.02 + 16 * small


@pytest.mark.alone
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    "type",
    [
        "text/plain",
        "application/json",
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=b",
        "text/event-stream",
    ],
)
def test_time_is_linear(unit: str, type: str) -> None:
    def taken(size: int) -> float:
        data = UNITS[unit] * (size // len(UNITS[unit]))
        begun = time.process_time()
        redact_body(REDACTOR, data, type, Found())
        return time.process_time() - begun

    small = min(taken(16_000) for _ in range(3))
    large = min(taken(128_000) for _ in range(2))
    assert large < 0.02 + 16 * small
    assert large < 5
