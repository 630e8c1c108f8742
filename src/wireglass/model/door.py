"""Doors: the ports that clients come to."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

import msgspec

DoorState: TypeAlias = Literal["open", "stopped", "failed"]


class Door(msgspec.Struct, frozen=True):
    id: int
    mode: str
    """As ``--mode`` takes it: ``regular@127.0.0.1:8080``, ``reverse:https://api.example.com@127.0.0.1:9000``."""
    listen: str
    """``host:port`` as bound; while it is not open, where it was, or was asked for."""
    state: DoorState
    target: str = ""
    """In reverse mode, the URL of the server behind it."""
    error: str = ""
    """Why it could not be opened."""


class Doors(Protocol):
    """What can be asked of them while a capture runs. All raise ``NotFound`` for an unknown id, and ``UsageError``
    (``PortTaken`` …) where a door cannot be opened."""

    def list(self) -> list[Door]: ...

    async def start(self, mode: str) -> Door:
        """A new door. Raises ``BadSetting`` for a mode that cannot be read."""

    async def open(self, id: int) -> Door:
        """One that was stopped or has failed, on its port again. Harmless for an open one."""

    async def stop(self, id: int) -> Door:
        """Accepts no more; what runs through it may end, idle connections are closed."""

    async def remove(self, id: int) -> None:
        """Stops and forgets it. Raises ``UsageError`` for the first one, which the rest of Wireglass names."""
