"""Clients that finish the handshake and leave without a word: they distrust our certificate, or did not need the
connection."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, TypeAlias

from wireglass.proxy.tunnel import failed_exchange, tell_failed

if TYPE_CHECKING:
    from wireglass.errors import ClientDistrust
    from wireglass.model import Exchange
    from wireglass.proxy.client import ClientConnection
    from wireglass.proxy.service import Service

_PATIENCE = 2.0
"""Seconds until the verdict. A starting Chromium closes what it has just opened, and asks on another connection: in 12
starts 6 ended so, 0 to 25 ms after their handshake."""
_REMEMBERED = 10.0
"""Seconds for which one that has asked is taken to trust us. No longer: the same program may be started again without
the CA, and is to leave a trace then."""
_LATE = 1.0
"""Seconds from the end of the handshake: who leaves later than that has looked at the certificate long ago."""
_TRUSTING = 4096
_WAITING = 1000

_Key: TypeAlias = tuple[str, str, str, tuple[str, ...]]


class Wordless:
    """Recorded as distrust, unless the same kind of client, by its address and the ciphers it offers, asks the same
    server something over TLS, shortly before or after. Each proxy process knows its own clients only."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._trusting: OrderedDict[_Key, float] = OrderedDict()
        """With the loop's time when it last began to ask on a new connection."""
        self._waiting: deque[tuple[float, _Key, Exchange, ClientDistrust]] = deque()

    def __len__(self) -> int:
        """How many wait for the verdict."""
        return len(self._waiting)

    def spoke(self, client: ClientConnection) -> None:
        """The first byte of what it asks inside TLS has come."""
        key = _key(client)
        self._trusting[key] = self._service.loop.time()
        self._trusting.move_to_end(key)
        if len(self._trusting) > _TRUSTING:
            self._trusting.popitem(last=False)

    def left(self, client: ClientConnection, error: ClientDistrust, stayed: float) -> None:
        """``stayed``: seconds from the end of its handshake."""
        assert client.tls is not None
        if stayed >= _LATE or client.tls.resumed:  # who resumes was shown no certificate
            return
        until = self._service.loop.time() + _PATIENCE
        self._waiting.append((until, _key(client), failed_exchange(client, error), error))
        if self._service.draining or len(self._waiting) > _WAITING:
            self.decide(until)

    def decide(self, now: float) -> None:
        """Records those whose time has come at ``now``, a time of the loop."""
        while self._waiting and self._waiting[0][0] <= now:
            until, key, exchange, error = self._waiting.popleft()
            asked = self._trusting.get(key)
            if asked is None or until - _PATIENCE - asked > _REMEMBERED:
                self._service.interception.rejected(key[0], key[2])
                tell_failed(self._service.sink, exchange, error)


def _key(client: ClientConnection) -> _Key:
    assert client.tls is not None and client.tunnel_origin is not None
    return client.ip, client.tunnel_origin.host_port, client.server_name, client.tls.offered()
