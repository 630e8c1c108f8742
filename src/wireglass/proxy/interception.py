"""Which TLS is read, which is passed through untouched, and which is refused."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from wireglass.net import refused_host
from wireglass.policy import Decision, decide
from wireglass.proxy.site import HOST
from wireglass.proxy.tunnel import failed_connect

if TYPE_CHECKING:
    from wireglass.proxy.client import ClientConnection

_ENOUGH = 2  # rejections; the first may be a client that was stopped just then
_REMEMBERED = 4096  # clients and hosts
# A fatal alert in a record of its own (RFC 8446 5.1, 6.2): access_denied, which TLS libraries name to people.
_ACCESS_DENIED = b"\x15\x03\x03\x00\x02\x02\x31"


class Interception:
    """``passthrough`` and ``refuse``: host patterns. ``auto``: hosts whose certificate of ours a client has rejected
    twice are passed through for clients of that address, until the end of this process; each proxy process knows its
    own clients only."""

    def __init__(self, passthrough: tuple[str, ...] = (), refuse: tuple[str, ...] = (), *, auto: bool = False) -> None:
        self._passthrough = frozenset(passthrough)
        self._refuse = frozenset(refuse)
        self._auto = auto
        self._rejections: OrderedDict[tuple[str, str], int] = OrderedDict()

    def decide(self, client: ClientConnection, sni: str) -> Decision:
        """For a tunnel that begins with a ClientHello; ``sni`` is empty where it names nobody."""
        origin = client.tunnel_origin
        assert origin is not None
        if origin.host == HOST:
            return Decision("intercept")
        names = (sni, origin.host) if sni else (origin.host,)
        return decide(
            origin.port,
            *names,
            passthrough=self._passthrough,
            refuse=self._refuse,
            rejected=self._rejections.get((client.ip, names[0]), 0) >= _ENOUGH,
        )

    def rejected(self, ip: str, name: str) -> None:
        """A client at ``ip`` did not like our certificate for ``name``."""
        if not self._auto:
            return
        key = (ip, name)
        self._rejections[key] = self._rejections.pop(key, 0) + 1
        if len(self._rejections) > _REMEMBERED:
            self._rejections.popitem(last=False)


def refuse(client: ClientConnection, sni: str, setting: str) -> None:
    """Tells the client in TLS, and the record."""
    assert client.tunnel_origin is not None
    client.server_name = sni
    failed_connect(client, refused_host(sni or client.tunnel_origin.host, setting))
    client.write([_ACCESS_DENIED])
    client.close()
