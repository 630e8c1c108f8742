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
    ProxyUnreachable,
    Refused,
    TlsBrokenOff,
    Unreachable,
    UpstreamClosed,
    UpstreamError,
    UpstreamTls,
)
from wireglass.model import Endpoint
from wireglass.net.client_certificates import ClientCertificates
from wireglass.net.contexts import HTTP1, UnverifiedHosts
from wireglass.net.proxies import Line, Proxies, connect, socks5
from wireglass.net.remedy import wait_longer
from wireglass.net.tls import TlsPipe
from wireglass.net.tls_layer import TlsLayer
from wireglass.net.upstream import Attempt, Phases, Route, Upstream, address_of
from wireglass.policy import find_host, only_here
from wireglass.proxy_url import ProxyUrl

Check: TypeAlias = Callable[[str, int], str | None]
"""(numeric address, port) → why it may not be reached, or None."""

_Name: TypeAlias = tuple[str, int]  # as far as it is used here; of IPv6 with more behind

_ELSEWHERE = "192.0.2.1"
"""Of a network that is nobody's (RFC 5737): stands for the address of a name that only a proxy knows."""

_USED_UP = (errno.EMFILE, errno.ENFILE)
_FIRST_ADDRESS_ALONE = 0.25  # seconds; RFC 8305 5 recommends 250 ms before the next address is tried


