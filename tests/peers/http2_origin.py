"""An HTTP/2 server that says exactly what a test tells it to, and keeps what it received: the witness.

    with Http2Origin(authority.server_context()) as origin:
        origin.on_stream("/hello", lambda call: call.answer(b"hi"))

A script has a thread of its own for each stream and gets the ``Http2Call`` when the request's fields are there. What
the client of a connection did with windows, settings, pings and resets is kept with the connection. Where HTTP/1.1 is
chosen, or allowed and spoken, it is an ``Origin``.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

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
from tests.peers.http import Ended, Wire
from tests.peers.http2 import (
    ACK,
    DEFAULT_FRAME,
    DEFAULT_WINDOW,
    END_STREAM,
    PREFACE,
    Fields,
    FrameReader,
    Section,
    Setting,
    Values,
    data,
    goaway,
    headers,
    ping,
    rst_stream,
    settings,
    settings_ack,
    window_update,
)
from tests.peers.origin import Origin

_PATIENCE = 30.0
"""Seconds a script waits for its client."""


class StreamOver(Exception):
    """The client reset the stream, or the connection is gone."""


@dataclass
class Http2Call:
    """One stream at the origin, and the way to answer it."""

    connection: Http2Connection
    stream: int
    fields: Fields
    """In the order they came, pseudo-header fields included."""
    body: bytearray = field(default_factory=bytearray)
    pieces: list[int] = field(default_factory=list)
    """Payload size of each DATA frame."""
    trailers: Fields = field(default_factory=list)
    ended: bool = False
    reset: int | None = None
    """The code the client reset it with."""
    window: int = DEFAULT_WINDOW
    """What the client lets us send on this stream."""
    refill: bool = True
    """Whether what comes is given back to the client's window at once."""
    said: list[Fields] = field(default_factory=list)
    """The field sections we sent: 1xx, head, trailers."""
    sent: int = 0
    """Bytes of DATA."""
    waiting: bool = False
    """For a window, in ``send``."""
    done: bool = False
    """Whether our side has ended."""

    @property
    def is_open(self) -> bool:
        """As SETTINGS_MAX_CONCURRENT_STREAMS counts (RFC 9113 5.1.2)."""
        return not (self.done and self.ended) and self.reset is None

    def get(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.fields if key == name), None)

    @property
    def method(self) -> str:
        return (self.get(b":method") or b"").decode()

    @property
    def target(self) -> str:
        return (self.get(b":path") or b"").decode()

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.split("?")[0]

    @property
    def headers(self) -> Fields:
        """Without pseudo-header fields."""
        return [pair for pair in self.fields if not pair[0].startswith(b":")]

    def read_body(self) -> bytes:
        """All of it; the trailers have come then as well."""
        self.connection.wait(lambda: self.ended or self.over, f"the end of the body of {self.path}")
        self._see()
        return bytes(self.body)

    def inform(self, status: int, *fields: tuple[bytes, bytes]) -> None:
        self._say([(b":status", b"%d" % status), *fields])

    def head(self, *fields: tuple[bytes, bytes], status: int = 200, end: bool = False) -> None:
        self._say([(b":status", b"%d" % status), *fields], end)

    def send(self, payload: bytes, end: bool = False) -> None:
        """DATA as the client's windows allow; StreamOver when nobody wants it any more."""
        connection = self.connection
        view = memoryview(payload)
        while view:
            with connection.changed:
                self.waiting = True
                connection.wait(
                    lambda: (self.window > 0 and connection.window > 0) or self.over, f"a window for {self.path}"
                )
                self.waiting = False
                self._see()
                size = min(len(view), self.window, connection.window, DEFAULT_FRAME)
                self.window -= size
                connection.window -= size
            connection.send(data(self.stream, bytes(view[:size])))
            self.sent += size
            view = view[size:]
        if end:
            self.done = True
            connection.send(data(self.stream, b"", END_STREAM))

    def trail(self, *fields: tuple[bytes, bytes]) -> None:
        self._say(list(fields), end=True)

    def _say(self, fields: Fields, end: bool = False) -> None:
        self.done = self.done or end
        self.said.append(fields)
        self.connection.fields(self.stream, fields, end)

    def answer(self, body: bytes, *fields: tuple[bytes, bytes], status: int = 200) -> None:
        """The request is read whole before."""
        self.read_body()
        length = (b"content-length", b"%d" % len(body))
        bare = self.method == "HEAD" or not body
        self.head(length, *fields, status=status, end=bare)
        if not bare:
            self.send(body, end=True)

    def rst(self, code: int) -> None:
        self.done = self.ended = True
        self.connection.send(rst_stream(self.stream, code))

    def give(self, size: int) -> None:
        """Let the client send ``size`` more on this stream."""
        self.connection.send(window_update(self.stream, size))

    @property
    def stalled(self) -> bool:
        """Whether ``send`` waits for a window."""
        with self.connection.changed:
            return self.waiting

    def wait_for_more(self, seen: int) -> bool:
        """Until more than ``seen`` bytes of the body are there; False at its end."""
        self.connection.wait(lambda: len(self.body) > seen or self.ended or self.over, f"more of {self.path}")
        return len(self.body) > seen

    def until_over(self) -> None:
        """Waits for the client to give the stream up."""
        self.connection.wait(lambda: self.over, f"the reset of {self.path}")

    @property
    def over(self) -> bool:
        return self.reset is not None or self.connection.gone

    def _see(self) -> None:
        if self.over:
            raise StreamOver


