"""The options of pmproxy, their defaults and argparse's errors, which are part of what it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from wireglass.cli import pmproxy
from wireglass.cli.pmproxy import main
from wireglass.cli.pmproxy_words import Words
from wireglass.settings import Settings


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WIREGLASS_HOME", str(tmp_path / "home"))


def parsed(*arguments: str) -> dict[str, object]:
    return vars(pmproxy._parser().parse_args(arguments))


DEFAULTS = {
    "operation": "save",
    "name": "default",
    "port": 8080,
    "path": "",
    "host": "",
    "methods": "",
    "restricted_headers": "false",
    "tcp_connection": "false",
    "tcp_host": "127.0.0.1",
    "tcp_port": 5005,
    "bind": "127.0.0.1",
    "insecure": False,
}


@pytest.mark.parametrize("operation", ["save", "filter", "proxy", "anything"])
def test_defaults(operation: str) -> None:
    assert parsed(operation) == {**DEFAULTS, "operation": operation}


@pytest.mark.parametrize(
    ("option", "name", "value"),
    [
        ("--name=x", "name", "x"),
        ("--na=x", "name", "x"),
        ("--port=1", "port", 1),
        ("--po=0", "port", 0),
        ("--pa=out", "path", "out"),
        ("--ho=h", "host", "h"),
        ("--meth=GET,POST", "methods", "GET,POST"),
        ("--r=true", "restricted_headers", "true"),
        ("--restricted_headers=no", "restricted_headers", "no"),
        ("--tcp_c=true", "tcp_connection", "true"),
        ("--tcp_h=h", "tcp_host", "h"),
        ("--tcp_p=9", "tcp_port", 9),
        ("--bind=0.0.0.0", "bind", "0.0.0.0"),
        ("--insecure", "insecure", True),
    ],
)
def test_options_and_their_beginnings(option: str, name: str, value: object) -> None:
    assert parsed("save", option) == {**DEFAULTS, name: value}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "the following arguments are required: Operation"),
        (("save", "--status_codes", "200"), "unrecognized arguments: --status_codes 200"),
        (("save", "--p", "x"), "ambiguous option: --p could match --port, --path"),
        (("save", "--port"), "argument --port: expected one argument"),
        (("save", "--port", "x"), "argument --port: invalid int value: 'x'"),
        (("save", "--port", "65536"), "argument --port: invalid int value: '65536'"),
        (("save", "--port=-1"), "argument --port: invalid int value: '-1'"),
        (("save", "--tcp_port", "5005x"), "argument --tcp_port: invalid int value: '5005x'"),
        (("save", "more"), "unrecognized arguments: more"),
        (("save", "--bind", "a b"), "argument --bind: 'a b'"),
        (("save", "--tcp_host", "a..b"), "argument --tcp_host: 'a..b' is no name of a host"),
        (("save", "--tcp_host", ""), "argument --tcp_host: '' is no name of a host"),
        (("save", "--tcp_host", "a\0b"), "argument --tcp_host: "),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: pmproxy [-h]") and f"pmproxy: error: {said}" in err


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in (
        "PostmanProxy. TODO Add more detailed page\n",
        "filter or save\n",
        "examples:",
        "exit codes:",
        "--restricted_headers",
        "Default=5005",
        "pmproxy filter",
    ):
        assert words in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("pmproxy ")


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (("save",), {}, {"listen": "127.0.0.1:8080", "postman_headers": False, "no_session": False}),
        (("save", "--port", "1"), {"WIREGLASS_LISTEN": "127.0.0.1:2"}, {"listen": "127.0.0.1:1"}),
        (("save", "--bind", "::1"), {}, {"listen": "[::1]:8080"}),
        (("save", "--bind", "[::1]"), {}, {"listen": "[::1]:8080"}),
        (("save",), {"WIREGLASS_INSECURE": "true"}, {"insecure": True}),
        (("save", "--insecure"), {"WIREGLASS_INSECURE": "false"}, {"insecure": True}),
        (("save",), {"WIREGLASS_NO_SESSION": "true"}, {"no_session": False}),
        (("save",), {"WIREGLASS_POSTMAN_HEADERS": "true"}, {"postman_headers": False}),
        (("filter",), {"WIREGLASS_POSTMAN_HEADERS": "false"}, {"postman_headers": True}),
    ],
)
def test_settings(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    expected: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those of wireglass apply; what pmproxy says itself wins."""
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    given: list[Settings] = []

    def up(settings: Settings, **_: object) -> None:
        given.append(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr("wireglass.app.main.up", up)
    assert main(arguments) == 130
    [settings] = given
    assert (settings.session or "").startswith(f"pmproxy {'filter' if arguments[0] == 'filter' else 'default'} 2")
    for name, value in expected.items():
        found = getattr(settings, name)
        assert (str(found) if name == "listen" else found) == value


def test_a_place_that_cannot_be_written_is_told_at_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["save", "--path", "nowhere/"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("pmproxy: nowhere/default.postman_collection cannot be written: No such file or directory.")
    assert not Path("home").exists(), "nothing has begun"


def test_a_mistake_of_ours_is_no_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def up(*_: object, **__: object) -> None:
        raise RuntimeError("for the test")

    monkeypatch.setattr("wireglass.app.main.up", up)
    assert main(["filter"]) == 70
    err = capsys.readouterr().err
    assert "internal error (RuntimeError: for the test)" in err and "Traceback" not in err
    [crash] = Path("home").glob("crash-*.txt")
    assert str(crash.absolute()) in err


def test_hints_name_what_pmproxy_has(capsys: pytest.CaptureFixture[str]) -> None:
    words = Words()
    words.say_hinting("Take --listen 127.0.0.1:81, or --ui 127.0.0.1:0, or --home DIR; --insecure-hosts is set.")
    words.say_hinting("`wireglass ls --session x` has it.")
    assert words.err.end() and words.out.end()
    assert capsys.readouterr().err.splitlines() == [
        "pmproxy: Take --port 81, or WIREGLASS_UI=127.0.0.1:0, or WIREGLASS_HOME=DIR; WIREGLASS_INSECURE_HOSTS is set.",
        "pmproxy: `wireglass ls --session x` has it.",
    ]
