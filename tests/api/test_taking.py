"""A request as code, over the API."""

from __future__ import annotations

from tests.api.served import Api

TOKEN = b"Bearer sk-live-0123456789abcdef0123456789abcdef"


def test_the_languages(api: Api) -> None:
    languages = api.get("/languages")
    assert languages[0] == {"id": "curl", "name": "cURL", "syntax": "shell"}
    api.exchange("http://a.test/x")
    for language in languages:
        found = api.get("/exchanges/1/code", language=language["id"])
        assert found["language"] == language["id"]
        assert "a.test" in found["text"]


def test_secrets_stay_unless_asked(api: Api) -> None:
    body = b'{"password": "hunter2hunter2", "name": "n"}'
    headers = [(b"Authorization", TOKEN), (b"Content-Type", b"application/json")]
    api.exchange("http://a.test/x", method="POST", request=body, request_headers=headers)
    kept = api.get("/exchanges/1/code")["text"]
    assert TOKEN.decode() in kept and body.decode() in kept
    redacted = api.get("/exchanges/1/code", secrets="redact")["text"]
    assert TOKEN.decode().split()[1] not in redacted and "hunter2" not in redacted
    assert '"name": "n"' in redacted


def test_what_cannot_be_asked(api: Api) -> None:
    assert api.ask("GET", "/exchanges/1/code").status == 404
    api.exchange("http://a.test/x")
    unknown = api.ask("GET", "/exchanges/1/code?language=cobol")
    assert unknown.status == 400 and "python-httpx" in unknown.json["hint"]
    api.exchange("http://a.test:443", method="CONNECT")
    assert "a tunnel" in api.ask("GET", "/exchanges/2/code").json["message"]
