"""``missing``: why something is not in the record, with what to do."""

from __future__ import annotations

import json
import os
from typing import get_args

import pytest
from tests.cli.recording import Recording, Run

from wireglass.app.home import Home
from wireglass.model import Reason
from wireglass.store import Missed


def _missed(reason: Reason, host: str, count: int = 1, at: float = 1.0, detail: str = "", session: int = 0) -> Missed:
    return Missed(session, reason, host, count, at, detail, "127.0.0.1")


def test_each_reason_has_its_remedy(recording: Recording, wireglass: Run) -> None:
    reasons = get_args(Reason)
    recording.store.missed(
        [_missed(reason, f"{reason}.example", 2, 1_700_000_000.0, "GET http://x/") for reason in reasons]
    )
    code, out, err = wireglass("missing")
    assert (code, err) == (0, "")
    for reason in reasons:
        assert f"{reason}: 2, because " in out
        assert f"{reason}.example" in out
    assert out.count("→") == len(reasons)
    rows = [json.loads(line) for line in wireglass("missing", "--json").out.splitlines()]
    assert {row["reason"] for row in rows} == set(reasons)
    assert set(rows[0]) == {
        "reason", "host", "count", "first", "last", "detail", "client", "session", "why", "remedy",
    }  # fmt: skip
    assert rows[0]["last"] == "2023-11-14T22:13:20.000000Z"
    assert rows[0]["session"] is None


def test_of_one_session(recording: Recording, wireglass: Run) -> None:
    other = recording.store.start_session("other", "proxy")
    recording.store.missed([_missed("filtered", "a.example", session=other.id), _missed("refused", "b.example")])
    out = wireglass("missing", "--session", "other").out
    assert "a.example" in out and "in session other" in out
    assert "b.example" not in out
    assert "Nothing is missing" in wireglass("missing", "--session", "test").err
    assert wireglass("missing", "--session", "nope").code == 1


def test_many_hosts_are_bounded_for_people_alone(recording: Recording, wireglass: Run) -> None:
    recording.store.missed([_missed("no_session", f"h{number}.example") for number in range(60)])
    out = wireglass("missing").out
    assert "no_session: 60, because" in out
    assert "and 40 more hosts; --json has them all." in out
    assert len(wireglass("missing", "--json").out.splitlines()) == 60


def test_a_host_cannot_drive_the_terminal(recording: Recording, wireglass: Run) -> None:
    recording.store.missed([_missed("refused", "\x1b]0;x\x07", detail="\x9b2J\u202e")])
    for flags in ((), ("--json",)):
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(wireglass("missing", *flags).out)


def test_nothing_is_missing(recording: Recording, wireglass: Run) -> None:
    assert wireglass("missing") == (0, "", "Nothing is missing: what passed was kept.\n")
    assert wireglass("missing", "--json") == (0, "", "")


def test_nothing_is_recorded(home: Home, wireglass: Run) -> None:
    code, out, err = wireglass("missing")
    assert (code, out) == (0, "")
    assert "Nothing is recorded" in err


def test_rows_fit_a_narrow_terminal(recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    recording.store.missed([_missed("refused", f"{'h' * 60}.example", detail="d" * 300)])
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_: os.terminal_size((60, 24)))
    [row] = [line for line in wireglass("missing").out.splitlines() if "hhh" in line]
    monkeypatch.undo()
    assert len(row) <= 60
    assert "…xample " in row and "last 1970-01-01" in row
