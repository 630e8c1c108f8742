"""An entry from a record: valid whatever the record holds, and with everything in its place."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import jsonschema
import pytest
from hypothesis import given
from tests.formats.records import export, record, with_detail
from tests.formats.schema import check
from tests.peers import mitmproxy, network_panel

from wireglass.formats import har
from wireglass.model import BodyRef, Detail, Endpoint, Informational, Record, Side, Summary, Timings, Tls

_TEXT = st.text(max_size=30)
_BYTES = st.binary(max_size=30)
_NAMES = st.sampled_from(
    [b"Content-Type", b"content-encoding", b"Set-Cookie", b"Cookie", b"Location", b"X-A", b"\xff", b""]
)
_VALUES = _BYTES | st.sampled_from(
    [
        b"gzip",
        b"br, deflate",
        b"zstd",
        b"text/html; charset=utf-16",
        b"text/plain; charset=shift_jis",
        b"multipart/form-data; boundary=b",
        b"application/x-www-form-urlencoded",
        b"a=b; Expires=Wed, 31 Feb 2026 07:28:00 GMT; Max-Age=99999999999999999",
        b"a; Expires=Wed, 21 Oct 99999 07:28:00 GMT; SameSite=no",
    ]
)
_HEADERS = st.lists(st.tuples(_NAMES, _VALUES), max_size=5)
_MILLISECONDS = st.none() | st.floats()
_ENDPOINT = st.builds(
    Endpoint,
    _TEXT | st.sampled_from(["127.0.0.1:80", "[::1]:443", "[fe80::1%eth0]:1"]),
    _TEXT,
    st.none() | st.builds(Tls, _TEXT, _TEXT),
    st.integers(0, 99),
)
_SUMMARIES = st.builds(
    Summary,
    method=_TEXT | st.sampled_from(["GET", "CONNECT", "POST"]),
    url=_TEXT
    | st.sampled_from(["http://a.test/?a=%ff&b", "h:443", "http://[::1]:8/é", "https://[", "http:///x", "/p"]),
    host=_TEXT,
    started=st.floats(),
    protocol=st.sampled_from(["http/1.1", "tunnel", "websocket"]),
    client=_TEXT,
    status=st.none() | st.integers(100, 599),
    request_size=st.integers(0, 100),
    response_size=st.integers(0, 100),
    duration_ms=_MILLISECONDS,
    state=st.sampled_from(["open", "done", "failed"]),
    error_kind=st.none() | _TEXT,
    error=st.none() | _TEXT,
    sessions=st.lists(_TEXT, max_size=2).map(tuple),
)
_DETAILS = st.builds(
    Detail,
    target=_BYTES,
    request_version=_TEXT,
    request_headers=_HEADERS,
    request_trailers=_HEADERS,
    response_version=_TEXT,
    reason=_BYTES,
    response_headers=_HEADERS,
    response_trailers=_HEADERS,
    informational=st.lists(st.builds(Informational, st.integers(100, 199), _HEADERS), max_size=2),
    timings=st.builds(
        Timings, _MILLISECONDS, _MILLISECONDS, _MILLISECONDS, _MILLISECONDS, _MILLISECONDS, _MILLISECONDS
    ),
    client=st.none() | _ENDPOINT,
    server=st.none() | _ENDPOINT,
    notes=st.lists(_TEXT, max_size=2),
)
_REFS = st.builds(BodyRef, st.integers(0, 100), st.integers(0, 100), _TEXT, _TEXT)
_RECORDS = st.builds(Record, _SUMMARIES, _DETAILS, _REFS, _REFS)


@given(st.lists(st.tuples(_RECORDS, _BYTES, _BYTES), max_size=3))
def test_any_record_makes_a_valid_entry(drawn: list[tuple[Record, bytes, bytes]]) -> None:
    bodies = {id(record): (request, response) for record, request, response in drawn}

    def read(record: Record, side: Side) -> list[bytes]:
        return [bodies[id(record)][side == "response"]]

    file = json.loads(b"".join(har([record for record, _, _ in drawn], read, "1")).decode("utf-8"))
    check(file)
    assert len(file["log"]["entries"]) == len(drawn)
    for entry, (made, _, response) in zip(file["log"]["entries"], drawn, strict=True):
        fields = {name.lower() for name, _ in made.detail.response_headers}
        content = entry["response"]["content"]
        if b"content-encoding" not in fields and content.get("encoding") == "base64":
            assert b64decode(content["text"]) == response


def test_the_schema_refuses_what_is_wrong() -> None:
    """So that the other tests can fail."""
    wrong: list[dict[str, Any]] = [
        {"request": {}},
        {"startedDateTime": "yesterday"},
        {"serverIPAddress": "localhost"},
        {"time": "1"},
        {"response": {}},
    ]
    for breaking in wrong:
        [entry] = export(record())
        with pytest.raises(jsonschema.ValidationError):
            check({"log": {"version": "1.2", "creator": {"name": "a", "version": "1"}, "entries": [entry | breaking]}})


def test_nothing_recorded_is_a_valid_file() -> None:
    assert export() == []


def test_an_entry_comes_before_the_next_record_is_read() -> None:
    """What is held does not grow with the number of records."""
    taken: list[int] = []

    def records() -> Iterator[Record]:
        for number in range(3):
            taken.append(number)
            yield record(url=f"http://example.test/{number}")

    pieces = har(records(), lambda _record, _side: [], "1")
    while b"example.test/0" not in next(pieces):
        pass
    assert taken == [0]


def test_every_part_of_an_entry() -> None:
    made = with_detail(
        record(
            b"a=1",
            b"hi",
            url="https://example.test:8443/a?x=1#f",
            method="POST",
            status=201,
            request_headers=[(b"Content-Type", b"application/x-www-form-urlencoded")],
            response_headers=[(b"Content-Type", b"text/plain"), (b"Location", b"/new")],
            client="127.0.0.1:9",
            sessions=("s",),
            duration_ms=100.0,
        ),
        reason=b"Cr\xe9\xe9",
        timings=Timings(1, 2, 3, 4, 5, 6),
        server=Endpoint("[::1]:8443", "[::1]:5", Tls("TLSv1.3", "AES", "http/1.1", "example.test"), 7),
        notes=["a note"],
        request_trailers=[(b"T", b"1")],
        response_trailers=[(b"U", b"2")],
        informational=[Informational(103, [(b"Link", b"x")])],
    )
    [entry] = export(made, request=b"a=1", response=b"hi")
    assert entry == {
        "startedDateTime": "2023-11-14T22:13:20.250Z",
        "time": 100.0,
        "request": {
            "method": "POST",
            "url": "https://example.test:8443/a?x=1#f",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [{"name": "Content-Type", "value": "application/x-www-form-urlencoded"}],
            "queryString": [{"name": "x", "value": "1"}],
            "headersSize": len(b"POST /a HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"),
            "bodySize": 3,
            "postData": {
                "mimeType": "application/x-www-form-urlencoded",
                "params": [{"name": "a", "value": "1"}],
                "text": "a=1",
            },
            "_target": "/a",
            "_trailers": [{"name": "T", "value": "1"}],
        },
        "response": {
            "status": 201,
            "statusText": "Cr\u00e9\u00e9",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [{"name": "Content-Type", "value": "text/plain"}, {"name": "Location", "value": "/new"}],
            "content": {"size": 2, "mimeType": "text/plain", "text": "hi"},
            "redirectURL": "/new",
            "headersSize": len(b"HTTP/1.1 201 Cr\xe9\xe9\r\nContent-Type: text/plain\r\nLocation: /new\r\n\r\n"),
            "bodySize": 2,
            "_trailers": [{"name": "U", "value": "2"}],
            "_informational": [{"status": 103, "headers": [{"name": "Link", "value": "x"}]}],
        },
        "cache": {},
        "timings": {"blocked": 79.0, "dns": 1, "connect": 5, "send": 4, "wait": 5, "receive": 6, "ssl": 3},
        "serverIPAddress": "::1",
        "connection": "8443",
        "_connectionId": "7",
        "_tls": {"version": "TLSv1.3", "cipher": "AES", "alpn": "http/1.1", "sni": "example.test"},
        "comment": "a note",
        "_id": 1,
        "_state": "done",
        "_client": "127.0.0.1:9",
        "_sessions": ["s"],
        "_notes": ["a note"],
    }


@pytest.mark.parametrize(
    ("timings", "duration", "more", "phases"),
    [
        (Timings(), 7.5, {}, {"blocked": 7.5}),
        (Timings(wait=2, receive=1), 3, {}, {"wait": 2, "receive": 1}),
        (Timings(wait=2), None, {}, {"wait": 2}),
        (
            Timings(connect=1),
            10,
            {"server": Endpoint("1.2.3.4:5", ""), "response_version": ""},
            {"connect": 1, "wait": 9},
        ),
        (Timings(tls=1), 1, {}, {"connect": 1, "ssl": 1}),
        (Timings(wait=float("nan")), float("inf"), {}, {}),
    ],
)
def test_the_phases_add_up_to_the_duration(
    timings: Timings, duration: float | None, more: dict[str, Any], phases: dict[str, float]
) -> None:
    [entry] = export(with_detail(record(duration_ms=duration), timings=timings, **more))
    empty = {"blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 0, "receive": 0}
    assert entry["timings"] == empty | phases
    assert entry["time"] == sum(value for name, value in phases.items() if name != "ssl")


def test_without_an_answer_the_status_is_0() -> None:
    made = with_detail(
        record(status=None, state="failed", error="It broke.", error_kind="upstream_closed"),
        response_version="",
        reason=b"",
        notes=["tried twice"],
    )
    [entry] = export(made)
    response = entry["response"]
    assert (response["status"], response["statusText"], response["httpVersion"]) == (0, "", "")
    assert (response["headersSize"], response["bodySize"], response["_error"]) == (-1, -1, "It broke.")
    assert (entry["comment"], entry["_state"], entry["_errorKind"]) == (
        "It broke.; tried twice",
        "failed",
        "upstream_closed",
    )


@pytest.mark.parametrize(("protocol", "status"), [("tunnel", 200), ("http/1.1", 101)])
def test_what_passed_a_tunnel_is_no_body(protocol: str, status: int) -> None:
    made = record(protocol=protocol, status=status, method="CONNECT", url="example.test:22", duration_ms=9.0)
    made.summary.request_size, made.summary.response_size = 10, 20
    [entry] = export(made)
    assert entry["request"]["url"] == "https://example.test:22/"
    assert entry["request"]["_url"] == "example.test:22"
    assert "postData" not in entry["request"]
    assert entry["response"]["content"] == {"size": 0, "mimeType": ""}
    assert (entry["request"]["bodySize"], entry["response"]["bodySize"]) == (0, 0)
    assert entry["_tunnel"] == {"fromClient": 10, "fromServer": 20}
    assert entry["timings"]["receive"] == 9.0


def test_a_large_body_is_written_in_pieces() -> None:
    """None of them is larger than what a piece of the body makes, and the file is the same as if it were small."""
    body = bytes(range(256)) * 40_000
    made = record(body, body, method="POST", response_headers=[(b"Content-Type", b"image/png")])
    parts = [body[at : at + 99_991] for at in range(0, len(body), 99_991)]
    pieces = list(har([made], lambda _record, _side: parts, "1"))
    assert max(map(len, pieces)) < 140_000
    file = json.loads(b"".join(pieces))
    check(file)
    [entry] = file["log"]["entries"]
    for shape, encoding in ((entry["request"]["postData"], "_encoding"), (entry["response"]["content"], "encoding")):
        assert shape[encoding] == "base64"
        assert b64decode(shape["text"]) == body
    assert entry["response"]["content"]["size"] == len(body)
    assert list(entry)[-1] == "_state"
    assert re.fullmatch(rb'\{"log":\{"version":"1.2".*\]\}\}\n', b"".join(pieces), re.DOTALL)


ODD = [
    record(status=None, state="open", duration_ms=None),
    record(method="", url="", status=400, state="failed", error="Not HTTP: '\\x16'."),
    record(method="GET", url="http:///nowhere", status=400),
    record(method="CONNECT", url="example.test:22", protocol="tunnel", request_size=5, response_size=9),
    record(method="CONNECT", url="[2001:db8::1]:443", protocol="tunnel", status=502),
    record(url="http://[fe80::1%25eth0]:8/\u00fc"),
    record(url="http://a.test:99999/"),
    record(url='http://a.test/|"<>\\^`{}[]?a=[]&b=%&c=%zz'),
    record(method="POST", request_size=9, request_headers=[(b"Content-Encoding", b"what")]),
    record(None, b"\xff", response_headers=[(b"Content-Type", b"text/plain; charset=nonsense"), (b"X", b"\xe4\xff")]),
    record(None, b"not gzip", response_headers=[(b"Content-Encoding", b"gzip")], status=599),
    record(response_size=0, response_headers=[(b"Content-Encoding", b"br")], status=304),
    record(response_headers=[(b"Set-Cookie", b"a=1; Expires=Wed, 99 Foo 2026 99:99:99 GMT; Max-Age=-99999999999")]),
    with_detail(record(), server=Endpoint("not an address", "")),
]


def test_other_programs_open_odd_entries(tmp_path: Path) -> None:
    """One that they refuse would cost all the others of its file."""
    file = tmp_path / "odd.har"
    bodies = {id(ODD[9]): b"\xff", id(ODD[10]): b"not gzip"}
    file.write_bytes(b"".join(har(ODD, lambda record, _side: [bodies[id(record)]], "1")))
    entries = json.loads(file.read_bytes())["log"]["entries"]
    expected = [(entry["request"]["method"], entry["response"]["status"]) for entry in entries]
    flows = mitmproxy.read_har(file)
    assert [(flow.method, flow.status) for flow in flows] == expected
    assert (flows[9].body, flows[10].body) == (b"\xff", b"not gzip")
    panel = network_panel.open_har(file, len(ODD))
    assert [(request.method, request.status) for request in panel.requests] == expected
    assert panel.errors == []
