"""Bodies as people see them, and ``views``."""

from __future__ import annotations

import gzip
import json

import pytest
from tests.cli.recording import Recording, Run

from wireglass.content.views import INPUT_LIMIT
from wireglass.model import Detail, Summary


def record(
    recording: Recording,
    response: bytes,
    type: bytes = b"application/json",
    *coding: bytes,
    request: bytes = b"",
    note: str = "",
) -> None:
    headers = [(b"Content-Type", type), *((b"Content-Encoding", one) for one in coding)]
    detail = Detail(
        target=b"/", request_headers=[(b"Content-Type", b"application/json")], response_version="HTTP/1.1",
        response_headers=headers,
    )  # fmt: skip
    summary = Summary("POST", "https://example.com/graphql", "example.com", 1_700_000_000.0, status=200)
    summary.operation = "query GetUser" if request else ""
    recording.closed(summary, detail, request=request, response=response, response_note=note)


def test_the_view_that_fits_is_taken_and_named(recording: Recording, wireglass: Run) -> None:
    record(
        recording, gzip.compress(b'{"a":1.10}'), b"application/json", b"gzip", request=b'{"query":"query GetUser{a}"}'
    )
    out = wireglass("show", "1").out
    assert '\n[shown as json]\n{\n  "a": 1.10\n}\n\n' in out
    assert "\n[shown as graphql: operation query GetUser]\nquery GetUser {\n  a\n}\n\n" in out
    assert "  operation  query GetUser\n" in out


def test_a_damaged_body_is_shown_raw_with_the_reason(recording: Recording, wireglass: Run) -> None:
    record(recording, b'{"a":1,}')
    reason = (
        "[not shown as json: it is not JSON: line 1, column 8: a key in double quotes is missing there, it has '}']"
    )
    assert f'\n{{"a":1,}}\n{reason}\n\n' in wireglass("show", "1").out
    record(recording, b"\0\1", b"application/cbor")
    out = wireglass("show", "2").out
    assert "[shown as cbor: items 2]\n0\n1\n" in out
    record(recording, b"\x1c", b"application/cbor")
    assert "[1 B application/cbor; binary; all: " in wireglass("show", "3").out


def test_a_body_that_was_cut_is_shown_as_far_as_it_goes(recording: Recording, wireglass: Run) -> None:
    record(recording, b'{"a":[1,', note="only the first 8 of 99 bytes are kept")
    out = wireglass("show", "1").out
    assert '[shown as json]\n{\n  "a": [\n    1,\n    \n[only the start of the body is here]\n' in out
    assert "[only the first 8 of 99 bytes are kept]" in out


def test_a_body_beyond_the_limit(recording: Recording, wireglass: Run) -> None:
    record(recording, b"[" + b"1," * (INPUT_LIMIT // 2) + b"1]")
    out = wireglass("show", "1").out
    assert "[4.2 MB; the first 4.2 MB are shown; all: " in out
    assert "the text ends at the limit" in out
    assert len(out) < 2_000_000


def test_the_view_of_ones_choice(recording: Recording, wireglass: Run) -> None:
    record(recording, b'{"a":1}', request=b"[]")
    out = wireglass("show", "1", "--view", "hex").out
    assert "[shown as hex]\n00000000  5b 5d" in out and "00000000  7b 22 61 22 3a 31 7d" in out
    assert '\n\n{"a":1}\n\n' in wireglass("show", "1", "--view", "raw").out
    assert "not shown as xml: it is not well-formed" in wireglass("show", "1", "--view", "xml").out


def test_the_text_of_a_view_alone(recording: Recording, wireglass: Run) -> None:
    record(recording, b'{"a":1}')
    assert wireglass("show", "1", "--response-body", "--view", "json") == (0, '{\n  "a": 1\n}\n', "")
    assert wireglass("show", "1", "--response-body", "--view", "raw") == (0, '{"a":1}', "")
    code, out, err = wireglass("show", "1", "--response-body", "--view", "cbor")
    assert (code, out) == (1, '{"a":1}')
    assert err.startswith("wireglass: not shown as cbor: it is not CBOR")


def test_wrong_usage(recording: Recording, wireglass: Run) -> None:
    record(recording, b"{}")
    code, out, err = wireglass("show", "1", "--view", "nosuch")
    assert (code, out) == (2, "")
    assert "There is no view 'nosuch'" in err and "json" in err and "raw" in err
    for flag in ("--json", "--raw", "--messages", "--follow"):
        assert wireglass("show", "1", "--view", "json", flag).code == 2


def test_a_body_cannot_drive_the_terminal(recording: Recording, wireglass: Run) -> None:
    record(recording, '<a b="\x9b">\u202e</a>'.encode(), b"text/xml")
    record(recording, b'["\x1b", "\xc2\x9b\\u202e"]')
    record(recording, b"\x82\x61\x1b\x61\x9b", b"application/cbor")
    for number in ("1", "2", "3"):
        for arguments in ((), ("--response-body", "--view", "hex")):
            assert not {"\x1b", "\x9b", "\u202e"} & set(wireglass("show", number, *arguments).out)


def test_json_has_the_operation(recording: Recording, wireglass: Run) -> None:
    record(recording, b"{}", request=b'{"query":"query GetUser{a}"}')
    record(recording, b"{}")
    assert json.loads(wireglass("show", "1", "--json").out)["operation"] == "query GetUser"
    assert [json.loads(row)["operation"] for row in wireglass("ls", "--json").out.splitlines()] == [
        "query GetUser",
        None,
    ]
    row = wireglass("ls").out.splitlines()[1]
    assert row.endswith("https://example.com/graphql  query GetUser")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_the_operation_has_its_room_on_a_terminal(
    recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr("wireglass.cli.table.sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    record(recording, b"{}", request=b'{"query":"query GetUser{a}"}')
    row = wireglass("ls").out.splitlines()[1]
    assert len(row) <= width
    assert ("query GetUser" in row) == (width >= 80)


def test_views_are_listed(wireglass: Run) -> None:
    code, out, err = wireglass("views")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[-1].startswith("raw ") and any(
        line.startswith("json         JSON (application/json") for line in lines
    )
    rows = [json.loads(line) for line in wireglass("views", "--json").out.splitlines()]
    assert {"name", "about", "error"} == set(rows[0])
    assert all(row["about"] and row["error"] is None for row in rows)


def test_the_operation_of_an_exchange_that_was_open(recording: Recording, wireglass: Run) -> None:
    """It is known with the request's body, after the exchange was opened; no other column moves."""
    summary = Summary("POST", "http://a/graphql", "a", 1_700_000_000.0, client="c:1")
    key = recording.opened(summary)
    summary.operation, summary.status, summary.type, summary.request_size = "mutation M", 201, "a/b", 3
    recording.closed(summary, request=b"abc", key=key)
    row = json.loads(wireglass("ls", "--json").out)
    found = [row[name] for name in ("operation", "status", "type", "client", "request_size", "state", "source")]
    assert found == ["mutation M", 201, "a/b", "c:1", 3, "done", "proxy"]
