"""HTTP/2 through the real program: what one side says arrives on the other, stream by stream, and in the record."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator

import pytest
from hyperframe.frame import AltSvcFrame
from tests.doors.conftest import Authority
from tests.peers.http2 import (
    DEFAULT_WINDOW,
    END_STREAM,
    Code,
    Kind,
    Setting,
    data,
    frame,
    ping,
    rst_stream,
    window_update,
)
from tests.peers.http2_client import Answer, Http2Client
from tests.peers.http2_origin import Http2Call, Http2Origin, StreamScript
from tests.peers.program import Wireglass
from tests.peers.waiting import wait_for

from wireglass.model import Record
from wireglass.store import Reader

HELD = 8_000_000
"""Bytes of one stream that may be on their way when its reader has stopped: buffers of sockets, TLS and the proxy."""
BIG = b"0123456789abcdef" * 2_000_000


@pytest.fixture
def origin(authority: Authority) -> Iterator[Http2Origin]:
    with Http2Origin(authority.server_context()) as origin:
        yield origin


@pytest.fixture
def client(wireglass: Wireglass, origin: Http2Origin) -> Iterator[Http2Client]:
    with through(wireglass, origin) as client:
        yield client


def through(wireglass: Wireglass, origin: Http2Origin, *, refill: bool = True) -> Http2Client:
    return Http2Client.through(wireglass.proxy, origin.authority, wireglass.ca_path, refill=refill).start()


def url(origin: Http2Origin, path: str) -> str:
    """As the record has it: by the name in the ClientHello."""
    return f"https://localhost:{origin.port}{path}"


def saying(body: bytes, *fields: tuple[bytes, bytes]) -> StreamScript:
    """Whatever the request is."""

    def script(call: Http2Call) -> None:
        call.head(*fields)
        call.send(body, end=True)

    return script


def waiting(call: Http2Call) -> None:
    """The head, and nothing more until the client gives it up."""
    call.head()
    call.until_over()


def record_of(wireglass: Wireglass, address: str) -> Record:
    row = wireglass.row(address)
    with Reader(wireglass.home / "store") as reader:
        return reader.get(row.id)


def test_streams_run_side_by_side(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    """A hundred at once on one connection, none of which is answered before all are there; one connection upstream."""
    count = min(100, client.settings.get(Setting.MAX_CONCURRENT_STREAMS, 100))
    everybody = threading.Barrier(count)

    def script(call: Http2Call) -> None:
        everybody.wait(20)
        call.answer(call.target.encode())

    origin.on_stream("/together", script)
    streams = [client.request(f"/together?{number}") for number in range(count)]
    assert count >= 100
    for number, stream in enumerate(streams):
        assert client.answer(stream).body == f"/together?{number}".encode()
    assert origin.connections == 1
    rows = wireglass.ended(url(origin, f"/together?{number}") for number in range(count))
    assert {(row.protocol, row.status, row.state) for row in rows.values()} == {("http/2", 200, "done")}


def test_one_upstream_connection_for_two_clients(wireglass: Wireglass, origin: Http2Origin) -> None:
    everybody = threading.Barrier(2)

    def script(call: Http2Call) -> None:
        everybody.wait(20)
        call.answer(call.target.encode())

    origin.on_stream("/shared", script)
    with through(wireglass, origin) as one, through(wireglass, origin) as two:
        first, second = one.request("/shared?one"), two.request("/shared?two")
        assert one.answer(first).body == b"/shared?one"
        assert two.answer(second).body == b"/shared?two"
    assert len({call.connection.number for call in origin.streams_of("/shared")}) == 1


def test_a_slow_reader_stops_only_its_stream(wireglass: Wireglass, origin: Http2Origin) -> None:
    """Five streams whose windows are used up hold their servers back, and nothing else."""
    origin.on_stream("/big", saying(BIG))
    with through(wireglass, origin, refill=False) as client:
        client.send(window_update(0, 2**30))
        streams = [client.request(f"/big?{number}") for number in range(5)]
        for stream in streams:
            client.until(lambda: len(client.answers[stream].body) == DEFAULT_WINDOW, "a window's worth")  # noqa: B023
        calls = origin.streams_of("/big")
        wait_for(lambda: all(call.stalled for call in calls), "all five servers to stand still")
        assert client.get("/small").status == 200
        assert all(call.stalled and call.sent < HELD for call in calls), [call.sent for call in calls]
        client.refill = True
        client.send(*(window_update(stream, 2**30) for stream in streams))
        for stream in streams:
            body = client.answer(stream).body
            assert len(body) == len(BIG) and hashlib.sha256(body).digest() == hashlib.sha256(BIG).digest()
    assert wireglass.row(url(origin, "/big?4")).response_size == len(BIG)


def test_a_slow_server_stops_only_its_stream(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    """The client's window for an upload is not given back before the server has taken what came."""
    goes_on = threading.Event()

    def script(call: Http2Call) -> None:
        assert goes_on.wait(20)
        call.give(2**30)
        call.answer(hashlib.sha256(call.read_body()).hexdigest().encode())

    origin.on_stream("/upload", script, hold=True)
    stream = client.request("/upload", "POST", end=False)
    sent = quiet = 0
    while quiet < 10:
        # Ten round trips without a window, after the server's own is full: nobody is going to give one.
        while (allowed := min(client.allowed(stream), 16_384)) > 0 and sent < len(BIG):
            client.spend(stream, allowed)
            client.send(data(stream, BIG[sent : sent + allowed]))
            sent, quiet = sent + allowed, 0
        client.round_trip()
        full = bool(found := origin.streams_of("/upload")) and len(found[0].body) == DEFAULT_WINDOW
        quiet += full
    assert DEFAULT_WINDOW <= sent < HELD
    assert client.get("/small").status == 200
    goes_on.set()
    client.upload(stream, BIG[sent:])
    assert client.answer(stream).body == hashlib.sha256(BIG).hexdigest().encode()
    assert wireglass.row(url(origin, "/upload")).request_size == len(BIG)


