"""What has stood still for too long, and through whom. Bytes cost nothing here: ``Forward.look`` asks now and then."""

from __future__ import annotations

from typing import NamedTuple

from wireglass.errors import ClientClosed, IdleTimeout, ResponseTimeout, WireglassError
from wireglass.net import wait_longer
from wireglass.proxy.watch import Limits, Watch


class Standing(NamedTuple):
    """A running exchange as one look finds it. Times are of ``perf_counter``, 0 where it has not happened; sizes are
    bytes."""

    host: str
    """The server, as ``host:port``."""
    client_ended: float
    """When the client ended its side of the connection."""
    asked: float
    """When the whole request had been handed over."""
    request_done: bool
    answered: bool
    """The client has been sent a response head."""
    sending: int
    """Of the request, not taken by the server yet."""
    answering: int
    """Of the response, not taken by the client yet."""
    passed: tuple[int, ...]
    """What has passed so far, in numbers that change with every byte."""


def client_gone_while_connecting(host: str, ended: float, limits: Limits, now: float) -> ClientClosed | None:
    """Connecting has deadlines of its own; a client that is gone needs it no more."""
    return _client_gone(host, limits) if ended and now - ended > limits.half_closed else None


def overdue(watch: Watch, limits: Limits, now: float, one: Standing) -> WireglassError | None:
    """``ClientClosed`` if the client must be gone, ``ResponseTimeout`` or ``IdleTimeout`` if it is over, None while it
    may go on."""
    idle = watch.idle(now, (*one.passed, one.sending, one.answering))
    # One that has bytes left to take and takes none is there: had it gone, the system would have said so.
    if one.client_ended and not one.answering and min(idle, now - one.client_ended) > limits.half_closed:
        return _client_gone(one.host, limits)
    if not one.request_done or one.sending:
        watch.waits_from = now
    elif not one.answered and now - max(watch.waits_from, one.asked) > limits.response:
        return ResponseTimeout(
            f"{one.host} had the whole request and sent no response head for {limits.response:g} s.",
            wait_longer("--response-timeout", limits.response),
        )
    if idle > limits.idle:
        return IdleTimeout(f"{_who(one)} for {limits.idle:g} s.", wait_longer("--idle-timeout", limits.idle))
    return None


def _who(one: Standing) -> str:
    if one.sending:
        return f"{one.host} took nothing of the request"
    if one.answering:
        return "The client took nothing of the response"
    if not one.request_done:
        return "The client sent nothing of the rest of its request"
    return f"{one.host} sent nothing"


def _client_gone(host: str, limits: Limits) -> ClientClosed:
    """It has ended its side, and nothing moves that would tell whether it still reads."""
    return ClientClosed(
        f"The client closed its side of the connection, and {host} sent nothing for "
        f"{limits.half_closed:g} s after that.",
        "A client that still waits for the answer must keep its side open.",
    )
