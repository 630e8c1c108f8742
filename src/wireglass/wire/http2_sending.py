"""The half of an HTTP/2 connection that sends, and what both halves know of streams (RFC 9113 5, 6.9)."""

from __future__ import annotations

from jh2.config import H2Configuration
from jh2.connection import H2Connection
from jh2.hpack import NeverIndexedHeaderTuple
from jh2.settings import SettingCodes
from jh2.settings import Settings as Jh2Settings

from wireglass.model import Headers
from wireglass.wire import http2_frames as wire
from wireglass.wire.http2_fields import NO_LENGTH

MAX_WINDOW = 2**31 - 1
MAX_STREAM = 2**31 - 1

PATIENCE = 10_000
"""What a peer may spend without useful work: 1 for a PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown frame or empty
DATA, 10 for a stream that it resets or makes us reset. DATA either way and finished streams give it back."""

REMEMBERED = 1_024
"""Closed streams of which it is known how they ended. What comes for older ones is dropped (RFC 9113 5.1)."""

DEFAULT_WINDOW = 65_535
_FINISHED = 20
# RFC 7541 7.1.3: short secrets can be guessed from the size of what is compressed with them.
_SECRET = frozenset((b"authorization", b"proxy-authorization"))

ENDED, OUR_RESET, THEIR_RESET = range(3)


class Stream:
    """``window``: what may still come; ``due``: taken on, not yet given back; ``expected``: content length or below 0.
    The two long names are those by which jh2 applies the peer's settings."""

    __slots__ = (
        "due",
        "ended_here",
        "ended_there",
        "expected",
        "got",
        "head",
        "informational",
        "max_outbound_frame_size",
        "method",
        "outbound_flow_control_window",
        "window",
    )

    def __init__(self, window: int, outbound: int) -> None:
        self.window = window
        self.outbound_flow_control_window = outbound
        self.due = 0
        self.ended_here = False
        self.ended_there = False
        self.expected = NO_LENGTH
        self.got = 0
        self.head = False  # the request, or the final response, came
        self.informational = 0
        self.method = b""


