"""A redacted HAR file: no planted secret is in it, however it is written; what is no secret is as it was."""

from __future__ import annotations

import base64
import gzip
import json
import urllib.parse
import zlib
from collections.abc import Iterator
from typing import Any

import brotli
import msgspec
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.formats.records import record
from tests.formats.schema import check
from tests.redact import planted
from tests.redact.planted import KEY

from wireglass.content import Arrivals
from wireglass.formats import har
from wireglass.formats.redacted import redacted, redacted_records
from wireglass.model import REQUEST, RESPONSE, BodyRef, Headers, Record, Side
from wireglass.redact import Found, Redactor, Rules

REDACTOR = Redactor(Rules(), KEY)

CODINGS: dict[str, Any] = {
    "": lambda data: data,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
}


def _export(one: Record, request: bytes, response: bytes, timeline: bytes = b"") -> tuple[dict[str, Any], str, Found]:
    """The entry, all of the file with base64 and escapes undone, and what was redacted."""
    found = Found()

    def read(_record: Record, side: Side) -> Iterator[bytes]:
        data = request if side == "request" else response
        for at in range(0, len(data), 1000):
            yield data[at : at + 1000]

    made = b"".join(har(*redacted_records([one], read, lambda _record: timeline, REDACTOR, found)[:2], "1.0"))
    if timeline:
        records, body, marks = redacted_records([one], read, lambda _record: timeline, REDACTOR, found := Found())
        made = b"".join(har(records, body, "1.0", marks))
    file = json.loads(made)
    check(file)
    [entry] = file["log"]["entries"]
    texts = [made.decode()]
    _texts(file, texts)
    return entry, "\n".join(texts), found


def _texts(value: object, texts: list[str]) -> None:
    if isinstance(value, str):
        texts.append(value)
        texts.append(urllib.parse.unquote_plus(value))
        try:
            data = base64.b64decode(value, validate=True)
        except ValueError:
            return
        texts.append(data.decode("latin-1"))
        texts.append(data.decode("utf-16-le", "replace"))
    elif isinstance(value, dict):
        for key, item in value.items():
            texts.append(key)
            _texts(item, texts)
    elif isinstance(value, list):
        for item in value:
            _texts(item, texts)


def _body(kind: str, name: str, secret: str) -> tuple[str, bytes]:
    if kind == "json":
        return "application/json", planted.as_json({"a": [1, {"b": {name: secret}}], "z": "end"})
    if kind == "ndjson":
        return "application/x-ndjson", b'{"a":1}\n' + planted.as_json({name: secret}) + b"\n"
    if kind == "events":
        return "text/event-stream", b"event: x\ndata: " + planted.as_json({name: secret}) + b"\n\ndata: plain\n\n"
    if kind == "form":
        return "application/x-www-form-urlencoded", urllib.parse.urlencode({"a": "1", name: secret, "b": "2"}).encode()
    if kind == "multipart":
        head = f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{secret}\r\n'
        return "multipart/form-data; boundary=xx", head.encode() + b"--xx--\r\n"
    if kind == "multipart-json":
        start = b'--xx\r\nContent-Disposition: form-data; name="f"; filename="a.json"\r\n'
        start += b"Content-Type: application/json\r\n\r\n"
        return 'multipart/form-data; boundary="xx"', start + planted.as_json({name: secret}) + b"\r\n--xx--\r\n"
    if kind == "xml":
        return "application/xml", f"<a><b:{name}>{secret}</b:{name}></a>".encode()
    if kind == "utf-16":
        return "application/json; charset=utf-16", json.dumps({name: secret}).encode("utf-16")
    if kind == "utf-16le":
        return "text/plain; charset=utf-16le", f"x {name}={secret} y".encode("utf-16-le")
    if kind == "html":
        return "text/html", f'<script>window.x={{"{name}": "{secret}"}}</script>'.encode()
    assert kind == "text"
    return "text/plain", f"log: {name}={secret} done".encode()


