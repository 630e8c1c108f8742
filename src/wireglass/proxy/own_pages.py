"""Requests that are meant for Wireglass itself: answered here, never dialled, never recorded.

They come to the proxy's port in origin-form (``http://127.0.0.1:8080/`` in a browser), or through the proxy for
``wireglass.internal``, in clear or inside a tunnel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from wireglass.errors import ProtocolError
from wireglass.proxy.site import HOST, Page
from wireglass.wire.head import NO_BODY, RequestHead
from wireglass.wire.target import Origin, read_absolute, read_authority

if TYPE_CHECKING:
    from wireglass.proxy.client import ClientConnection

_REASONS = {200: b"OK", 404: b"Not Found", 405: b"Method Not Allowed", 421: b"Misdirected Request"}
_TEXT = "text/plain; charset=utf-8"
_MAYBE_OURS = frozenset((b"w", b"W", b"/"))  # behind ``http://`` and ``https:/``
_OURS = re.compile(rb"https?://%b(?=[:/?#]|$)" % re.escape(HOST.encode("ascii")), re.IGNORECASE)

# Pages of ours run no script and load nothing; and what lies there must not be kept, framed or read as another type.
_GUARDS = (
    b"Cache-Control: no-store\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"Referrer-Policy: no-referrer\r\n"
    b"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n"  # default-src is not for these
)


def for_ourselves(head: RequestHead, tunnel: Origin | None) -> bool:
    """Whether the request is for a page of ours. Asked for every request: 0.15 us."""
    if tunnel is not None:
        return tunnel.host == HOST
    target = head.target
    return target[:1] == b"/" or (target[7:8] in _MAYBE_OURS and _OURS.match(target) is not None)


def answer_ourselves(client: ClientConnection, head: RequestHead) -> tuple[bytes, bool]:
    """The whole response, and whether the connection may go on. Raises ProtocolError for a target that is none."""
    target = head.target
    if target[:1] != b"/":
        _, target = read_absolute(target, head.method)
    page = _page(client, head, target)
    # A body is not worth reading, and HTTP/1.0 would have to be told that the connection stays.
    keep = head.minor == 1 and head.keep_alive and head.body == NO_BODY and page.status != 421
    keep = keep and not client.service.draining
    return _response(page, keep_alive=keep, head_only=head.method == b"HEAD"), keep


def _page(client: ClientConnection, head: RequestHead, target: bytes) -> Page:
    if not _host_is_ours(client, head):
        return Page(
            421,
            _TEXT,
            b"This is Wireglass, and not the server that the Host field names. "
            b"Use the proxy's own address, or set it as the proxy of your program.\n",
        )
    if head.method not in (b"GET", b"HEAD"):
        return Page(405, _TEXT, b"Pages of Wireglass can be asked for with GET and HEAD.\n")
    site = client.service.site
    if site is None:
        return Page(200 if target == b"/" else 404, _TEXT, _plain(client.endpoint.local))
    agents = [value for name, value in head.headers if name.lower() == b"user-agent"]
    return site.page(target.decode("latin-1"), agents[0].decode("latin-1") if agents else "")


def _host_is_ours(client: ClientConnection, head: RequestHead) -> bool:
    """DNS rebinding: a web page whose name has been made to point here would be the same origin as our pages, and its
    scripts could read them. Names are therefore ours alone; an address cannot be rebound, and must be ours too."""
    hosts = head.special.get(b"host")
    if not hosts:
        return True  # HTTP/1.0; browsers send it always
    try:
        host, _ = read_authority(hosts[0], 80)
    except ProtocolError:
        return False
    if host in (HOST, "localhost"):
        return True
    address = _plain_address(host)
    return address is not None and address in _own_addresses(
        (client.local_ip, *(name for name, _ in client.service.listeners), *client.service.pool.own_addresses)
    )


def _own_addresses(names: Iterable[str]) -> set[str]:
    found = {"127.0.0.1", "::1"}
    for name in names:
        address = _plain_address(name)
        if address is not None:
            found.add(address)
    return found


def _plain_address(text: str) -> str | None:
    """One way of writing for each address, IPv4 out of its IPv6 wrapping; None for a name."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def _response(page: Page, *, keep_alive: bool, head_only: bool) -> bytes:
    lines = [
        b"HTTP/1.1 %d %b" % (page.status, _REASONS.get(page.status, b"")),
        b"Content-Type: " + page.type.encode("ascii"),
        b"Content-Length: %d" % len(page.body),
    ]
    if page.status == 405:
        lines.append(b"Allow: GET, HEAD")  # RFC 9110 15.5.6
    if page.filename:
        lines.append(b'Content-Disposition: attachment; filename="%b"' % page.filename.encode("ascii"))
    if not keep_alive:
        lines.append(b"Connection: close")
    return b"\r\n".join(lines) + b"\r\n" + _GUARDS + b"\r\n" + (b"" if head_only else page.body)


def _plain(listen: str) -> bytes:
    return (
        f"This is Wireglass, a proxy that records what passes.\n"
        f"Send requests through it, not to it: curl -x http://{listen} http://example.com/\n"
    ).encode()
