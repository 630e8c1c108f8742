"""The sink that redacts at rest: what reaches the sink below has no secret in it, and can be read."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.proxy.sink import MemorySink
from tests.redact import planted
from tests.redact.planted import KEY

from wireglass.capture import redacting
from wireglass.capture.redacting import RedactingSink
from wireglass.content import Arrivals
from wireglass.content.stream import StreamMessage, messages
from wireglass.model import (
    REQUEST,
    RESPONSE,
    TIMELINE,
    BodyRef,
    Detail,
    Exchange,
    Headers,
    Record,
    Summary,
)
from wireglass.redact import Redactor, Rules

REDACTOR = Redactor(Rules(), KEY)
STARTED = 1_700_000_000.0
SECRET = "Zqhunter2hunter29"
GRPC = b"application/grpc"
COMPRESSED = b"\x01\0\0\0\x05hello"


class Below(MemorySink):
    def __init__(self) -> None:
        super().__init__()
        self.left_out: list[tuple[int, str]] = []

    def leave_out(self, exchange: Exchange, side: int, why: str) -> None:
        self.left_out.append((side, why))

    def closed(self, exchange: Exchange) -> None:
        """What is kept of a body may have another size than what passed."""
        self._open(exchange).closed = True


class Passing:
    """An exchange that passes through the sink."""

    def __init__(
        self, *, request: Headers | None = None, response: Headers | None = None, protocol: str = "http/1.1"
    ) -> None:
        self.below = Below()
        self.clock = STARTED
        self.sink = RedactingSink(self.below, REDACTOR, lambda: self.clock)
        summary = Summary("POST", f"http://a.test/?token={SECRET}", "a.test", STARTED, protocol=protocol)
        self.exchange = Exchange(self.sink.new_key(), summary, Detail(request_headers=request or []))
        self.exchange.detail.response_headers = response or []
        self.sink.opened(self.exchange)
        self._arrivals = Arrivals(STARTED)

    def part(self, side: int, data: bytes, *, marked: bool = False) -> None:
        self.clock += 1
        if side == REQUEST:
            self.exchange.summary.request_size += len(data)
        else:
            self.exchange.summary.response_size += len(data)
        self.sink.part(self.exchange, side, data)
        if marked:
            self.sink.part(self.exchange, TIMELINE, self._arrivals.mark(side, len(data), self.clock))

    def body(self, side: int) -> bytes:
        return bytes(self.below.all[0].bodies[side])

    def close(self) -> Record:
        self.exchange.summary.state = "done"
        self.exchange.summary.duration_ms = 1.0
        self.sink.closed(self.exchange)
        shown = self.below.all[0].exchange
        detail = msgspec.msgpack.decode(msgspec.msgpack.encode(shown.detail), type=Detail)
        request, response, timeline = (BodyRef(len(body), len(body)) for body in self.below.all[0].bodies)
        assert SECRET.encode() not in msgspec.msgpack.encode((shown.summary, detail, self.below.all[0].bodies))
        return Record(shown.summary, detail, request, response, timeline)

    def messages(self, record: Record) -> list[StreamMessage]:
        return list(messages(record, self.body(TIMELINE), [self.body(REQUEST)], [self.body(RESPONSE)]))


def test_a_short_exchange() -> None:
    body = gzip.compress(planted.as_json({"password": SECRET, "n": 1}))
    passing = Passing(
        request=[(b"Authorization", f"Bearer {SECRET}".encode())],
        response=[(b"Content-Type", b"application/json"), (b"Content-Encoding", b"gzip"), (b"Content-Length", b"1")],
    )
    passing.part(REQUEST, b"plain")
    passing.part(RESPONSE, body[:10])
    passing.part(RESPONSE, body[10:])
    assert passing.body(RESPONSE) == b"", "held back until its end"
    record = passing.close()
    assert json.loads(passing.body(RESPONSE))["n"] == 1
    assert passing.body(REQUEST) == b"plain"
    assert record.detail.decoded == ("response",)
    assert record.body_headers("response") == [(b"Content-Type", b"application/json"), (b"Content-Length", b"1")]
    assert record.summary.response_size == len(body)
    assert f"redacted at rest: the response body passed as gzip with {len(body)} bytes" in record.detail.notes
    assert "redacted at rest: 3 secrets" in record.detail.notes
    assert passing.below.left_out == []
    assert SECRET in passing.exchange.summary.url, "the proxy's own exchange is not touched"


def test_what_has_no_secret_passes_as_it_is() -> None:
    passing = Passing(response=[(b"Content-Type", b"image/png")])
    passing.part(RESPONSE, bytes(range(256)) * 10)
    record = passing.close()
    assert passing.body(RESPONSE) == bytes(range(256)) * 10
    assert record.detail.decoded == ()


@pytest.mark.parametrize(
    ("headers", "data", "why"),
    [
        ([(b"Content-Encoding", b"compress")], b"\x1f\x9d\x90", "unknown content coding 'compress'"),
        ([(b"Content-Encoding", b"gzip")], b"no gzip at all", "not decoded from gzip"),
        ([(b"Content-Encoding", b"gzip")], gzip.compress(bytes(9_000_000)), "larger than 8388608 bytes"),
        ([], bytes(9_000_000), "larger than 8388608 bytes"),
        ([(b"Content-Type", GRPC), (b"Grpc-Encoding", b"gzip")], COMPRESSED, "its messages are compressed"),
        ([(b"Content-Type", b"application/connect+json")], b"\0\0\0\0\0" + COMPRESSED, "its messages are compressed"),
        ([(b"Content-Type", GRPC + b"-web-text")], base64.b64encode(COMPRESSED), "its messages are compressed"),
        ([(b"Content-Type", GRPC + b"-web-text")], base64.b64encode(b"\0" * 9)[:-1], "not the base64"),
    ],
    ids=["unknown", "damaged", "a bomb", "large", "gRPC", "unnamed", "gRPC-Web", "cut base64"],
)
def test_what_cannot_be_looked_through_is_not_kept(headers: Headers, data: bytes, why: str) -> None:
    passing = Passing(response=headers)
    for at in range(0, len(data), 262_144):
        passing.part(RESPONSE, data[at : at + 262_144])
    record = passing.close()
    assert passing.body(RESPONSE) == b""
    [(side, told)] = passing.below.left_out
    assert side == RESPONSE and why in told
    assert record.detail.decoded == ()


def test_grpc_web_in_base64() -> None:
    """Looked through as what it means."""
    passing = Passing(response=[(b"Content-Type", GRPC + b"-web-text+proto")])
    secret = b"ghp_" + SECRET.encode() * 3
    plain = b"\0\0\0\0" + bytes((len(secret),)) + secret + b"\x80\0\0\0\x10grpc-status: 0\r\n"
    cut = 5 + len(secret)
    passing.part(RESPONSE, base64.b64encode(plain[:cut]) + base64.b64encode(plain[cut:]))
    record = passing.close()
    kept = base64.b64decode(passing.body(RESPONSE))
    assert len(kept) == len(plain) and kept[:5] == plain[:5] and kept[cut:] == plain[cut:]
    assert secret not in kept and b"[github-token:" in kept
    assert any("1 secret" in note or "secrets" in note for note in record.detail.notes)


@pytest.mark.parametrize("type", [b"text/event-stream", b"application/x-ndjson"])
def test_messages_that_wait_count_as_held_back(monkeypatch: pytest.MonkeyPatch, type: bytes) -> None:
    monkeypatch.setattr(redacting, "BUDGET", 2500)
    passing = Passing(request=[(b"Content-Type", type)], response=[(b"Content-Type", type)])
    for _ in range(3):
        passing.part(REQUEST, b"data: " + bytes(2000) + b"\n\n")
        passing.part(REQUEST, b"x" * 2000)
        passing.part(REQUEST, b"\n\n")
    passing.part(REQUEST, b"y" * 2000)
    passing.part(RESPONSE, b"z" * 1000)
    passing.part(RESPONSE, b"\n\n")
    passing.close()
    [(side, why)] = passing.below.left_out
    assert side == RESPONSE and "too much waits" in why
    assert passing.body(RESPONSE) == b""
    assert passing.body(REQUEST).endswith(b"y" * 2000)


def test_all_that_is_held_back_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redacting, "BUDGET", 2500)
    passing = Passing()
    passing.part(REQUEST, bytes(2000))
    passing.part(RESPONSE, bytes(1000))
    passing.close()
    assert passing.body(REQUEST) == bytes(2000)
    [(side, why)] = passing.below.left_out
    assert side == RESPONSE and "too much waits" in why
    another = Passing()
    another.part(REQUEST, bytes(2000))
    another.close()
    assert another.below.left_out == []


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
@settings(deadline=None)
@given(cuts=st.lists(st.integers(1, 60), max_size=40))
def test_events_are_told_while_they_come(coding: str, cuts: list[int]) -> None:
    plain = b"event: a\ndata: " + planted.as_json({"token": SECRET}) + b"\n\n: still there\n\ndata: two\n\ndata: cut"
    data = {"": plain, "gzip": gzip.compress(plain), "deflate": zlib.compress(plain)}[coding]
    headers = [(b"Content-Type", b"text/event-stream"), (b"Content-Encoding", coding.encode())]
    passing = Passing(response=headers)
    for piece in _cut(data, cuts):
        passing.part(RESPONSE, piece, marked=True)
    if not coding:
        assert passing.body(RESPONSE).endswith(b"two\n\n"), "all but the last one are there before the end"
    record = passing.close()
    found = [(one.kind, one.data[:7]) for one in passing.messages(record) if one.data]
    assert found == [("event", b'{"token'), ("event", b"two"), ("event", b"cut")]
    assert all(one.time is not None and one.time > STARTED for one in passing.messages(record))
    assert record.detail.decoded == ("response",)


def test_json_lines() -> None:
    passing = Passing(response=[(b"Content-Type", b"application/x-ndjson")])
    passing.part(RESPONSE, b'{"password":"%b"}\n{"a"' % SECRET.encode(), marked=True)
    assert passing.body(RESPONSE).count(b"\n") == 1
    passing.part(RESPONSE, b":1}\n", marked=True)
    record = passing.close()
    assert [one.kind for one in passing.messages(record)] == ["line", "line"]


def test_an_event_without_an_end_is_bounded() -> None:
    passing = Passing(response=[(b"Content-Type", b"text/event-stream")])
    passing.part(RESPONSE, b"data: one\n\n", marked=True)
    for _ in range(40):
        passing.part(RESPONSE, b"data: x\n" * 32_768, marked=True)
    passing.close()
    assert passing.body(RESPONSE) == b"data: one\n\n"
    [(_, why)] = passing.below.left_out
    assert "a message is larger" in why and "what came before is kept" in why


def _frame(opcode: int, payload: bytes, *, client: bool, compressed: bool = False) -> bytes:
    mask = b"\x01\x02\x03\x04" if client else b""
    head = bytes([0x80 | (0x40 if compressed else 0) | opcode])
    size = bytes([len(payload) | (0x80 if client else 0)])
    assert len(payload) < 126
    return head + size + mask + (bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if client else payload)


def _deflated(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    return (deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]


@settings(deadline=None)
@given(cuts=st.lists(st.integers(1, 40), max_size=30), compressed=st.booleans())
def test_websocket_messages_are_told_while_they_come(cuts: list[int], compressed: bool) -> None:
    extension = b"permessage-deflate; client_no_context_takeover; server_no_context_takeover"
    passing = Passing(
        response=[(b"Upgrade", b"websocket"), (b"Sec-WebSocket-Extensions", extension)], protocol="websocket"
    )
    passing.exchange.summary.status = 101
    text = planted.as_json({"token": SECRET})
    payload = _deflated(text) if compressed else text
    request = _frame(1, payload, client=True, compressed=compressed) + _frame(9, b"hi", client=True)
    response = _frame(2, b"\x00\x01\x02", client=False) + _frame(8, b"\x03\xe8bye", client=False)
    for piece in _cut(request, cuts):
        passing.part(REQUEST, piece, marked=True)
    assert SECRET.encode() not in passing.body(REQUEST)
    assert b"[token:" in passing.body(REQUEST), "before its end"
    for piece in _cut(response, cuts):
        passing.part(RESPONSE, piece, marked=True)
    record = passing.close()
    found = passing.messages(record)
    assert [(one.side, one.kind, one.note) for one in found] == [
        ("request", "text", ""),
        ("request", "ping", ""),
        ("response", "binary", ""),
        ("response", "close", ""),
    ]
    assert json.loads(found[0].data)["token"].startswith("[token:")
    assert found[3].fields["code"] == "1000" and found[3].data == b"bye"
    assert [one.time for one in found] == sorted(one.time or 0 for one in found)


def test_another_protocol_is_not_kept() -> None:
    passing = Passing(response=[(b"Upgrade", b"something")])
    passing.exchange.summary.status = 101
    passing.part(REQUEST, SECRET.encode(), marked=True)
    passing.part(RESPONSE, SECRET.encode(), marked=True)
    passing.close()
    assert passing.body(REQUEST) == passing.body(RESPONSE) == passing.body(TIMELINE) == b""
    assert [side for side, _ in passing.below.left_out] == [REQUEST, RESPONSE]


def test_a_timeline_that_still_fits_is_kept() -> None:
    """gRPC: bytes that are no text keep their lengths."""
    known = b"ghp_" + b"a" * 36
    passing = Passing(response=[(b"Content-Type", b"application/grpc")])
    for piece in (b"\0\0\0\0\x2a\x0a\x28" + known[:20], known[20:]):
        passing.part(RESPONSE, piece, marked=True)
    record = passing.close()
    assert known not in passing.body(RESPONSE)
    [message] = passing.messages(record)
    assert message.size == 42 and message.time == STARTED + 2


def _cut(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    at = 0
    for cut in cuts:
        if at + cut >= len(data):
            break
        yield data[at : at + cut]
        at += cut
    yield data[at:]
