"""Getting the programs of this machine to use the proxy, as it can be asked of a running capture."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec


class Browser(msgspec.Struct, frozen=True):
    """One that is installed."""

    name: str
    """As ``wireglass browser --browser`` takes it."""
    title: str
    path: str
    running: int = 0
    """How many of those that were started here are open."""
    problem: str = ""
    """Why the last one that was started here could not be used."""


class Environment(msgspec.Struct, frozen=True):
    """What makes programs on this machine use the proxy and trust it: the variables of ``wireglass run``."""

    variables: dict[str, str | None]
    """Variable to its value; null takes it away. Without a proxy's password: they are empty where it wants one."""
    username: str
    """Of the proxy's password; empty where it wants none."""
    home: str
    """To be given with ``--home``; empty where commands find this home without it."""


class OwnAddress(msgspec.Struct, frozen=True):
    """An address of this machine, as other devices reach it."""

    address: str
    interface: str
    kind: Literal["network", "vpn", "virtual"]
    """``virtual``: a bridge to containers and virtual machines on this machine."""
    door: int | None
    """The proxy that listens there; null: none does."""
    port: int | None
    url: str
    """Our page for devices, with the certificate and steps; empty where no proxy listens there."""
    qr: str
    """The same as a QR code: an image, as a ``data:`` URL."""


class Launch(Protocol):
    async def browsers(self) -> list[Browser]: ...

    async def start_browser(self, name: str, url: str) -> Browser:
        """With a profile of its own, until it is closed. An empty ``url``: the page of Wireglass. Raises ``NotFound``
        for one that is not installed, ``UsageError`` where it cannot be started here, or not at ``url``."""

    async def environment(self) -> Environment: ...

    async def addresses(self) -> list[OwnAddress]:
        """The likely one first."""
