"""Time grows with the size alone, whatever a server sends: sixteen times as much may take thirty-two times as long.

What may take its time in it is done inside regular expressions, whose steps nobody can count, so it is seconds. They
are those of this process's own work, and the least of several attempts: what else the machine does only adds to them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from tests.redact.planted import KEY

from wireglass.redact import Found, Redactor, Rules, redact_body
from wireglass.redact.well_known import CARD, FORMS, TEXT

REDACTOR = Redactor(Rules(), KEY)

TIMES = 16
ATTEMPTS = 6
UNMEASURABLE = 0.02
"""Seconds that are always allowed."""

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
"""What hostile bodies repeat."""

SHORTEST = [
    "bearer%20" + "0" * 8,
    "basic%20" + "0" * 4,
    "ab://:0@",
    "eyJ" + "0" * 6 + "..",
    "AKIA" + "2" * 16,
    "awssecretkey:" + "0" * 40,
    "AIza" + "0" * 35,
    "ya29." + "0" * 20,
    "1//0" + "0" * 40,
    "GOCSPX-" + "0" * 28,
    "AccountKey=" + "0" * 86 + "==",
    "SharedAccessKey=" + "0" * 43 + "=",
    "0000Q~" + "0" * 31,
    "ghp_" + "0" * 36,
    "github_pat_" + "0" * 22,
    "glpat-" + "0" * 20,
    "ATBB" + "0" * 28,
    "ATATT3" + "0" * 50,
    "xoxb-" + "0" * 10,
    "xapp-0-" + "0" * 10,
    "hooks.slack.com/services/" + "0" * 20,
    "discord.com/api/webhooks/" + "0" * 15 + "/" + "0" * 40,
    "sk_live_" + "0" * 16,
    "whsec_" + "0" * 20,
    "npm_" + "0" * 36,
    "pypi-" + "0" * 50,
    "rubygems_" + "0" * 48,
    "dckr_pat_" + "0" * 20,
    "sk-ant-" + "0" * 20,
    "sk-" + "0" * 20,
    "hf_" + "A" * 34,
    "SG." + "0" * 16 + "." + "0" * 16,
    "SK" + "0" * 32,
    "key-" + "0" * 32,
    "0" * 32 + "-us0",
    "0" * 8 + ":AA" + "0" * 32,
    "dop_v1_" + "0" * 64,
    "shpat_" + "0" * 32,
    "sq0abc-" + "0" * 22,
    "dapi" + "0" * 32,
    "hvs." + "0" * 24,
    "0" * 14 + ".atlasv1." + "0" * 60,
    "NRAK-" + "0" * 27,
    "glsa_" + "0" * 32,
    "lin_api_" + "0" * 40,
    "ntn_" + "0" * 40,
    "secret_" + "0" * 43,
    "pat" + "0" * 14 + "." + "0" * 64,
    "PMAK-" + "0" * 24 + "-" + "0" * 34,
    "AGE-SECRET-KEY-1" + "0" * 58,
    "2000 0000 0000 0000",
]
"""For each well-known form, in their order, the shortest text that has it."""

TYPES = (
    "text/plain",
    "application/json",
    "text/html",
    "application/x-www-form-urlencoded",
    "multipart/mixed; boundary=b",
    "text/event-stream",
)


def is_linear(work: Callable[[bytes], object], unit: bytes, size: int, *, head: bytes = b"", tail: bytes = b"") -> bool:
    """Of ``size`` bytes, and of a sixteenth of them. Of what took too long everything is measured again."""

    def taken(size: int) -> float:
        data = head + unit * (size // len(unit)) + tail
        begun = time.process_time()
        work(data)
        return time.process_time() - begun

    taken(size // TIMES)  # once for what is built at its first use
    small = large = float("inf")
    for _ in range(ATTEMPTS):
        small = min(small, *(taken(size // TIMES) for _ in range(2)))
        large = min(large, taken(size))
        most = UNMEASURABLE + 2 * TIMES * small
        if large < most:
            return True
        if large > 5 * most:  # which is no neighbour's doing
            break
    return False


@pytest.mark.alone
@pytest.mark.parametrize("name", [b"Cookie", b"Set-Cookie", b"Authorization", b"Location", b"X-Any"])
def test_time_is_linear_for_headers(name: bytes) -> None:
    def redact(value: bytes) -> None:
        Redactor(Rules(), KEY).header(name, value, Found())

    assert [
        (head, unit)
        for head in (b"", b"a=b", b"Basic x", b"http://")
        for unit in (b" ", b"=", b'"', b"; ", b"\t=", b"@", b":/")
        if not is_linear(redact, unit, 32_000, head=head, tail=b"x")
    ] == []


@pytest.mark.alone
@pytest.mark.parametrize("unit", UNITS)
def test_time_is_linear_for_bodies(unit: str) -> None:
    def redact(type: str) -> Callable[[bytes], object]:
        return lambda data: redact_body(REDACTOR, data, type, Found())

    assert [type for type in TYPES if not is_linear(redact(type), UNITS[unit], 64_000)] == []


def test_every_form_has_its_shortest_text() -> None:
    assert [
        (form.kind, text)
        for form, text in zip((*TEXT, *FORMS, CARD), SHORTEST, strict=True)
        if not re.fullmatch(form.pattern, text) or re.fullmatch(form.pattern, text[:-1])
    ] == []


@pytest.mark.alone
@pytest.mark.parametrize("type", ["text/plain", "application/octet-stream"])
def test_time_is_linear_for_forms(type: str) -> None:
    """Whole, cut off before their last character, and with nothing between them."""

    def redact(data: bytes) -> None:
        redact_body(REDACTOR, data, type, Found())

    tail = b"\0" if type == "application/octet-stream" else b""
    assert [
        unit
        for text in SHORTEST
        for unit in (text + " ", text[:-1] + " ", text, text[:-1])
        if not is_linear(redact, unit.encode(), 32_000, tail=tail)
    ] == []