class Dialler:
    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        timeout: float | None = 30.0,
        unverified: UnverifiedHosts | None = None,
        certificates: ClientCertificates | None = None,
        refuse: tuple[str, ...] = (),
        proxies: Proxies | None = None,
        check_proxy: Check | None = None,
    ) -> None:
        """``timeout`` seconds bound name look-up, connect and handshake, each by itself; None: as long as they take.
        ``unverified``: hosts that ``context`` is not for. ``refuse``: patterns of hosts that nobody may reach.
        ``check_proxy`` is asked about the addresses of an upstream proxy: it may not be ourselves."""
        self._context = context
        self.timeout = timeout
        self._unverified = unverified
        self._certificates = certificates
        self._refuse = frozenset(refuse)
        self._proxies = proxies
        self._check_proxy = check_proxy or _anywhere
        self._numbers = itertools.count(1)
        self.own_addresses: set[str] = set()
        """Addresses found to be this machine's."""

    async def dial(
        self, route: Route, check: Check, attempt: Attempt | None = None, alpn: tuple[str, ...] = HTTP1
    ) -> Upstream:
        """Raises UpstreamError by kind, or Refused by policy. ``attempt`` is told how far it came. ``alpn`` is offered,
        best first; ``tls.alpn`` of the connection is what the server chose."""
        attempt = attempt or Attempt()
        if pattern := find_host(self._refuse, route.port, route.host, route.server_name):
            raise refused_host(route.host, pattern)
        proxy = self._proxies.find(route) if self._proxies is not None else None
        tls, unverified = self._tls(route, attempt, alpn)
        begun = perf_counter()
        rest, layer = b"", None
        if proxy is None:
            sock, here, there = await self._reach(route, check, attempt)
            address: tuple[str, int] = there[:2]
        else:
            address = await self._ask_about(route, check), route.port
            attempt.notes.append(f"through the upstream proxy {proxy}")
            sock, here, there, rest, layer = await self._reach_through(proxy, route, attempt)
            attempt.connect = (perf_counter() - begun) * 1000 - (attempt.dns or 0.0)
        connected = perf_counter()
        attempt.endpoint = Endpoint(address_of(there), address_of(here), number=next(self._numbers))
        upstream = await self._open(route, sock, tls, layer)
        upstream.unverified = unverified
        upstream.notes = attempt.notes
        if rest:
            upstream.data_received(rest)
        if tls is not None:
            try:
                await self._handshake(upstream)
            finally:
                attempt.tls = (perf_counter() - connected) * 1000
                attempt.endpoint = _with_tls(attempt.endpoint, tls)
                attempt.certificates = tls.peer_certificates()
        upstream.phases = Phases(attempt.dns, attempt.connect or 0.0, attempt.tls)
        upstream.address = address
        upstream.endpoint = attempt.endpoint
        upstream.certificates = attempt.certificates
        return upstream

    async def _open(self, route: Route, sock: socket.socket, tls: TlsPipe | None, layer: TlsPipe | None) -> Upstream:
        """Gives the connected socket to the event loop; ``layer`` is TLS with a proxy around all of it."""
        upstream = Upstream(route, tls)
        protocol: asyncio.Protocol = upstream if layer is None else TlsLayer(layer, upstream)
        loop = asyncio.get_running_loop()
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # It takes one turn of the loop. Cancelled inside, uvloop would leave the descriptor with two owners.
            opening = asyncio.ensure_future(  # noqa: TID251 - awaited here, and ended by the loop's next turn
                loop.create_connection(lambda: protocol, sock=sock)
            )
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_abort)
            raise
        except OSError as error:
            sock.close()
            raise _connect_error(route, error) from error
        return upstream

    async def _reach(self, route: Route, check: Check, attempt: Attempt) -> tuple[socket.socket, _Name, _Name]:
        """A socket that is connected to the host of ``route``, and its two ends."""
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
            raise _refused(route, reason)
        sock = await self._connect(route, allowed)
        attempt.connect = (perf_counter() - looked_up) * 1000
        here, there = _ends(route, sock)
        self._refuse_ourselves(route, sock, here[0], there[0], check)
        return sock, here, there

    # Through a proxy

    async def _reach_through(
        self, proxy: ProxyUrl, route: Route, attempt: Attempt
    ) -> tuple[socket.socket, _Name, _Name, bytes, TlsPipe | None]:
        """A socket on which the proxy passes on what is said to the server; what the server has said already; and the
        TLS with the proxy."""
        secure = proxy.scheme == "https"
        way = Route(secure, proxy.host, proxy.port, proxy.host if secure else "")
        own = Attempt()
        layer, unverified = self._tls(way, own, HTTP1)
        if unverified:
            own.notes.append(f"the certificate of the upstream proxy was not verified ({unverified})")
        attempt.notes += own.notes
        try:
            sock, here, there = await self._reach(way, self._check_proxy, own)
        except UpstreamError as error:
            raise ProxyUnreachable(
                f"The upstream proxy {proxy} cannot be reached: {error.message}",
                "Is it running? --upstream says where it is, --no-proxy which servers are reached without it.",
            ) from error
        finally:
            attempt.dns, attempt.connect = own.dns, own.connect
        attempt.endpoint = Endpoint(address_of(there), address_of(here))
        line = Line(sock, layer)
        try:
            async with asyncio.timeout(self.timeout):
                if layer is not None:
                    await line.secure()
                await (socks5 if proxy.scheme == "socks5" else connect)(line, proxy, route.host, route.port)
        except BaseException as error:
            sock.close()
            if isinstance(error, TimeoutError):
                raise ProxyUnreachable(
                    f"The upstream proxy {proxy} made no connection to {route.host} port {route.port} within "
                    f"{self.timeout:g} s.",
                    self._longer(),
                ) from None
            if isinstance(error, UpstreamTls):
                raise ProxyUnreachable(
                    f"TLS with the upstream proxy {proxy} failed: {error.message}", error.hint
                ) from error
            if isinstance(error, OSError):
                raise ProxyUnreachable(f"The upstream proxy {proxy} broke the connection: {error}.") from error
            raise
        return sock, here, there, line.rest, layer

    async def _ask_about(self, route: Route, check: Check) -> str:
        """The policy about a server that a proxy connects to: it may look up another address than we do, but what is
        known here counts. Gives the address that stands for it when the policy is asked about the connection again."""
        known = _addresses_in(route)
        if not known and self._proxies is not None and self._proxies.must_look_up(route.port):
            try:
                known = [info[4][0] for info in await self._look_up(route)]
            except UpstreamError:
                known = []  # a name that the proxy alone knows
        for address in known:
            if refused := check(address, route.port):
                raise _refused(route, refused)
        return next(filter(only_here, known), known[0] if known else _ELSEWHERE)

    def _tls(self, route: Route, attempt: Attempt, alpn: tuple[str, ...]) -> tuple[TlsPipe | None, str]:
        """The TLS for a server, and the setting that lets its certificate pass unverified."""
        if not route.tls:
            return None, ""
        names = route.server_name, route.host
        context, unverified = self._context, ""
        if context.verify_mode == ssl.CERT_NONE:
            unverified = "--insecure"
        elif self._unverified is not None and (pattern := self._unverified.find(route.port, *names)):
            context, unverified = self._unverified.context, f"--insecure-hosts {pattern}"
        if self._certificates is not None and (identity := self._certificates.find(route.port, *names)):
            context = identity.context(insecure=bool(unverified))
            attempt.notes.append(identity.note)
        # OpenSSL's SSL_new copies the list, so that one context (20 ms to make) serves connections that offer others.
        context.set_alpn_protocols(list(alpn))
        return TlsPipe(context, server_side=False, server_hostname=route.server_name, port=route.port), unverified

    async def _look_up(self, route: Route) -> list[aiohappyeyeballs.AddrInfoType]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.timeout):
                found = await loop.getaddrinfo(route.host, route.port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise NameTimeout(
                f"Looking up {route.host} took longer than {self.timeout:g} s.",
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
            async with asyncio.timeout(self.timeout):
                return await aiohappyeyeballs.start_connection(
                    addresses, happy_eyeballs_delay=_FIRST_ADDRESS_ALONE, loop=asyncio.get_running_loop()
                )
        except TimeoutError:
            raise ConnectTimeout(
                f"Connecting to {route.host} port {route.port} took longer than {self.timeout:g} s.",
                f"Is it running, and does a firewall swallow what is sent there? {self._longer()}",
            ) from None
        except OSError as error:
            raise _connect_error(route, error) from error

    async def _handshake(self, upstream: Upstream) -> None:
        route = upstream.route
        try:
            async with asyncio.timeout(self.timeout):
                await upstream.handshake()
        except TimeoutError:
            upstream.abort()
            raise HandshakeTimeout(
                f"The TLS handshake with {route.host} port {route.port} took longer than {self.timeout:g} s.",
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
                raise _refused(route, refused)

    def _longer(self) -> str:
        return wait_longer("--connect-timeout", self.timeout or 0.0)


def refused_host(host: str, pattern: str) -> Refused:
    """``pattern`` of --refuse names the host."""
    return Refused(
        f"No connection to {host} is made: --refuse {pattern} forbids it.",
        "To allow it: stop Wireglass and start it without that.",
    )


def _refused(route: Route, reason: str) -> Refused:
    return Refused(f"No connection to {route.host} port {route.port} is made: {reason}.")


def _anywhere(address: str, port: int) -> str | None:
    return None


def _addresses_in(route: Route) -> list[str]:
    """The addresses that a host says without a look-up, in whatever notation."""
    host = route.host.removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 6.3
        return ["127.0.0.1", "::1"]
    try:
        found = socket.getaddrinfo(host, route.port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        return []
    return [str(info[4][0]) for info in found]


def _with_tls(endpoint: Endpoint, tls: TlsPipe) -> Endpoint:
    """As far as the handshake came; unchanged where the server has said nothing of TLS."""
    described = tls.describe()
    if not (described.cipher or described.certificates):
        return endpoint
    return Endpoint(endpoint.peer, endpoint.local, described, endpoint.number)


def certificate_hash(der: bytes) -> bytes:
    return hashlib.sha256(der).digest()


def _abort(opening: asyncio.Future[tuple[asyncio.Transport, asyncio.Protocol]]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result()[0].abort()


def _ends(route: Route, sock: socket.socket) -> tuple[_Name, _Name]:
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
