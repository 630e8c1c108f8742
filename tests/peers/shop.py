"""A web shop with the faults of one, for pictures of Wireglass. Its names lead there through ``Street``."""

from __future__ import annotations

import json
import ssl
import threading
from typing import Any

import trustme
from tests.peers.origin import Origin
from tests.peers.shop_pages import answer, to_https
from tests.peers.upstream_proxy import UpstreamProxy
from websockets.sync.server import ServerConnection, serve

NAMES = ("shop.example", "api.shop.example", "cdn.shop.example", "live.shop.example", "metrics.shop.example")


class Street(UpstreamProxy):
    """A SOCKS proxy that knows where the shop's names lead: ``("api.shop.example", 443)`` to a port of this machine.
    Everything else hangs up."""

    def __init__(self, places: dict[tuple[str, int], int]) -> None:
        self._places = places
        super().__init__("socks5")

    async def _relay(self, reader: Any, writer: Any, target: tuple[str, int]) -> None:
        if target in self._places:
            await super()._relay(reader, writer, ("127.0.0.1", self._places[target]))


class Shop:
    def __init__(self) -> None:
        self.authority = trustme.CA()
        self._pages = Origin(self._context())
        self._pages.default = answer
        self._plain = Origin()
        self._plain.default = to_https
        self._live = serve(_talk, "127.0.0.1", 0, ssl=self._context())
        self._thread = threading.Thread(target=self._live.serve_forever, daemon=True)
        self._thread.start()
        places = {(name, 443): self._pages.port for name in NAMES}
        places[("live.shop.example", 443)] = self._live.socket.getsockname()[1]
        places[("shop.example", 80)] = self._plain.port
        self.street = Street(places)

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*NAMES, organization_name="Example Shop Ltd").configure_cert(context)
        return context

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *_: object) -> None:
        self.street.close()
        self._live.shutdown()
        self._thread.join(10)
        for origin in (self._pages, self._plain):
            origin.__exit__(None, None, None)


def _talk(connection: ServerConnection) -> None:
    """Support that answers a customer, and says where a parcel is."""
    connection.send(json.dumps({"type": "hello", "agent": "Freya", "queue": 0}))
    for message in connection:
        asked = json.loads(message)
        connection.send(json.dumps({"type": "typing", "agent": "Freya"}))
        if asked["type"] == "where":
            place = {"lat": 52.52, "lon": 13.405, "stop": "Depot 4"}
            connection.send(json.dumps({"type": "parcel", "order": asked["order"], "status": "sent", "place": place}))
        else:
            connection.send(
                json.dumps({"type": "text", "from": "Freya", "text": f"Thanks! I look at “{asked['text']}”."})
            )