def test_more_than_the_window_allows(origin: Http2Origin, client: Http2Client) -> None:
    """RFC 9113 6.9.1: who sends more than it was given a window for has made an error."""
    origin.on_stream("/held", lambda call: call.until_over(), hold=True)
    stream = client.request("/held", "POST", end=False)
    answer = client.answers[stream]
    sent = 0
    while not client.closed and client.goaway is None and answer.reset is None:
        assert sent < HELD, "nobody minds"
        count = max(client.allowed(stream), 0) // 16_384 + 1
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.send(*[data(stream, bytes(16_384))] * count, ping())
        client.spend(stream, count * 16_384)
        sent += count * 16_384
        client.step()
    code = client.goaway.error_code if client.goaway is not None else answer.reset
    assert code == Code.FLOW_CONTROL_ERROR


def test_padding_is_given_back(origin: Http2Origin, client: Http2Client) -> None:
    """RFC 9113 6.9.1: padding counts too. Ten windows' worth of it pass."""
    origin.on_stream("/padded", lambda call: call.answer(b"%d" % len(call.read_body())))
    stream = client.request("/padded", "POST", end=False)
    count = 10 * DEFAULT_WINDOW // 256
    for _ in range(count):
        client.until(lambda: client.allowed(stream) >= 257, "a window for padding")
        client.spend(stream, 257)
        client.send(data(stream, b"\xffx" + bytes(255), 8))
    client.send(data(stream, b"", END_STREAM))
    assert client.answer(stream).body == b"%d" % count


