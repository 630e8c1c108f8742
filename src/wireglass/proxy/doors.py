"""What a listening port is for: a proxy, with or without a password, or the place of one server (reverse mode)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from wireglass.errors import ProtocolError, ProxyAuthWanted, Refused
from wireglass.policy import only_here
from wireglass.proxy.answers import error_answer
from wireglass.proxy.proxy_auth import ProxyAuth
from wireglass.proxy.tunnel import failed_exchange, tell_failed
from wireglass.wire.head import RequestHead
from wireglass.wire.http2_heads import Http2RequestHead
from wireglass.wire.target import Origin, read_absolute, read_authority

if TYPE_CHECKING:
    from wireglass.net import Check
    from wireglass.proxy.client import ClientConnection

# Names that no public DNS gives, so that nobody can make them point here: RFC 6761, RFC 6762, RFC 8375; .internal is
# ICANN's.
_NOT_PUBLIC = (".localhost", ".local", ".test", ".internal", ".home.arpa")


class Door:
    """``target``: the server that stands behind the port; None where it is a proxy, which lets in whom ``auth`` knows,
    or everybody. ``http2``: that server speaks HTTP/2 in clear (RFC 9113 3.3), whatever the client speaks. ``names``:
    hosts by which the port may be asked in reverse mode, besides those that cannot be somebody else's."""

    __slots__ = ("auth", "guarded", "http2", "names", "target")

    def __init__(
        self,
        target: Origin | None = None,
        auth: ProxyAuth | None = None,
        *,
        http2: bool = False,
        names: tuple[str, ...] = (),
    ) -> None:
        self.target = target
        self.http2 = http2
        self.auth = auth
        self.guarded = target is not None or auth is not None
        """``admit`` has something to look at."""
        self.names = names

    def admit(self, client: ClientConnection, head: RequestHead) -> None:
        """Raises ProxyAuthWanted or Refused for a request that may not pass."""
        if self.target is not None:
            _check_host(self.target, self.names, head)
        elif self.auth is not None and client.connect is None:  # inside a tunnel it was asked for before
            self.auth.check(head)


PROXY = Door()


def refuse_connect(client: ClientConnection, head: RequestHead, error: ProxyAuthWanted) -> None:
    """Answers a CONNECT, tells the record, and closes: most clients come back with another connection."""
    exchange = failed_exchange(client, error)
    exchange.summary.status = error.http_status
    exchange.detail.notes.append("answered by Wireglass, not by the server")
    tell_failed(client.service.sink, exchange, error)
    client.write([error_answer(error, keep_alive=False, head_only=False, head=head)])
    client.linger()


def _check_host(target: Origin, names: tuple[str, ...], head: RequestHead) -> None:
    """DNS rebinding: a web page whose name has been made to point here would be the same origin as the server, and its
    scripts could read what only this machine can reach."""
    hosts = head.special.get(b"host")
    if not hosts:
        return
    try:
        host, _ = read_authority(hosts[0], 80)
    except ProtocolError:
        host = ""
    if host in (target.host, "localhost", *names) or not is_public(host):
        return
    raise Refused(
        f"This port stands for {target.scheme}://{target.authority}, and was asked for {host or 'no host at all'}.",
        "Ask it by its address, by localhost, or by the server's own name; or name it: --mode reverse:URL@NAME:PORT.",
    )


def is_public(host: str) -> bool:
    """Whether public DNS can give the name, so that it may be anybody's, and lead anywhere."""
    return "." in host and not host.endswith(_NOT_PUBLIC) and not _is_numeric(host)


def forged(check: Check, name: str) -> Check:
    """``check`` for a request whose Host, Origin and Cookie a page may have chosen (``wire.postman_headers``): by these
    the servers of this machine tell a page whose ``name`` was made to lead here (DNS rebinding)."""

    def asked(address: str, port: int) -> str | None:
        refused = check(address, port)
        if refused is None and only_here(address):
            return (
                f"{name} leads to {address}, and nobody's name but this machine's own may lead there with Postman- "
                "fields; ask for localhost or the address"
            )
        return refused

    return asked


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def reverse_path(head: RequestHead, target: Origin, local: str) -> bytes:
    """The target to send to the server behind the port ``local`` (``host:port`` as the client reached it). Raises
    ProtocolError for a request that takes it for a proxy."""
    asked = head.target
    if head.method == b"CONNECT" and not (isinstance(head, Http2RequestHead) and head.protocol):
        raise ProtocolError(f"This port stands for {target.host_port} and makes no tunnels.", _NO_PROXY)
    if asked[:1] == b"/" or asked == b"*":
        return asked
    named, path = read_absolute(asked, head.method)  # RFC 9112 3.2.2: a server takes it as well
    if named.host_port != target.host_port and str(named.port) != local.rpartition(":")[2]:
        raise ProtocolError(f"This port stands for {target.host_port}, and was asked for {named.host_port}.", _NO_PROXY)
    return path


_NO_PROXY = "It is no proxy: send requests to it as to the server; the proxy is on the port of --listen."
