"""``wireglass up``"""

from __future__ import annotations

import os
import shlex
import sys

import click

from wireglass.api import web_files
from wireglass.app.report import Started, Stopped, exchanges, reachable
from wireglass.cli.departures import departures, openness
from wireglass.cli.hint import hint
from wireglass.cli.options import option
from wireglass.cli.text import one_line, say, size
from wireglass.settings import TABLE, USUAL_UI, load, load_home


@click.command(
    epilog="""\b
Examples:
  wireglass up --session login-bug          record under a name of your own
  wireglass up --listen 0.0.0.0:8080        phones and others on the network can use it, too
  wireglass up --open                       with the web UI in your browser
  wireglass up --workers 2 --body-limit 10M
  wireglass up --mode reverse:https://api.example.com@127.0.0.1:9000
\b
Exit codes: 0 stopped with Ctrl-C; 1 failed;
2 a setting is wrong, the port is taken, or the home is in use or not writable."""
)
@click.pass_context
def command(context: click.Context, /, **flags: str | None) -> None:
    """Start the proxy and record what passes, until Ctrl-C.

    Ctrl-C lets running exchanges end for 5 seconds at most (a second Ctrl-C stops at once), and says how much was
    recorded. All flags can be set in HOME/config.toml or in
    the environment as well; a flag beats the environment, which beats the file."""
    context.find_root().obj = load_home(flags["home"], os.environ)
    settings = load(flags, os.environ)
    # Imported here: reading commands and --help need not load the proxy.
    from wireglass.app.main import up

    def begun(started: Started) -> None:
        _say_started(started)
        for line in departures(settings):
            say(line)
        if settings.open and started.ui:
            from wireglass.cli.opening import open_ui

            open_ui(_ui(started, started.token), started.home)

    stopped = up(settings, started=begun, notice=say)
    _say_stopped(stopped)


for _setting in TABLE:
    command = option(_setting)(command)


def _say_started(started: Started) -> None:
    """Seven lines and one for each further port: a person copies one of them, a script waits for the first."""
    proxy = f"http://{reachable(started.listen)}"
    ca = started.ca_certificate
    processes = f" ({started.workers} proxy processes)" if started.workers > 1 else ""
    if started.session:
        click.echo(f"Recording to session {started.session!r} in {started.home}; proxy on {started.listen}{processes}.")
    else:
        click.echo(f"Recording nothing yet in {started.home}; proxy on {started.listen}{processes}.")
        click.echo(f"  Begin:  {hint('session start NAME', started.home)}")
    if started.ui:
        elsewhere = f" ({USUAL_UI} is taken)" if started.ui_is_elsewhere else ""
        # The token is for the person at this terminal: what is written elsewhere may be read by others, and programs
        # find it in run.json.
        click.echo(f"  UI:     {_ui(started, started.token if sys.stdout.isatty() else '')}{elsewhere}")
    click.echo(f"  HTTP:   curl -x {proxy} http://example.com/")
    click.echo(f"  HTTPS:  curl -x {proxy} --cacert {shlex.quote(str(ca))} https://example.com/")
    if started.username:
        click.echo(f"  Log in: user {one_line(started.username)}, and the password of --proxy-auth")
    for port in started.ports[1:]:
        if port.target:
            own = reachable(port.listen)
            click.echo(f"  Server: http://{own} and https://{own} stand for {port.target}")
        else:
            click.echo(f"  Proxy:  {port.listen}, too")
    trust, ls, tail = (hint(name, started.home) for name in ("ca", "ls", "tail"))
    click.echo(f"  Others: export http_proxy={proxy} https_proxy={proxy}; trust the certificate: {trust}")
    click.echo(f"  Look:   {ls}, or {tail}, in another terminal. Ctrl-C stops.")
    sys.stdout.flush()
    for line in openness(started):
        say(line)
    if started.ui and not web_files.is_built():
        say(f"The web UI is not built, and its address says so. {web_files.HOW_TO_BUILD}")


def _ui(started: Started, token: str) -> str:
    return f"http://{reachable(started.ui)}/{f'#token={token}' if token else ''}"


def _say_stopped(stopped: Stopped) -> None:
    failed = f", {stopped.failed} of them failed" if stopped.failed else ""
    count = exchanges(stopped.exchanges)
    where = f" in session {stopped.session!r}" if stopped.session else ""
    click.echo(f"Recorded {count} ({size(stopped.body_bytes)} of bodies{failed}){where}.")
    if stopped.not_kept:
        click.echo(f"{stopped.not_kept} more passed but could not be stored.", err=True)