class Http2Connection:
    """A client of the origin."""

    def __init__(self, origin: Http2Origin, sock: socket.socket | _Tls, number: int) -> None:
        self.number = number
        self.calls: dict[int, Http2Call] = {}
        self.settings: dict[int, int] = {}
        """The client's."""
        self.frames: list[Frame | Section] = []
        """What came, DATA aside."""
        self.goaway: GoAwayFrame | None = None
        self.window = DEFAULT_WINDOW
        self.gone = False
        self.most_open = 0
        """Streams open at the same time."""
        self.changed = threading.Condition(threading.RLock())
        self._writing = threading.Lock()
        self._encoder = Encoder()
        self._origin = origin
        self._sock = sock
        self._reader = FrameReader(lambda: sock.recv(65_536))

    def serve(self, begun: bytes) -> None:
        """``begun``: bytes of the preface that were read already."""
        rest = PREFACE[len(begun) :]
        if begun + self._reader.exactly(len(rest)) != PREFACE:
            return
        try:
            if self._origin.settings is not None:
                self.send(settings(self._origin.settings))
            if extra := self._origin.window - DEFAULT_WINDOW:
                self.send(window_update(0, extra))
            while (got := self._reader.next()) is not None:
                with self.changed:
                    self._take(got)
                    self.changed.notify_all()
        finally:
            with self.changed:
                self.gone = True
                self.changed.notify_all()

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        with self.changed:
            if not self.changed.wait_for(condition, _PATIENCE):
                raise AssertionError(f"the origin waited {_PATIENCE:g} s in vain for {what}")

    def send(self, *frames: bytes) -> None:
        with self._writing:
            self._sock.sendall(b"".join(frames))

    def fields(self, stream: int, fields: Fields, end: bool = False) -> None:
        with self._writing:  # blocks have to leave in the order they were encoded in
            self._sock.sendall(headers(stream, self._encoder.encode(fields), end))

    def leave(self, last_stream: int, code: int = 0) -> None:
        self.send(goaway(last_stream, code))

    def close(self) -> None:
        """TCP ends; streams under way are cut."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def _take(self, got: Frame | Section) -> None:
        if isinstance(got, DataFrame):
            self._data(got)
            return
        self.frames.append(got)
        if isinstance(got, Section):
            self._section(got)
        elif isinstance(got, SettingsFrame):
            if "ACK" not in got.flags:
                before = self.settings.get(Setting.INITIAL_WINDOW_SIZE, DEFAULT_WINDOW)
                self.settings.update(got.settings)
                change = self.settings.get(Setting.INITIAL_WINDOW_SIZE, DEFAULT_WINDOW) - before
                for call in self.calls.values():
                    call.window += change
                if self._origin.settings is not None:
                    self.send(settings_ack())
        elif isinstance(got, PingFrame):
            if "ACK" not in got.flags:
                self.send(ping(got.opaque_data, ACK))
        elif isinstance(got, WindowUpdateFrame):
            if got.stream_id:
                self.calls[got.stream_id].window += got.window_increment
            else:
                self.window += got.window_increment
        elif isinstance(got, RstStreamFrame):
            self.calls[got.stream_id].reset = got.error_code
        elif isinstance(got, GoAwayFrame):
            self.goaway = got

    def _section(self, got: Section) -> None:
        call = self.calls.get(got.stream)
        if call is not None:
            assert got.ended, f"trailers that do not end stream {got.stream}: {got.fields}"
            call.trailers, call.ended = got.fields, True
            return
        call = Http2Call(self, got.stream, got.fields, ended=got.ended)
        call.window = self.settings.get(Setting.INITIAL_WINDOW_SIZE, DEFAULT_WINDOW)
        call.refill = call.path not in self._origin.held
        self.calls[got.stream] = call
        self.most_open = max(self.most_open, sum(one.is_open for one in self.calls.values()))
        self._origin.begin(call)

    def _data(self, got: DataFrame) -> None:
        call = self.calls[got.stream_id]
        assert not call.ended, f"DATA behind the end of stream {got.stream_id}"
        call.body += got.data
        call.pieces.append(len(got.data))
        call.ended = "END_STREAM" in got.flags
        if got.flow_controlled_length:
            self.send(window_update(0, got.flow_controlled_length))
            if call.refill and not call.ended:
                self.send(window_update(got.stream_id, got.flow_controlled_length))


StreamScript = Callable[[Http2Call], None]


class Http2Origin(Origin):
    """``versions`` as in ALPN, the preferred first. In clear the first bytes tell which it is. ``settings`` None: never
    sends SETTINGS."""

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        versions: tuple[str, ...] = ("h2",),
        settings: Values | None = MappingProxyType({}),
        window: int = DEFAULT_WINDOW,
    ) -> None:
        if tls is not None:
            tls.set_alpn_protocols(list(versions))
        self.versions = versions
        self.settings = None if settings is None else {int(name): value for name, value in settings.items()}
        self.window = window
        """Of each connection, in bytes."""
        self.held: set[str] = set()
        """Paths whose streams get no window back by themselves."""
        self.streams: list[Http2Call] = []
        """In the order the heads came, over all connections."""
        self.http2: list[Http2Connection] = []
        self.otherwise: StreamScript = echo
        self._stream_scripts: dict[str, StreamScript] = {}
        super().__init__(tls)

    def on_stream(self, path: str, script: StreamScript, *, hold: bool = False) -> str:
        """Answer ``path`` by ``script``; the whole URL. ``hold``: the client's window is given back by the script."""
        self._stream_scripts[path] = script
        if hold:
            self.held.add(path)
        return self.url + path

    def stream(self, path: str) -> Http2Call:
        """The only one of ``path`` so far."""
        [call] = self.streams_of(path)
        return call

    def streams_of(self, path: str) -> list[Http2Call]:
        with self._lock:
            return [call for call in self.streams if call.path == path]

    def begin(self, call: Http2Call) -> None:
        with self._lock:
            self.streams.append(call)
        self._spawn(self._play, call)

    def _play(self, call: Http2Call) -> None:
        try:
            self._stream_scripts.get(call.path, self.otherwise)(call)
        except (StreamOver, OSError):
            pass  # the client's right; what it did is in the log
        except BaseException as error:
            self.faults.append(error)

    def _serve(self, raw: socket.socket, number: int) -> None:
        sock: socket.socket | _Tls = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            begun = b""
            if self._tls:
                sock = _Tls(raw, self._tls)
                is_http2 = sock.protocol == "h2" or "http/1.1" not in self.versions
            else:
                while len(begun) < 4 and (more := sock.recv(4 - len(begun))):
                    begun += more
                is_http2 = begun == PREFACE[:4]
            if is_http2:
                connection = Http2Connection(self, sock, number)
                with self._lock:
                    self.http2.append(connection)
                connection.serve(begun)
            elif "http/1.1" in self.versions:
                wire = Wire(_after(begun, sock))
                while self._answer(cast("socket.socket", sock), wire, number):
                    pass
        except (Ended, OSError):
            pass  # as in Origin
        except BaseException as error:
            self.faults.append(error)
        finally:
            with self._lock:
                self._sockets.discard(raw)
            raw.close()


