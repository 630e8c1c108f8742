"""What is a secret, and what is none."""

from __future__ import annotations

import json
import re
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.redact import planted
from tests.redact.planted import KEY, KNOWN, STAYS

from wireglass.redact import Found, Redactor, Rules, redact_body

REDACTOR = Redactor(Rules(), KEY)


def _text(data: bytes, found: Found | None = None) -> bytes:
    return REDACTOR.content(data, found or Found())


@pytest.mark.parametrize("data", STAYS, ids=lambda data: data[:30].decode("latin-1"))
@pytest.mark.parametrize(
    "type", ["text/plain", "application/json", "text/html", "text/event-stream", "", "application/octet-stream"]
)
def test_ordinary_text_stays(data: bytes, type: str) -> None:
    found = Found()
    assert redact_body(REDACTOR, data, type, found) == data
    assert REDACTOR.header(b"X-Something", data, found) == data
    assert found.count == 0


@pytest.mark.parametrize("kind", KNOWN)
@settings(deadline=None)
@given(data=st.data())
def test_a_known_form_is_found_alone_in_text_and_in_bytes(kind: str, data: st.DataObject) -> None:
    secret = data.draw(KNOWN[kind]).encode()
    for before, after in ((b"", b""), (b"use ", b" please"), (b'x="', b'"'), (b"<a>", b"</a>"), (b"(", b"),")):
        found = Found()
        redacted = _text(before + secret + after, found)
        assert re.fullmatch(
            re.escape(before) + rb"\[([a-z-]+):%d:[a-z2-7]{8}\]" % len(secret) + re.escape(after), redacted
        )
        assert found.items[0].kind == kind
    binary = b"\x0a\x05\x00" + secret + b"\x00\x12"
    redacted = REDACTOR.binary(binary, Found())
    assert len(redacted) == len(binary) and secret not in redacted
    assert redacted[:3] == binary[:3] and redacted[-2:] == binary[-2:]


@settings(deadline=None)
@given(st.sampled_from(planted.CARDS), st.booleans())
def test_card_numbers(card: str, grouped: bool) -> None:
    if grouped and len(card) == 16:
        card = "-".join(card[at : at + 4] for at in range(0, 16, 4))
    assert card.encode() not in _text(f"paid with {card}, thanks".encode())
    if card.isdigit():
        redacted = REDACTOR.json(planted.as_json({"pan": int(card), "n": 1}), Found())
        assert json.loads(redacted)["pan"].startswith("[card:")


def test_a_private_key_goes_with_its_lines() -> None:
    found = Found()
    data = f"before {planted.PRIVATE_KEY} after".encode()
    redacted = _text(data, found)
    assert re.fullmatch(rb"before \[private-key:\d+:[a-z2-7]{8}\] after", redacted)
    cut = data[: data.index(b"\nZm9v")]  # the end is missing
    assert b"MIIE" not in _text(cut)
    assert b"MIIE" not in REDACTOR.json(planted.as_json({"pem": planted.PRIVATE_KEY}), Found())


@settings(deadline=None)
@given(planted.plain_name, planted.password)
def test_plain_names_in_json_forms_and_headers(name: str, secret: str) -> None:
    body = planted.as_json({"a": 1, name: secret, "list": [{name: secret}]})
    redacted = REDACTOR.json(body, Found())
    assert secret not in redacted.decode()
    assert list(json.loads(redacted)) == ["a", name, "list"]
    form = urllib.parse.urlencode({"a": "b c", name: secret}).encode()
    assert secret not in REDACTOR.form(form, Found()).decode()
    assert REDACTOR.form(form, Found()).startswith(b"a=b+c&")
    url = f"https://example.test/x?{form.decode()}#top"
    assert secret not in REDACTOR.url(url.encode(), Found()).decode()


@settings(deadline=None)
@given(planted.param_name, planted.password)
def test_names_in_queries(name: str, secret: str) -> None:
    for text in (f"/a?{name}={secret}&b=1", f"see https://example.test/a?b=1&{name}={secret} for more"):
        assert secret not in _text(text.encode()).decode()
    assert secret not in REDACTOR.url(f"/a?{name}={secret}&b=1".encode(), Found()).decode()
    body = planted.as_json({"next": f"https://example.test/a?b=1&{name}={secret}"})
    assert secret not in REDACTOR.json(body, Found()).decode()


