"""HAR files of all flavours come out as exchanges, and anything else as one error that names the place."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given
from tests.formats.har_files import Stored, body, differences, entry, exported, har_of, read, read_one
from tests.formats.schema import check

from wireglass.content import decode
from wireglass.content.stream import messages
from wireglass.errors import BadFile
from wireglass.formats import HarReader, json_scan, json_text
from wireglass.model import Detail, Endpoint, Imported, Informational, Summary, Timings, Tls

PICTURE = bytes(range(256))


def _headers(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def test_what_the_specification_has() -> None:
    found = read_one(
        entry(
            request={
                "method": "POST",
                "bodySize": 7,
                "headers": _headers(("Host", "example.test"), ("Content-Type", "application/json; charset=utf-8")),
                "postData": {"mimeType": "application/json", "text": '{"a":1}'},
            },
            timings={"blocked": 2, "dns": 1, "connect": 10, "ssl": 6, "send": 1, "wait": 30, "receive": 6},
            serverIPAddress="192.0.2.7",
            connection="4711",
        )
    )
    summary, detail = found.summary, found.detail
    assert (summary.method, summary.url, summary.host) == ("POST", "https://example.test/a?b=1", "example.test")
    assert (summary.started, summary.duration_ms, summary.state) == (1714979289.123, 50.0, "done")
    assert (summary.protocol, summary.source, summary.status, summary.type) == ("http/1.1", "import", 200, "text/plain")
    assert (summary.request_size, summary.response_size, summary.mode) == (7, 2, "raw")
    assert (body(found.request), body(found.response)) == (b'{"a":1}', b"hi")
    assert (detail.target, detail.request_version, detail.response_version) == (b"/a?b=1", "HTTP/1.1", "HTTP/1.1")
    assert detail.reason == b"OK"
    assert detail.timings == Timings(1, 4, 6, 1, 30, 6)
    assert detail.server == Endpoint("192.0.2.7:443", "")
    assert (detail.decoded, detail.notes) == ((), [])


# Flavours


def test_chrome() -> None:
    """HTTP/2 with pseudo-header fields, bodies decoded, sizes of -1, several cookies in one value, a cache."""
    found = read_one(
        entry(
            _fromCache="disk",
            _initiator={"type": "script", "stack": {"callFrames": []}},
            _priority="High",
            _resourceType="fetch",
            _connectionId="372",
            connection="443",
            pageref="page_1",
            serverIPAddress="[2001:db8::1]",
            request={
                "httpVersion": "h2",
                "headers": _headers(
                    (":authority", "example.test"),
                    (":method", "GET"),
                    (":path", "/a?b=1"),
                    (":scheme", "https"),
                    ("cookie", "a=1; b=2"),
                ),
            },
            response={
                "httpVersion": "h2",
                "statusText": "",
                "headers": _headers(
                    ("content-encoding", "br"), ("content-type", "application/json"), ("set-cookie", "x=1\ny=2; Path=/")
                ),
                "bodySize": -1,
                "_transferSize": 0,
                "_error": None,
            },
            content={"size": 8, "mimeType": "application/json", "text": '{"ä":1}', "compression": 3},
            timings={
                "blocked": 1.2,
                "dns": -1,
                "ssl": -1,
                "connect": -1,
                "send": 0,
                "wait": 3,
                "receive": 1,
                "_blocked_queueing": 0.9,
            },
        ),
        creator="WebInspector",
    )
    detail = found.detail
    assert found.summary.protocol == "http/2"
    assert (detail.request_version, detail.response_version, detail.reason) == ("HTTP/2", "HTTP/2", b"")
    assert detail.request_headers == [(b"host", b"example.test"), (b"cookie", b"a=1; b=2")]
    assert detail.response_headers == [
        (b"content-encoding", b"br"),
        (b"content-type", b"application/json"),
        (b"set-cookie", b"x=1"),
        (b"set-cookie", b"y=2; Path=/"),
    ]
    assert detail.decoded == ("response",)
    assert detail.server == Endpoint("[2001:db8::1]:443", "", number=372)
    assert detail.notes == ["answered from the browser's cache (disk)"]
    assert (found.summary.response_size, found.response) == (5, '{"ä":1}'.encode())
    assert detail.timings == Timings(send=0, wait=3, receive=1)
    assert found.summary.duration_ms == 50


def test_a_decoded_body_is_not_decoded_again() -> None:
    found = read_one(
        entry(
            response={
                "headers": _headers(("Content-Encoding", "gzip"), ("Content-Type", "text/html")),
                "bodySize": 900,
            },
            content={"size": 6, "mimeType": "text/html", "text": "<html>"},
        )
    )
    stored = Stored(found)
    assert (b"Content-Encoding", b"gzip") in stored.record.detail.response_headers
    whole = decode(stored.record.body_headers("response"), stored.read(stored.record, "response"), 100)
    assert (whole.data, whole.complete) == (b"<html>", True)
    assert (found.summary.response_size, stored.record.response_body.size) == (900, 6)


def test_a_body_that_is_still_coded_is_decoded_when_read() -> None:
    """Some writers give the bytes as they passed."""
    coded = gzip.compress(b"hello")
    found = read_one(
        entry(
            response={"headers": _headers(("Content-Encoding", "gzip")), "bodySize": len(coded)},
            content={"size": len(coded), "text": b64encode(coded).decode(), "encoding": "base64"},
        )
    )
    assert found.detail.decoded == ()
    assert decode(Stored(found).record.body_headers("response"), [body(found.response)], 100).data == b"hello"


def test_firefox() -> None:
    """A time with a zone, cookies that are everywhere, no connection, a blocked request with status 0."""
    served, blocked = read(
        har_of(
            entry(
                startedDateTime="2024-05-06T09:08:09.123+02:00",
                _securityState="secure",
                request={
                    "httpVersion": "HTTP/2",
                    "method": "POST",
                    "bodySize": 11,
                    "headers": _headers(("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", "a=1")),
                    "cookies": [{"name": "a", "value": "1"}],
                    "postData": {
                        "mimeType": "application/x-www-form-urlencoded",
                        "params": [{"name": "a", "value": "ü"}, {"name": "b", "value": ""}],
                        "text": "a=%C3%BC&b=",
                    },
                },
                response={"httpVersion": "HTTP/2", "bodySize": 700},
            ),
            entry(response={"status": 0, "statusText": "", "httpVersion": "", "headers": [], "content": {}}, time=0),
            creator="Firefox",
        )
    )
    assert served.summary.started == 1714979289.123
    assert (served.request, served.summary.mode) == (b"a=%C3%BC&b=", "urlencoded")
    assert [name for name, _ in served.detail.request_headers].count(b"Cookie") == 1
    assert (served.summary.response_size, served.response) == (2, b"hi")
    assert (blocked.summary.status, blocked.summary.state, blocked.summary.error_kind) == (None, "failed", "upstream")
    assert blocked.summary.error == "the HAR file has no response to it"
    assert blocked.detail.response_version == ""


def test_safari() -> None:
    found = read_one(
        entry(
            _fetchType="Memory Cache",
            _priority="high",
            serverIPAddress="192.0.2.7",
            request={"httpVersion": "HTTP/2", "headersSize": 80, "bodySize": 0},
            response={"headers": _headers(("Content-Type", "image/png")), "bodySize": 0, "_transferSize": 0},
            content={
                "size": 256,
                "mimeType": "image/png",
                "compression": 256,
                "encoding": "base64",
                "text": b64encode(PICTURE).decode(),
            },
        ),
        creator="WebKit Web Inspector",
    )
    assert (found.response, found.summary.type, found.summary.response_size) == (PICTURE, "image/png", 256)
    assert found.detail.notes == ["not from the network (Memory Cache)"]


def test_charles() -> None:
    """Bodies of requests in base64, no comment, ``_charlesStatus``; CONNECT is an entry of its own."""
    found, tunnel = read(
        har_of(
            entry(
                startedDateTime="2024-05-06T07:08:09.123-04:00",
                request={
                    "method": "PUT",
                    "httpVersion": "HTTP/1.1",
                    "headers": _headers(("Content-Type", "application/octet-stream")),
                    "postData": {"mimeType": "application/octet-stream", "text": "AAH/", "encoding": "base64"},
                    "bodySize": 3,
                },
                response={"_charlesStatus": "COMPLETE"},
            ),
            entry(
                request={"method": "CONNECT", "url": "https://example.test", "headers": []},
                response={"headers": [], "content": {"size": 0, "mimeType": None}, "_charlesStatus": "COMPLETE"},
                content={"size": 0, "text": ""},
            ),
            creator="Charles Proxy",
        )
    )
    assert (found.request, found.summary.mode) == (b"\x00\x01\xff", "binary")
    assert (tunnel.summary.url, tunnel.summary.protocol, tunnel.summary.host) == (
        "example.test:443",
        "tunnel",
        "example.test",
    )
    assert tunnel.detail.target == b"example.test:443"


def test_fiddler() -> None:
    """A byte order mark, seven digits of a second, the year 1, ports as text, comments."""
    data = har_of(
        entry(
            startedDateTime="2024-05-06T07:08:09.1234567-07:00",
            connection="ClientPort:50316;EgressPort:50319",
            comment="[#23]",
            response={"bodySize": 2},
            timings={"dns": 0, "connect": 0, "blocked": -1, "send": 0, "wait": 45, "receive": 5},
        ),
        entry(startedDateTime="0001-01-01T00:00:00", response={"status": 0}, content={"text": None}),
        creator="Fiddler",
        comment="exported @ 5/6/2024",
    )
    found, never = read(b"\xef\xbb\xbf" + data)
    assert found.summary.started == 1715004489.123456
    assert (found.detail.notes, found.detail.server) == (["[#23]"], None)
    assert (never.summary.started, never.summary.state) == (0.0, "failed")
    assert never.detail.notes == ["its time is not known"]


def test_a_time_at_the_end_of_the_calendar() -> None:
    """Its day could not be shown: in some zone, or by its end, it is of the year 10,000."""
    (found,) = read(har_of(entry(startedDateTime="9999-12-31T23:59:59Z")))
    assert (found.summary.started, found.detail.notes) == (0.0, ["its time is not known"])
    (last,) = read(har_of(entry(startedDateTime="9998-12-31T23:59:59-12:00")))
    assert datetime.fromtimestamp(last.summary.started, UTC).year == 9999


def test_postman_like_writers() -> None:
    """Hardly more than method and URL; nulls, numbers as text, no lists at all."""
    found = read_one(
        {
            "startedDateTime": "2024-05-06 07:08:09",
            "time": None,
            "request": {
                "method": "POST",
                "url": "http://example.test",
                "cookies": [{"name": "a", "value": 1}, {"name": "b", "value": None}],
                "postData": {
                    "mimeType": "application/x-www-form-urlencoded",
                    "params": [{"name": "q", "value": "a b"}],
                },
            },
            "response": {
                "status": "201",
                "cookies": [
                    {
                        "name": "s",
                        "value": "1",
                        "path": "/",
                        "expires": "2026-01-31T10:00:00Z",
                        "httpOnly": True,
                        "secure": True,
                        "sameSite": "Lax",
                    }
                ],
                "content": {"mimeType": "application/json; charset=utf-8", "text": "[]"},
            },
            "timings": {"wait": 5, "receive": 2, "ssl": 1},
        }
    )
    assert (found.summary.status, found.summary.started, found.summary.duration_ms) == (201, 1714979289.0, 7.0)
    assert (found.request, found.response) == (b"q=a+b", b"[]")
    assert found.detail.target == b"/"
    assert found.detail.request_headers == [
        (b"Cookie", b"a=1; b="),
        (b"Content-Type", b"application/x-www-form-urlencoded"),
    ] or found.detail.request_headers == [(b"Cookie", b"a=1; b=")]
    assert (
        b"Set-Cookie",
        b"s=1; Path=/; SameSite=Lax; Expires=Sat, 31 Jan 2026 10:00:00 GMT; Secure; HttpOnly",
    ) in found.detail.response_headers
    assert found.summary.type == "application/json"
    assert "its time names no zone: taken for UTC" in found.detail.notes
    assert "the request body is put together from the form's fields" in found.detail.notes


def test_a_form_that_was_only_taken_apart() -> None:
    type = "multipart/form-data; boundary=XX"
    found = read_one(
        entry(
            request={
                "method": "POST",
                "headers": _headers(("Content-Type", type)),
                "postData": {
                    "mimeType": type,
                    "params": [
                        {"name": "a", "value": "1"},
                        {"name": 'f"', "fileName": "x.png", "contentType": "image/png", "value": None},
                    ],
                },
            }
        )
    )
    assert found.request == (
        b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        b'--XX\r\nContent-Disposition: form-data; name="f%22"; filename="x.png"\r\nContent-Type: image/png\r\n\r\n\r\n'
        b"--XX--\r\n"
    )


MESSAGES = [
    {"type": "send", "time": 1714979289.5, "opcode": 1, "data": "grüß"},
    {"type": "receive", "time": 1714979290.25, "opcode": 2, "data": b64encode(PICTURE).decode()},
    {"type": "receive", "time": 1714979291.5, "opcode": 1, "data": "x" * 70_000},
    {"type": "send", "time": 1714979291.75, "opcode": 8, "data": "A+g="},
    {"type": "error", "time": 1714979292, "opcode": -1, "data": "net::ERR_CONNECTION_RESET"},
    {"type": "receive", "opcode": 3, "data": "?"},
]


def test_websocket_messages() -> None:
    found = read_one(
        entry(
            _resourceType="websocket",
            _webSocketMessages=MESSAGES,
            request={"url": "wss://example.test/chat", "headers": _headers(("Upgrade", "websocket"))},
            response={
                "status": 101,
                "headers": _headers(("Upgrade", "websocket"), ("Sec-WebSocket-Extensions", "permessage-deflate")),
                "bodySize": 0,
            },
            content={"size": 0, "text": ""},
        )
    )
    assert found.summary.protocol == "websocket"
    assert found.detail.notes == [
        "its frames are made anew from the messages in the HAR file: one each, not compressed",
        "the connection failed: net::ERR_CONNECTION_RESET",
        "1 of its messages are left out: the file does not say what they are",
    ]
    stored = Stored(found)
    said = list(
        messages(
            stored.record,
            stored.timeline,
            stored.read(stored.record, "request"),
            stored.read(stored.record, "response"),
        )
    )
    assert [(one.side, one.kind, one.data, one.note) for one in said] == [
        ("request", "text", "grüß".encode(), ""),
        ("response", "binary", PICTURE, ""),
        ("response", "text", b"x" * 70_000, ""),
        ("request", "close", b"", ""),
    ]
    assert [one.time for one in said] == pytest.approx([message["time"] for message in MESSAGES[:4]])
    assert found.summary.duration_ms == pytest.approx(2627)


def test_a_failure_of_chrome_has_its_kind() -> None:
    found = read_one(entry(response={"status": 0, "_error": "net::ERR_NAME_NOT_RESOLVED"}, content={"text": None}))
    assert (found.summary.state, found.summary.error, found.summary.error_kind) == (
        "failed",
        "net::ERR_NAME_NOT_RESOLVED",
        "name_not_found",
    )


@pytest.mark.parametrize(
    ("type", "text", "kept", "notes"),
    [
        ("text/plain; charset=utf-16", "hé", "hé".encode("utf-16"), []),
        ("text/plain; charset=iso-8859-1", "h\u2019", b"h\x92", []),
        ("text/plain; charset=shift_jis", "日", "日".encode("shift_jis"), []),
        ("text/plain; charset=iso-8859-1", "日", "日".encode(), 1),
        ("text/plain; charset=punycode", "日", "日".encode(), []),
        ("text/plain", "half \ud83d", "half \ufffd".encode(), []),
    ],
)
def test_text_goes_back_into_its_charset(type: str, text: str, kept: bytes, notes: Any) -> None:
    data = json.dumps(
        {"log": {"entries": [entry(response={"headers": _headers(("Content-Type", type))}, content={"text": text})]}}
    )
    [found] = read(data.encode())
    assert found.response == kept
    assert len(found.detail.notes) == (notes or 0)


def test_a_body_that_the_file_does_not_hold() -> None:
    found = read_one(
        entry(
            content={"size": 77, "text": None},
            request={"method": "POST", "bodySize": 5},
        )
    )
    assert (found.response, found.summary.response_size) == (b"", 77)
    assert (found.request_note, found.response_note) == (("the HAR file does not hold it",) * 2)
    attached = read_one(entry(content={"size": 77, "text": None, "_file": "abc.json"}))
    assert attached.response_note == "it is in another file, abc.json, which is not imported"


def test_large_bodies_stay_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_scan, "LONG", 1000)
    monkeypatch.setattr(json_text, "CHUNK", 300)
    large = PICTURE * 9000
    text = "größe\n" * 400_000
    entries = [
        entry(content={"text": b64encode(large).decode(), "encoding": "base64"}),
        entry(content={"text": text}),
        entry(_webSocketMessages=[{"type": "send", "opcode": 1, "time": 1.0, "data": text}], request={"url": "ws://a"}),
    ]
    one, two, three = read(har_of(*entries))
    for found, expected in ((one.response, large), (two.response, text.encode()), (three.request, None)):
        assert not isinstance(found, bytes)
        first, second = b"".join(found), b"".join(found)
        assert first == second
        assert expected is None or first == expected
        assert max(map(len, found)) < 2**20
    assert three.summary.request_size == len(text.encode()) + 14


# Mistakes

WRONG = [
    (b"", "The file is empty."),
    (b"  \n", "The file is empty."),
    (b"[1]", "line 1, column 1: this is no HAR file: it does not begin with '{'."),
    (b"\x1f\x8b\x08abc", "This is no HAR file: it is compressed with gzip."),
    (b"PK\x03\x04abc", "This is no HAR file: it is a ZIP file, and no HAR."),
    (b"<html>", "This is no HAR file: it is HTML or XML, and no HAR."),
    ("{}".encode("utf-16"), "This is no HAR file: it is UTF-16, and HAR is UTF-8."),
    (b'{"info": {"name": "a collection"}, "item": []}', "This is no HAR file: it is JSON without log.entries."),
    (b'{"log": {"entries": 5}}', "This is no HAR file: it is JSON without log.entries."),
    (b'{"log": {"entries": []}} x', "line 1, column 26: something stands behind the end of the JSON."),
    (b'{"log": {"entries": [\n\n 5]}}', "Entry 1 (log.entries[0], line 3, column 2) is no exchange: Expected `object`"),
    (
        har_of(entry(), entry(request={"method": 5})),
        "Entry 2 (log.entries[1], line 1, column ",
    ),
    (har_of(entry(request={"method": 5})), ") is no exchange: request.method: Expected `str`, got `int`."),
    (har_of(entry(request={"method": "A B"})), "request.method is no method: 'A B'."),
    (har_of(entry(request={"headers": [{"name": "a", "value": []}]})), "request.headers[0].value: Expected "),
    (har_of({"request": {"method": "GET", "url": "http://a"}}), "Object missing required field `startedDateTime`."),
    (har_of(entry(startedDateTime="yesterday")), "startedDateTime is no ISO 8601 time: 'yesterday'."),
    (har_of(entry(content={"encoding": "base64", "text": "a*b="})), "response.content.text is not the base64 that its"),
    (
        har_of(entry(_webSocketMessages=[{"type": "send", "opcode": 2, "data": "*"}])),
        "_webSocketMessages[0].data is not",
    ),
    (har_of(entry(response={"status": 1000})), "response.status is no status: 1000."),
    (har_of(entry(request={"url": ""})), "request.url is empty."),
]


@pytest.mark.parametrize(("data", "message"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_file_is_one_error_that_names_the_place(data: bytes, message: str) -> None:
    with pytest.raises(BadFile) as raised:
        read(data)
    assert message in raised.value.message


def test_a_file_that_is_cut_off_anywhere_is_an_error() -> None:
    data = har_of(entry(), entry())
    for end in range(len(data)):
        with pytest.raises(BadFile):
            read(data[:end])


def test_entries_are_read_one_by_one() -> None:
    data = har_of(entry(), entry(), {})
    reader = HarReader(lambda at, size: data[at : at + size])
    found = iter(reader)
    next(found)
    assert (reader.creator, reader.at < len(data)) == ("test 1", True)
    next(found)
    with pytest.raises(BadFile, match="Entry 3"):
        next(found)


_WHOLE = json.loads(
    har_of(
        entry(_webSocketMessages=MESSAGES, _tls={"version": "TLSv1.3"}, _notes=["a"], _tunnel={"fromClient": 1}),
        entry(request={"postData": {"params": [{"name": "a"}]}}, content={"encoding": "base64", "text": "aGk="}),
        creator="Wireglass",
    )
)
_ANY: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\0long 3"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        found += [place for name, inner in pairs for place in _places(inner, (*path, name))]
    return found


def _put(file: Any, path: tuple[Any, ...], value: Any) -> None:
    with contextlib.suppress(KeyError, IndexError, TypeError):  # an earlier change took the place away
        for name in path[:-1]:
            file = file[name]
        file[path[-1]] = value


@given(st.lists(st.tuples(st.sampled_from(_places(_WHOLE)), _ANY), min_size=1, max_size=3))
def test_whatever_stands_where_only_the_named_error_is_raised(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    file = json.loads(json.dumps(_WHOLE))
    for path, value in changes:
        _put(file, path, value)
    found = []
    with contextlib.suppress(BadFile):
        found = read(json.dumps(file).encode())
    for exchange in found:  # what was read can be stored and written
        summary = exchange.summary
        assert 0 <= summary.request_size < 2**63
        assert 0 <= summary.response_size < 2**63
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(exchange.detail), type=Detail) == exchange.detail
        check(exported(exchange))


@given(st.integers(0, 2**32))
def test_bytes_that_were_changed_make_the_named_error_at_most(seed: int) -> None:
    dice = random.Random(seed)
    data = bytearray(json.dumps(_WHOLE).encode())
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data))
        data[at : at + dice.randint(0, 3)] = dice.choice(
            [b"", b'"', b"{", b"}", b"\\", b"[", b"]", b",", b"0", b"\xff"]
        )
    with contextlib.suppress(BadFile):
        read(bytes(data))


# There and back


def test_our_own_fields_come_back() -> None:
    made = entry(
        request={
            "_url": "http://exämple.test/",
            "_target": "*",
            "_trailers": _headers(("T", "1")),
            "method": "OPTIONS",
        },
        response={
            "_trailers": _headers(("U", "2")),
            "_informational": [{"status": 103, "headers": _headers(("Link", "x"))}],
            "_error": "It broke.",
            "httpVersion": "",
            "status": 502,
        },
        serverIPAddress="::1",
        connection="8443",
        _connectionId="7",
        _tls={"version": "TLSv1.3", "cipher": "AES", "alpn": None, "sni": "a.test"},
        _client="127.0.0.1:9",
        _state="failed",
        _errorKind="upstream_closed",
        _notes=["tried twice"],
        comment="It broke.; tried twice",
    )
    found = read_one(made, creator="Wireglass")
    summary, detail = found.summary, found.detail
    assert (summary.url, detail.target, summary.client) == ("http://exämple.test/", b"*", "127.0.0.1:9")
    assert (summary.state, summary.error, summary.error_kind) == ("failed", "It broke.", "upstream_closed")
    assert (detail.request_trailers, detail.response_trailers) == ([(b"T", b"1")], [(b"U", b"2")])
    assert [(one.status, one.headers) for one in detail.informational] == [(103, [(b"Link", b"x")])]
    assert detail.server == Endpoint("[::1]:8443", "", Tls("TLSv1.3", "AES", "", "a.test"), 7)
    assert (detail.notes, detail.response_version) == (["tried twice"], "")


# What no field can hold (RFC 9110 5.5) is not recorded as one.
_CLEAN = bytes.maketrans(b"\r\n\0", b"...")
_WORD = st.text("abc\u00e9-", min_size=1, max_size=6)
_FIELDS = st.lists(
    st.tuples(_WORD.map(lambda word: b"X-" + word.encode()), st.binary(max_size=9).map(lambda v: v.translate(_CLEAN)))
    | st.sampled_from([(b"Set-Cookie", b"a=1; Path=/; Max-Age=5"), (b"Cookie", b"a=1; b"), (b"Location", b"/x")]),
    max_size=3,
)
_TYPES = st.sampled_from(
    [
        b"text/plain",
        b"text/html; charset=iso-8859-1",
        b"application/json",
        b"image/png",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=b",
        b"text/plain; charset=utf-16",
    ]
)
_BODIES = st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | st.just(b"a=1&b=%C3%BC")
_MILLISECONDS = st.none() | st.integers(0, 10**6).map(lambda value: value / 1000)


@st.composite
def _exchanges(draw: st.DrawFn) -> Imported:
    """As the proxy records them: bodies coded or not, cut or not, failed ones, tunnels."""
    sides = []
    for _ in range(2):
        data, coded = draw(_BODIES), draw(st.booleans())
        fields = [*draw(_FIELDS), (b"Content-Type", draw(_TYPES))]
        if coded and data:
            data = gzip.compress(data, mtime=0)
            fields.append((b"Content-Encoding", b"gzip"))
        cut = draw(st.sampled_from([0, 0, 7]))
        sides.append((fields, data, len(data) + cut, "cut at the limit" if cut and draw(st.booleans()) else ""))
    (sent, asked, asked_size, asked_note), (received, got, got_size, got_note) = sides
    kind = draw(st.sampled_from(["http/1.1", "http/1.0", "http/2", "tunnel", "failed"]))
    tunnel, failed = kind == "tunnel", kind == "failed"
    spoken = "HTTP/1.1" if tunnel or failed else kind.upper()
    summary = Summary(
        "CONNECT" if tunnel else draw(st.sampled_from(["GET", "POST", "OPTIONS"])),
        "a.test:443" if tunnel else "https://a.test/" + draw(_WORD) + draw(st.sampled_from(["", "?a=1&b", "#f"])),
        "a.test",
        1714979289.125,
        "http/1.1" if failed else kind,
        client=draw(st.sampled_from(["", "127.0.0.1:5"])),
        status=None if failed else draw(st.sampled_from([200, 404, 599])),
        request_size=asked_size,
        response_size=0 if failed else got_size,
        duration_ms=draw(st.integers(0, 10**7)) / 1000,
        state="failed" if failed else "done",
        error="It broke." if failed else None,
        error_kind="upstream" if failed else None,
    )
    detail = Detail(
        draw(st.sampled_from([b"/", b"*", b"http://a.test/\xff", b"a.test:443"])),
        spoken,
        sent,
        draw(_FIELDS),
        "" if failed else spoken,
        b"" if failed else draw(st.sampled_from([b"", b"OK", b"Cr\xc3\xa9\xc3\xa9"])),
        [] if failed else received,
        [] if failed else draw(_FIELDS),
        [] if failed else draw(st.sampled_from([[], [Informational(103, [(b"Link", b"x")])]])),
        Timings(*(draw(_MILLISECONDS) for _ in range(6))),
        server=draw(
            st.sampled_from(
                [None, Endpoint("192.0.2.1:44", "", Tls("TLSv1.3", "AES", "h2", "a.test"), 3), Endpoint("[::1]:8", "")]
            )
        ),
        notes=draw(st.lists(_WORD, max_size=2)),
    )
    if tunnel:
        return Imported(summary, detail)
    if failed:
        return Imported(summary, detail, asked, b"", b"", asked_note)
    return Imported(summary, detail, asked, got, b"", asked_note, got_note)


@given(st.lists(_exchanges(), max_size=3))
def test_an_export_that_is_imported_exports_the_same(made: list[Imported]) -> None:
    first = exported(*made)
    second = exported(*read(json.dumps(first).encode()))
    assert differences(first, second) == []
    assert differences(first, exported(*read(json.dumps(second).encode()))) == []
