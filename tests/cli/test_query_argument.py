"""Queries on the command line: words with a minus are no flags, mistakes are shown with their place, and the shell is
offered what may stand there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from tests.cli.recording import Recording, Run
from tests.peers.installed import installed

from wireglass.app.home import Home
from wireglass.cli.query_argument import QueryCommand, query_argument, session_of
from wireglass.errors import NotFound
from wireglass.model import SavedFilter, Summary
from wireglass.store import Reader


def _summary(url: str = "http://example.com/", **more: Any) -> Summary:
    return Summary(method="GET", url=url, host="example.com", started=1_700_000_000.0, **more)


@click.command(cls=QueryCommand)
@query_argument
@click.option("--limit", "-l")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def _command(context: click.Context, query: str, limit: str | None, as_json: bool) -> None:
    context.obj.append((query, limit, as_json))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ("", None, False)),
        (["a", "or", "b"], ("a or b", None, False)),
        (["-host:x", "or", "b", "-(c d)"], ("-host:x or b -(c d)", None, False)),
        (["-host:x", "--limit", "5", "--json", "b"], ("-host:x b", "5", True)),
        (["--limit", "-5", "-cdn"], ("-cdn", "-5", False)),
        (["--limit=7", "-l", "8", "a"], ("a", "8", False)),
        (["a", "--", "--json", "-x"], ("a --json -x", None, False)),
        (['"order', 'id"', "-!x"], ('"order id" -!x', None, False)),
    ],
)
def test_words_with_a_minus_are_words(words: list[str], expected: tuple[str, str | None, bool]) -> None:
    seen: list[tuple[str, str | None, bool]] = []
    _command.main(words, obj=seen, standalone_mode=False)
    assert seen == [expected]


def test_unknown_flags_and_help_are_still_those_of_click(wireglass: Run) -> None:
    code, _out, err = wireglass("ls", "--statsu", "5")
    assert code == 2
    assert "No such option" in err
    for flag in ("-h", "--help"):
        assert "Usage: " in wireglass("ls", flag).out


def test_a_mistake_is_shown_with_its_place(recording: Recording, wireglass: Run) -> None:
    code, out, err = wireglass("ls", "method:GET", "statsu:500")
    assert (code, out) == (2, "")
    said, text, caret, *_ = err.splitlines()
    assert "status" in said
    assert text.strip() == "method:GET statsu:500"
    assert caret[text.index("statsu") :].startswith("^")
    assert not caret[: text.index("statsu")].strip()


def test_control_characters_in_a_mistake_do_not_reach_the_terminal(wireglass: Run) -> None:
    code, _out, err = wireglass("ls", "statsu:\x1b]0;owned\x07")
    assert code == 2
    assert "\x1b" not in err and "\x07" not in err


def test_a_query_is_read_also_where_nothing_is_recorded(wireglass: Run) -> None:
    assert wireglass("ls", "(").code == 2


def test_a_session_is_named_by_its_name_before_its_number(recording: Recording) -> None:
    second = recording.store.start_session("1", "proxy")
    with Reader(recording.home.store) as reader:
        assert session_of(reader, "1").id == second.id
        assert session_of(reader, str(second.id)).name == "1"
        assert session_of(reader, "test").name == "test"
        for text in ("2000", "nothing", "-1", "٣"):
            with pytest.raises(NotFound):
                session_of(reader, text)


def test_session_and_filter_narrow_the_query(recording: Recording, wireglass: Run) -> None:
    recording.closed(_summary("http://example.com/1", status=200))
    recording.closed(_summary("http://example.com/2", status=500))
    recording.closed(_summary("http://example.com/3", status=503))
    recording.store.save_filter(SavedFilter("errors", "status:5xx or has:error"))

    def found(*words: str) -> list[str]:
        code, out, err = wireglass("ls", *words)
        assert code == 0, err
        return [line[-1] for line in out.splitlines()[1:]]

    assert found("--filter", "errors") == ["2", "3"]
    assert found("--filter", "errors", "-status:500") == ["3"]
    assert found("--session", "test", "status:200") == ["1"]
    assert wireglass("ls", "--session", "other").code == 1
    code, _out, err = wireglass("ls", "--filter", "nope")
    assert code == 1
    assert "no saved filter 'nope'" in err and "filters" in err


def _offered(words: str, at: int) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "wireglass"],
        env={
            **os.environ,
            "_WIREGLASS_COMPLETE": "bash_complete",
            "COMP_WORDS": f"wireglass {words}",
            "COMP_CWORD": str(at),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return [line.removeprefix("plain,") for line in done.stdout.split()]


def test_the_shell_offers_fields(home: Home) -> None:
    assert "status:" in _offered("ls sta", 2)
    assert "status:" in _offered("tail method:GET sta", 3)
    assert "-status:" in _offered("ls -sta", 2)
    assert "--session" in _offered("ls --se", 2)


def test_bash_puts_no_space_behind_a_field(home: Home, wireglass: Run, tmp_path: Path) -> None:
    """As a shell does it: with the script that is printed, and the words of a command line."""
    script = tmp_path / "script"
    script.write_text(wireglass("completion", "bash").out)
    (tmp_path / "wireglass").symlink_to(Path(sys.executable).parent / "wireglass")
    words = "COMP_WORDS=(wireglass ls metho); COMP_CWORD=2"
    told = 'compopt() { echo compopt "$@"; }'
    call = '_wireglass_completion wireglass; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        [installed("bash"), "-c", f"source {script}; {told}; {words}; {call}"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("compopt -o nospace\nmethod:\n", "")


@pytest.mark.parametrize(("words", "at"), [("ls has : err", 4), ("ls has :", 3), ("ls method:GET has : e", 5)])
def test_the_shell_offers_values_behind_the_colon_that_parts_words_in_bash(home: Home, words: str, at: int) -> None:
    assert "error" in _offered(words, at)


def test_the_shell_offers_sessions_and_filters(recording: Recording) -> None:
    recording.store.save_filter(SavedFilter("errors", "status:5xx"))
    assert _offered("ls --session t", 3) == ["test"]
    assert _offered("ls --filter e", 3) == ["errors"]
    assert _offered("rm --session x", 3) == []


def test_a_shell_that_completes_is_told_of_no_errors(home: Home) -> None:
    home.path.write_text("in the way")
    assert _offered("ls --session t", 3) == []
