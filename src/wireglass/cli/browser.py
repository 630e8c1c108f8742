"""``wireglass browser``"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from wireglass.app.home import Home
from wireglass.cli import text
from wireglass.cli.hint import with_hints
from wireglass.cli.options import home_option, json_option
from wireglass.cli.shape import to_line
from wireglass.cli.text import one_line
from wireglass.errors import UsageError
from wireglass.launch.browsers import NAMES, Browser, check_url, choose, find, snap
from wireglass.proxy.site import HOST

_START_PAGE = f"http://{HOST}/"


@click.command(
    epilog="""\b
Examples:
  wireglass browser                         the first browser found, on the page of Wireglass
  wireglass browser https://example.com/    or example.com, or localhost:3000
  wireglass browser --browser firefox       or chromium, chrome, edge, brave, or a path
  wireglass browser --list
  wireglass browser example.com -- --headless --dump-dom
\b
Exit codes: 0 the browser was closed; 1 none found, or it failed; 2 wrong usage, or a setting is wrong;
130 Ctrl-C."""
)
@click.argument("words", metavar="[URL] [-- ARGUMENTS]", nargs=-1, type=click.UNPROCESSED)
@click.option("--browser", "wanted", metavar="NAME|PATH", help=f"Which browser: {', '.join(NAMES)}, or a program.")
@click.option("--list", "as_list", is_flag=True, help="Show which browsers are found, and end.")
@click.option("--session", metavar="NAME", help="Name of the session, where the capture is started for the browser.")
@json_option
@home_option
def command(
    words: tuple[str, ...], wanted: str | None, as_list: bool, session: str | None, as_json: bool, home: Home
) -> None:
    """Start a browser whose traffic is captured.

    It has a profile of its own, which is removed at the end, uses the proxy, also for localhost, and trusts the CA of
    this home. Your usual browser and its profile stay as they are. A capture is started when none is running, and ends
    with the browser. ARGUMENTS go to the browser, whose messages are then shown."""
    url, arguments = _split(words)
    found = find(sys.platform, os.environ)
    if as_list:
        _show(found, as_json)
        return
    if as_json:
        raise UsageError("--json is for --list.", "Add --list, or leave it out.")
    url = check_url(url)
    browser = choose(wanted, found)
    _run(home, browser, url, arguments, session)


def _split(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The URL, and what is for the browser. click takes the ``--`` away, and no URL begins with a hyphen."""
    if words and not words[0].startswith("-"):
        return words[0], words[1:]
    return _START_PAGE, words


def _show(found: Sequence[Browser], as_json: bool) -> None:
    if not found:
        choose(None, found)
    for browser in found:
        if as_json:
            click.echo(to_line({"name": browser.name, "title": browser.title, "path": str(browser.path)}))
        else:
            click.echo(f"{browser.name:<10}{browser.title:<16}{one_line(str(browser.path))}")


def _run(home: Home, browser: Browser, url: str, arguments: Sequence[str], session: str | None) -> None:
    # Imported here: --help and --list need none of them.
    from wireglass.app.companion import capture
    from wireglass.launch import chromium, firefox, profile
    from wireglass.launch.certificates import CaCertificate
    from wireglass.launch.visit import visit

    def say(line: str) -> None:
        text.say(with_hints(line, home.path))

    def hear(line: str) -> None:
        click.echo(one_line(line), err=True)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, _end)
    name = snap(browser.path)
    parent = Path.home() / "snap" / name / "common" if name else home.browsers
    with capture(home.path, say=say, session=session) as recording, profile.fresh(parent, say) as own:
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
        say(f"{browser.title} is captured through {recording.address} until you close it, or press Ctrl-C here.")
        visit(browser.title, line, environ, [own.lock], hear if arguments else None)


def _end(number: int, _frame: FrameType | None) -> None:
    """The way an exception takes closes the browser and removes its profile."""
    sys.exit(128 + number)
