"""What ``up`` tells its caller when it runs and when it has ended."""

from __future__ import annotations

from pathlib import Path

import msgspec

from wireglass.app.home import Port

OPEN = (
    "Everybody in the network can send requests through this proxy, as if from this machine, and they are recorded; "
    "nobody there can read the record."
)
"""Said at the start of one that other machines can reach."""

OPEN_WITH_LOGIN = (
    "Those in the network who have the password of --proxy-auth can send requests through this proxy, as if from this "
    "machine, and they are recorded; nobody there can read the record. The password comes in clear (Basic)."
)
"""The same where they have to log in."""

_ANY = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - told apart, not bound


def reachable(listen: str) -> str:
    """The address as a client on this machine writes it: "any address" is not one that can be connected to."""
    host, _, port = listen.rpartition(":")
    return f"{_ANY.get(host, host)}:{port}"


def exchanges(count: int) -> str:
    return "1 exchange" if count == 1 else f"{count:,} exchanges"


class Started(msgspec.Struct, frozen=True):
    """The proxy accepts connections and records."""

    listen: str
    """``host:port`` as bound, so never port 0."""
    home: Path
    session: str
    """Empty where none was begun."""
    ca_certificate: Path
    workers: int
    ports: tuple[Port, ...] = ()
    """All that it listens on, that of ``listen`` first."""
    username: str = ""
    """Whom ``--proxy-auth`` names; empty where nobody has to log in."""
    ui: str = ""
    """The API's ``host:port`` as bound; empty where there is none."""
    ui_is_elsewhere: bool = False
    """Nobody has said where it should be, and its usual port is taken."""
    token: str = ""
    """Of the API."""


class Stopped(msgspec.Struct, frozen=True):
    """The counts of one run."""

    session: str
    """Empty where none was begun."""
    exchanges: int
    body_bytes: int
    failed: int
    """Of ``exchanges``: those that ended with an error."""
    not_kept: int
    """Exchanges that passed but could not be stored."""
