"""An HTTP/2 client that sends exactly the frames a test gives it, through the proxy or directly to a server.

    with Http2Client.through(wireglass.proxy, authority, trust=wireglass.ca_path) as client:
        answer = client.answer(client.request("/hello"))

One thread: what comes is read while something is waited for.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from hpack import Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from tests.peers.client import Client, client_context, split_address
from tests.peers.http2 import (
    ACK,
    DEFAULT_FRAME,
    DEFAULT_WINDOW,
    END_STREAM,
    PREFACE,
    Code,
    Fields,
    FrameReader,
    Section,
    Setting,
    Values,
    data,
    headers,
    ping,
    settings,
    settings_ack,
    window_update,
)


@dataclass
class Answer:
    """What came on one stream."""

    informational: list[Fields] = field(default_factory=list)
    fields: Fields = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    pieces: list[int] = field(default_factory=list)
    """Payload size of each DATA frame."""
    trailers: Fields = field(default_factory=list)
    ended: bool = False
    reset: int | None = None
    """The code of RST_STREAM."""

    @property
    def body(self) -> bytes:
        return bytes(self.received)

    @property
    def status(self) -> int:
        return int(dict(self.fields)[b":status"])

    @property
    def over(self) -> bool:
        return self.ended or self.reset is not None

    def get(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.fields if key == name), None)


class Http2Client:
    """One connection. ``refill`` False lets the other side's window run out."""

    def __init__(self, sock: socket.socket, authority: str, scheme: str, *, refill: bool = True) -> None:
        self.sock = sock
        self.authority = authority
        self.scheme = scheme
        self.refill = refill
        self.encoder = Encoder()
        self.answers: dict[int, Answer] = {}
        self.settings: dict[int, int] = {}
        """The other side's."""
        self.settings_acks = 0
        self.frames: list[Frame | Section] = []
        """Everything that came, DATA frames aside."""
        self.pongs: list[bytes] = []
        self.goaway: GoAwayFrame | None = None
        self.closed = False
        self.window = DEFAULT_WINDOW
        """What may be sent on the connection."""
        self._windows: dict[int, int] = {}
        self._reader = FrameReader(self._receive)
        self._next_stream = 1

    @classmethod
    def through(
        cls,
        proxy: str,
        authority: str,
        trust: Path | None,
        *,
        name: str = "localhost",
        alpn: tuple[str, ...] = ("h2",),
        receive_buffer: int | None = None,
        refill: bool = True,
    ) -> Http2Client:
        """CONNECT and TLS; the proxy must choose h2."""
        sock = connect_tls(proxy, authority, trust, name=name, alpn=alpn, receive_buffer=receive_buffer)
        assert sock.selected_alpn_protocol() == "h2", f"ALPN chose {sock.selected_alpn_protocol()!r}"
        return cls(sock, f"{name}:{split_address(authority)[1]}", "https", refill=refill)

    @classmethod
    def in_clear(cls, proxy: str, authority: str, *, refill: bool = True) -> Http2Client:
        """CONNECT, and HTTP/2 with prior knowledge inside it (RFC 9113 3.3)."""
        client = Client(proxy)
        answer = client.connect(authority)
        assert answer.status == 200, answer.start
        return cls(client.sock, authority, "http", refill=refill)

    @classmethod
    def direct(cls, authority: str, trust: Path | None = None, *, refill: bool = True) -> Http2Client:
        """Without a proxy; in clear if ``trust`` is None."""
        sock: socket.socket = Client(authority).sock
        if trust is not None:
            context = client_context(trust)
            context.set_alpn_protocols(["h2"])
            sock = context.wrap_socket(sock, server_hostname="localhost")
        return cls(sock, authority, "https" if trust else "http", refill=refill)

    def start(self, values: Values | None = None) -> Http2Client:
        """The preface, our settings, and the other side's."""
        self.send(PREFACE + settings(values or {}))
        self.until(lambda: bool(self.settings_acks), "SETTINGS and the acknowledgement of ours")
        assert isinstance(self.frames[0], SettingsFrame), f"{self.frames[0]!r} came first"  # RFC 9113 3.4
        return self

    def send(self, *frames: bytes) -> None:
        self.sock.sendall(b"".join(frames))

    def fields(self, path: str, method: str = "GET", *more: tuple[bytes, bytes]) -> Fields:
        return [
            (b":method", method.encode()),
            (b":scheme", self.scheme.encode()),
            (b":authority", self.authority.encode()),
            (b":path", path.encode()),
            *more,
        ]

    def new_stream(self) -> int:
        stream = self._next_stream
        self._next_stream += 2
        self.answers[stream] = Answer()
        self._windows[stream] = self.settings.get(Setting.INITIAL_WINDOW_SIZE, DEFAULT_WINDOW)
        return stream

    def block(self, fields: Fields) -> bytes:
        return self.encoder.encode(fields)

    def request(self, path: str, method: str = "GET", *more: tuple[bytes, bytes], end: bool = True) -> int:
        """The head of a request; the stream's number."""
        stream = self.new_stream()
        self.send(headers(stream, self.block(self.fields(path, method, *more)), end))
        return stream

    def upload(self, stream: int, body: bytes, *, end: bool = True) -> None:
        """All of ``body``, waiting for windows."""
        view = memoryview(body)
        while view:
            size = min(len(view), self.allowed(stream), DEFAULT_FRAME)
            if size <= 0:
                self.until(
                    lambda: self.allowed(stream) > 0 or self.answers[stream].over, f"a window for stream {stream}"
                )
                assert not self.answers[stream].over, f"stream {stream} is over: {self.answers[stream]}"
                continue
            self.spend(stream, size)
            self.send(data(stream, bytes(view[:size])))
            view = view[size:]
        if end:
            self.send(data(stream, b"", END_STREAM))

    def trail(self, stream: int, *fields: tuple[bytes, bytes]) -> None:
        self.send(headers(stream, self.block(list(fields)), end=True))

    def allowed(self, stream: int) -> int:
        """Bytes of DATA that the other side has a window for."""
        return min(self.window, self._windows[stream])

    def spend(self, stream: int, size: int) -> None:
        self.window -= size
        self._windows[stream] -= size

    def answer(self, stream: int) -> Answer:
        """Until the stream has ended."""
        answer = self._of(stream)
        self.until(lambda: answer.over, f"the end of stream {stream}")
        assert answer.reset is None, f"stream {stream} was reset with {Code(answer.reset or 0).name}"
        return answer

    def get(self, path: str, method: str = "GET", *more: tuple[bytes, bytes]) -> Answer:
        return self.answer(self.request(path, method, *more))

    def post(self, path: str, body: bytes, *more: tuple[bytes, bytes]) -> Answer:
        stream = self.request(path, "POST", *more, end=False)
        self.upload(stream, body)
        return self.answer(stream)

    def round_trip(self) -> None:
        """Everything sent so far has been read, and what was written before the answer has come."""
        count = len(self.pongs)
        self.send(ping())
        self.until(lambda: len(self.pongs) > count, "the answer to PING")

    def until(self, condition: Callable[[], bool], what: str) -> None:
        while not condition():
            assert self.step(), f"the connection ended before {what}; GOAWAY: {self.goaway!r}"

    def step(self) -> bool:
        """Take one frame in; False at the end."""
        if self.closed:
            return False
        got = self._reader.next()
        if got is None:
            self.closed = True
            return False
        if not isinstance(got, DataFrame):
            self.frames.append(got)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            self._take(got)
        return True

    def at_end(self) -> bool:
        """Reads until the other side has closed."""
        while self.step():
            pass
        return True

    def _take(self, got: Frame | Section) -> None:
        if isinstance(got, Section):
            self._section(got)
        elif isinstance(got, DataFrame):
            self._data(got)
        elif isinstance(got, SettingsFrame):
            if "ACK" in got.flags:
                self.settings_acks += 1
                return
            before = self.settings.get(Setting.INITIAL_WINDOW_SIZE, DEFAULT_WINDOW)
            self.settings.update(got.settings)
            change = self.settings.get(Setting.INITIAL_WINDOW_SIZE, DEFAULT_WINDOW) - before
            self._windows = {stream: size + change for stream, size in self._windows.items()}
            self.send(settings_ack())
        elif isinstance(got, PingFrame):
            if "ACK" in got.flags:
                self.pongs.append(got.opaque_data)
            else:
                self.send(ping(got.opaque_data, ACK))
        elif isinstance(got, WindowUpdateFrame):
            if got.stream_id:
                self._windows[got.stream_id] = self._windows.get(got.stream_id, DEFAULT_WINDOW) + got.window_increment
            else:
                self.window += got.window_increment
        elif isinstance(got, RstStreamFrame):
            self._of(got.stream_id).reset = got.error_code
        elif isinstance(got, GoAwayFrame):
            self.goaway = got

    def _of(self, stream: int) -> Answer:
        """Streams that a test opened by hand are known by what comes on them."""
        return self.answers.setdefault(stream, Answer())

    def _section(self, got: Section) -> None:
        answer = self._of(got.stream)
        assert not answer.ended, f"fields behind the end of stream {got.stream}: {got.fields}"
        status = dict(got.fields).get(b":status")
        if status is not None and 100 <= int(status) < 200:
            assert not answer.fields and not got.ended, got
            answer.informational.append(got.fields)
        elif not answer.fields:
            assert status is not None, f"no :status in {got.fields}"
            answer.fields = got.fields
        else:
            assert got.ended, f"fields in the middle of stream {got.stream}: {got.fields}"  # RFC 9113 8.1
            answer.trailers = got.fields
        answer.ended = got.ended

    def _data(self, got: DataFrame) -> None:
        answer = self._of(got.stream_id)
        assert answer.fields and not answer.ended, f"DATA on stream {got.stream_id} in the wrong place"
        answer.received += got.data
        answer.pieces.append(len(got.data))
        answer.ended = "END_STREAM" in got.flags
        if self.refill and got.flow_controlled_length:
            self.send(window_update(0, got.flow_controlled_length))
            if not answer.ended:
                self.send(window_update(got.stream_id, got.flow_controlled_length))

    def _receive(self) -> bytes:
        try:
            return self.sock.recv(262_144)
        except (ConnectionResetError, ssl.SSLEOFError):
            return b""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.close()

    def __enter__(self) -> Http2Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def connect_tls(
    proxy: str,
    authority: str,
    trust: Path | None,
    *,
    name: str = "localhost",
    alpn: tuple[str, ...] = (),
    receive_buffer: int | None = None,
) -> ssl.SSLSocket:
    """CONNECT and TLS with this ALPN offer (none: without the extension)."""
    client = Client(proxy, receive_buffer=receive_buffer)
    answer = client.connect(authority)
    assert answer.status == 200, answer.start
    context = client_context(trust)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context.wrap_socket(client.sock, server_hostname=name)
