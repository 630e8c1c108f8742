"""``pmproxy``: the command of PostmanProxy 0.1.5, with its options, lines and files, on our capture. What differs, and
why, is in ``docs/pmproxy.md``."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
import time
from collections.abc import Sequence

from wireglass import __version__
from wireglass.app.pmproxy import session_name, target
from wireglass.app.signals import Signals
from wireglass.cli.pmproxy_runs import Filter, Save
from wireglass.cli.pmproxy_words import Words
from wireglass.cli.program import INTERNAL_ERROR, abandon_stdout, write_crash
from wireglass.errors import WireglassError
from wireglass.listening import Address, parse_address
from wireglass.settings import Settings, load, unknown_variables

_EPILOG = """\
filter passes on headers that a browser keeps for itself; proxy is save with --tcp_connection true.

examples:
  pmproxy save                                        Ctrl+C stops, another one saves default.postman_collection
  pmproxy save --name api --host api.example.com --methods GET,POST
  pmproxy save --path /tmp --restricted_headers true  keeps Cookie, Origin, User-Agent ...
  pmproxy save --tcp_connection true                  each request also goes to 127.0.0.1:5005
  pmproxy proxy                                       the same
  pmproxy filter                                      Postman-Cookie is sent on as cookie

Everything is recorded as well, in the home of wireglass (WIREGLASS_HOME); its variables and its config.toml apply.

exit codes: 0 saved, filter stopped; 1 failed, or saved elsewhere; 2 wrong usage, a file that cannot be written, port or
home in use; 70 a mistake in Wireglass; 130 stopped before there was anything to save
"""


def main(arguments: Sequence[str] | None = None, signals: Signals | None = None) -> int:
    """Runs the command (``sys.argv`` by default) and returns its exit code. ``signals`` may have begun, and are left as
    they are."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal in latin-1 must not end the command
    settings: Settings | None = None
    words = Words()
    code = INTERNAL_ERROR
    try:
        parser = _parser()
        options = parser.parse_args(arguments)
        try:
            listen = parse_address(str(Address(options.bind.strip("[]"), options.port)))
        except ValueError as refusal:
            parser.error(f"argument --bind: {options.bind!r}: with the port it {refusal}")
        for note in unknown_variables(os.environ):
            words.say(note)
        is_filter = options.operation == "filter"
        file = None if is_filter else target(options.path, options.name)
        settings = _settings(options, listen, is_filter)
        with contextlib.nullcontext(signals) if signals else Signals(hangup=True) as counted:
            if file is None:
                code = Filter(settings, counted, words).run()
            else:
                code = Save(options, settings, counted, words, file).run()
    except SystemExit as end:  # argparse's
        code = end.code if isinstance(end.code, int) else 2
    except KeyboardInterrupt:
        words.say("Stopped before there was anything to save.")
        code = 130
    except WireglassError as error:
        words.say_hinting(error.line(), settings.home if settings else None)
        code = error.exit_code
    except Exception as error:  # the last door: a person is never shown a traceback
        where = write_crash(error, settings.home if settings else None)
        words.say(f"internal error ({type(error).__name__}: {error}). The details are in {where}; please report it.")
        code = INTERNAL_ERROR
    finally:
        if not all([words.out.end(), words.err.end()]):
            os._exit(code)  # Python would wait for that thread to leave its stream, and then abort
        if words.out.closed:
            abandon_stdout()
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pmproxy",
        description="PostmanProxy. TODO Add more detailed page",  # word for word, like the help of its options
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("operation", metavar="Operation", help="filter or save")
    add("--name", help="Collection name", default="default")
    add("--port", type=_port, help="Port for the proxy. Default=8080", default=8080)
    add("--path", help="Target path for saving the collection. Default is current directory", default="")
    add("--host", help="Only allow URLs of this host. Default is all URLs", default="")
    add("--methods", help="Comma separated list of allowed methods. Default is all methods", default="")
    add("--restricted_headers", help="Enable restricted headers. Default is false.", default="false")
    add(
        "--tcp_connection",
        help="Available for the save option. Set to true to send requests to Postman. Default is false.",
        default="false",
    )
    add("--tcp_host", type=_host, help="TCP host to forward to. Default=127.0.0.1", default="127.0.0.1")
    add("--tcp_port", type=_port, help="TCP port. Default=5005", default=5005)
    add("--bind", metavar="ADDRESS", help="Address for the proxy. Default=127.0.0.1", default="127.0.0.1")
    add("--insecure", action="store_true", help="Accept servers whose certificate cannot be verified")
    add("--version", action="version", version=f"pmproxy {__version__} (wireglass)")
    return parser


def _host(text: str) -> str:
    try:
        name = text.encode("idna")
    except UnicodeError:
        name = b""
    if not name or b"\0" in name:
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a host, and no address")
    return text


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text.strip(), re.ASCII) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"invalid int value: {text!r} (a port is a number from 0 to 65535)")
    return int(text)


def _settings(options: argparse.Namespace, listen: Address, is_filter: bool) -> Settings:
    flags: dict[str, str | None] = {
        "listen": str(listen),
        "session": session_name("filter" if is_filter else options.name, time.time()),
        "no_session": "false",
        "insecure": "true" if options.insecure else None,
        "postman_headers": "true" if is_filter else "false",
    }
    return load(flags, os.environ)