class Sending(H2Connection):  # type: ignore[misc]  # jh2 has no annotations
    def __init__(
        self,
        *,
        client_side: bool,
        stream_window: int,
        connection_window: int,
        max_streams: int,
        extended_connect: bool,
        max_header_list: int,
    ) -> None:
        super().__init__(H2Configuration(client_side=client_side))
        self._frame_dispatch_table.clear()  # never used here, and a cycle
        self._client = client_side
        self._max_streams = max_streams
        self._extended_connect = extended_connect
        self._max_list = max_header_list
        own = {
            SettingCodes.HEADER_TABLE_SIZE: 4096,
            SettingCodes.ENABLE_PUSH: 0,
            SettingCodes.INITIAL_WINDOW_SIZE: stream_window,
            SettingCodes.MAX_HEADER_LIST_SIZE: self._max_list,
        }
        if not client_side:
            own[SettingCodes.MAX_CONCURRENT_STREAMS] = max_streams
            if extended_connect:
                own[SettingCodes.ENABLE_CONNECT_PROTOCOL] = 1
        self.local_settings = Jh2Settings(client=client_side, initial_values=own)
        self.remote_settings = Jh2Settings(
            client=not client_side,
            initial_values={SettingCodes.HEADER_TABLE_SIZE: 4096, SettingCodes.INITIAL_WINDOW_SIZE: DEFAULT_WINDOW},
        )
        # A field section above our limit is decoded, so that the tables stay in step, up to this; a block of 64 kB can
        # stand for 256 MB.
        self.decoder.max_header_list_size = 4 * self._max_list
        self.decoder.max_allowed_table_size = 4096
        self.max_outbound_frame_size = wire.MAX_FRAME
        self.streams: dict[int, Stream] = {}
        self.highest_inbound_stream_id: int = 0
        self.highest_outbound_stream_id: int = 0
        self.outbound_flow_control_window: int = DEFAULT_WINDOW
        self._stream_window = stream_window
        # Until the peer has acknowledged our settings, it may go by the default.
        self._window_now = max(stream_window, DEFAULT_WINDOW)
        self._connection_window = max(connection_window, DEFAULT_WINDOW)
        self._window = self._connection_window
        self._due = 0
        self._table = 4096
        self._table_low: int | None = None
        self._closed: dict[int, int] = {}
        self._forgotten = 0
        self._patience = PATIENCE
        self._answers = 0
        self._last_of_peer: int | None = None  # after our GOAWAY
        self._no_more = False  # after the peer's GOAWAY
        self._over = False
        self.failure = ""
        self.failure_code = wire.NO_ERROR

    # -- Connection

    def begin(self) -> None:
        """Queues the preface, SETTINGS and the WINDOW_UPDATE of the connection."""
        self.initiate_connection()
        more = self._connection_window - DEFAULT_WINDOW
        if more:
            self._queue(wire.WINDOW_UPDATE, 0, 0, wire.U32.pack(more))

    def take(self) -> bytes:
        """The bytes to send now."""
        data = bytes(self._data_to_send)
        self._data_to_send.clear()
        self._answers = 0
        return data

    @property
    def queued(self) -> int:
        """Bytes that wait for ``take``."""
        return len(self._data_to_send)

    def goaway(self, code: int = wire.NO_ERROR) -> None:
        """With code 0 open streams go on, and what the peer opens from now on is dropped. With another, that was the
        end."""
        if self._over:
            return
        if self._last_of_peer is None:
            self._last_of_peer = self.highest_inbound_stream_id
        self._queue(wire.GOAWAY, 0, 0, wire.U32.pack(self._last_of_peer) + wire.U32.pack(code))
        self._over = code != wire.NO_ERROR

    @property
    def open(self) -> int:
        return len(self.streams)

    def is_open(self, stream: int) -> bool:
        return stream in self.streams

    def next_stream(self) -> int | None:
        """The id for the next request, the same until its ``send_headers``; None when the connection takes no more."""
        stream = self.highest_outbound_stream_id + 2 if self.highest_outbound_stream_id else 1
        if self._over or self._no_more or self._last_of_peer is not None or stream > MAX_STREAM:
            return None
        return stream if len(self.streams) < self.remote_settings.max_concurrent_streams else None

    # -- Sending

    def send_headers(self, stream: int, fields: Headers, ended: bool) -> None:
        """A request, response, informational response or trailers; names in lower case. No-op if the stream is gone."""
        if self._over:
            return
        state = self.streams.get(stream)
        if state is None:
            if not self._client or stream <= self.highest_outbound_stream_id or self._no_more:
                return
            self.highest_outbound_stream_id = stream
            state = self._open(stream)
            state.method = next((value for name, value in fields if name == b":method"), b"")
        elif state.ended_here:
            return
        if self._table_low is not None:
            self._resize_table()
        block = self.encoder.encode(
            [
                (
                    field[0],
                    field[1],
                    field.__class__ is NeverIndexedHeaderTuple
                    or field[0] in _SECRET
                    or (field[0] == b"cookie" and len(field[1]) < 20),
                )
                for field in fields
            ]
        )
        flags = wire.END_STREAM if ended else 0
        limit = self.max_outbound_frame_size
        if len(block) <= limit:
            self._data_to_send += wire.frame(wire.HEADERS, flags | wire.END_HEADERS, stream, block)
        else:
            self._data_to_send += wire.frame(wire.HEADERS, flags, stream, block[:limit])
            for start in range(limit, len(block), limit):
                last = wire.END_HEADERS if start + limit >= len(block) else 0
                self._data_to_send += wire.frame(wire.CONTINUATION, last, stream, block[start : start + limit])
        if ended:
            self._ended_here(stream, state)

    def _resize_table(self) -> None:
        """RFC 7541 4.2: the smallest size since the last block, then the final one. jh2 would write them all, and so
        one that the peer's table no longer allows."""
        if self._table_low != self._table:
            self.encoder.header_table_size = self._table_low
        self.encoder.header_table_size = self._table
        self._table_low = None

    def room(self, stream: int) -> int:
        """Bytes of DATA that may be sent now."""
        state = self.streams.get(stream)
        if state is None or state.ended_here or self._over:
            return 0
        return max(0, min(state.outbound_flow_control_window, self.outbound_flow_control_window))

    def send_data(self, stream: int, data: bytes, ended: bool) -> None:
        """At most ``room(stream)`` bytes. No-op if the stream is gone."""
        state = self.streams.get(stream)
        if state is None or state.ended_here or self._over:
            return
        size = len(data)
        assert size <= self.room(stream), f"{size} bytes of DATA where {self.room(stream)} are granted"
        state.outbound_flow_control_window -= size
        self.outbound_flow_control_window -= size
        limit = self.max_outbound_frame_size
        flags = wire.END_STREAM if ended else 0
        if size <= limit:
            if size or ended:
                self._data_to_send += wire.frame(wire.DATA, flags, stream, data)
        else:
            for start in range(0, size, limit):
                last = flags if start + limit >= size else 0
                self._data_to_send += wire.frame(wire.DATA, last, stream, data[start : start + limit])
        # A peer answers DATA with WINDOW_UPDATE for the stream and for the connection, some with PING.
        self._earn(3 + (size >> 10))
        if ended:
            self._ended_here(stream, state)

    def reset(self, stream: int, code: int) -> None:
        """No-op if the stream is gone."""
        if stream in self.streams and not self._over:
            self._queue(wire.RST_STREAM, 0, stream, wire.U32.pack(code))
            self._close(stream, OUR_RESET)

    def give_stream(self, stream: int, size: int) -> None:
        """``size`` bytes of DATA were taken on. Held back until a quarter of the window is due. No-op if the stream no
        longer receives."""
        state = self.streams.get(stream)
        if state is None or state.ended_there or self._over:
            return
        state.due += size
        if state.due and state.due >= self._stream_window // 4:
            state.window += state.due
            self._queue(wire.WINDOW_UPDATE, 0, stream, wire.U32.pack(state.due))
            state.due = 0

    def give_connection(self, size: int) -> None:
        """What Data events said, also of streams that are gone. Held back until a quarter of the window is due."""
        self._due += size
        if self._due and self._due >= self._connection_window // 4 and not self._over:
            self._window += self._due
            self._queue(wire.WINDOW_UPDATE, 0, 0, wire.U32.pack(self._due))
            self._due = 0

    # -- What both directions share

    def _queue(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        self._data_to_send += wire.frame(kind, flags, stream, payload)

    def _earn(self, work: int) -> None:
        self._patience = min(self._patience + work, PATIENCE)

    def _open(self, stream: int) -> Stream:
        state = Stream(self._window_now, self.remote_settings.initial_window_size)
        self.streams[stream] = state
        return state

    def _close(self, stream: int, how: int) -> None:
        self.streams.pop(stream, None)
        self._closed[stream] = how
        if len(self._closed) > REMEMBERED:
            oldest = next(iter(self._closed))
            del self._closed[oldest]
            self._forgotten = max(self._forgotten, oldest)

    def _ended_here(self, stream: int, state: Stream) -> None:
        state.ended_here = True
        if state.ended_there:
            self._close(stream, ENDED)
            self._earn(_FINISHED)

    def _ended_there(self, stream: int, state: Stream) -> None:
        state.ended_there = True
        if state.ended_here:
            self._close(stream, ENDED)
            self._earn(_FINISHED)
