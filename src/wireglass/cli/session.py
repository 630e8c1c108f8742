"""``wireglass session``"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from wireglass.app.control import control
from wireglass.app.home import Home
from wireglass.app.report import exchanges
from wireglass.capture import Control
from wireglass.cli.confirm import confirm, yes_option
from wireglass.cli.options import home_option, json_option
from wireglass.cli.query_argument import session_names, session_of
from wireglass.cli.record import open_record, say_empty
from wireglass.cli.session_table import for_people, listed, object_of
from wireglass.cli.shape import to_line
from wireglass.errors import BadSetting, NotFound, UsageError
from wireglass.model import Session, SessionOptions
from wireglass.setting_values import parse_count, parse_duration, parse_size

_EXIT = "Exit codes: 0 done; 1 no such session, or the record cannot be written; 2 it cannot be done as asked."
_Function = TypeVar("_Function", bound=Callable[..., Any])


@click.group(
    epilog="""\b
Examples:
  wireglass session ls
  wireglass session start login --filter 'host:api.example.com -path:/health'
  wireglass session show login
\b
Exit codes: 0 done; 1 no such session, or failed; 2 wrong usage."""
)
def command() -> None:
    """Sessions: named spans of capture.

    One begins with `wireglass up`; more can run beside it, each with a filter of its own. NAME is a session's name or
    its number."""


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "".join(f"  {line}\n" for line in lines) + f"\b\n{_EXIT}"


name_argument = click.argument("name", shell_complete=session_names)


def _retention(kind: str, read: Callable[[str], float | int | None]) -> Callable[..., Any]:
    def parse(context: click.Context, _parameter: click.Parameter, text: str | None) -> Any:
        """None where it was not given; the text ``none`` takes a limit away."""
        if text is None:
            return None
        try:
            value = read(text)
        except ValueError as refusal:
            raise BadSetting(f"--retention-{kind}: {text!r} {refusal}.") from None
        return "none" if value is None else value

    return parse


def _media_types(context: click.Context, _parameter: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return tuple(item.strip().lower() for item in text.split(",") if item.strip())


def recording_options(function: _Function) -> _Function:
    """What a session keeps; each is None where it was not given."""
    for option in (
        click.option(
            "--retention-size",
            metavar="SIZE",
            callback=_retention("size", parse_size),
            help="Bytes of bodies that stay: 500M, 2G, none.",
        ),
        click.option(
            "--retention-count",
            metavar="N",
            callback=_retention("count", parse_count),
            help="Exchanges that stay, the newest; none.",
        ),
        click.option(
            "--retention-age",
            metavar="TIME",
            callback=_retention("age", parse_duration),
            help="How long exchanges stay: 12h, 7d, none.",
        ),
        click.option("--cookies/--no-cookies", default=None, help="Keep the values of cookies, or their names alone."),
        click.option(
            "--skip-bodies",
            metavar="TYPES",
            callback=_media_types,
            help="Media types of bodies that are not kept: image/*,video/mp4. Empty text keeps all.",
        ),
        click.option("--response-bodies/--no-response-bodies", default=None, help="Keep response bodies, or none."),
        click.option(
            "--filter",
            metavar="QUERY",
            help="Keep what matches; the rest is passed on and counted. Empty text keeps all.",
        ),
    ):
        function = option(function)
    return function


def _options(before: SessionOptions, given: dict[str, Any]) -> SessionOptions:
    """``before`` with what was given."""
    limits = {
        name: None if value == "none" else value
        for name in ("age", "count", "size")
        if (value := given.get(f"retention_{name}")) is not None
    }
    changes = {
        name: value
        for name in ("filter", "response_bodies", "skip_bodies", "cookies")
        if (value := given.get(name)) is not None
    }
    retention = msgspec.structs.replace(before.retention, **limits)
    return msgspec.structs.replace(before, retention=retention, **changes)


def _find(home: Home, name: str) -> Session:
    """By its name or, where none has it, its number. Raises NotFound."""
    reader = open_record(home)
    if reader is None:
        raise NotFound(f"There is no session {name!r}: nothing was ever recorded in {home.path}.", "")
    with reader:
        return session_of(reader, name)


def _done(word: str, session: Session, as_json: bool) -> None:
    if as_json:
        click.echo(to_line(object_of(session)))
    else:
        click.echo(f"{word} session {session.name!r}.")


@command.command("ls", epilog=_examples("wireglass session ls", "wireglass session ls --json | jq -r .name"))
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="The newest N only.")
@json_option
@home_option
def ls(home: Home, as_json: bool, limit: int) -> None:
    """List the sessions, newest last."""
    reader = open_record(home)
    if reader is None:
        say_empty(home)
        return
    with reader:
        sessions = reader.sessions()
    if as_json:
        for one in sessions[-limit:]:
            click.echo(to_line(object_of(one)))
    elif sessions:
        for line in listed(sessions[-limit:]):
            click.echo(line)
        if len(sessions) > limit:
            are = "is" if limit == 1 else "are"
            click.echo(f"The newest {limit} of {len(sessions)} {are} shown; --limit N shows more.", err=True)
    else:
        say_empty(home)


@command.command(
    epilog=_examples(
        "wireglass session start                          named by date and time",
        "wireglass session start login --filter 'host:*.example.com method:POST,PUT'",
        "wireglass session start light --no-response-bodies --skip-bodies 'image/*,video/*' --retention-age 7d",
    )
)
@click.argument("name", required=False, default="")
@click.option("--note", default="", metavar="TEXT", help="What it is for.")
@recording_options
@json_option
@home_option
def start(home: Home, as_json: bool, name: str, note: str, **given: Any) -> None:
    """Begin a session in the capture that runs in this home, beside those that run already.

    The name of an ended session goes on recording into it, with the options that are given now."""
    with control(home.path) as asked:
        session = asked.start_session(name, "proxy", _options(SessionOptions(), given), note)
    _done("Recording to", session, as_json)


def _simple(word: str, said: str, help: str, change: Callable[[Control, int], Session]) -> None:
    @command.command(word, help=help, epilog=_examples(f"wireglass session {word} login"))
    @name_argument
    @json_option
    @home_option
    def _(home: Home, as_json: bool, name: str) -> None:
        session = _find(home, name)
        with control(home.path) as asked:
            _done(said, change(asked, session.id), as_json)


_simple(
    "pause",
    "Paused",
    "Keep nothing in it until it is resumed. Traffic passes on, and what passes is counted as missing.",
    lambda asked, number: asked.pause_session(number),
)
_simple("resume", "Recording to", "Go on with a paused session.", lambda asked, number: asked.resume_session(number))
_simple("stop", "Ended", "End a session. What it holds stays.", lambda asked, number: asked.stop_session(number))


@command.command(epilog=_examples("wireglass session clear login", "wireglass session clear login --yes"))
@name_argument
@yes_option
@home_option
def clear(home: Home, name: str, yes: bool) -> None:
    """Drop what a session holds. It goes on recording, and the proxy is not touched.

    What other sessions hold too stays in those."""
    session = _find(home, name)
    if not yes:
        held = f"{exchanges(session.exchanges + session.open)} of session {session.name!r}"
        confirm(f"Drop {held}?", f"{held} would be dropped")
    with control(home.path) as asked:
        went = asked.clear_session(session.id)
    click.echo(f"Dropped {exchanges(went)} of session {session.name!r}.")


@command.command(epilog=_examples("wireglass session delete login", "wireglass session delete login --yes"))
@name_argument
@yes_option
@home_option
def delete(home: Home, name: str, yes: bool) -> None:
    """Delete an ended session, with the exchanges that no other session holds."""
    session = _find(home, name)
    if not yes:
        what = f"session {session.name!r} with its {exchanges(session.exchanges)}"
        confirm(f"Delete {what}?", f"{what} would be deleted")
    with control(home.path) as asked:
        went = asked.delete_session(session.id)
    click.echo(f"Deleted session {session.name!r}, which held {exchanges(went)}.")


@command.command(epilog=_examples("wireglass session rename '2026-03-01 10:00:00.00' login-bug"))
@name_argument
@click.argument("new")
@json_option
@home_option
def rename(home: Home, as_json: bool, name: str, new: str) -> None:
    """Give a session another name."""
    session = _find(home, name)
    with control(home.path) as asked:
        changed = asked.change_session(session.id, name=new)
    _done("Renamed to", changed, as_json)


@command.command(
    epilog=_examples("wireglass session note login 'the second login fails'", "wireglass session note login ''")
)
@name_argument
@click.argument("text")
@json_option
@home_option
def note(home: Home, as_json: bool, name: str, text: str) -> None:
    """Say what a session is for; empty text takes that back."""
    session = _find(home, name)
    with control(home.path) as asked:
        changed = asked.change_session(session.id, note=text)
    _done("Noted for", changed, as_json)


@command.command(
    "set",
    epilog=_examples(
        "wireglass session set login --filter 'host:api.example.com'",
        "wireglass session set login --filter '' --retention-age none    keep everything",
    ),
)
@name_argument
@recording_options
@json_option
@home_option
def set_(home: Home, as_json: bool, name: str, **given: Any) -> None:
    """Change what a session keeps from now on; what is not given stays as it is."""
    if all(value is None for value in given.values()):
        raise UsageError(
            "Nothing is to be changed.", "Give --filter, --retention-age or another option; --help has them."
        )
    session = _find(home, name)
    with control(home.path) as asked:
        changed = asked.change_session(session.id, options=_options(session.options, given))
    _done("Changed", changed, as_json)


@command.command(epilog=_examples("wireglass session show login", "wireglass session show login --json | jq .tallies"))
@click.argument("name", required=False, default="", shell_complete=session_names)
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Bars of each breakdown.")
@json_option
@home_option
def show(home: Home, as_json: bool, name: str, limit: int) -> None:
    """Show a session (the newest, if none is named) with its figures of this moment: how long, how many, how much, and
    by method, domain, content type, status and data mode."""
    reader = open_record(home)
    if reader is None:
        say_empty(home)
        return
    with reader:
        sessions = [] if name else reader.sessions()
        if not name and not sessions:
            say_empty(home)
            return
        session = session_of(reader, name) if name else sessions[-1]
        tallies = reader.tallies(session.id, 1000 if as_json else limit + 1)
        missing = reader.missing(session.id)
    if as_json:
        click.echo(to_line(object_of(session, tallies, missing)))
        return
    for line in for_people(session, tallies, missing, limit):
        click.echo(line)
