"""What an exchange and the connection to its server ask of each other, whatever is spoken on it."""

from __future__ import annotations

import enum
from typing import Protocol

from wireglass.errors import BadResponse, WireglassError
from wireglass.model import Headers
from wireglass.net.upstream import Upstream
from wireglass.wire.head import RequestHead
from wireglass.wire.http1 import ResponseEvents


class Seen(enum.Enum):
    """Whether a server that is gone has seen the request, which decides if it may be sent again."""

    PERHAPS = enum.auto()
    HARDLY = enum.auto()
    """It had closed the kept connection: what is idempotent may be sent again (RFC 9110 9.2.2)."""
    AS_NOTHING = enum.auto()
    """It closed without a word, and no protocol had been agreed on: HTTP/2 may be all it speaks."""
    NO = enum.auto()
    """It said so: anything may be sent again (RFC 9113 8.7)."""


class Asker(ResponseEvents, Protocol):
    """The exchange. ``server_told`` follows the events of one read, ``server_ended`` those that the end of the
    connection made."""

    def server_told(self) -> None: ...
    def server_ended(self) -> None: ...
    def server_failed(self, error: BadResponse) -> None: ...
    def server_gone(self, error: WireglassError, seen: Seen) -> None: ...
    def server_blocked(self, blocked: bool) -> None: ...
    def note(self, text: str) -> None: ...


class ServerSide(Protocol):
    """The server's side of one exchange: ``ask`` once, then ``body`` and ``end``; ``leave`` after the response, or
    ``cancel`` at any time. After these two the asker is told nothing more."""

    connection: Upstream

    def ask(
        self,
        asker: Asker,
        head: RequestHead,
        target: bytes,
        authority: bytes,
        body: list[bytes],
        trailers: Headers | None,
    ) -> None:
        """``body`` is what there is of it already; ``trailers`` None: the request has not ended."""

    def body(self, data: bytes) -> None: ...
    def end(self, trailers: Headers) -> None: ...
    def hold(self, reason: int) -> None:
        """Let nothing more come (``flow``)."""

    def release(self, reason: int) -> None: ...
    def ask_for_more(self) -> None: ...
    @property
    def held(self) -> int:
        """Bytes that came and are not part of the response told so far."""

    def unsent(self) -> int:
        """Bytes of the request that the server has not taken yet."""

    def hint(self) -> str:
        """What may be wrong with the way it was asked, by what it said before a response head; mostly empty."""

    def notes(self) -> list[str]: ...
    def leave(self, *, request_done: bool) -> None: ...
    def cancel(self) -> None: ...
    def spare(self) -> None:
        """It is not asked after all."""

    def switched(self) -> tuple[Upstream, bytes] | None: ...
