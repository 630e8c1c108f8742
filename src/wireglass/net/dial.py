"""Opening a connection to a server: look the name up, ask the policy, connect, shake hands."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import itertools
import os
import socket
import ssl
from collections.abc import Callable
from time import perf_counter
from typing import TypeAlias

import aiohappyeyeballs

from wireglass.errors import (
    ConnectRefused,
    ConnectTimeout,
    HandshakeTimeout,
    LimitReached,
    NameNotFound,
    NameTimeout,
    Refused,
    TlsBrokenOff,
    Unreachable,
    UpstreamClosed,
    UpstreamError,
)
from wireglass.model import Endpoint
from wireglass.net.contexts import UnverifiedHosts
from wireglass.net.remedy import wait_longer
from wireglass.net.tls import TlsPipe
from wireglass.net.upstream import Attempt, Phases, Route, Upstream, address_of

Check: TypeAlias = Callable[[str, int], str | None]
"""(numeric address, port) → why it may not be reached, or None."""

_USED_UP = (errno.EMFILE, errno.ENFILE)
_FIRST_ADDRESS_ALONE = 0.25  # seconds; RFC 8305 5 recommends 250 ms before the next address is tried


class Dialler:
    def __init__(
        self, context: ssl.SSLContext, *, timeout: float | None = 30.0, unverified: UnverifiedHosts | None = None
    ) -> None:
        """``timeout`` seconds bound name look-up, connect and handshake, each by itself; None: as long as they take.
        ``unverified``: hosts that ``context`` is not for."""
        self._context = context
        self._timeout = timeout
        self._unverified = unverified
        self._numbers = itertools.count(1)
        self.own_addresses: set[str] = set()
        """Addresses found to be this machine's."""

    async def dial(self, route: Route, check: Check, attempt: Attempt | None = None) -> Upstream:
        """Raises UpstreamError by kind, or Refused by policy. ``attempt`` is told how far it came."""
        attempt = attempt or Attempt()
        begun = perf_counter()
        addresses = await self._look_up(route)
        looked_up = perf_counter()
        if not _is_numeric(addresses, route.host):
            attempt.dns = (looked_up - begun) * 1000
        allowed = []
        reason = ""
        for info in addresses:
            refused = check(info[4][0], route.port)
            if refused is None:
                allowed.append(info)
            else:
                reason = refused
        if not allowed:
            raise Refused(f"No connection to {route.host} port {route.port} is made: {reason}.")
        tls, unverified = self._tls(route)
        sock = await self._connect(route, allowed)
        connected = perf_counter()
        attempt.connect = (connected - looked_up) * 1000
        here, there = _ends(route, sock)
        self._refuse_ourselves(route, sock, here[0], there[0], check)
        attempt.endpoint = Endpoint(address_of(there), address_of(here), number=next(self._numbers))
        loop = asyncio.get_running_loop()
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # It takes one turn of the loop. Cancelled inside, uvloop would leave the descriptor with two owners.
            opening = asyncio.ensure_future(  # noqa: TID251 - awaited here, and ended by the loop's next turn
                loop.create_connection(lambda: Upstream(route, tls), sock=sock)
            )
            _, upstream = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_abort)
            raise
        except OSError as error:
            sock.close()
            raise _connect_error(route, error) from error
        upstream.unverified = unverified
        if tls is not None:
            try:
                await self._handshake(upstream)
            finally:
                attempt.tls = (perf_counter() - connected) * 1000
                attempt.endpoint = _with_tls(attempt.endpoint, tls)
                attempt.certificates = tls.peer_certificates()
        upstream.phases = Phases(attempt.dns, attempt.connect, attempt.tls)
        upstream.address = there[:2]
        upstream.endpoint = attempt.endpoint
        upstream.certificates = attempt.certificates
        return upstream

    def _tls(self, route: Route) -> tuple[TlsPipe | None, str]:
        """The TLS for a server, and the setting that lets its certificate pass unverified."""
        if not route.tls:
            return None, ""
        context, unverified = self._context, ""
        if context.verify_mode == ssl.CERT_NONE:
            unverified = "--insecure"
        elif self._unverified is not None and (
            pattern := self._unverified.find(route.port, route.server_name, route.host)
        ):
            context, unverified = self._unverified.context, f"--insecure-hosts {pattern}"
        return TlsPipe(context, server_side=False, server_hostname=route.server_name, port=route.port), unverified

    async def _look_up(self, route: Route) -> list[aiohappyeyeballs.AddrInfoType]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                found = await loop.getaddrinfo(route.host, route.port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise NameTimeout(
                f"Looking up {route.host} took longer than {self._timeout:g} s.",
                f"Check this machine's DNS. {self._longer()}",
            ) from None
        except (socket.gaierror, UnicodeError) as error:
            if _no_descriptors():  # it would be called "not found" or "try again"
                raise _limit_reached(route) from error
            raise NameNotFound(
                f"The name {route.host} was not found: {getattr(error, 'strerror', None) or error}.",
                "Check its spelling and this machine's DNS.",
            ) from error
        return list(found)

    async def _connect(self, route: Route, addresses: list[aiohappyeyeballs.AddrInfoType]) -> socket.socket:
        try:
            async with asyncio.timeout(self._timeout):
                return await aiohappyeyeballs.start_connection(
                    addresses, happy_eyeballs_delay=_FIRST_ADDRESS_ALONE, loop=asyncio.get_running_loop()
                )
        except TimeoutError:
            raise ConnectTimeout(
                f"Connecting to {route.host} port {route.port} took longer than {self._timeout:g} s.",
                f"Is it running, and does a firewall swallow what is sent there? {self._longer()}",
            ) from None
        except OSError as error:
            raise _connect_error(route, error) from error

    async def _handshake(self, upstream: Upstream) -> None:
        route = upstream.route
        try:
            async with asyncio.timeout(self._timeout):
                await upstream.handshake()
        except TimeoutError:
            upstream.abort()
            raise HandshakeTimeout(
                f"The TLS handshake with {route.host} port {route.port} took longer than {self._timeout:g} s.",
                f"Is it TLS that is spoken there? {self._longer()}",
            ) from None
        except OSError as error:
            upstream.abort()
            raise TlsBrokenOff(
                f"The TLS handshake with {route.host} port {route.port} broke off: {error}.",
                "Is it TLS that is spoken there?",
            ) from error
        except BaseException:
            upstream.abort()
            raise

    def _refuse_ourselves(self, route: Route, sock: socket.socket, here: str, there: str, check: Check) -> None:
        """A connection whose two ends have one address has not left this machine: the address is one of our own, which
        no list told us, and the policy is asked again."""
        if here == there and there not in self.own_addresses:
            self.own_addresses.add(there)
            refused = check(there, route.port)
            if refused is not None:
                sock.close()
                raise Refused(f"No connection to {route.host} port {route.port} is made: {refused}.")

    def _longer(self) -> str:
        return wait_longer("--connect-timeout", self._timeout or 0.0)


def _with_tls(endpoint: Endpoint, tls: TlsPipe) -> Endpoint:
    """As far as the handshake came; unchanged where the server has said nothing of TLS."""
    described = tls.describe()
    if not (described.cipher or described.certificates):
        return endpoint
    return Endpoint(endpoint.peer, endpoint.local, described, endpoint.number)


def certificate_hash(der: bytes) -> bytes:
    return hashlib.sha256(der).digest()


def _abort(opening: asyncio.Future[tuple[asyncio.Transport, Upstream]]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result()[1].abort()


def _ends(route: Route, sock: socket.socket) -> tuple[tuple[str, int], tuple[str, int]]:
    try:
        return sock.getsockname(), sock.getpeername()
    except OSError as error:  # reset since it was connected
        sock.close()
        raise UpstreamClosed(f"{route.host} port {route.port} closed the connection at once.") from error


def _is_numeric(addresses: list[aiohappyeyeballs.AddrInfoType], host: str) -> bool:
    return any(info[4][0] == host for info in addresses)


def _connect_error(route: Route, error: OSError) -> UpstreamError | LimitReached:
    where = f"{route.host} port {route.port}"
    if error.errno in _USED_UP or any(f"[Errno {number}]" in str(error) for number in _USED_UP):
        return _limit_reached(route)
    # Several addresses failed in different ways: aiohappyeyeballs joins their texts, without a number. A server that
    # refuses is the better news than a network that this machine has not got.
    refused = f"[Errno {errno.ECONNREFUSED}]" in str(error)
    if isinstance(error, ConnectionRefusedError) or error.errno == errno.ECONNREFUSED or refused:
        return ConnectRefused(f"{where} refused the connection.", "Is the server running, and is the port right?")
    if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM):
        return Unreachable(f"{where} cannot be reached: {error.strerror}.", "Check this machine's network.")
    return Unreachable(f"Connecting to {where} failed: {error.strerror or error}.")


def _limit_reached(route: Route) -> LimitReached:
    return LimitReached(
        f"No connection to {route.host} port {route.port} can be made: this system allows no more open files.",
        "Raise its limit (ulimit -n), or close what holds them.",
    )


def _no_descriptors() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in _USED_UP
    return False