@settings(deadline=None)
@given(planted.json_name, planted.password)
def test_names_in_json_within_json(name: str, secret: str) -> None:
    inner = json.dumps({name: secret})
    for value in (inner, json.dumps({"deeper": inner}), urllib.parse.urlencode({"data": inner})):
        redacted = REDACTOR.json(planted.as_json({"payload": value}), Found())
        assert secret not in redacted.decode()
        json.loads(redacted)
    assert secret not in REDACTOR.form(urllib.parse.urlencode({"variables": inner}).encode(), Found()).decode()


def test_a_name_written_with_escapes() -> None:
    assert b"hunter2" not in REDACTOR.json(b'{"p\\u0061ssword":"hunter2"}', Found())
    assert b"hunter2" not in REDACTOR.form(b"p%61ssword=hunter2", Found())
    assert b"hunter2" not in REDACTOR.form(b"user%5Bpassword%5D=hunter2&user[password]=hunter2", Found())


@settings(deadline=None)
@given(planted.password)
def test_headers(secret: str) -> None:
    value = secret.encode()
    header = REDACTOR.header
    assert re.fullmatch(rb"Bearer \[bearer:\d+:\w{8}\]", header(b"Authorization", b"Bearer " + value, Found()))
    basic = planted.basic("me", secret).encode()
    assert re.fullmatch(rb"basic \[basic:\d+:\w{8}\]", header(b"Proxy-Authorization", b"basic " + basic, Found()))
    assert value not in header(b"authorization", value, Found())
    assert value not in header(b"Authorization", b'Digest username="a", response="%b"' % value, Found())
    assert re.fullmatch(
        rb"a=\[cookie:\d+:\w{8}\]; b=\"\[cookie:\d+:\w{8}\]\"; c=",
        header(b"Cookie", b'a=%b; b="%b"; c=' % (value, value), Found()),
    )
    assert re.fullmatch(
        rb"id=\[cookie:\d+:\w{8}\]; Path=/; HttpOnly; Max-Age=3600",
        header(b"Set-Cookie", b"id=%b; Path=/; HttpOnly; Max-Age=3600" % value, Found()),
    )
    for name in (b"X-Api-Key", b"X-Vault-Token", b"PRIVATE-TOKEN", b"X-My-Secret", b"X-CSRF-Token"):
        assert re.fullmatch(rb"\[\w+:\d+:\w{8}\]", header(name, value, Found()))
    for name in (b"Location", b"Referer", b"X-Custom", b"Link"):
        assert value not in header(name, b"https://a.test/cb?access_token=%b&x=1" % value, Found())
    assert value not in header(b"Location", b"https://me:%b@a.test/" % value, Found())
    assert value not in header(b"Location", b"/cb#id_token=%b&state=1" % value, Found())


@settings(deadline=None)
@given(planted.password)
def test_headers_that_are_sent_on_under_another_name(secret: str) -> None:
    """``--postman-headers``: the record has the name that the client gave."""
    value = secret.encode()
    for name, sent in (
        (b"Postman-Cookie", b"a=" + value),
        (b"postman-authorization", b"Bearer " + value),
        (b"Postman-X-Vault-Token", value),
        (b"Postman-Referer", b"https://a.test/cb?access_token=" + value),
    ):
        found = Found()
        redacted = REDACTOR.header(name, sent, found)
        assert redacted == REDACTOR.header(name[8:], sent, Found()) and value not in redacted and found.count == 1
    named = Redactor(Rules(headers=("Postman-Device",)), KEY)
    assert named.header(b"postman-device", b"abc", Found()).startswith(b"[secret:3:")
    assert named.header(b"device", b"abc", Found()) == b"abc"


