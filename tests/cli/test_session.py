"""``session``: what it shows, and what it changes where no capture runs. With one: tests/doors/test_sessions.py."""

from __future__ import annotations

import json
import os

import click
import pytest
from tests.cli.recording import Recording, Run

from wireglass.app.home import Home
from wireglass.model import Reason, Summary
from wireglass.store import Missed


def _some(recording: Recording) -> None:
    for number in range(12):
        recording.closed(
            Summary(
                "POST" if number % 3 else "GET",
                f"http://host{number}.test/",
                f"host{number}.test",
                1_700_000_000.0 + number,
                status=200 if number else 500,
                type="application/json",
                state="done",
            ),
            response=b"12345",
        )
    recording.close()


def test_it_lists_them(wireglass: Run, recording: Recording) -> None:
    _some(recording)
    code, out, err = wireglass("session", "ls")
    assert (code, err) == (0, "")
    header, row = out.splitlines()
    assert header.split()[:3] == ["ID", "STATE", "NAME"]
    assert row.split()[0] == "1" and "test" in row and " 12 " in row
    listed = json.loads(wireglass("session", "ls", "--json").out)
    assert (listed["name"], listed["exchanges"], listed["response_bytes"]) == ("test", 12, 60)


def test_nothing_was_ever_recorded(wireglass: Run, home: Home) -> None:
    for word in ("ls", "show"):
        code, out, err = wireglass("session", word)
        assert (code, out) == (0, "")
        assert "Nothing is recorded" in err
    assert wireglass("session", "stop", "test").code == 1


def test_figures_and_bars(wireglass: Run, recording: Recording) -> None:
    _some(recording)
    code, out, err = wireglass("session", "show", "test", "--limit", "3")
    assert (code, err) == (0, "")
    for title in ("Methods", "Hosts", "Content types", "Status", "Data modes"):
        assert f"\n{title}\n" in out
    assert "12 exchanges" in out
    post, get = (next(line for line in out.splitlines() if line.startswith(f"  {name} ")) for name in ("POST", "GET"))
    assert post.split()[2] == "8" and get.split()[2] == "4"
    assert post.count("█") == 2 * get.count("█")
    assert out.count("host") == 3 and "and others" in out
    shown = json.loads(wireglass("session", "show", "--json").out)
    assert len(shown["tallies"]["domain"]) == 12
    assert {row["value"]: row["exchanges"] for row in shown["tallies"]["status"]} == {"2xx": 11, "5xx": 1}


def test_what_can_be_changed_where_nothing_runs(wireglass: Run, recording: Recording) -> None:
    _some(recording)
    assert wireglass("session", "rename", "test", "new").out == "Renamed to session 'new'.\n"
    assert wireglass("session", "note", "1", "a note").code == 0
    assert wireglass("session", "set", "new", "--filter", "host:a", "--retention-age", "7d", "--no-cookies").code == 0
    row = json.loads(wireglass("session", "show", "new", "--json").out)
    assert (row["state"], row["note"], row["filter"]) == ("ended", "a note", "host:a")
    assert (row["retention_age"], row["cookies"], row["response_bodies"]) == (7 * 86400, False, True)
    wireglass("session", "set", "new", "--retention-age", "none", "--filter", "")
    row = json.loads(wireglass("session", "show", "new", "--json").out)
    assert (row["retention_age"], row["cookies"], row["filter"]) == (None, False, None)
    assert wireglass("session", "clear", "new", "--yes").out == "Dropped 12 exchanges of session 'new'.\n"
    assert wireglass("session", "delete", "new", "--yes").code == 0
    assert wireglass("session", "ls", "--json").out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("start", "x"), 2, "Nothing records"),
        (("pause", "nobody"), 1, "no session 'nobody'"),
        (("pause", "7"), 1, "no session 7"),
        (("set", "test"), 2, "Nothing is to be changed"),
        (("set", "test", "--retention-age", "soon"), 2, "--retention-age: 'soon'"),
        (("set", "test", "--retention-count", "-1"), 2, "--retention-count: '-1'"),
        (("set", "test", "--filter", "host:("), 2, "host:("),
        (("set", "test", "--skip-bodies", "images"), 2, "media type"),
        (("rename", "test", ""), 2, "characters"),
        (("rename", "test", "3"), 2, "numbers name sessions by their id. Add a word"),
        (("show", "nobody"), 1, "no session"),
        (("clear", "test"), 2, "0 exchanges of session 'test' would be dropped, and nobody is there to be asked"),
        (("delete", "test"), 2, "Add --yes."),
        (("set", "test", "--retention-count", "0"), 2, "a whole number from 1"),
    ],
)
def test_what_cannot_be_done(
    wireglass: Run, recording: Recording, arguments: tuple[str, ...], code: int, words: str
) -> None:
    recording.close()
    done = wireglass("session", *arguments)
    assert done.code == code
    assert words in done.err
    assert done.out == ""


def test_names_are_safe_for_a_terminal(wireglass: Run, recording: Recording) -> None:
    recording.close()
    wireglass("session", "note", "test", "red \x1b[31m\u202e")
    assert "\x1b" not in wireglass("session", "ls").out
    assert "\x1b" not in wireglass("session", "show").out


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
def test_a_terminal_of_any_width_shows_the_name(
    wireglass: Run, recording: Recording, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    recording.store.start_session("2026-03-01 10:00:00.00", "proxy", note="n" * 300)
    recording.close()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_: os.terminal_size((width, 24)))
    header, _first, row = click.unstyle(wireglass("session", "ls").out).splitlines()
    assert max(map(len, (header, row))) <= width
    assert header.split()[:2] == ["ID", "STATE"]
    assert ("2026-03-01 10:00:00.00" if width >= 40 else "20") in row
    assert ("SIZE" in header, "LASTED" in header, "SOURCE" in header) == (width >= 60, width >= 80, width >= 120)
    monkeypatch.undo()


def test_the_newest_one_is_singular(wireglass: Run, recording: Recording) -> None:
    recording.store.start_session("second", "proxy")
    assert wireglass("session", "ls", "--limit", "1").err == "The newest 1 of 2 is shown; --limit N shows more.\n"


def test_all_reasons_are_shown_with_their_hosts(wireglass: Run, recording: Recording) -> None:
    reasons: tuple[Reason, ...] = ("paused", "filtered")
    recording.store.missed(
        [
            Missed(1, reason, f"{reason}{n}.test", 2, 10.0 * at + n, "", "")
            for at, reason in enumerate(reasons)
            for n in range(4)
        ]
    )
    out = wireglass("session", "show", "test").out
    assert "  Not kept: 8 filtered (filtered3.test 2, filtered2.test 2, filtered1.test 2, …)\n" in out
    assert "  Not kept: 8 paused (paused3.test 2, paused2.test 2, paused1.test 2, …)\n" in out
