"""The capture that already runs in this home, or one begun for as long as a command lasts.

Commands that use a home at the same time share one capture. Each holds ``HOME/users`` with a shared lock, and a capture
begun by one of them ends when nobody holds it any more: the one that began it may be the first to leave.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from wireglass.app.begun import STOP, Begun, Say
from wireglass.app.given import without_effect
from wireglass.app.home import Home, Run
from wireglass.app.report import OPEN, OPEN_WITH_LOGIN, exchanges, reachable
from wireglass.errors import HomeInUse, PortTaken, WireglassError
from wireglass.file_lock import try_share
from wireglass.launch.addresses import is_loopback
from wireglass.listening import parse_address
from wireglass.net.authority import CERTIFICATE_NAME
from wireglass.store import Reader

_BUSY = 20.0  # seconds the home may be held by a capture that cannot be used, because it starts or ends
_SETTLE = 1.0  # seconds that the last exchanges are given to reach the store of a capture that goes on
_QUIET = 0.25  # seconds without a change after which they have: the sink and the link hold them for 0.12 at most
_RETRY = 0.05  # seconds between two looks
_CONNECT = 2.0  # seconds
_FREE_PORT = "127.0.0.1:0"


class Capture(msgspec.Struct, frozen=True):
    run: Run
    address: str
    """The proxy as a client on this machine writes it: ``host:port``, an IPv6 address in brackets."""
    ca_certificate: Path
    """PEM."""
    started_here: bool
    ignored: str = ""
    """A line for people, where the capture ran already: which of the settings asked for have no effect on it."""


@contextlib.contextmanager
def capture(home: Path, *, say: Say, flags: Mapping[str, str | None] | None = None) -> Iterator[Capture]:
    """A capture for the time of the block: the one that runs in ``home``, or one begun here with the settings ``up``
    would have. At the end of the block one that was begun here ends too, unless other commands still use it, and what
    it recorded is in the store. ``say`` is given lines for people, from any thread; commands in them stand in
    backticks, for ``with_hints``.

    ``flags`` are those of ``up``, for a capture that is begun here: setting to text, None where not given. Raises what
    ``up`` raises when it cannot start.
    """
    given = flags or {}
    folder = Home(home)
    with _use(folder) as leave:
        run, begun = _find_or_begin(folder, say, given)
        ca_certificate = folder.ca / CERTIFICATE_NAME
        before = 0
        try:
            ignored = "" if begun else _ignored(run, without_effect(run, given, os.environ, ca_certificate))
            before = _newest_id(folder)
            yield Capture(run, reachable(run.listen), ca_certificate, begun is not None, ignored)
        finally:
            leave()
            for line in _ending(folder, begun, before):
                say(line)


def _ignored(run: Run, settings: list[str]) -> str:
    if not settings:
        return ""
    *first, last = settings
    names, have = (f"{', '.join(first)} and {last}", "have") if first else (last, "has")
    return (
        f"A capture runs already (pid {run.pid}, proxy on {run.listen}) and keeps its own settings: {names} {have} no "
        "effect. To use them, stop that capture first."
    )


def _ending(home: Home, begun: Begun | None, before: int) -> list[str]:
    """What there is to say at the end. Not raised: what the command did counts, and its exit code."""
    try:
        stopped = begun.stop() if begun else None
        if not stopped:
            return [_recorded(*_came_since(home, before))]
    except WireglassError as error:
        return [error.line()]
    lines = [_recorded(stopped.exchanges, stopped.failed)]
    if stopped.not_kept:
        lines.append(f"{stopped.not_kept} more passed but could not be stored.")
    return lines


def _recorded(count: int, failed: int = 0) -> str:
    if not count:
        return "Recorded no exchange: no server was asked through the proxy."
    return f"Recorded {exchanges(count)}{f', {failed} of them failed' if failed else ''}. Look: `wireglass ls`"


@contextlib.contextmanager
def _use(home: Home) -> Iterator[Callable[[], None]]:
    """Be one of the home's users; gives the function that ends it before the end of the block."""
    home.make()
    with contextlib.ExitStack() as held:
        descriptor = home.open_users()
        held.callback(os.close, descriptor)
        deadline = time.monotonic() + STOP
        while not try_share(descriptor):  # a capture whose last user has left is ending
            if time.monotonic() > deadline:
                raise HomeInUse(f"A capture in {home.path} is ending, for more than {STOP:g} s.", "Try again later.")
            time.sleep(_RETRY)
        yield held.close


def _find_or_begin(home: Home, say: Say, flags: Mapping[str, str | None]) -> tuple[Run, Begun | None]:
    deadline = time.monotonic() + _BUSY
    taken = ""
    while True:
        run = home.running()
        if run and _accepts(run):
            return run, None
        listen = {"listen": _FREE_PORT} if taken else {}
        begun = Begun(home, {**flags, "home": str(home.path), **listen}, say)
        try:
            run = begun.ready()
            if taken:
                say(f"{taken} Recording goes on {run.listen} instead.")
            if not is_loopback(parse_address(run.listen).host):  # as WIREGLASS_LISTEN or config.toml have it
                say(f"The proxy listens on {run.listen}. {OPEN_WITH_LOGIN if run.proxy_auth else OPEN}")
            return run, begun
        except PortTaken as error:
            if taken:
                raise
            taken = error.message
        except HomeInUse:  # another one has begun in this moment, or is ending
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY)


def _accepts(run: Run) -> bool:
    """False for one that is ending, and for a number in a ``run.json`` left behind that is another process now."""
    try:
        socket.create_connection(parse_address(reachable(run.listen)), _CONNECT).close()
    except OSError:
        return False
    return True


def _newest_id(home: Home) -> int:
    reader = Reader.if_any(home.store)
    if reader is None:
        return 0
    with reader:
        return reader.newest_id()


def _came_since(home: Home, before: int) -> tuple[int, int]:
    """How many exchanges came after the one with the id ``before``, and how many of them failed, once nothing has
    changed for a moment, or at the latest when the capture is plainly busy with the traffic of others."""
    deadline = time.monotonic() + _SETTLE
    with Reader(home.store) as reader:
        seq, since = reader.newest_seq(), time.monotonic()
        while time.monotonic() < min(since + _QUIET, deadline):
            time.sleep(_RETRY)
            if (now := reader.newest_seq()) != seq:
                seq, since = now, time.monotonic()
        return reader.newest_id() - before, reader.failed_after(before)