KINDS = ("json", "ndjson", "events", "form", "multipart", "multipart-json", "xml", "utf-16", "utf-16le", "html", "text")


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(KINDS),
    st.sampled_from(list(CODINGS)),
    planted.plain_name,
    planted.password,
    st.sampled_from(["request", "response"]),
)
def test_named_secrets_in_bodies(kind: str, coding: str, name: str, secret: str, side: str) -> None:
    type, plain = _body(kind, name, secret)
    body = CODINGS[coding](plain)
    fields: Headers = [(b"X-First", b"1"), (b"Content-Type", type.encode())]
    if coding:
        fields.append((b"Content-Encoding", coding.encode()))
    if side == "request":
        one = record(body, b"", request_headers=fields, method="POST")
        entry, texts, found = _export(one, body, b"")
    else:
        one = record(None, body, response_headers=fields)
        entry, texts, found = _export(one, b"", body)
    assert secret not in texts
    assert found.count >= 1
    assert [field["name"] for field in entry[side]["headers"]] == [name.decode() for name, _ in fields]
    if kind == "json":
        text = entry["request"]["postData"]["text"] if side == "request" else entry["response"]["content"]["text"]
        assert json.loads(text)["z"] == "end"


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    planted.known,
    st.sampled_from(list(CODINGS)),
    st.sampled_from(["application/json", "text/html", "text/css", "image/png", "application/grpc", "", "font/woff2"]),
    st.binary(max_size=40),
)
def test_known_secrets_in_all_bytes(secret: str, coding: str, type: str, around: bytes) -> None:
    plain = around + b" " + secret.encode() + b" " + around
    body = CODINGS[coding](plain)
    fields: Headers = [(b"Content-Type", type.encode()), (b"Content-Encoding", coding.encode())]
    _, texts, _ = _export(record(None, body, response_headers=fields), b"", body)
    assert secret not in texts


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(planted.known, planted.password)
def test_everywhere_in_the_head(known: str, secret: str) -> None:
    quoted = urllib.parse.quote(known, safe="")
    one = record(
        url=f"https://me:{secret}@example.test/{quoted}?access_token={secret}&next=https%3A%2F%2Fb%2F%3Fapi_key%3D{secret}#id_token={secret}",
        error=f"GET https://example.test/?token={secret} failed for {known}",
        operation=f"query {known}",
        note=f"password={secret}",
        request_headers=[
            (b"Authorization", f"Bearer {known}".encode()),
            (b"Cookie", f"a={secret}; b={known}".encode()),
            (b"Referer", f"https://example.test/?sig={secret}".encode()),
            (b"X-Api-Key", secret.encode()),
            (b"X-Other", f"id {known}".encode()),
        ],
        response_headers=[
            (b"Set-Cookie", f"sid={secret}; Path=/".encode()),
            (b"Location", f"/next?session_token={secret}".encode()),
            (b"Www-Authenticate", f'Bearer token="{known}"'.encode()),
        ],
    )
    detail = msgspec.structs.replace(
        one.detail,
        target=f"/{quoted}?access_token={secret}".encode(),
        reason=f"OK {known}".encode(),
        notes=[f"sent {known}"],
        request_trailers=[(b"X-Auth-Token", secret.encode())],
        response_trailers=[(b"X-Last", known.encode())],
    )
    _, texts, found = _export(msgspec.structs.replace(one, detail=detail), b"", b"")
    assert known not in texts
    assert secret not in texts
    assert found.count >= 15


def _frame(opcode: int, payload: bytes, *, client: bool) -> bytes:
    assert len(payload) < 65536
    mask = b"\x01\x02\x03\x04"
    size = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + len(payload).to_bytes(2, "big")
    head = bytes([0x80 | opcode, size[0] | (0x80 if client else 0)]) + size[1:]
    if not client:
        return head + payload
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


