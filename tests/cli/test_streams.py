"""One rule for what goes where: what was asked for, and what was done, is the result and goes to standard output.
Remarks (that there is nothing, what was left out, where to look) go to standard error: a pipe has none of them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.cli.recording import Recording, Run
from tests.formats.har_files import entry, har_of

from wireglass.app.home import Home
from wireglass.model import Summary


@pytest.fixture
def recorded(recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for number in (1, 2, 3):
        url = f"http://a.test/{number}"
        summary = Summary("GET", url, "a.test", 1_700_000_000.0 + number, status=200, state="done")
        recording.closed(summary, response=b"x")
    recording.close()
    (tmp_path / "some.har").write_bytes(har_of(entry()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ("mark 1 2 --star", r"Marked 2 exchanges\.\n"),
        ("note 1 why", r"Noted: exchange 1\.\n"),
        ("note 1 ''", r"The note is taken away: exchange 1\.\n"),
        ("rm 1 --yes", r"Deleted 1 exchange\.\n"),
        ("rm --query id:2 --yes", r"Deleted 1 exchange\.\n"),
        ("prune --count 1", r"Deleted 2 exchanges\.\n"),
        ("prune --count 1 --dry-run", r"2 exchanges \(.* of bodies\) would go\.\n"),
        ("filters save a status:5xx", r"Saved filter 'a'\.\n"),
        ("session stop test", r"Ended session 'test'\.\n"),
        ("session rename test other", r".*session 'other'\.\n"),
        ("session clear test --yes", r"Dropped 3 exchanges of session 'test'\.\n"),
        ("session ls", r" +ID STATE (.*\n)+"),
        ("import some.har", r"Imported 1 exchange \(.*\) into session 'some'\.\n"),
        ("export -o -", r"\{(.*\n?)+"),
    ],
)
def test_a_result_is_all_of_standard_output(arguments: str, result: str, recorded: Path, wireglass: Run) -> None:
    code, out, err = wireglass(*shlex.split(arguments))
    assert (code, err) == (0, "")
    assert re.fullmatch(result, out), out


def test_results_of_what_was_made_before(recorded: Path, wireglass: Run) -> None:
    wireglass("filters", "save", "a", "status:5xx")
    assert wireglass("filters", "rm", "a") == (0, "Removed filter 'a'.\n", "")
    wireglass("session", "stop", "test")
    assert wireglass("session", "delete", "test", "--yes") == (
        0,
        "Deleted session 'test', which held 3 exchanges.\n",
        "",
    )


@pytest.mark.parametrize(
    ("arguments", "remark"),
    [
        ("filters ls", "No filter is saved."),
        ("missing", "Nothing is missing"),
        ("rm --query status:500 --yes", "nothing was deleted."),
        ("secrets", "0 secrets in 3 exchanges."),
        ("ls --limit 1", "3 match."),
        ("export -o all.har", "Exported 3 exchanges to"),
    ],
)
def test_a_remark_is_on_standard_error(
    arguments: str, remark: str, recorded: Path, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)  # some are for people alone
    code, out, err = wireglass(*arguments.split())
    assert code == 0
    assert remark.lower() in err.lower() and remark.lower() not in out.lower()


@pytest.mark.parametrize("arguments", ["session ls", "missing", "secrets", "ls", "prune --count 1", "filters ls"])
def test_that_there_is_nothing_is_a_remark(arguments: str, home: Home, wireglass: Run) -> None:
    code, out, err = wireglass(*arguments.split())
    assert (code, out) == (0, "") and err
