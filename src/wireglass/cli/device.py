"""``wireglass device``"""

from __future__ import annotations

import os
import shutil
import sys

import click

from wireglass.app.home import Home, Run
from wireglass.cli.hint import hint
from wireglass.cli.options import home_option, json_option
from wireglass.cli.qr import qr_lines
from wireglass.cli.shape import to_line
from wireglass.cli.text import one_line, say
from wireglass.errors import NotFound, WireglassError
from wireglass.launch.addresses import OwnAddress, find, is_loopback, of_listener
from wireglass.listening import Address, parse_address

_KINDS = {"network": "", "vpn": " (a VPN: reached by devices in it)", "virtual": " (containers and virtual machines)"}


@click.command(
    epilog="""\b
Examples:
  wireglass up --listen 0.0.0.0:8080        phones and others on the network can use it
  wireglass device                          what to type in there, and a QR code to the certificate
  wireglass device --json | jq -r .url
\b
Exit codes: 0 done; 1 nothing runs here, or other devices cannot reach it; 2 wrong usage."""
)
@json_option
@home_option
def command(home: Home, as_json: bool) -> None:
    """Show how a phone or another computer uses this proxy.

    That is its address in the network, and a page with the certificate and steps for the system that opens it."""
    run = home.running()
    if run is None:
        address = hint("up --listen 0.0.0.0:8080", home.path)
        raise NotFound(f"Nothing runs in {home.path}.", f"Start with: {address}")
    listen = parse_address(run.listen)
    addresses = of_listener(listen.host, find())
    if not addresses:
        raise _unreachable(run, listen, home)
    if as_json:
        login = {"username": run.proxy_auth.username} if run.proxy_auth else {}
        click.echo(to_line({**_shape(addresses, listen.port), **login}))
        return
    _say(addresses, listen.port, run.proxy_auth.username if run.proxy_auth else "")


def _unreachable(run: Run, listen: Address, home: Home) -> WireglassError:
    if is_loopback(listen.host):
        again = hint(f"up --listen 0.0.0.0:{listen.port}", home.path)
        return WireglassError(
            f"The proxy listens on {run.listen}: only this machine can reach it.",
            f"Stop it (pid {run.pid}), and start it for the whole network with: {again}",
        )
    return WireglassError(
        f"The proxy listens on {run.listen}, and this machine has no network address there.",
        "Connect it to the network that the device is in.",
    )


def _url(own: OwnAddress, port: int) -> str:
    return f"http://{Address(own.address, port)}/"


def _shape(addresses: list[OwnAddress], port: int) -> dict[str, object]:
    first = addresses[0]
    return {
        "host": first.address,
        "port": port,
        "url": _url(first, port),
        "addresses": [{**own._asdict(), "url": _url(own, port)} for own in addresses],
    }


def _say(addresses: list[OwnAddress], port: int, username: str) -> None:
    first, *others = addresses
    if sys.stdout.isatty():
        # One column is left free: some terminals wrap a line that fills the last one.
        columns = shutil.get_terminal_size().columns - 1
        lines = qr_lines(_url(first, port), columns, colour=not os.environ.get("NO_COLOR"))
        click.echo("".join(f"{line}\n" for line in lines))
    else:
        say("The QR code is shown on a terminal only.")
    click.echo("1. In the same network, open on the device (or scan), and trust the certificate as it says there:")
    click.echo(f"     {_url(first, port)}")
    click.echo("2. In the device's Wi-Fi or proxy settings, a manual HTTP proxy, for HTTPS as well:")
    click.echo(f"     Server: {first.address}")
    click.echo(f"     Port:   {port}")
    if username:
        click.echo(f"     User:   {one_line(username)}, with the password of --proxy-auth")
    click.echo("3. Look whether it is trusted, on the device: https://wireglass.internal/trusted")
    if others:
        click.echo(f"If {first.address} ({one_line(first.interface)}) is not the network of the device:")
        for own in others:
            click.echo(f"     {own.address} port {port}, {one_line(own.interface)}{_KINDS[own.kind]}")