@settings(max_examples=60, deadline=None)
@given(planted.known, planted.json_name, planted.password)
def test_websocket_messages(known: str, name: str, secret: str) -> None:
    asked = [
        (1, planted.as_json({name: secret, "n": 1})),
        (9, b"ping"),
        (2, b"\x00\x01" + known.encode()),
        (8, b"\x03\xe8bye"),
    ]
    said = [(1, f"hello {known}".encode()), (1, b"nothing here")]
    request = b"".join(_frame(opcode, payload, client=True) for opcode, payload in asked)
    response = b"".join(_frame(opcode, payload, client=False) for opcode, payload in said)
    arrivals = Arrivals(1_700_000_000.25)
    timeline = arrivals.mark(REQUEST, len(request), 1_700_000_001.0) + arrivals.mark(
        RESPONSE, len(response), 1_700_000_002.0
    )
    one = record(request, response, protocol="websocket", status=101)
    one = msgspec.structs.replace(one, timeline=BodyRef(len(timeline), len(timeline)))
    entry, texts, _ = _export(one, request, response, timeline)
    assert secret not in texts
    assert known not in texts
    sent = [message for message in entry["_webSocketMessages"] if message["type"] == "send"]
    got = [message for message in entry["_webSocketMessages"] if message["type"] == "receive"]
    assert json.loads(sent[0]["data"])["n"] == 1
    assert [message["time"] for message in (*sent, *got)] == [1_700_000_001.0] * 2 + [1_700_000_002.0] * 2
    assert got[1]["data"] == "nothing here"


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(planted.STAYS), st.sampled_from(list(CODINGS)), st.binary(max_size=200))
def test_what_is_no_secret_is_exported_as_without_redaction(data: bytes, coding: str, more: bytes) -> None:
    # JSON stays JSON: behind it, a number under the name of an id would be one in any text.
    more = b"" if coding or data[:1] in (b"{", b"[") else more.replace(b"-----BEGIN", b"")
    body = CODINGS[coding](data + more)
    fields: Headers = [
        (b"Content-Type", b"text/plain"),
        (b"Content-Encoding", coding.encode()),
        (b"Content-Length", b"7"),
    ]
    one = record(None, body, response_headers=fields)
    entry, _, found = _export(one, b"", body)
    plain = json.loads(b"".join(har([one], lambda _record, side: [body] if side == "response" else [], "1.0")))
    assert entry == plain["log"]["entries"][0]
    assert found.count == 0


def test_what_cannot_be_looked_through_is_left_out() -> None:
    for coding, body in ((b"gzip", b"no gzip"), (b"compress", b"\x1f\x9d\x90secret")):
        one = record(None, body, response_headers=[(b"Content-Encoding", coding)])
        entry, texts, _ = _export(one, b"", body)
        assert body.decode("latin-1") not in texts
        assert "left out" in entry["comment"]
    compressed = record(
        None,
        b"\x01\0\0\0\x05hello",
        response_headers=[(b"Content-Type", b"application/grpc"), (b"Grpc-Encoding", b"gzip")],
    )
    entry, texts, _ = _export(compressed, b"", b"\x01\0\0\0\x05hello")
    assert "hello" not in texts and "left out" in entry["comment"]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KINDS), planted.plain_name, planted.password)
def test_redacting_twice_changes_nothing(kind: str, name: str, secret: str) -> None:
    type, body = _body(kind, name, secret)
    one = record(
        body,
        None,
        method="POST",
        request_headers=[(b"Content-Type", type.encode())],
        url=f"http://a.test/?{name}={secret}",
    )
    first = redacted(one, lambda _record, _side: [body], lambda _record: b"", REDACTOR, Found())
    again = Found()
    second = redacted(first.record, lambda _record, side: first.body(side), lambda _record: b"", REDACTOR, again)
    assert b"".join(second.body("request")) == b"".join(first.body("request"))
    assert second.record == first.record
    assert again.count == 0