class _Tls:
    """What a script and the reader need of a socket. An ``SSLSocket`` may not be read and written at the same time by
    two threads: OpenSSL's connections have no lock of their own."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self._sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._state, self._order = threading.Lock(), threading.Lock()
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except ssl.SSLError:
                self._flush()  # the alert
                raise
        self._flush()
        self.protocol = self._tls.selected_alpn_protocol()

    def recv(self, size: int) -> bytes:
        while True:
            with self._state:
                try:
                    return self._tls.read(size)
                except ssl.SSLWantReadError:
                    pass
                except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                    return b""
            self._fill()

    def sendall(self, payload: bytes) -> None:
        with self._order:
            with self._state:
                self._tls.write(payload)
                sealed = self._outgoing.read()
            self._sock.sendall(sealed)

    def setsockopt(self, level: int, name: int, value: bytes | int) -> None:
        self._sock.setsockopt(level, name, value)

    def shutdown(self, how: int) -> None:
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()

    def _fill(self) -> None:
        received = self._sock.recv(65_536)
        with self._state:
            if received:
                self._incoming.write(received)
            else:
                self._incoming.write_eof()

    def _flush(self) -> None:
        if sealed := self._outgoing.read():
            self._sock.sendall(sealed)


def _after(begun: bytes, sock: socket.socket | _Tls) -> Callable[[], bytes]:
    given = [begun] if begun else []
    return lambda: given.pop() if given else sock.recv(65_536)


def echo(call: Http2Call) -> None:
    """The request's target and body come back: unique where the target is."""
    body = call.target.encode() + b"\n" + call.read_body()
    call.answer(body, (b"content-type", b"text/plain"))
