"""What whoever starts a proxy should know of it: who can reach it, and what is not as usual."""

from __future__ import annotations

from wireglass.app.report import OPEN, OPEN_WITH_LOGIN, Started
from wireglass.cli.hint import hint
from wireglass.launch.addresses import is_loopback
from wireglass.listening import parse_address
from wireglass.settings import Settings

_MOST_HOSTS = 5
"""That are named in one line."""


def openness(started: Started) -> list[str]:
    """For each port that other machines can reach, what they can do there."""
    lines = []
    if not is_loopback(parse_address(started.listen).host):
        open = OPEN_WITH_LOGIN if started.username else OPEN
        lines.append(f"{open} To set up a phone: {hint('device', started.home)}")
    return lines + [
        f"Everybody in the network can ask {port.target} on {port.listen}." if port.target else OPEN
        for port in started.ports[1:]
        if not is_loopback(parse_address(port.listen).host)
    ]


def departures(settings: Settings) -> list[str]:
    """What is set, perhaps in a file of long ago, that makes traffic go elsewhere, unread or unchecked."""
    lines = []
    if settings.upstream is not None:
        lines.append(f"Servers are reached through the proxy {settings.upstream} (--upstream).")
    if settings.passthrough:
        lines.append(f"Passed through unread: {_some(settings.passthrough)} (--passthrough).")
    if settings.refuse:
        lines.append(f"Refused: {_some(settings.refuse)} (--refuse).")
    if settings.insecure:
        lines.append("No server has to prove who it is: certificates that do not verify are accepted (--insecure).")
    elif settings.insecure_hosts:
        lines.append(
            f"Accepted without a certificate that verifies: {_some(settings.insecure_hosts)} (--insecure-hosts)."
        )
    return lines


def _some(hosts: tuple[str, ...]) -> str:
    more = f" and {len(hosts) - _MOST_HOSTS} more" if len(hosts) > _MOST_HOSTS else ""
    return ", ".join(hosts[:_MOST_HOSTS]) + more
