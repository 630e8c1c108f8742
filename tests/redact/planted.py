"""Secrets of every rule, made by Hypothesis or by hand, and what they stand in. None is anybody's."""

from __future__ import annotations

import base64
import json
import string

from hypothesis import strategies as st

from wireglass.redact.names import DOUBTFUL, ENDS, JSON_DOUBTFUL, PLAIN

LETTERS = string.ascii_letters + string.digits
KEY = b"k" * 32


def _of(alphabet: str, low: int, high: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=low, max_size=low if high is None else high)


def _joined(*parts: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


_URL64 = LETTERS + "-_"

# Each ends with a letter or digit: a hyphen at the end may be the text's own.
KNOWN: dict[str, st.SearchStrategy[str]] = {
    "jwt": _joined("eyJ", _of(_URL64, 20), "x.eyJ", _of(_URL64, 20), "x.", _of(_URL64, 20), "x"),
    "aws-key": _joined(st.sampled_from(["AKIA", "ASIA"]), _of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
    "google-key": _joined("AIza", _of(_URL64, 34), "x"),
    "google-token": _joined("ya29.", _of(_URL64, 30), "x"),
    "google-secret": _joined("GOCSPX-", _of(_URL64, 27), "x"),
    "github-token": _joined(st.sampled_from(["ghp_", "gho_", "ghs_", "github_pat_"]), _of(LETTERS, 36, 80)),
    "gitlab-token": _joined("glpat-", _of(_URL64, 19), "x"),
    "slack-token": _joined(st.sampled_from(["xoxb-", "xoxp-", "xoxa-"]), _of(LETTERS + "-", 20), "x"),
    "stripe-key": _joined(st.sampled_from(["sk_live_", "rk_live_", "sk_test_"]), _of(LETTERS, 24)),
    "npm-token": _joined("npm_", _of(LETTERS, 36)),
    "pypi-token": _joined("pypi-AgEIcHlwaS5vcmc", _of(_URL64, 60), "x"),
    "anthropic-key": _joined("sk-ant-api03-", _of(_URL64, 80), "x"),
    "openai-key": _joined("sk-proj-", _of(_URL64, 40), "1x"),
    "huggingface-token": _joined("hf_", _of(string.ascii_letters, 34)),
    "sendgrid-key": _joined("SG.", _of(_URL64, 22), ".", _of(_URL64, 42), "x"),
    "twilio-key": _joined("SK", _of("0123456789abcdef", 32)),
    "digitalocean-token": _joined("dop_v1_", _of("0123456789abcdef", 64)),
    "shopify-token": _joined("shpat_", _of("0123456789abcdef", 32)),
    "vault-token": _joined("hvs.", _of(_URL64, 24), "x"),
    "docker-token": _joined("dckr_pat_", _of(_URL64, 26), "x"),
    "age-key": _joined("AGE-SECRET-KEY-1", _of(string.ascii_uppercase + string.digits, 58)),
}
"""By kind: found wherever they stand."""

CARDS = ("4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "2223003122003222")

known = st.one_of(*KNOWN.values())
password = _of(LETTERS, 10, 30).map(lambda text: f"Zq{text}9")
"""Of no form: known by what stands around it alone. Random enough for doubtful names."""

PRIVATE_KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA75zvo1yRUplantedMaterialHere0123456789abcdefghij\n"
    "Zm9vYmFyYmF6cXV4AAAAB3NzaC1yc2EAAAADAQABAAABAQ==\n-----END RSA PRIVATE KEY-----"
)


def spelled(name: str) -> st.SearchStrategy[str]:
    """A name in the ways people write it."""
    words = name.split("_")
    camel = words[0] + "".join(word.title() for word in words[1:])
    return st.sampled_from([name, name.upper(), camel, camel[:1].upper() + camel[1:], "-".join(words), "".join(words)])


plain_name = st.sampled_from(PLAIN + [f"my_{end}" for end in ENDS]).flatmap(spelled)
param_name = st.sampled_from(PLAIN + DOUBTFUL).flatmap(spelled)
json_name = st.sampled_from(PLAIN + JSON_DOUBTFUL).flatmap(spelled)


def basic(user: str, secret: str) -> str:
    return base64.b64encode(f"{user}:{secret}".encode()).decode()


STAYS: tuple[bytes, ...] = (
    b"",
    b"hello, world",
    b"2026-01-31T10:00:00.123456Z",
    b"1769853600123",
    b"1769853600",
    b"20260131100000",
    b"550e8400-e29b-41d4-a716-446655440000",
    b"4111e840-1111-41d4-1111-111111111111",
    b"d41d8cd98f00b204e9800998ecf8427e",
    b"da39a3ee5e6b4b0d3255bfef95601890afd80709",
    b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    b'W/"33a64df551425fcc55e4d42a148795d9f25f89d4"',
    b"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    b"1234567890123456789",
    b"175928847299117063",  # a Discord id
    b"4111111111111112",  # no check digit
    b"52.411111111111111, 13.41111111111111111",
    b"0.4111111111111111",
    b"Bearer authentication is required",
    b'Bearer realm="example", error="invalid_token"',
    b"Basic authentication",
    b'Basic realm="staging"',
    b"basic training for everybody",
    b"the bearer of this letter",
    b"https://example.com/a/b?page=2&sort=key&state=open&code=404&per_page=100",
    b"https://example.com:8443/path",
    b"http://user@example.com/",
    b"mailto:someone@example.com",
    b"git@github.com:owner/name.git",
    b"?nextPageToken=abcdef0123456789ABCDEF&pageToken=CAUQAA",
    b"&key=name&order=asc",
    b'{"error":{"code":"invalid_request","message":"The token is missing"}}',
    b'{"max_tokens":1024,"prompt_tokens":12,"total_tokens":34,"tokens":[1,2,3]}',
    b'{"token":"Hello","logprob":-0.12}',
    b'{"nextPageToken":"CAUQAA0123456789abcdef","cursor":"eyJpZCI6MTIzfQ"}',
    b'{"key":"name","value":"Ada","code":"E1234567890ab"}',
    b'{"id":4111111111111111,"user_id":"5555555555554444"}',
    b'{"forgot_password":"/reset","hasPassword":true,"password":"","secret":null,"token":false}',
    b'{"price":12.5,"lat":45.4111111111111111,"count":12345678901234567890}',
    b'{"type":"password","name":"Password","label":"Your secret question"}',
    b"const token = getToken(); if (password == null) { secret = e.secret }",
    b"body { color: #4111aa } /* sk-icon */",
    b"task-force-risk-assessment-of-something-long",
    b"key-value store and secret_santa and npm_config_registry",
    b"AKIA is the prefix; ghp_ and xoxb- are others, eyJ too",
    b"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUZ\n-----END CERTIFICATE-----",
    b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n-----END PUBLIC KEY-----",
    b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
    b'"Chromium";v="130", "Not?A_Brand";v="99"',
    b"max-age=31536000; includeSubDomains; preload",
    b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    b"Root=1-67891233-abcdef012345678912345678",
    b"+49 30 123456789012",
    b"DE89 3704 0044 0532 0130 00",
    b"4000-0000",
)
"""What ordinary traffic is full of."""


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()
