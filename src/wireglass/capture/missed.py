"""What did not become a kept exchange, gathered for one batch."""

from __future__ import annotations

import msgspec

from wireglass.errors import ClientDistrust, Refused
from wireglass.model import Closed, Detail, Reason, Summary
from wireglass.store import Missed

_SHOWN = 300  # characters of a URL or an error
_decode = msgspec.msgpack.Decoder(Detail).decode


def reason_of(summary: Summary) -> Reason | None:
    """Of what is recorded as a connection or a failure, and is not what somebody looks for."""
    if summary.error_kind == ClientDistrust.code:
        return "certificate_rejected"
    if summary.error_kind == Refused.code:
        return "refused"
    if summary.protocol == "tunnel" and (summary.error_kind is None or summary.request_size + summary.response_size):
        return "passed_through"
    return None


class Gathered:
    def __init__(self) -> None:
        self._found: dict[tuple[int, Reason, str], Missed] = {}

    def add(self, session: int, reason: Reason, message: Closed) -> None:
        summary = message.summary
        host = _host(summary)
        before = self._found.get((session, reason, host))
        count = 1 if before is None else before.count + 1
        client = summary.client.rpartition(":")[0]
        detail = _detail(reason, message)[:_SHOWN]
        self._found[session, reason, host] = Missed(session, reason, host, count, summary.started, detail, client)

    def all(self) -> list[Missed]:
        return list(self._found.values())


def _host(summary: Summary) -> str:
    """With the port where it is a connection; the name that TLS told before the address that CONNECT did."""
    if summary.protocol != "tunnel":
        return summary.host
    name, _, port = summary.url.rpartition(":")
    return summary.url if name.strip("[]") == summary.host.strip("[]") else f"{summary.host}:{port}"


def _detail(reason: Reason, message: Closed) -> str:
    summary = message.summary
    if summary.error is not None and reason in ("certificate_rejected", "refused"):
        return summary.error
    if reason == "passed_through":
        notes = _decode(message.detail).notes
        return notes[-1] if notes else "no TLS and no HTTP"
    return f"{summary.method} {summary.url}".strip()
