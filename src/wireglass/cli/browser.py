"""``wireglass browser``"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

import click
from click.shell_completion import CompletionItem

from wireglass.app.home import Home
from wireglass.cli import text
from wireglass.cli.hint import with_hints
from wireglass.cli.options import capture_options, check, home_option, json_option
from wireglass.cli.shape import to_line
from wireglass.cli.text import one_line
from wireglass.errors import UsageError
from wireglass.launch.browsers import NAMES, Browser, check_screen, check_url, choose, find, snap
from wireglass.proxy.site import HOST

_START_PAGE = f"http://{HOST}/"
_ARGUMENTS = "wireglass.browser.arguments"


class _Command(click.Command):
    """click takes the ``--`` away, behind which everything is for the browser."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[_ARGUMENTS] = args[at + 1 :]
        return super().parse_args(ctx, args[:at])


def _complete(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Those that are found, or the path of one."""
    names = [browser.name for browser in find(sys.platform, os.environ) if browser.name.startswith(incomplete)]
    return [*map(CompletionItem, names)] or [CompletionItem(incomplete, type="file")]


@click.command(
    cls=_Command,
    epilog="""\b
Examples:
  wireglass browser                         the first browser found, on the page of Wireglass
  wireglass browser https://example.com/    or example.com, or localhost:3000
  wireglass browser --browser firefox       or chromium, chrome, edge, brave, or a path
  wireglass browser --list
  wireglass browser --insecure-hosts dev.local dev.local
  wireglass browser example.com -- --headless=new --dump-dom
\b
Exit codes: 0 the browser was closed; 1 none found, or it failed; 2 wrong usage, or a setting is wrong;
130 Ctrl-C.""",
)
@click.argument("words", metavar="[URL] [-- ARGUMENTS]", nargs=-1)
@click.option(
    "--browser",
    "wanted",
    metavar="NAME|PATH",
    help=f"Which browser: {', '.join(NAMES)}, or a program.",
    shell_complete=_complete,
)
@click.option("--list", "as_list", is_flag=True, help="Show which browsers are found, and end.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something fails; the browser neither.")
# For who starts this command and may be killed: a pipe ends with its process, however that ends.
@click.option("--until-stdin-ends", is_flag=True, hidden=True)
@json_option
@home_option
@capture_options
@click.pass_context
def command(
    context: click.Context,
    /,
    words: tuple[str, ...],
    wanted: str | None,
    as_list: bool,
    quiet: bool,
    until_stdin_ends: bool,
    as_json: bool,
    home: Home,
    **flags: str | None,
) -> None:
    """Start a browser whose traffic is captured.

    It has a profile of its own, which is removed at the end, uses the proxy, also for localhost, and trusts the CA of
    this home. Your usual browser and its profile stay as they are. A capture is started when none is running, with the
    settings given here, and ends with the browser; one that runs keeps its own. ARGUMENTS go to the browser, whose
    messages are then shown."""
    arguments = context.meta[_ARGUMENTS]
    if len(words) > 1:
        right = shlex.join([words[0], "--", *words[1:]])
        raise click.UsageError(f"What is for the browser stands behind --: wireglass browser {right}.", context)
    found = find(sys.platform, os.environ)
    if as_list:
        _show(found, as_json)
        return
    if as_json:
        raise UsageError("--json is for --list.", "Add --list, or leave it out.")
    check(flags)
    url = check_url(words[0]) if words else _START_PAGE
    browser = choose(wanted, found)
    check_screen(browser, arguments, sys.platform, os.environ)
    from wireglass.launch.visit import Failed

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, _end)
    if until_stdin_ends:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        _run(home, browser, url, arguments, flags, quiet)
    except Failed as failed:
        text.say(f"{failed.line()}{' The last it said:' if failed.last_words else ''}")
        for said in failed.last_words:
            _hear(f"  {said}")
        context.exit(failed.exit_code)


def _show(found: Sequence[Browser], as_json: bool) -> None:
    if not found:
        choose(None, found)
    for browser in found:
        if as_json:
            click.echo(to_line({"name": browser.name, "title": browser.title, "path": str(browser.path)}))
        else:
            click.echo(f"{browser.name:<10}{browser.title:<16}{one_line(str(browser.path))}")


def _run(
    home: Home, browser: Browser, url: str, arguments: Sequence[str], flags: Mapping[str, str | None], quiet: bool
) -> None:
    # Imported here: --help and --list need none of them.
    from wireglass.app.companion import capture
    from wireglass.launch import chromium, firefox, profile
    from wireglass.launch.certificates import CaCertificate
    from wireglass.launch.visit import visit

    def say(line: str) -> None:
        if not quiet:
            text.say(with_hints(line, home.path))

    name = snap(browser.path)
    parent = Path.home() / "snap" / name / "common" if name else home.browsers
    with capture(home.path, say=say, flags=flags) as recording, profile.fresh(parent, say) as own:
        if recording.ignored:
            text.say(recording.ignored)  # with --quiet as well: something does not happen that was asked for
        environ = dict(os.environ)
        if browser.engine == "firefox":
            firefox.prepare(browser.path, own.path, proxy=recording.address, ca_certificate=recording.ca_certificate)
            line = firefox.command(browser.path, own.path, url=url, arguments=arguments)
            environ = firefox.environment(environ)
        else:
            sandbox = os.geteuid() != 0
            if not sandbox:
                say(f"You are root: {browser.title} runs without its sandbox. Open only pages you trust.")
            line = chromium.command(
                browser.path,
                own.path,
                proxy=recording.address,
                ca_hash=CaCertificate(recording.ca_certificate.read_bytes()).key_hash,
                sandbox=sandbox,
                url=url,
                arguments=arguments,
            )
        if recording.run.proxy_auth:
            say(f"{browser.title} will ask for the proxy's password: user {recording.run.proxy_auth.username}.")
        say(f"{browser.title} is captured through {recording.address} until you close it, or press Ctrl-C here.")
        visit(browser.title, line, environ, [own.lock], _hear if arguments and not quiet else None)


def _hear(line: str) -> None:
    click.echo(one_line(line), err=True)


def _end(number: int, _frame: FrameType | None) -> None:
    """The way an exception takes closes the browser and removes its profile."""
    sys.exit(128 + number)


def _end_with_stdin() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    # To the main thread: it waits for the browser, and nothing else wakes it.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
