"""One end of HTTP/2, spoken by h2: another implementation than the one that is tested."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
from hyperframe.frame import Frame, GoAwayFrame
from tests.proxy.house import House
from tests.proxy.peer import Origin, Peer, until

from wireglass.model import Headers

Setting = h2.settings.SettingCodes
Given: TypeAlias = dict[h2.settings.SettingCodes, int]
WINDOW = 65_535


class Got:
    """What came on one stream."""

    def __init__(self) -> None:
        self.fields: Headers = []
        self.informational: list[Headers] = []
        self.data = bytearray()
        self.trailers: Headers = []
        self.ended = False
        self.reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.get(b":status") or 0)

    def get(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.fields if key == name), None)

    @property
    def over(self) -> bool:
        return self.ended or self.reset is not None


class Http2Peer:
    """``refill``: gives windows back as soon as something comes."""

    def __init__(self, peer: Peer, *, client_side: bool, refill: bool = True, settings: Given | None = None):
        self.peer = peer
        self.refill = refill
        self.streams: dict[int, Got] = {}
        self.goaway: tuple[int, int] | None = None
        """Last stream and code."""
        self.pongs = 0
        config = h2.config.H2Configuration(
            client_side=client_side,
            header_encoding=None,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        self.h2 = h2.connection.H2Connection(config)
        # h2 takes GOAWAY for the end of everything; RFC 9113 6.8 lets open streams go on.
        self.h2._frame_dispatch_table[GoAwayFrame] = self._told_to_leave
        if settings:
            self.h2.local_settings = h2.settings.Settings(client=client_side, initial_values=settings)
        self.h2.initiate_connection()
        self.flush()

    def flush(self) -> None:
        if (data := self.h2.data_to_send()) and not self.peer.transport.is_closing():
            self.peer.send(data)

    def step(self) -> None:
        """Reads what has come."""
        if data := self.peer.take():
            for event in self.h2.receive_data(data):
                self._take(event)
            self.flush()

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived | h2.events.ResponseReceived):
            self.got(event.stream_id).fields = list(event.headers)
        elif isinstance(event, h2.events.InformationalResponseReceived):
            self.got(event.stream_id).informational.append(list(event.headers))
        elif isinstance(event, h2.events.TrailersReceived):
            self.got(event.stream_id).trailers = list(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            self.got(event.stream_id).data += event.data
            if self.refill and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.got(event.stream_id).ended = True
        elif isinstance(event, h2.events.StreamReset):
            self.got(event.stream_id).reset = int(event.error_code)
        elif isinstance(event, h2.events.PingAckReceived):
            self.pongs += 1

    def _told_to_leave(self, frame: GoAwayFrame) -> tuple[list[Frame], list[h2.events.Event]]:
        self.goaway = (frame.last_stream_id, frame.error_code)
        return [], []

    def leave(self, last: int, code: int = 0) -> None:
        """Sends GOAWAY."""
        self.peer.send(GoAwayFrame(0, last_stream_id=last, error_code=code).serialize())

    def got(self, stream: int) -> Got:
        return self.streams.setdefault(stream, Got())

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        def come() -> object:
            self.step()
            return condition()

        await until(come, what or f"{[vars(got) for got in self.streams.values()]}"[:2000])

    async def round_trip(self) -> None:
        """All that was sent before has been looked at."""
        before = self.pongs
        self.h2.ping(bytes(8))
        self.flush()
        await self.until(lambda: self.pongs > before, "the answer to a PING")

    # As a client

    def ask(
        self, origin: Origin, path: str = "/", method: str = "GET", *more: tuple[bytes, bytes], end: bool = True
    ) -> int:
        where = b"127.0.0.1:%d" % origin.port
        stream: int = self.h2.get_next_available_stream_id()
        fields = [
            (b":method", method.encode()),
            (b":scheme", b"http"),
            (b":authority", where),
            (b":path", path.encode()),
            *more,
        ]
        self.h2.send_headers(stream, fields, end_stream=end)
        self.flush()
        self.got(stream)
        return stream

    async def answer(self, stream: int) -> Got:
        got = self.got(stream)
        await self.until(lambda: got.over, f"the answer on {stream}: {vars(got)}"[:500])
        return got

    # As a server

    async def asked(self, count: int = 1) -> int:
        """The id of the newest of so many requests."""
        await self.until(lambda: len(self.streams) >= count, f"{count} requests")
        return list(self.streams)[count - 1]

    def say(self, stream: int, body: bytes | None = None, *more: tuple[bytes, bytes], status: int = 200) -> None:
        """A response; ``body`` None: its head alone, and the stream goes on."""
        self.h2.send_headers(stream, [(b":status", b"%d" % status), *more], end_stream=body == b"")
        if body:
            self.h2.send_data(stream, body, end_stream=True)
        self.flush()

    # As both

    def send(self, stream: int, data: bytes, *, end: bool = False) -> None:
        size = self.h2.max_outbound_frame_size
        for start in range(0, len(data) or 1, size):
            self.h2.send_data(stream, data[start : start + size], end_stream=end and start + size >= len(data))
        self.flush()

    def pour(self, stream: int, left: int) -> int:
        """Sends as much of ``left`` bytes as the windows allow; what is left then. Ends the stream behind the last."""
        self.step()
        while left and stream in self.h2.streams and (room := self.h2.local_flow_control_window(stream)):
            size = min(room, left, self.h2.max_outbound_frame_size)
            left -= size
            self.h2.send_data(stream, bytes(size), end_stream=not left)
        self.flush()
        return left

    def reset(self, stream: int, code: int) -> None:
        self.h2.reset_stream(stream, code)
        self.flush()


async def client_of(house: House, origin: Origin, *, refill: bool = True) -> Http2Peer:
    """A client that speaks HTTP/2 in clear, with prior knowledge, inside a tunnel."""
    return Http2Peer(await house.tunnel(origin), client_side=True, refill=refill)


async def server_of(origin: Origin, *, refill: bool = True, settings: Given | None = None) -> Http2Peer:
    return Http2Peer(await origin.accept(), client_side=False, refill=refill, settings=settings)
