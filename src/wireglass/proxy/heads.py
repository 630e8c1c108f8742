"""What an exchange takes from the two heads besides their framing: where it goes, and of what type the response is."""

from __future__ import annotations

from functools import lru_cache

from wireglass.errors import ProtocolError
from wireglass.wire.head import Head, RequestHead
from wireglass.wire.http2_heads import Http2RequestHead
from wireglass.wire.target import Origin, names_server, read_absolute, read_origin

_LONGEST_TYPE = 200  # bytes of a Content-Type that are looked at


def where_to(head: RequestHead, tunnel: Origin | None) -> tuple[Origin, Origin, bytes]:
    """The server to ask, the server as the URL names it, and the target to send; ``tunnel`` is where the CONNECT leads
    inside of which it was asked. Raises ProtocolError if the target cannot be read."""
    target = head.target
    if tunnel is None:
        if isinstance(head, Http2RequestHead):
            origin, path = read_origin(_scheme(head), head.authority), target
        else:
            origin, path = read_absolute(target, head.method)
        return origin, origin, path
    hosts = head.special.get(b"host")
    seen = tunnel
    if hosts:
        # RFC 9110 7.1: inside a tunnel the Host header completes the URL; the CONNECT may have named an address.
        seen = read_origin(tunnel.scheme, hosts[0])
    if target[:1] != b"/" and target != b"*":
        named, target = read_absolute(target, head.method)
        if named != seen:
            raise ProtocolError(f"The target names {named.host_port}, the tunnel leads to {seen.host_port}.")
    return tunnel, seen, target


def _scheme(head: Http2RequestHead) -> str:
    if head.scheme not in (b"http", b"https"):
        raise ProtocolError(f"The :scheme is neither http nor https: {head.scheme[:20].decode('latin-1')!r}.")
    return head.scheme.decode("ascii")


def authority(head: RequestHead, origin: Origin, tunnel: Origin | None) -> bytes:
    """What belongs into Host: what the client sent, if that is the server or inside a tunnel (the name may differ
    from the address it connected to), else the target's own (RFC 9112 3.2.2)."""
    hosts = head.special.get(b"host")
    if hosts and (tunnel is not None or names_server(hosts[0], origin)):
        return hosts[0]
    return origin.authority.encode("ascii")


def media_type(head: Head) -> str:
    """The essence of Content-Type; empty where there is none."""
    values = head.special.get(b"content-type")
    return _essence(values[0][:_LONGEST_TYPE]) if values else ""


@lru_cache(maxsize=1024)
def _essence(value: bytes) -> str:
    return value.partition(b";")[0].strip().lower().decode("latin-1")
