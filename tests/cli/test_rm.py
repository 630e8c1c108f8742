"""``rm``, ``mark``, ``note``, ``filters``: what changes the record, where nothing runs in the home."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from tests.cli.recording import Recording, Run

from wireglass.app.home import Home
from wireglass.model import Summary


def _summary(number: int = 0, **more: Any) -> Summary:
    url = f"http://example.com/{number}"
    return Summary(method="GET", url=url, host="example.com", started=1_700_000_000.0 + number, **more)


@pytest.fixture
def three(recording: Recording) -> Recording:
    """Exchanges 1, 2, 3; the second one failed. Nobody writes any more."""
    for number in (1, 2, 3):
        recording.closed(_summary(number, status=200 if number != 2 else 500), response=b"x" * 1000)
    recording.close()
    return recording


def _ids(wireglass: Run, *words: str) -> list[int]:
    return [json.loads(line)["id"] for line in wireglass("ls", "--json", *words).out.splitlines()]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_named_ones_go(three: Recording, wireglass: Run) -> None:
    code, out, err = wireglass("rm", "1", "3", "--yes")
    assert (code, out, err) == (0, "Deleted 2 exchanges.\n", "")
    assert _ids(wireglass) == [2]


def test_what_matches_goes(three: Recording, wireglass: Run) -> None:
    code, out, _err = wireglass("rm", "--query", "status:200", "-y")
    assert (code, out) == (0, "Deleted 2 exchanges.\n")
    assert _ids(wireglass) == [2]
    code, _out, err = wireglass("rm", "--query", "status:200", "-y")
    assert (code, err) == (0, "Nothing that has ended matches: nothing was deleted.\n")


def test_what_a_session_holds_goes(three: Recording, wireglass: Run) -> None:
    assert wireglass("rm", "--session", "nope", "--yes").code == 1
    assert wireglass("rm", "--session", "test", "--yes").out == "Deleted 3 exchanges.\n"
    assert _ids(wireglass) == []


def test_one_that_is_not_there_keeps_the_others(three: Recording, wireglass: Run) -> None:
    code, _out, err = wireglass("rm", "1", "99", "--yes")
    assert code == 1
    assert "no exchange 99" in err
    assert _ids(wireglass) == [1, 2, 3]


def test_open_ones_stay(recording: Recording, wireglass: Run) -> None:
    recording.opened(_summary())
    recording.closed(_summary(status=200))
    code, _out, err = wireglass("rm", "--query", "host:example.com")
    assert code == 2
    assert "1 exchange (0 B of bodies) would be deleted, and nobody is there to be asked" in err


@pytest.mark.parametrize(("answer", "code", "left"), [("n\n", 1, [1, 2, 3]), ("\n", 1, [1, 2, 3]), ("y\n", 0, [2])])
def test_it_asks_a_person(
    three: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, left: list[int]
) -> None:
    monkeypatch.setattr("sys.stdin", _Terminal(answer))
    done = wireglass("rm", "--query", "status:200")
    assert done.code == code
    assert "Delete 2 exchanges (2.0 kB of bodies)?" in done.out + done.err
    assert _ids(wireglass) == left


def test_without_a_terminal_it_deletes_nothing_unasked(three: Recording, wireglass: Run) -> None:
    code, _out, err = wireglass("rm", "1")
    assert code == 2
    assert "Add --yes." in err
    assert _ids(wireglass) == [1, 2, 3]


@pytest.mark.parametrize("arguments", [(), ("--yes",), ("1", "--query", "a"), ("--query", ""), ("--query", " ", "-y")])
def test_what_to_delete_must_be_said_one_way(three: Recording, wireglass: Run, arguments: tuple[str, ...]) -> None:
    assert wireglass("rm", *arguments).code == 2
    assert _ids(wireglass) == [1, 2, 3]


def test_marks(three: Recording, wireglass: Run) -> None:
    assert wireglass("mark", "1", "2", "--color", "red", "--star") == (0, "Marked 2 exchanges.\n", "")
    assert wireglass("mark", "2", "--no-star").code == 0
    rows = [json.loads(line) for line in wireglass("ls", "--json").out.splitlines()]
    assert [(row["color"], row["star"]) for row in rows] == [("red", True), ("red", False), (None, False)]
    assert _ids(wireglass, "is:starred") == [1]
    assert _ids(wireglass, "color:red") == [1, 2]
    assert wireglass("mark", "1", "2", "--color", "none", "--no-star").code == 0
    assert _ids(wireglass, "is:marked") == []


def test_what_is_marked_is_seen_in_rows(three: Recording, wireglass: Run) -> None:
    wireglass("mark", "1", "--color", "red")
    wireglass("mark", "2", "--star")
    wireglass("note", "2", "look\nhere")
    _header, one, two, three_ = wireglass("ls").out.splitlines()
    assert one.startswith("●    1 ") and one.endswith("/1  [red]")
    assert two.startswith("★    2 ") and two.endswith("/2  # look\\nhere")
    assert three_.startswith("     3 ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("mark", "1"), 2),
        (("mark", "--star"), 2),
        (("mark", "x", "--star"), 2),
        (("mark", "1", "--color", "pink"), 2),
        (("mark", "99", "--star"), 1),
        (("note", "99", "x"), 1),
        (("note", "1"), 2),
        (("note", "1", "x" * 10_001), 2),
    ],
)
def test_marks_that_cannot_be(three: Recording, wireglass: Run, arguments: tuple[str, ...], code: int) -> None:
    assert wireglass(*arguments).code == code
    assert _ids(wireglass, "is:marked") == []


def test_notes(three: Recording, wireglass: Run) -> None:
    assert wireglass("note", "1", "the lost order").code == 0
    assert _ids(wireglass, "note:lost") == [1]
    assert "noted      the lost order" in wireglass("show", "1").out
    assert wireglass("note", "1", "").code == 0
    assert _ids(wireglass, "has:note") == []


def test_nothing_is_made_of_a_home_that_is_not_there(home: Home, wireglass: Run) -> None:
    for arguments in (("rm", "1", "-y"), ("rm", "--query", "a", "-y"), ("mark", "1", "--star"), ("note", "1", "x")):
        code, _out, err = wireglass(*arguments)
        assert code in (0, 1)
        assert "othing is recorded in" in err
    assert not home.path.exists()


def test_saved_filters(three: Recording, wireglass: Run) -> None:
    code, _out, err = wireglass("filters")
    assert code == 0
    assert "No filter is saved" in err
    assert wireglass("filters", "save", "errors", "status:5xx", "or", "-status:200").code == 0
    assert wireglass("filters", "save", "all", "id:>0").code == 0
    assert wireglass("filters").out == "all     id:>0\nerrors  status:5xx or -status:200\n"
    lines = wireglass("filters", "ls", "--json").out.splitlines()
    assert json.loads(lines[1]) == {"name": "errors", "query": "status:5xx or -status:200"}
    assert _ids(wireglass, "--filter", "errors") == [2]
    assert wireglass("filters", "save", "errors", "status:200").code == 0
    assert _ids(wireglass, "--filter", "errors") == [1, 3]
    assert wireglass("filters", "rm", "errors").code == 0
    assert wireglass("filters", "rm", "errors").code == 1
    assert wireglass("filters", "save", "bad", "status:(").code == 2
    assert wireglass("filters", "save", "empty").code == 2
    assert wireglass("filters").out == "all  id:>0\n"
