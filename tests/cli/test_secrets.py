"""``secrets``: where they are, and never what they are."""

from __future__ import annotations

import json

from tests.cli.recording import Recording, Run

from wireglass.model import Detail, Summary

SECRET = "hunter2hunter2"


def _record(recording: Recording, number: int, *, host: str = "a.test", response: bytes = b"") -> None:
    summary = Summary("GET", f"http://{host}/?token={SECRET}", host, 1_700_000_000.0 + number, status=200)
    detail = Detail(
        request_headers=[(b"Cookie", b"sid=another-one")], response_headers=[(b"Content-Type", b"application/json")]
    )
    recording.closed(summary, detail, response=response)


def test_equal_secrets_are_one_line(recording: Recording, wireglass: Run) -> None:
    _record(recording, 1)
    _record(recording, 2, response=b'{"a":{"password":"%b"}}' % SECRET.encode())
    code, out, err = wireglass("secrets", "--json")
    assert (code, err) == (0, "")
    assert SECRET not in out and "another-one" not in out
    secrets = {one["kind"]: one for one in map(json.loads, out.splitlines())}
    assert set(secrets) == {"token", "cookie"}
    token = secrets["token"]
    assert (token["length"], token["count"], token["exchanges"]) == (14, 3, 2)
    assert {(place["id"], place["place"]) for place in token["places"]} == {
        (1, "url"),
        (2, "url"),
        (2, "response body"),
    }
    assert secrets["cookie"]["places"][0]["place"] == "request header cookie"
    code, out, _ = wireglass("secrets")
    assert code == 0
    assert f"[token:14:{token['hash']}]" in out and SECRET not in out
    assert len(out.splitlines()) == 2


def test_the_newest_only(recording: Recording, wireglass: Run) -> None:
    for number in range(3):
        _record(recording, number)
    [token, _] = sorted(
        map(json.loads, wireglass("secrets", "--limit", "1", "--json").out.splitlines()),
        key=lambda one: str(one["kind"]),
        reverse=True,
    )
    assert [place["id"] for place in token["places"]] == [3]


def test_none(recording: Recording, wireglass: Run) -> None:
    recording.closed(Summary("GET", "http://a.test/", "a.test", 1_700_000_000.0, status=200))
    assert wireglass("secrets") == (0, "", "")