def test_trailers_both_ways(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    asked, said = [(b"x-sum", b"1"), (b"x-sum", b"2")], [(b"grpc-status", b"0"), (b"x-last", b"gr\xfc\xdf")]

    def script(call: Http2Call) -> None:
        call.read_body()
        call.head((b"te", b"trailers"))
        call.send(b"body")
        call.trail(*said)

    origin.on_stream("/trailers", script)
    stream = client.request("/trailers", "POST", (b"te", b"trailers"), end=False)
    client.upload(stream, b"up", end=False)
    client.trail(stream, *asked)
    assert client.answer(stream).trailers == said
    assert origin.stream("/trailers").trailers == asked
    detail = record_of(wireglass, url(origin, "/trailers")).detail
    assert (detail.request_trailers, detail.response_trailers) == (asked, said)


def test_only_trailers(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    """What gRPC calls Trailers-Only: one section, and the end."""
    origin.on_stream("/only", lambda call: call.head((b"grpc-status", b"12"), end=True))
    answer = client.get("/only")
    assert (answer.get(b"grpc-status"), answer.body, answer.trailers) == (b"12", b"", [])
    assert wireglass.row(url(origin, "/only")).state == "done"


def test_early_hints(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    seen = threading.Event()

    def script(call: Http2Call) -> None:
        call.inform(103, (b"link", b"</a.css>; rel=preload"))
        call.inform(103, (b"link", b"</b.css>; rel=preload"))
        assert seen.wait(20)
        call.answer(b"done")

    origin.on_stream("/hints", script)
    stream = client.request("/hints")
    hints = client.answers[stream].informational
    client.until(lambda: len(hints) == 2, "two hints before the answer")
    seen.set()
    assert client.answer(stream).body == b"done"
    assert [dict(fields)[b"link"][:8] for fields in hints] == [b"</a.css>", b"</b.css>"]
    kept = record_of(wireglass, url(origin, "/hints")).detail.informational
    assert [(one.status, one.headers) for one in kept] == [(103, fields[1:]) for fields in hints]


def test_expect_continue(origin: Http2Origin, client: Http2Client) -> None:
    """The server's word reaches a client that waits for it with its body."""

    def script(call: Http2Call) -> None:
        call.inform(100)
        call.answer(call.read_body())

    origin.on_stream("/continue", script)
    stream = client.request("/continue", "POST", (b"expect", b"100-continue"), (b"content-length", b"4"), end=False)
    client.until(lambda: bool(client.answers[stream].informational), "100")
    client.upload(stream, b"body")
    assert client.answer(stream).body == b"body"


@pytest.mark.parametrize("code", [Code.INTERNAL_ERROR, Code.CANCEL, Code.ENHANCE_YOUR_CALM, Code.HTTP_1_1_REQUIRED])
def test_the_server_resets_a_stream(wireglass: Wireglass, origin: Http2Origin, client: Http2Client, code: Code) -> None:
    """Inside the body: the client's stream is reset too, the others go on, and the record says that it failed."""

    def script(call: Http2Call) -> None:
        call.head((b"content-length", b"100"))
        call.send(b"half of it")
        call.rst(code)

    origin.on_stream("/reset", script)
    path = f"/reset?{code.name}"
    stream = client.request(path)
    client.until(lambda: client.answers[stream].over, "the reset")
    answer = client.answers[stream]
    assert answer.reset is not None and not answer.ended
    assert answer.reset in {code, Code.INTERNAL_ERROR, Code.CANCEL}
    assert client.get("/after").status == 200
    row = wireglass.row(url(origin, path))
    assert (row.state, row.status) == ("failed", 200)
    assert row.error_kind == "stream_reset"
    assert code.name in (row.error or "")


def test_the_server_resets_before_its_answer(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    origin.on_stream("/early", lambda call: call.rst(Code.INTERNAL_ERROR))
    stream = client.request("/early", "POST", (b"content-length", b"0"))
    answer = client.answers[stream]
    client.until(lambda: answer.over, "the end")
    assert answer.reset is not None or answer.status == 502
    assert wireglass.row(url(origin, "/early")).state == "failed"
    assert client.get("/after").status == 200


def test_an_answer_before_the_request_is_whole(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    """RFC 9113 8.1: a server that needs no more of the request ends its answer, then resets with NO_ERROR."""

    def script(call: Http2Call) -> None:
        call.head(status=413)
        call.send(b"too large", end=True)
        call.rst(Code.NO_ERROR)

    origin.on_stream("/too-large", script, hold=True)
    stream = client.request("/too-large", "POST", end=False)
    client.send(data(stream, b"some"))
    answer = client.answers[stream]
    client.until(lambda: answer.ended, "the whole answer")
    assert (answer.status, answer.body) == (413, b"too large")
    assert wireglass.row(url(origin, "/too-large")).status == 413
    assert client.get("/after").status == 200


def test_the_client_resets_a_stream(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    """The server's stream is reset with CANCEL; the others on that connection go on."""
    cut: list[int | None] = []

    def script(call: Http2Call) -> None:
        call.head()
        call.send(b"first words")
        call.until_over()
        cut.append(call.reset)

    origin.on_stream("/given-up", script)
    stream = client.request("/given-up")
    client.until(lambda: bool(client.answers[stream].body), "the first words")
    client.send(rst_stream(stream, Code.CANCEL))
    wait_for(lambda: cut, "the reset at the server")
    assert cut == [Code.CANCEL]
    assert client.get("/after").status == 200
    row = wireglass.row(url(origin, "/given-up"))
    assert (row.state, row.error_kind, row.response_size) == ("failed", "client_closed", 11)
    assert origin.connections == 1


def test_a_client_that_goes_away(wireglass: Wireglass, origin: Http2Origin) -> None:
    """Its streams end at the server; another client's on the same upstream connection does not notice."""
    origin.on_stream("/left", waiting)
    with through(wireglass, origin) as other:
        kept = other.request("/left?kept")
        with through(wireglass, origin) as client:
            stream = client.request("/left?gone")
            client.until(lambda: bool(client.answers[stream].fields), "the head")
        gone = wait_for(lambda: [call for call in origin.streams if call.target == "/left?gone"], "the stream")[0]
        wait_for(lambda: gone.reset is not None, "the reset at the server")
        assert gone.reset == Code.CANCEL
        other.round_trip()
        assert not other.answers[kept].over
        assert other.get("/after").status == 200
    assert wireglass.row(url(origin, "/left?gone")).error_kind == "client_closed"


def test_goaway_of_the_server(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    """RFC 9113 6.8: what is above the last stream was not touched, and is asked again on a new connection; the stream
    below it goes on."""
    all_there, lock = threading.Event(), threading.Lock()
    first: list[Http2Call] = []

    def script(call: Http2Call) -> None:
        with lock:
            first.append(call)
            if len(first) == 3:
                all_there.set()
        assert all_there.wait(20)
        lowest = min((one for one in first[:3]), key=lambda one: one.stream)
        if call is lowest:
            call.connection.leave(call.stream)
            call.answer(call.target.encode())
        elif call.connection is not lowest.connection:
            call.answer(call.target.encode())

    origin.on_stream("/goaway", script)
    streams = [client.request(f"/goaway?{number}") for number in range(3)]
    assert [client.answer(stream).body for stream in streams] == [b"/goaway?0", b"/goaway?1", b"/goaway?2"]
    assert len({call.connection.number for call in origin.streams_of("/goaway")}) > 1
    assert client.goaway is None  # the client's connection is its own


def test_a_refused_stream_is_asked_again(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    """RFC 9113 8.7: REFUSED_STREAM says that nothing was done. Once it is asked again."""
    asked: list[str] = []

    def script(call: Http2Call) -> None:
        asked.append(call.target)
        if asked.count(call.target) == 1:
            call.rst(Code.REFUSED_STREAM)
        else:
            call.answer(call.read_body() or b"at last")

    origin.on_stream("/refused", script)
    assert client.get("/refused?get").body == b"at last"
    assert client.get("/refused?delete", "DELETE").body == b"at last"
    assert asked == ["/refused?get"] * 2 + ["/refused?delete"] * 2
    row = wireglass.row(url(origin, "/refused?get"))
    assert (row.state, row.status) == ("done", 200)
    assert wireglass.show(row.id)["notes"]


def test_a_stream_that_is_always_refused(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    origin.on_stream("/never", lambda call: call.rst(Code.REFUSED_STREAM))
    stream = client.request("/never")
    answer = client.answers[stream]
    client.until(lambda: answer.over, "the end")
    assert answer.reset == Code.REFUSED_STREAM or answer.status in (502, 503)
    assert len(origin.streams_of("/never")) <= 5
    assert wireglass.row(url(origin, "/never")).state == "failed"


def test_the_server_cuts_the_connection(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    def script(call: Http2Call) -> None:
        call.head()
        call.send(b"half")
        call.connection.close()

    origin.on_stream("/cut", script)
    stream = client.request("/cut")
    answer = client.answers[stream]
    client.until(lambda: answer.over, "the end")
    assert answer.reset is not None
    assert client.get("/after").status == 200
    assert origin.connections == 2
    row = wireglass.row(url(origin, "/cut"))
    assert (row.state, row.error_kind) == ("failed", "upstream_closed")


def test_fewer_streams_upstream(wireglass: Wireglass, authority: Authority) -> None:
    """A server that allows three at a time never has more; the others wait for their turn."""
    limit = {Setting.MAX_CONCURRENT_STREAMS: 3}
    with Http2Origin(authority.server_context(), settings=limit) as origin, through(wireglass, origin) as client:
        streams = [client.request(f"/turn?{number}") for number in range(30)]
        assert {client.answer(stream).status for stream in streams} == {200}
        assert max(connection.most_open for connection in origin.http2) <= 3


def test_a_window_of_one(wireglass: Wireglass, authority: Authority) -> None:
    window = {Setting.INITIAL_WINDOW_SIZE: 1}
    with Http2Origin(authority.server_context(), settings=window) as origin, through(wireglass, origin) as client:
        origin.on_stream("/drops", lambda call: call.answer(call.read_body()))
        assert client.post("/drops", b"a hundred" * 10).body == b"a hundred" * 10
        pieces = [size for size in origin.stream("/drops").pieces if size]
        # SETTINGS may come behind the first request, which then has the window everybody starts with.
        assert pieces in ([1] * 90, [90])
        assert client.post("/drops?again", b"b" * 50).body == b"b" * 50
        assert [size for size in origin.streams[-1].pieces if size] == [1] * 50


def test_a_server_without_settings(start: Callable[..., Wireglass], authority: Authority, origin: Http2Origin) -> None:
    """RFC 9113 3.4 wants them first. It is an answer or an error, and disturbs no other server."""
    wireglass = start("--connect-timeout", "2s")
    with Http2Origin(authority.server_context(), settings=None) as broken, through(wireglass, broken) as client:
        stream = client.request("/no-settings")
        answer = client.answers[stream]
        client.until(lambda: answer.over, "the end")
        assert answer.reset is not None or answer.status in (200, 502, 504)
        assert wireglass.row(url(broken, "/no-settings")).state in ("done", "failed")
        with through(wireglass, origin) as other:
            assert other.get("/other").status == 200


def test_a_server_that_says_nothing(start: Callable[..., Wireglass], authority: Authority) -> None:
    program = start("--response-timeout", "1s")
    with Http2Origin(authority.server_context()) as origin, through(program, origin) as client:
        origin.on_stream("/silent", lambda call: call.until_over())
        stream = client.request("/silent")
        assert client.get("/talks").status == 200
        assert client.answer(stream).status == 504
        wait_for(lambda: origin.stream("/silent").reset is not None, "the reset at the server")
        assert program.row(url(origin, "/silent")).error_kind == "response_timeout"


def test_large_sections(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    """More than a frame of fields each way, in order, repeated names too."""
    asked = [(b"x-%d" % (number % 50), b"a" * 300 + b"%d" % number) for number in range(100)]
    said = [(b"y-%d" % (number % 50), b"b" * 500 + b"%d" % number) for number in range(100)]
    origin.on_stream("/large", lambda call: call.answer(b"", *said))
    answer = client.get("/large", "GET", *asked)
    assert [pair for pair in answer.fields if pair[0].startswith(b"y-")] == said
    assert [pair for pair in origin.stream("/large").fields if pair[0].startswith(b"x-")] == asked
    assert record_of(wireglass, url(origin, "/large")).summary.status == 200


@pytest.mark.parametrize(
    ("method", "status", "length"),
    [("HEAD", 200, b"1000"), ("GET", 204, None), ("GET", 304, b"1000"), ("GET", 200, b"0"), ("GET", 200, None)],
)
def test_answers_without_a_body(
    wireglass: Wireglass, origin: Http2Origin, client: Http2Client, method: str, status: int, length: bytes | None
) -> None:
    fields = [(b"content-length", length)] if length is not None else []
    origin.on_stream("/bare", lambda call: call.head(*fields, status=status, end=True))
    path = f"/bare?{method}{status}{length!r}"
    answer = client.get(path, method)
    assert (answer.status, answer.get(b"content-length"), answer.body) == (status, length, b"")
    assert origin.streams[-1].method == method
    row = wireglass.rows(url(origin, path))
    assert client.get("/after").status == 200
    assert not row or row[0].response_size == 0


@pytest.mark.parametrize("body", [b"short", b"", b"longer than it was said to be"])
def test_a_response_of_another_length(
    wireglass: Wireglass, origin: Http2Origin, client: Http2Client, body: bytes
) -> None:
    """RFC 9113 8.1.1: content-length and DATA that do not agree are malformed, and not passed on as if they were
    good."""
    origin.on_stream("/length", saying(body, (b"content-length", b"10")))
    path = f"/length?{len(body)}"
    stream = client.request(path)
    answer = client.answers[stream]
    client.until(lambda: answer.over, "the end")
    assert answer.reset is not None or answer.status == 502
    assert wireglass.row(url(origin, path)).state == "failed"
    assert client.get("/after").status == 200


def test_no_push(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    """Nobody behind us could take a promise: the server is told, and one that pushes anyway has made an error."""

    def script(call: Http2Call) -> None:
        if call.get(b"x-push"):
            promised = b"\0\0\0\x02\x82\x84\x87\x41\x09localhost"
            call.connection.send(frame(Kind.PUSH_PROMISE, 4, call.stream, promised))
        call.answer(b"answer")

    origin.on_stream("/push", script)
    assert client.get("/push").status == 200
    assert origin.http2[0].settings[Setting.ENABLE_PUSH] == 0
    stream = client.request("/push?pushed", "GET", (b"x-push", b"1"))
    answer = client.answers[stream]
    client.until(lambda: answer.over, "the end")
    assert answer.reset is not None or answer.status == 502
    assert client.get("/after").status == 200


def test_altsvc_frames_stay_away(origin: Http2Origin, client: Http2Client) -> None:
    """RFC 7838 4 is hop by hop, and would send the traffic past us."""

    def script(call: Http2Call) -> None:
        elsewhere = b'h3=":443"'
        call.connection.send(
            frame(Kind.ALTSVC, 0, call.stream, b"\0\0" + elsewhere),
            frame(Kind.ALTSVC, 0, 0, b"\0\x11https://localhost" + elsewhere),
        )
        call.answer(b"answer")

    origin.on_stream("/altsvc", script)
    assert client.get("/altsvc").status == 200
    client.round_trip()
    assert not [got for got in client.frames if isinstance(got, AltSvcFrame)]


def test_the_end_of_wireglass(start: Callable[..., Wireglass], authority: Authority) -> None:
    """RFC 9113 6.8: an idle client is told with GOAWAY before the connection closes."""
    program = start()
    with Http2Origin(authority.server_context()) as origin, through(program, origin) as client:
        assert client.get("/before").status == 200
        program.stop()
        client.at_end()
        assert client.goaway is not None
        assert client.goaway.error_code == Code.NO_ERROR
        assert origin.http2[0].goaway is not None


def test_extended_connect(wireglass: Wireglass, authority: Authority) -> None:
    """RFC 8441: WebSocket in a stream. Bytes pass both ways as they are, and the record says what it was."""
    allowed = {Setting.ENABLE_CONNECT_PROTOCOL: 1}

    def script(call: Http2Call) -> None:
        call.head()
        seen = 0
        while call.wait_for_more(seen):
            more = bytes(call.body[seen:])
            seen += len(more)
            call.send(more)
        call.send(b"", end=True)

    with Http2Origin(authority.server_context(), settings=allowed) as origin:
        origin.on_stream("/socket", script)
        with through(wireglass, origin) as client:
            assert client.settings.get(Setting.ENABLE_CONNECT_PROTOCOL) == 1
            extra = ((b":protocol", b"websocket"), (b"sec-websocket-version", b"13"))
            stream = client.request("/socket", "CONNECT", *extra, end=False)
            answer = client.answers[stream]
            client.until(lambda: bool(answer.fields), "the head")
            assert answer.status == 200
            text = b"\x81\x85\x01\x02\x03\x04" + bytes(
                byte ^ mask for byte, mask in zip(b"hello", b"\x01\x02\x03\x04\x01", strict=True)
            )
            client.send(data(stream, text))
            client.until(lambda: bytes(answer.body) == text, "the same bytes back")
            assert client.get("/beside").status == 200
            client.send(data(stream, b"", END_STREAM))
            client.answer(stream)
        row = wireglass.row(url(origin, "/socket"))
        assert (row.protocol, row.request_size, row.response_size) == ("websocket", len(text), len(text))
        assert dict(origin.stream("/socket").fields)[b":protocol"] == b"websocket"
        messages = [
            json.loads(line) for line in wireglass.ask("show", str(row.id), "--messages", "--json").splitlines()
        ]
        assert [(one["side"], one["kind"], one["text"]) for one in messages] == [
            ("request", "text", "hello"), ("response", "text", "hello")
        ]  # fmt: skip
        entries = json.loads(wireglass.ask("export", "--format", "har"))["log"]["entries"]
        [entry] = [entry for entry in entries if entry["request"]["url"] == row.url]
        assert [one["data"] for one in entry["_webSocketMessages"]] == ["hello", "hello"]


def test_the_record_is_what_the_server_saw(wireglass: Wireglass, origin: Http2Origin, client: Http2Client) -> None:
    """Method, URL, fields in order, bodies and trailers of sixty exchanges of many shapes."""
    asked: dict[str, tuple[str, bytes, Answer]] = {}

    def script(call: Http2Call) -> None:
        body = call.read_body()
        number = int(call.target.split("=")[1])
        call.head(
            (b"x-number", b"%d" % number), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), status=200 + number % 4
        )
        call.send(body[::-1] + b"." * (number * 997))
        call.trail((b"x-trailer", b"%d" % number))

    origin.on_stream("/witness", script)
    for number in range(60):
        path, body = f"/witness?id={number}", bytes([number]) * (number * 1_003 % 50_000)
        method = ("GET", "POST", "PUT", "PATCH", "DELETE")[number % 5]
        more = [(b"x-a", b"1"), (b"x-b", b"%d" % number), (b"x-a", b"2"), (b"accept", b"*/*")]
        stream = client.request(path, method, *more, end=method == "GET")
        if method != "GET":
            client.upload(stream, body)
        asked[path] = (method, b"" if method == "GET" else body, client.answer(stream))
    rows = wireglass.ended(url(origin, path) for path in asked)
    with Reader(wireglass.home / "store") as reader:
        records = {path: reader.get(rows[url(origin, path)].id) for path in asked}
    for path, (method, body, answer) in asked.items():
        [call] = [call for call in origin.streams if call.target == path]
        record = records[path]
        summary, detail = record.summary, record.detail
        assert (summary.method, summary.protocol, summary.state) == (method, "http/2", "done")
        assert bytes(call.body) == body
        assert without_host(detail.request_headers) == without_host(call.headers)
        assert (summary.request_size, summary.response_size) == (len(body), call.sent)
        assert summary.status == answer.status
        head, trailers = call.said
        assert detail.response_headers == head[1:] == answer.fields[1:]
        assert detail.response_trailers == trailers == answer.trailers
        assert wireglass_hash(body) == record.request_body.hash
        assert wireglass_hash(bytes(answer.body)) == record.response_body.hash


def wireglass_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest() if body else ""


def without_host(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """``:authority`` may stand as Host in the record."""
    return [(name.lower(), value) for name, value in fields if name.lower() != b"host" and not name.startswith(b":")]
