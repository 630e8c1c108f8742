"""``wireglass``: finds the command, and turns whatever ends it into one line and an exit code.

    0    done
    1    not found, or it failed
    2    it cannot be done as asked: usage, settings, port, home
    70   a mistake in Wireglass; the details are in a file that the message names
    130  Ctrl-C

What was asked for and what was done goes to standard output, remarks go to standard error.

A reader that closes the pipe (``wireglass ls | head``) has what it wanted: exit 0.
"""

from __future__ import annotations

import importlib
import io
import keyword
import os
import shlex
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import click
from click.shell_completion import shell_complete

from wireglass import __version__
from wireglass.app.home import Home
from wireglass.cli.hint import program as usual_name
from wireglass.cli.hint import with_hints
from wireglass.cli.text import one_line, say
from wireglass.cli.usage import usage_line
from wireglass.errors import QueryError, UsageError, WireglassError
from wireglass.settings import TABLE, load_home, unknown_variables

GROUPS = {
    "Record": ("up", "run", "browser", "device", "ca", "session"),
    "Look": ("ls", "show", "tail", "views", "protos", "missing", "secrets"),
    "Tidy up": ("mark", "note", "filters", "rm", "prune"),
    "Exchange with other tools": ("export", "import"),
    "Wireglass itself": ("doctor", "completion"),
}
"""As ``--help`` lists them."""

COMMANDS = tuple(name for names in GROUPS.values() for name in names)
COMPLETE_VARIABLE = "_WIREGLASS_COMPLETE"
INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h
_OF_THE_PROGRAM = ("-h", "--help", "--version")


class Program(click.Group):
    """Commands are imported when they are named: ``ls`` need not wait for what ``up`` imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = f"{name}_" if keyword.iskeyword(name) else name
        command = importlib.import_module(f"wireglass.cli.{module}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        longest = max(map(len, COMMANDS))
        room = formatter.width - longest - 6
        for title, names in GROUPS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [(f"{name:<{longest}}", one.get_short_help_str(room)) for name, one in commands if one]
                )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Flags without a command are those of ``up``."""
        if not ctx.resilient_parsing and (not args or (args[0][:1] == "-" and args[0] not in _OF_THE_PROGRAM)):
            if at := _command_behind_flags(args):
                flag = args[0].partition("=")[0]
                right = shlex.join([args[at], *args[:at]])
                raise UsageError(f"Put {flag} after the command: {usual_name()} {right}.")
            args = ["up", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not ctx.resilient_parsing and args[0] not in COMMANDS:
            raise click.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)


def _command_behind_flags(args: Sequence[str]) -> int:
    """Where in ``args`` a command stands, 0 if none does. The word behind a flag that takes a value is no command: a
    session may be called "ls"."""
    take_value = {setting.flag for setting in TABLE if setting.metavar}
    for at, word in enumerate(args[1:], 1):
        if args[at - 1] == "--":
            break
        if word in COMMANDS and args[at - 1] not in take_value:
            return at
    return 0


@click.command(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  wireglass                                 record; the proxy is on 127.0.0.1:8080
  wireglass ls                              what was recorded, newest last
  wireglass show 12                         everything about exchange 12
\b
Exit codes: 0 done; 1 not found or failed; 2 cannot be done as asked;
70 a mistake in Wireglass; 130 Ctrl-C.""",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def program() -> None:
    """Record real HTTP and HTTPS traffic into a durable store.

    Without a command: the same as `wireglass up`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (``sys.argv`` by default) and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal in latin-1 must not end the command
    if COMPLETE_VARIABLE in os.environ:
        return _complete(os.environ[COMPLETE_VARIABLE])
    context: click.Context | None = None
    try:
        colour = False if os.environ.get("NO_COLOR") else None
        context = program.make_context(
            "wireglass", list(sys.argv[1:] if arguments is None else arguments), color=colour
        )
        for note in unknown_variables(os.environ):
            say(note)
        with context:
            program.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:  # a page of lines, and not one
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.UsageError as error:
        error.ctx = error.ctx or context  # click names none where the value of a flag is missing
        return _fail(usage_line(error), error.exit_code)
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        abandon_stdout()
    except QueryError as error:
        return _fail_with_place(error, _home(context))
    except WireglassError as error:
        return _fail(with_hints(error.line(), _home(context)), error.exit_code)
    except Exception as error:  # the last door: a person is never shown a traceback
        where = write_crash(error, _home(context))
        return _fail(
            f"internal error ({type(error).__name__}: {error}). The details are in {where}; please report it.",
            INTERNAL_ERROR,
        )
    return 0


def _complete(instruction: str) -> int:
    """Whoever types must see nothing of what goes wrong here."""
    try:
        return shell_complete(program, {}, "wireglass", COMPLETE_VARIABLE, instruction)
    except WireglassError as error:
        return error.exit_code
    except Exception as error:
        write_crash(error, None)
        return INTERNAL_ERROR


def _home(context: click.Context | None) -> Path | None:
    """The home as the command has read it; None where it came not so far."""
    return context.obj if context and isinstance(context.obj, Path) else None


def _fail(line: str, exit_code: int) -> int:
    say(line)
    return exit_code


def _fail_with_place(error: QueryError, home: Path | None) -> int:
    from wireglass.query import caret  # most commands have no query, and need not wait for what reads one

    say(with_hints(error.line(), home))
    for line in caret(error).splitlines():
        click.echo(f"  {one_line(line)}", err=True)
    return error.exit_code


def abandon_stdout() -> None:
    """Point standard output at nothing, or the interpreter complains when it flushes it at its end."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)


def write_crash(error: BaseException, path: Path | None) -> Path | str:
    """The traceback, readable by this user alone, in the home or, if that cannot be written, in a temporary folder."""
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    text = f"wireglass {__version__}, Python {sys.version}\n{''.join(traceback.format_exception(error))}"
    try:
        home = Home(path or load_home(None, os.environ))
        home.make()
        home.write_private(home.path / name, text.encode("utf-8", "backslashreplace"))
        return home.path / name
    except (OSError, WireglassError):
        folder = Path(tempfile.mkdtemp(prefix="wireglass-"))
        (folder / name).write_text(text, "utf-8", "backslashreplace")
        return folder / name
