"""What a way in may ask of whoever records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from wireglass.model.exchange import Exchange


class Sink(Protocol):
    """Called on the event loop; never blocks and never raises."""

    @property
    def full(self) -> bool:
        """True while the recording budget is used up: read no more from peers until ``when_room`` calls back."""

    def new_key(self) -> int: ...

    def opened(self, exchange: Exchange) -> None:
        """The request head is known. The exchange may be changed until ``closed``; the sink reads it again."""

    def part(self, exchange: Exchange, side: int, data: bytes) -> None:
        """A body piece (``messages.REQUEST`` or ``RESPONSE``) that has passed, transfer coding removed; or marks
        (``TIMELINE``) of pieces that were told before."""

    def changed(self, exchange: Exchange) -> None:
        """More is known than when it was opened: the response head, the server's address."""

    def closed(self, exchange: Exchange) -> None:
        """The end or an error; the exchange is not touched again."""

    def certificate(self, hash: bytes, der: bytes) -> None: ...

    def when_room(self, resume: Callable[[], None]) -> None:
        """Call ``resume`` once, as soon as ``full`` is false."""
