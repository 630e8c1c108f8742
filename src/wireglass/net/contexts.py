"""SSL contexts: one for each host we stand in for, one for all servers we ask, one for those we ask unverified."""

from __future__ import annotations

import os
import ssl
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from wireglass.errors import BadSetting, HomeNotWritable
from wireglass.net.authority import Authority, Leaf
from wireglass.net.hostname import tls_name
from wireglass.net.key_log import key_log, log_keys
from wireglass.policy import find_host

HTTP1 = ("http/1.1",)
"""ALPN (RFC 7301) of those who speak HTTP/1 alone."""
HTTP_BOTH = ("h2", "http/1.1")

_MOST_LOGGED = 64  # hosts whose contexts are kept while keys are logged: each has the file open
_REMINT_BEFORE = 86400.0  # seconds; a client's clock may be ahead


class _Kept(NamedTuple):
    leaf: Leaf
    until: float
    """Unix time."""
    contexts: dict[tuple[str, ...], ssl.SSLContext]
    """By the protocols they choose from."""


class ServerContexts:
    """Contexts that present a certificate of ours, kept for the ``limit`` hosts used last.

    A new one takes 1 ms and about 20 kB; ``folder`` is where its certificate stands for that moment, readable by us
    alone, because Python's ssl loads a certificate from nothing but a file.
    """

    def __init__(
        self, authority: Authority, folder: Path, *, limit: int = 1024, clock: Callable[[], float] = time.time
    ) -> None:
        self._authority = authority
        self._folder = folder
        self._limit = limit if key_log() is None else min(limit, _MOST_LOGGED)
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def for_host(self, host: str, alpn: tuple[str, ...] = HTTP1) -> ssl.SSLContext:
        """The context for a host name or address; the same one while it is kept, so that clients can resume. ``alpn``:
        the protocols that we speak, best first; all contexts of a host present the same leaf.

        Raises ``ProtocolError`` when ``host`` can be neither.
        """
        name = str(tls_name(host))
        found = self._kept.pop(name, None)
        if found is None or found.until <= self._clock():
            leaf = self._authority.mint(name)
            found = _Kept(leaf, leaf.expires.timestamp() - _REMINT_BEFORE, {})
            if len(self._kept) >= self._limit:
                del self._kept[next(iter(self._kept))]
        self._kept[name] = found  # last again: a dict keeps its order, so the first is the one not used longest
        context = found.contexts.get(alpn)
        if context is None:
            context = found.contexts[alpn] = _server_context(found.leaf, self._folder, alpn)
        return context


def _server_context(leaf: Leaf, folder: Path, alpn: tuple[str, ...]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(list(alpn))
    # One ticket instead of two: a resumed connection gets its next one, and each costs the handshake a record.
    context.num_tickets = 1
    log_keys(context)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".leaf.", suffix=".pem", dir=folder)  # 0600, O_EXCL
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(leaf.key_pem + leaf.chain_pem)
            context.load_cert_chain(name)
        finally:
            Path(name).unlink()
    except ssl.SSLError:
        raise
    except OSError as error:
        raise HomeNotWritable(
            f"A certificate cannot be written to {folder}: {error.strerror}.", "Make room there, or give the right."
        ) from error
    return context


def client_context(insecure: bool) -> ssl.SSLContext:
    """For connections to servers: the system's trust store, certificate and host name checked, TLS 1.2 or newer.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` take the trust store's place; ``BadSetting`` when they name nothing usable.
    ``insecure`` checks nothing. Takes 20 ms (140 roots are parsed): make one and keep it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(list(HTTP1))
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        _check_trust_settings(context)
        context.load_default_certs()
    log_keys(context)
    return context


class UnverifiedHosts:
    """Servers whose certificate need not verify. ``patterns`` as ``settings.parse_hosts`` gives them: ``host``,
    ``*.domain`` (every name below it), each with ``:port`` or for all ports; ``*`` is everybody."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._patterns = frozenset(patterns)
        self.context = client_context(insecure=True)

    def find(self, port: int, *names: str) -> str:
        """The pattern that fits a server by one of its names or addresses; empty if none does."""
        return find_host(self._patterns, port, *names)


def _check_trust_settings(context: ssl.SSLContext) -> None:
    """OpenSSL passes over what it cannot read there, and every server would fail later without a reason."""
    if file := os.environ.get("SSL_CERT_FILE"):
        try:
            context.load_verify_locations(cafile=file)
        except OSError as error:  # SSLError among them
            raise BadSetting(
                f"SSL_CERT_FILE={file} cannot be used: {error.strerror or error}.",
                "Name a file with CA certificates in PEM, or unset it to use the system's.",
            ) from error
    folders = os.environ.get("SSL_CERT_DIR")
    if folders and not any(Path(folder).is_dir() for folder in folders.split(os.pathsep)):
        raise BadSetting(f"SSL_CERT_DIR={folders} is not a folder.", "Name a folder with CA certificates, or unset it.")
