"""What becomes of a client's TLS: read, passed through as it is, or refused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple, TypeAlias

from wireglass.policy.hosts import find_host

Action: TypeAlias = Literal["intercept", "pass", "refuse"]


class Decision(NamedTuple):
    action: Action
    pattern: str = ""
    """The one of the setting that fits; empty for ``intercept``, and for a client that has its own way."""

    @property
    def note(self) -> str:
        """For the record of what is passed through."""
        if self.pattern:
            return f"passed through untouched: --passthrough {self.pattern}"
        return "passed through untouched: clients at this address have rejected our certificate (--auto-passthrough)"


def decide(
    port: int,
    *names: str,
    passthrough: Collection[str] = (),
    refuse: Collection[str] = (),
    rejected: bool = False,
) -> Decision:
    """``names`` of the server: the one in the ClientHello and the one of the CONNECT, lower case. ``passthrough`` and
    ``refuse`` are host patterns; a host that both name is refused, because that cannot be made good afterwards.
    ``rejected``: this client has rejected our certificate for it often enough, and may have its own way."""
    if pattern := find_host(refuse, port, *names):
        return Decision("refuse", pattern)
    if pattern := find_host(passthrough, port, *names):
        return Decision("pass", pattern)
    if rejected:
        return Decision("pass")
    return Decision("intercept")
