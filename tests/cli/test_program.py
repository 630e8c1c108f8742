"""Whatever ends a command becomes one line and an exit code."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from tests.cli.recording import Run

from wireglass import __version__
from wireglass.app.home import Home
from wireglass.cli import ls, up
from wireglass.cli.program import COMMANDS
from wireglass.errors import StoreError, WireglassError


def _raise(error: BaseException) -> Callable[..., None]:
    def command(*_args: object, **_keywords: object) -> None:
        raise error

    return command


def test_version(wireglass: Run) -> None:
    assert wireglass("--version") == (0, f"wireglass {__version__}\n", "")


@pytest.mark.parametrize("name", ["session", "protos"])
def test_a_group_alone_shows_its_commands_as_they_stand(wireglass: Run, name: str) -> None:
    code, out, err = wireglass(name)
    assert (code, out) == (2, "")
    assert err == wireglass(name, "--help")[1]


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(wireglass: Run, name: str, flag: str) -> None:
    code, out, err = wireglass(name, flag)
    assert (code, err) == (0, "")
    assert f"Usage: wireglass {name}" in out
    assert f"  wireglass {name}" in out.partition("Examples:")[2]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--home", "X", "ls", "--json"), "Put --home after the command: wireglass ls --home X."),
        (("--home=a b", "show", "1"), "Put --home after the command: wireglass show '--home=a b'."),
        (("--json", "tail"), "Put --json after the command: wireglass tail --json."),
        (("--insecure", "up"), "Put --insecure after the command: wireglass up --insecure."),
        (("--session", "ls", "ls"), "Put --session after the command: wireglass ls --session ls."),
    ],
)
def test_flags_in_front_of_a_command(wireglass: Run, arguments: tuple[str, ...], line: str) -> None:
    """They would be taken for those of ``up``; the message says how to write it."""
    assert wireglass(*arguments) == (2, "", f"wireglass: {line}\n")


def test_the_value_of_a_flag_may_be_the_name_of_a_command(wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, object]] = []
    monkeypatch.setattr(up.command, "callback", lambda **flags: seen.append(flags))
    assert wireglass("--session", "ls", "--workers", "2")[0] == 0
    assert seen[0]["session"] == "ls"


def test_without_a_command_it_is_up(wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, object]] = []
    monkeypatch.setattr(up.command, "callback", lambda **flags: seen.append(flags))
    for arguments in ((), ("up",), ("--workers", "2"), ("up", "--workers", "2")):
        assert wireglass(*arguments)[0] == 0
    assert seen[0] == seen[1]
    assert seen[2] == seen[3]
    assert seen[2]["workers"] == "2"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("lss",), "wireglass: No such command 'lss'. Did you mean 'ls'? Try 'wireglass --help'.\n"),
        (
            ("ls", "--limit", "0"),
            "wireglass: --limit must be a whole number, at least 1, not 0. Try 'wireglass ls --help'.\n",
        ),
        (("ls", "--limit", "x"), "--limit must be a whole number, at least 1, not x. Try 'wireglass ls --help'.\n"),
        (
            ("browser", "a b", "c"),
            "wireglass: What is for the browser stands behind --: wireglass browser 'a b' -- c. "
            "Try 'wireglass browser --help'.\n",
        ),
        (
            ("browser", "--headless"),
            "No such option '--headless'. (Did you mean one of: '--help', '--redact-headers'?) "
            "Try 'wireglass browser --help'.",
        ),
        (("browser", "--workers", "0"), "wireglass: --workers: '0' must be a whole number from 1 to 64.\n"),
        (("run", "--insecure-hosts", "a b", "true"), "wireglass: --insecure-hosts: 'a b' has 'a b', which is no host"),
        (("ls", "--limit"), "wireglass: Option '--limit' requires an argument. Try 'wireglass ls --help'.\n"),
        (("views", "7"), "wireglass: Unexpected argument '7'. Try 'wireglass views --help'.\n"),
        (("views", "7", "8"), "wireglass: Unexpected arguments '7 8'. Try 'wireglass views --help'.\n"),
        (("completion",), "Choose from: bash, zsh, fish. Try 'wireglass completion --help'.\n"),
        (("show", "1", "--response-body", "--request-body"), "exclude each other"),
        (("show",), "Missing argument 'ID'"),
        (("show", "x"), "'x' is not the number of an exchange"),
        (("show", "99999999999999999999"), "is not the number of an exchange"),
        (("show", "1", "--json", "--request-body"), "exclude each other"),
        (("--workers", "0"), "wireglass: --workers: '0' must be a whole number from 1 to 64.\n"),
        (("--listen", ":80"), "--listen: ':80' names no address: say 127.0.0.1:80"),
        (("completion", "tcsh"), "'tcsh' is not one of"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(wireglass: Run, arguments: tuple[str, ...], line: str) -> None:
    code, out, err = wireglass(*arguments)
    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1


def test_an_error_is_its_line_and_its_exit_code(wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ls.command, "callback", _raise(StoreError("It broke\n\x1b[2J.", "Mend it.")))
    assert wireglass("ls") == (1, "", "wireglass: It broke\\n\\x1b[2J. Mend it.\n")


def test_ctrl_c_is_130(wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ls.command, "callback", _raise(KeyboardInterrupt()))
    assert wireglass("ls") == (130, "", "")


def test_a_mistake_of_ours_is_one_line_and_a_private_file(
    wireglass: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ls.command, "callback", _raise(ZeroDivisionError("by\nnothing")))
    code, out, err = wireglass("ls")
    (crash,) = home.path.glob("crash-*.txt")
    assert (code, out) == (70, "")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert str(crash) in err
    assert "ZeroDivisionError" in crash.read_text()
    assert stat.S_IMODE(crash.stat().st_mode) == 0o600


def test_the_details_go_elsewhere_if_the_home_cannot_be_written(
    wireglass: Run, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home.path.write_text("in the way")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(ls.command, "callback", _raise(ZeroDivisionError()))
    code, _out, err = wireglass("ls")
    (crash,) = tmp_path.glob("wireglass-*/crash-*.txt")
    assert code == 70
    assert str(crash) in err


def _program(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wireglass", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def test_a_reader_that_closes_the_pipe_ends_it_quietly(home: Home) -> None:
    for arguments in (("--help",), ("ca", "--help")):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [sys.executable, "-m", "wireglass", *arguments], stdout=write, stderr=subprocess.PIPE, text=True, timeout=60
        )
        os.close(write)
        assert (done.returncode, done.stderr) == (0, "")


def test_output_in_an_encoding_that_lacks_characters(home: Home) -> None:
    process = _program("ca", "--help", PYTHONIOENCODING="ascii")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.isascii()


@pytest.mark.alone
def test_ls_of_nothing_is_quick(home: Home) -> None:
    """Measured 0.2 s of processor time; the best of five is compared, as the machine may have other work."""

    def once() -> float:
        begun = time.perf_counter()
        process = _program("ls")
        _out, err = process.communicate(timeout=60)
        assert "Nothing is recorded" in err
        return time.perf_counter() - begun

    assert min(once() for _ in range(5)) < 0.4


def test_the_shell_completes(home: Home) -> None:
    process = _program(_WIREGLASS_COMPLETE="bash_complete", COMP_WORDS="wireglass show --re", COMP_CWORD="2")
    out, err = process.communicate(timeout=60)
    assert (out, err) == ("plain,--request-body\nplain,--response-body\n", "")


def test_the_shell_completes_views(home: Home) -> None:
    for typed, offered in (("x", "plain,xml\n"), ("ra", "plain,raw\n"), ("nope", "\n")):
        process = _program(
            _WIREGLASS_COMPLETE="bash_complete", COMP_WORDS=f"wireglass show --view {typed}", COMP_CWORD="3"
        )
        assert process.communicate(timeout=60) == (offered, "")


def test_the_shell_completes_browsers(home: Home, tmp_path: Path) -> None:
    """Those that are found, else the path of one."""
    for name in ("brave-browser", "firefox-esr"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o700)
    for typed, offered in (("", "plain,brave\nplain,firefox\n"), ("f", "plain,firefox\n"), ("./c", "file,./c\n")):
        words = f"wireglass browser --browser {typed}"
        process = _program(_WIREGLASS_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="3", PATH=str(tmp_path))
        assert process.communicate(timeout=60) == (offered, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_call_this_program(wireglass: Run, shell: str) -> None:
    code, out, err = wireglass("completion", shell)
    assert (code, err) == (0, "")
    assert f"_WIREGLASS_COMPLETE={shell}_complete" in out


def test_every_error_of_ours_has_an_exit_code_of_the_table() -> None:
    def tree(kind: type[WireglassError]) -> list[type[WireglassError]]:
        return [kind, *(one for below in kind.__subclasses__() for one in tree(below))]

    assert {kind.exit_code for kind in tree(WireglassError)} == {1, 2}


def test_a_variable_that_is_no_setting_is_noted(wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIREGLASS_LISTN", "x")
    code, _out, err = wireglass("ls")
    assert code == 0
    assert "wireglass: the variable WIREGLASS_LISTN is not a setting; did you mean WIREGLASS_LISTEN?\n" in err


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch, wireglass: Run) -> None:
    seen: list[bool | None] = []
    monkeypatch.setattr(ls.command, "callback", lambda **_: seen.append(click.get_current_context().color))
    wireglass("ls")
    monkeypatch.setenv("NO_COLOR", "1")
    wireglass("ls")
    assert seen == [None, False]