@settings(deadline=None)
@given(planted.known | planted.password)
def test_equal_secrets_look_equal_wherever_they_stand(secret: str) -> None:
    found = Found()
    REDACTOR.header(b"Authorization", f"Bearer {secret}".encode(), found)
    REDACTOR.url(f"https://a.test/?access_token={urllib.parse.quote(secret)}".encode(), found)
    REDACTOR.json(planted.as_json({"access_token": secret}), found)
    REDACTOR.header(b"Cookie", f"sid={secret}".encode(), found)
    assert len({(one.hash, one.length) for one in found.items}) == 1
    assert len(found.items) == 4
    other = Found()
    Redactor(Rules(), b"another key").header(b"Cookie", f"sid={secret}".encode(), other)
    assert other.items[0].hash != found.items[0].hash


def test_rules_of_the_home() -> None:
    rules = Rules(
        headers=("X-Device",),
        params=("licence-plate",),
        json=("$.user.size", "$.items[*].iban", "$..birthday", "a['b c'][1]"),
        patterns=(r"acme_[a-z0-9]{8}", r"order (\d{6})"),
    )
    redactor = Redactor(rules, KEY)
    assert redactor.header(b"x-device", b"abc", Found()).startswith(b"[secret:3:")
    assert b"B-AB" not in redactor.form(b"licencePlate=B-AB+12&x=1", Found())
    assert b"B-AB" not in redactor.json(b'{"licence_plate":"B-AB 12"}', Found())
    body = {
        "user": {"size": 123, "name": "Ada"},
        "items": [{"iban": "DE1"}, {"iban": "DE2", "n": 1}],
        "deep": {"er": [{"birthday": "1815-12-10"}]},
        "a": {"b c": ["stays", "goes", "stays"]},
        "size": "stays",
    }
    redacted = json.loads(redactor.json(planted.as_json(body), Found()))
    assert redacted["user"]["size"].startswith("[") and redacted["user"]["name"] == "Ada"
    assert all(item["iban"].startswith("[") for item in redacted["items"]) and redacted["items"][1]["n"] == 1
    assert redacted["deep"]["er"][0]["birthday"].startswith("[")
    assert redacted["a"]["b c"][0] == redacted["a"]["b c"][2] == "stays" != redacted["a"]["b c"][1]
    assert redacted["size"] == "stays"
    found = Found()
    assert b"acme_" not in redactor.content(b"x acme_0123abcd y", found)
    assert redactor.content(b"order 123456 sent", found).startswith(b"order [pattern:6:")


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_nothing_raises_and_twice_is_once(data: bytes) -> None:
    for type in (
        "text/plain",
        "application/json",
        "text/html",
        "application/x-www-form-urlencoded",
        "text/event-stream",
        'multipart/form-data; boundary="b"',
        "text/plain; charset=utf-16",
        "",
    ):
        once = redact_body(REDACTOR, data, type, Found())
        assert redact_body(REDACTOR, once, type, Found()) == once
    once = REDACTOR.url(data, Found())
    assert REDACTOR.url(once, Found()) == once


GITHUB, OPENAI, SLACK = b"ghp_" + b"a1" * 25, b"sk-" + b"a1" * 24, b"xoxb-" + b"1a" * 26


@pytest.mark.parametrize(
    ("before", "secret"),
    [
        # A letter or digit before sk- may be the end of a word as well.
        *((before, secret) for before in (b"\x0a", b"\xd9") for secret in (GITHUB, OPENAI, SLACK)),
        *((before, secret) for before in (b"\x00\x32", b"\x65token\x78") for secret in (GITHUB, SLACK)),
    ],
)
def test_lengths_in_front_of_secrets(secret: bytes, before: bytes) -> None:
    """Are letters and digits where they are 48 to 122."""
    data = b"\0" + before + bytes((len(secret),)) + secret + b"2\x01"
    redacted = redact_body(REDACTOR, data, "application/grpc", Found())
    assert len(redacted) == len(data) and secret[:20] not in redacted


def test_words_in_bytes_stay() -> None:
    data = b"\0\0task-definition-of-version-2025\0"
    assert redact_body(REDACTOR, data, "application/grpc", Found()) == data
