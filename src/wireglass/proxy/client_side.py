"""What an exchange asks of its client's side, whatever is spoken there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wireglass.errors import WireglassError
from wireglass.model import Exchange, Headers
from wireglass.net import Upstream
from wireglass.wire.head import ResponseHead

if TYPE_CHECKING:
    from wireglass.proxy.client import ClientConnection


class ClientSide(Protocol):
    """The client's side of one exchange. What is told of the response is sent with the next ``flush``; the exchange
    ends with ``finished``, ``answer`` or ``break_off``."""

    connection: ClientConnection

    @property
    def blocked(self) -> bool:
        """The client does not read: what is written to it piles up."""

    def response_informational(self, head: ResponseHead) -> None: ...
    def response_head(self, head: ResponseHead, *, request_done: bool, strip_h3: bool) -> None:
        """``strip_h3``: without offers of HTTP/3."""

    def response_body(self, data: bytes) -> None: ...
    def response_end(self, trailers: Headers) -> None: ...
    def flush(self) -> None: ...
    def unsent(self) -> int:
        """Bytes of the response that the client has not taken yet."""

    def hold(self, reason: int) -> None:
        """Let no more of the request come (``flow``)."""

    def release(self, reason: int) -> None: ...
    def wake(self, at: float) -> None:
        """``Forward.look`` is to be called at this time of the loop."""

    @property
    def ended_at(self) -> float:
        """``perf_counter`` when it ended its side of the connection, and may have gone; 0 before."""

    def finished(self, *, request_done: bool) -> None:
        """The whole response has been told."""

    def mirrors(self, error: WireglassError) -> bool:
        """``break_off`` says it as the server did, which is better than an answer of ours."""

    def answer(self, error: WireglassError, host: str, *, request_done: bool, leave: bool = False) -> None:
        """Nothing of a response has been told: say what went wrong with the server ``host``. ``leave``: the client may
        be gone, and nothing more is expected of it."""

    def break_off(self, error: WireglassError) -> None:
        """End inside the response, so that the client can tell that it is not whole."""

    def switch(self, exchange: Exchange, upstream: Upstream, first: bytes) -> None:
        """101 has been sent: from here on both directions belong to another protocol (RFC 9110 15.2.2)."""
