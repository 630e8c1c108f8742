"""``ls``: complete JSON for programs, aligned and safe rows for people."""

from __future__ import annotations

import json
import os
import re
import time
from typing import Any

import click
import pytest
from tests.cli.recording import Recording, Run
from tests.test_errors import kinds

from wireglass.app.home import Home
from wireglass.app.home import Run as Running
from wireglass.cli.shape import iso_time, summary_object
from wireglass.cli.table import Table
from wireglass.model import Summary
from wireglass.store import Count, Lag, Reader

KEYS = {
    "id", "seq", "sessions", "started", "method", "url", "host", "status", "type", "request_size", "response_size",
    "duration_ms", "protocol", "source", "client", "state", "error", "error_kind", "operation",
    "mode", "color", "star", "note",
}  # fmt: skip


def _summary(url: str = "http://example.com/", **more: Any) -> Summary:
    return Summary(method="GET", url=url, host="example.com", started=1_700_000_000.25, **more)


def test_json_has_one_object_a_line_newest_last(recording: Recording, wireglass: Run) -> None:
    for number in range(3):
        recording.closed(_summary(f"http://example.com/{number}", status=200))
    code, out, err = wireglass("ls", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [row["url"][-1] for row in rows] == ["0", "1", "2"]
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert rows[0]["sessions"] == ["test"]
    assert rows[0]["started"] == "2023-11-14T22:13:20.250000Z"


def test_every_key_is_there_and_null_where_unknown(recording: Recording, wireglass: Run) -> None:
    recording.opened(_summary())
    row = json.loads(wireglass("ls", "--json").out)
    assert set(row) == KEYS
    unknown = {"status", "type", "duration_ms", "client", "error", "error_kind", "operation", "mode", "color", "note"}
    assert {key for key in row if row[key] is None} == unknown
    assert row["state"] == "open"


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_limit_counts_from_the_newest(recording: Recording, wireglass: Run, limit: int) -> None:
    for _ in range(3):
        recording.closed(_summary(status=200))
    out = wireglass("ls", "--json", "--limit", str(limit)).out
    assert [json.loads(line)["id"] for line in out.splitlines()] == [1, 2, 3][-limit:]


def test_a_limit_over_several_pages_gives_all(
    recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wireglass.cli.found.PAGE", 2)
    for _ in range(5):
        recording.closed(_summary(status=200))
    for flags in (("--limit", "1000"), ("--all",)):
        out = wireglass("ls", "--json", *flags).out
        assert [json.loads(line)["id"] for line in out.splitlines()] == [1, 2, 3, 4, 5]


def test_pages_by_id(recording: Recording, wireglass: Run) -> None:
    for number in range(10):
        recording.closed(_summary(f"http://example.com/{number}", status=200 if number % 2 else 404))

    def page(*flags: str) -> list[int]:
        out = wireglass("ls", "--json", "status:200", "--limit", "2", *flags).out
        return [json.loads(line)["id"] for line in out.splitlines()]

    assert (page(), page("--before", "8"), page("--before", "4"), page("--before", "2")) == ([8, 10], [4, 6], [2], [])


def test_counts(recording: Recording, wireglass: Run) -> None:
    for status in (200, 404, 200):
        recording.closed(_summary(status=status))
    assert wireglass("ls", "--count") == (0, "3\n", "")
    assert wireglass("ls", "--count", "status:200", "--before", "3")[:2] == (0, "1\n")
    assert wireglass("ls", "--count", "status:500").out == "0\n"


def test_nothing_to_count(wireglass: Run) -> None:
    assert wireglass("ls", "--count").out == "0\n"


def test_a_limit_is_no_limit_and_all(recording: Recording, wireglass: Run) -> None:
    code, _out, err = wireglass("ls", "--all", "--limit", "5")
    assert code == 2
    assert "--limit and --all" in err


def test_nothing_matches(recording: Recording, wireglass: Run) -> None:
    recording.closed(_summary(status=200))
    code, out, err = wireglass("ls", "--json", "status:500")
    assert (code, out) == (0, "")
    assert err.startswith("Nothing matches. ")


def test_a_person_is_told_how_many_there_are(
    recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once about how many, then the number in its place; and how the next page is had."""
    for _ in range(5):
        recording.closed(_summary(status=200))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    err = wireglass("ls", "status:200", "--limit", "2").err
    assert err.splitlines()[-1] == "5 match. The newest 2 are shown; --before 4 shows the next, --limit N more."
    assert "5 match. The newest is shown; " in wireglass("ls", "status:200", "--limit", "1").err
    assert wireglass("ls", "status:200", "--limit", "5").err.count("match") == 0
    counts = iter([Count(700, False), Count(1234, True)])
    monkeypatch.setattr(Reader, "count", lambda *_: next(counts))
    about, _, exact = wireglass("ls", "status:200", "--limit", "2").err.partition("\r\x1b[K")
    assert (about.splitlines()[-1][:17], exact[:12]) == ("About 700 match. ", "1,234 match.")


def test_what_no_index_has_seen_is_found_and_said(
    recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording.closed(_summary("http://example.com/needle", status=200))
    _code, out, err = wireglass("ls", "needle")
    assert "/needle" in out
    assert err == "There is no search index yet: the exchanges were looked at one by one.\n"
    assert wireglass("ls", "needle", "--count") == (0, "1\n", err)
    assert wireglass("ls").err == wireglass("ls", "--count").err == ""
    monkeypatch.setattr(Reader, "search_lag", lambda _: Lag(True, 1))
    assert wireglass("ls", "needle", "--count").err.startswith("The search index is 1 change behind: ")
    monkeypatch.setattr(Reader, "search_lag", lambda _: Lag(True, 1234))
    assert wireglass("ls", "needle", "--count").err.startswith("The search index is 1,234 changes behind: ")


def test_a_search_for_a_person_ends(recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        recording.closed(_summary(status=200))
    monkeypatch.setattr("wireglass.cli.found.PAGE", 1)
    monkeypatch.setattr("wireglass.cli.ls._PATIENCE", 0.0)
    assert len(wireglass("ls", "--json").out.splitlines()) == 3
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    code, out, err = wireglass("ls", "--json")
    assert (code, len(out.splitlines())) == (0, 1)
    assert "not at everything" in err


def test_an_empty_home_is_no_error(wireglass: Run, home: Home) -> None:
    code, out, err = wireglass("ls", "--json")
    assert (code, out) == (0, "")
    assert err.startswith(f"Nothing is recorded in {home.path}: the folder does not exist. Start with: ")


def test_a_home_that_is_a_file_is_exit_2(wireglass: Run, home: Home) -> None:
    home.path.write_text("")
    for arguments in (("ls",), ("show", "1"), ("tail",)):
        code, out, err = wireglass(*arguments)
        assert (code, out) == (2, "")
        assert "is a file, not a folder" in err


def test_open_and_failed_are_told_by_word(recording: Recording, wireglass: Run) -> None:
    recording.opened(_summary())
    recording.closed(_summary(status=200, state="failed", error="cut off", error_kind="upstream_closed"))
    recording.closed(_summary(state="failed", error="no", error_kind="timeout"))
    _header, opened, cut, failed = wireglass("ls").out.splitlines()
    assert " open " in opened
    assert " 200 failed " in cut
    assert " failed " in failed


def test_a_failed_row_says_its_kind(recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest one is not cut elsewhere; a terminal too narrow for the column has it in the place of size and
    time."""
    failed = {"state": "failed", "error": "no", "error_kind": "certificate_not_yet_valid"}
    recording.closed(_summary(type="text/html", **failed))
    assert " failed     certificate_not_yet_valid " in wireglass("ls").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for width, shown in ((110, "certificate_not_yet_valid"), (80, "certificat…valid"), (60, "failed")):
        monkeypatch.setattr("shutil.get_terminal_size", lambda *_, width=width: os.terminal_size((width, 24)))
        row = Table().row(_summary("http://example.com/" + "x" * 300, **failed))
        assert row.startswith("\x1b[31m")
        assert f" {shown} " in row
        assert len(click.unstyle(row)) == width


def test_no_kind_is_cut() -> None:
    for kind in kinds():
        assert f" {kind.code} " in Table().row(_summary(state="failed", error="no", error_kind=kind.code))


def test_the_protocol_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    h2 = _summary(status=200, state="done", protocol="http/2", type="text/html")
    socket = _summary(status=101, state="done", protocol="websocket", request_size=3, response_size=4)
    assert re.search(r" 200 +text/html +http/2 +0 B ", Table().row(h2))
    assert re.search(r" 101 +- +websocket +7 B ", Table().row(socket))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for width, there in ((124, False), (125, True)):
        monkeypatch.setattr("shutil.get_terminal_size", lambda *_, width=width: os.terminal_size((width, 24)))
        assert ("PROTOCOL" in Table().header(), "http/2" in Table().row(h2)) == (there, there)
        assert "websocket" in Table().row(socket)


def test_captured_text_cannot_drive_the_terminal(recording: Recording, wireglass: Run) -> None:
    recording.closed(_summary("http://x/\x1b]0;t\x07\u202e\n", status=200, type="a/\x9b2J"))
    for flags in ((), ("--json",)):
        out = wireglass("ls", *flags).out
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(out)
    assert json.loads(out)["url"] == "http://x/\x1b]0;t\x07\u202e\n"


@pytest.mark.parametrize("width", [1, 20, 40, 60, 79, 80, 99, 100, 200])
def test_rows_fit_the_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_: os.terminal_size((width, 24)))
    table = Table()
    row = table.row(
        _summary(
            "http://example.com/" + "x" * 300 + "/end",
            id=1,
            status=200,
            state="done",
            type="t/" + "y" * 50,
            duration_ms=7654.0,
        )
    )
    assert len(row) == width
    assert len(table.header()) <= width + len(click.style("", bold=True))
    if width >= 60:
        assert row.endswith("/end")
        assert "http://" in row
    assert ("t/yy" in row) == (width >= 110)
    assert ("7654" in row) == (width >= 80)


@pytest.mark.parametrize("width", [1, 20, 60, 80, 100, 200])
def test_what_people_have_said_fits_as_well(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """A mark is one character in its colour; a note leaves room for the URL."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_: os.terminal_size((width, 24)))
    said: dict[str, Any] = {"color": "green", "star": True, "note": "look\nhere " * 30}
    row = Table().row(_summary("http://example.com/" + "x" * 300 + "/end", state="failed", error_kind="k", **said))
    assert row.startswith("\x1b[32m★\x1b[0m\x1b[31m")
    shown = click.unstyle(row)
    assert len(shown) == width
    if width >= 80:
        assert "/end" in shown and "  # look" in shown


def test_a_narrow_terminal_shows_no_date_for_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    today = Summary(method="GET", url="http://x/", host="x", started=time.time(), state="done")
    assert re.match(r" +0 \d\d:\d\d:\d\d +GET", Table().row(today))
    assert re.match(r" +0 11-1\d \d\d:\d\d GET", Table().row(_summary(state="done")))


def test_rows_elsewhere_are_not_cut() -> None:
    url = "http://example.com/" + "x" * 300
    assert Table().row(_summary(url, id=1)).find(url) > 0


def test_times_have_microseconds() -> None:
    assert summary_object(_summary(duration_ms=1.23456))["duration_ms"] == 1.235
    assert iso_time(0.000001) == "1970-01-01T00:00:00.000001Z"
    assert set(summary_object(_summary())) == KEYS


@pytest.mark.parametrize("records", [False, True])
def test_an_empty_record_of_a_capture_that_runs(
    recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch, records: bool
) -> None:
    if not records:
        recording.store.set_session_state(1, "ended")
    monkeypatch.setattr(Home, "running", lambda _: Running(7, "127.0.0.1:9", 1.0, "1"))
    err = wireglass("ls").err
    assert "A capture runs (pid 7, proxy on 127.0.0.1:9)" in err
    assert "Start with" not in err
    assert ("session start NAME" in err) is not records
