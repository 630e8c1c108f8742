"""The requests and collections of pmproxy, against a reference written from its specification."""

from __future__ import annotations

import gzip
import json
import re
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote_plus
from uuid import UUID

import brotli
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.formats.records import record, with_detail

from wireglass.errors import StoreError
from wireglass.formats import postman_v1_body
from wireglass.formats.postman_v1 import (
    RESTRICTED,
    collection,
    header_lines,
    identity,
    is_request,
    request,
    written,
)
from wireglass.model import BodyRef, Headers, Record

COLLECTION = "7f1c3e8a-58a5-4d0e-9d2b-0c3f6d2f6a11"
FORM = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=b1"
# Its names are in one string for reading: they stand so in the specification.
OF_PMPROXY = re.findall(
    r"\S+",
    """accept-charset accept-encoding access-control-request-headers access-control-request-method connection
    content-length cookie cookie2 content-transfer-encoding date expect host keep-alive origin referer te trailer
    transfer-encoding upgrade user-agent via""",
)
KEYS = [
    "id",
    "collectionId",
    "url",
    "name",
    "description",
    "method",
    "headers",
    "data",
    "dataMode",
    "responses",
    "version",
    "timestamp",
]


def sent(
    method: str = "POST", url: str = "http://h.test/a", body: bytes = b"", *fields: tuple[bytes, bytes], **summary: Any
) -> Record:
    return record(body, None, method=method, url=url, request_headers=list(fields), **summary)


def posted(body: bytes, type: bytes | None, *fields: tuple[bytes, bytes]) -> dict[str, Any]:
    named = [] if type is None else [(b"Content-Type", type)]
    return request(sent("POST", "http://h.test/a", body, *named, *fields), [body], COLLECTION)


def texts(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value, "type": "text"} for key, value in pairs]


def part(head: bytes, body: bytes) -> bytes:
    return b"--b1\r\n%b\r\n\r\n%b\r\n" % (head, body)


def disposition(name: str, file: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"{file}'.encode()


def test_a_request_in_full() -> None:
    made = request(
        sent(
            "PUT",
            "https://h.test:8443/an/object?with=a%20query&that=is+long",
            b'{"a": 1}',
            (b"host", b"h.test:8443"),
            (b"Content-Type", b"application/json"),
            (b"X-Again", b"1"),
            (b"x-again", b"2"),
            id=7,
            started=1_700_000_000.4,
        ),
        [b'{"a"', b": 1}"],
        COLLECTION,
    )
    assert list(made) == KEYS
    id = UUID(made.pop("id"))
    assert (id.version, id.variant) == (4, UUID(COLLECTION).variant)
    assert made == {
        "collectionId": COLLECTION,
        "url": "https://h.test:8443/an/object?with=a%20query&that=is+long",
        "name": "/an/object?with=a%20query&that",
        "description": "",
        "method": "PUT",
        "headers": "Content-Type: application/json\nX-Again: 1\nx-again: 2\n",
        "data": '{"a": 1}',
        "dataMode": "raw",
        "responses": [],
        "version": 2,
        "timestamp": 1_700_000_000,
    }


def test_an_id_belongs_to_the_exchange_and_the_collection() -> None:
    first, again, other = (request(sent(id=id), [], COLLECTION)["id"] for id in (1, 1, 2))
    assert first == again != other
    assert request(sent(id=1), [], COLLECTION.replace("7", "8"))["id"] != first


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://h.test/", "/"),
        ("http://h.test:443/a", "/a"),
        ("https://h.test:80/a?b", "/a?b"),
        ("http://[::1]:8080/a", "/a"),
        ("http://h.test/gr\u00fc\u00dfe?q=\U0001f600", "/gr\u00fc\u00dfe?q=\U0001f600"),
        ("http://h.test/" + "a" * 40, "/" + "a" * 29),
        ("http://h.test?a=1", "/?a=1"),
    ],
)
def test_urls_and_names(url: str, name: str) -> None:
    """The scheme is the real one, whatever the port; the record has its URLs so."""
    made = request(sent("GET", url), [], COLLECTION)
    assert (made["url"], made["name"]) == (url, name)


def test_options_of_the_whole_server() -> None:
    made = request(with_detail(sent("OPTIONS", "http://h.test"), target=b"*"), [], COLLECTION)
    assert (made["url"], made["name"]) == ("http://h.test", "*")


def test_restricted_fields() -> None:
    """Of those of the old program only the recorded copy is rid."""
    assert set(OF_PMPROXY) == RESTRICTED and len(OF_PMPROXY) == 21
    fields = [(name.title().encode(), b"v") for name in OF_PMPROXY] + [(b"Accept", b"a"), (b"Proxy-Connection", b"b")]
    exchange = sent("GET", "http://h.test/", b"", *fields)
    assert request(exchange, [], COLLECTION)["headers"] == "Accept: a\nProxy-Connection: b\n"
    assert request(exchange, [], COLLECTION, keep_restricted=True)["headers"] == header_lines(fields)
    assert exchange.detail.request_headers == fields


def test_header_bytes() -> None:
    assert header_lines([(b"A", "\u00fc".encode()), (b"B", b"\xfc"), (b"C", b"")]) == "A: \u00fc\nB: \u00fc\nC: \n"
    assert header_lines([]) == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "LINK", "UNLINK"])
def test_methods_with_a_body(method: str) -> None:
    made = request(sent(method, body=b"a=1"), [b"a=1"], COLLECTION)
    assert (made["data"], made["dataMode"]) == ("a=1", "raw")
    assert request(sent(method), [], COLLECTION)["data"] == ""


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "post", "PROPFIND", "QUERY"])
def test_methods_without_one(method: str) -> None:
    made = request(sent(method, "http://h.test/a", b"a=1", (b"Content-Type", FORM)), [b"a=1"], COLLECTION)
    assert (made["data"], made["dataMode"], made["description"]) == ([], "raw", "")


@pytest.mark.parametrize(
    ("type", "mode"),
    [
        (FORM, "urlencoded"),
        (b"application/x-www-form-urlencoded; charset=UTF-8", "urlencoded"),
        (b"x-www-form-urlencoded", "raw"),
        (b"Application/X-WWW-Form-Urlencoded", "raw"),
        (MULTIPART, "params"),
        (b"form-data", "raw"),
        (b"Multipart/Form-Data; boundary=b1", "raw"),
        (b"text/x-www-form-urlencoded", "urlencoded"),
        (b"text/plain", "raw"),
        (b"", "raw"),
        (None, "raw"),
    ],
)
def test_the_data_mode(type: bytes | None, mode: str) -> None:
    assert posted(b"", type)["dataMode"] == mode
    assert posted(b"", type)["data"] == ("" if mode == "raw" else [])


def test_the_first_content_type_counts() -> None:
    assert posted(b"a=1", b"text/plain", (b"content-type", FORM))["dataMode"] == "raw"
    assert posted(b"a=1", FORM, (b"content-type", b"text/plain"))["data"] == texts(("a", "1"))


def test_urlencoded() -> None:
    body = b"z=1+2&name=M%C3%BCller&z=second&=empty&c&d=&%zz=%&e=a=b&&f=%ff\xfe"
    assert posted(body, FORM)["data"] == texts(
        ("z", "1 2"), ("name", "M\u00fcller"), ("", "empty"), ("c", ""), ("d", ""), ("%zz", "%"), ("e", "a=b"),
        ("f", "\u00ff\u00fe"),
    )  # fmt: skip
    latin = posted(b"a=gr%FC%DFe", FORM + b"; charset=iso-8859-2")["data"]
    assert latin == texts(("a", "gr\u00fc\u00dfe"))


def test_multipart() -> None:
    body = (
        part(disposition("who"), "M\u00fcller".encode())
        + part(disposition("who"), b"second")
        + part(disposition("\u00e4  b"), b"1\r\n2")
        + part(disposition("file", '; filename="x.png"') + b"\r\nContent-Type: image/png", b"\x89PNG\r\n--b2")
        + part(disposition("nothing", '; filename=""'), b"")
        + part(disposition("bin"), b"\xff\x00")
        + part(disposition("latin") + b"\r\nContent-Type: text/plain; charset=iso-8859-15", b"\xa4")
        + part(b"X-Other: 1", b"nameless")
        + b"--b1--\r\n"
    )
    made = posted(body, b'multipart/form-data; boundary="b1"')
    assert (made["dataMode"], made["description"]) == ("params", "")
    assert made["data"] == texts(
        ("who", "M\u00fcller"), ("\u00e4  b", "1\r\n2"), ("bin", "\u00ff\0"), ("latin", "\u20ac"), ("", "nameless")
    )


@pytest.mark.parametrize(
    ("body", "type", "text"),
    [
        ("Gr\u00fc\u00dfe \u2028 \U0001f600".encode(), b"text/plain", "Gr\u00fc\u00dfe \u2028 \U0001f600"),
        ("\u00fc".encode(), b"text/plain; charset=iso-8859-1", "\u00fc"),
        (b"\xfc", b"text/plain; charset=iso-8859-2", "\u00fc"),
        ("\u65e5\u672c".encode("shift_jis"), b"text/plain; charset=Shift_JIS", "\u65e5\u672c"),
        ("\u00fc".encode("utf-16"), b"text/plain; charset=utf-16", "\u00fc"),
        (b"\xef\xbb\xbfa", b"text/plain", "\ufeffa"),
        (bytes(range(256)), b"application/octet-stream", bytes(range(256)).decode("latin-1")),
        (b"\xff\xfe\xfd", b"text/plain; charset=utf-8", "\u00ff\u00fe\u00fd"),
        (b"\xff", b"text/plain; charset=punycode", "\u00ff"),
        (b"\xff", None, "\u00ff"),
    ],
)
def test_raw_bodies_are_text_and_lose_no_byte(body: bytes, type: bytes | None, text: str) -> None:
    made = posted(body, type)
    assert (made["data"], made["description"]) == (text, "")
    assert json.loads(b"".join(written(made)))["data"] == text


@pytest.mark.parametrize(("coding", "pack"), [(b"gzip", gzip.compress), (b"br", brotli.compress)])
@pytest.mark.parametrize("keep", [False, True])
def test_codings_are_undone(coding: bytes, pack: Any, keep: bool) -> None:
    """With them go the fields about them: what Postman sends is the decoded body."""
    packed = pack(b"a=1")
    fields = [(b"Content-Type", FORM), (b"content-encoding", coding), (b"Content-Length", b"9"), (b"Host", b"h")]
    made = request(sent("POST", "http://h.test/a", packed, *fields), [packed], COLLECTION, keep_restricted=keep)
    assert made["data"] == texts(("a", "1"))
    assert made["headers"] == "Content-Type: application/x-www-form-urlencoded\n" + ("Host: h\n" if keep else "")
    assert made["description"] == ""


def test_a_body_that_the_store_has_decoded() -> None:
    """Of redacted and imported records."""
    exchange = with_detail(sent("POST", "http://h.test/a", b"x", (b"Content-Encoding", b"gzip")), decoded=("request",))
    made = request(exchange, [b"x"], COLLECTION)
    assert (made["data"], made["headers"], made["description"]) == ("x", "", "")


def test_bodies_that_are_not_as_they_were_sent_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def said(exchange: Record, pieces: Iterable[bytes]) -> tuple[Any, str]:
        made = request(exchange, pieces, COLLECTION)
        return made["data"], made["description"]

    def ref(size: int, kept: int, note: str = "", *fields: tuple[bytes, bytes]) -> Record:
        made = sent("POST", "http://h.test/a", b"", *fields)
        return Record(made.summary, made.detail, BodyRef(size, kept, "00", note), BodyRef())

    def fails() -> Iterator[bytes]:
        yield b"begin"
        raise StoreError("the file is gone")

    begin = "The body is not as it was sent: "
    assert said(ref(9, 3), [b"abc"]) == ("abc", begin + "only the first 3 of 9 bytes are kept.")
    assert said(ref(9, 0, "not kept: larger than 1 byte"), []) == ("", begin + "not kept: larger than 1 byte.")
    assert said(ref(9, 9), fails()) == ("begin", begin + "the file is gone.")
    gzipped = (b"Content-Encoding", b"gzip")
    data, note = said(ref(9, 9, "", gzipped), [b"not gzip\xff"])
    assert data == "not gzip\u00ff" and note.startswith(begin + "not decoded from gzip")
    packed = gzip.compress(b"first and last")
    data, note = said(ref(len(packed), len(packed) - 9, "", gzipped), [packed[:-9]])
    assert "first and last".startswith(data) and note.count(";") == 1
    unknown = request(sent("POST", "http://h.test/a", b"?", (b"Content-Encoding", b"x-own")), [b"?"], COLLECTION)
    assert (unknown["data"], unknown["headers"]) == ("?", "Content-Encoding: x-own\n")
    assert unknown["description"] == begin + "unknown content coding 'x-own'."
    for body, type, why in (
        (b"--b1\nA: b\n\n1\n--b1--", MULTIPART, "its parts cannot be told apart"),
        (b"body", b"multipart/form-data", "names no boundary"),
        (part(disposition("a"), b"1"), MULTIPART, "its closing boundary is missing"),
    ):
        assert why in posted(body, type)["description"]
    monkeypatch.setattr(postman_v1_body, "_MOST_FIELDS", 3)
    assert posted(b"a=1&b=2&c=3", FORM)["description"] == ""
    for body, type in (
        (b"a=1&b=2&c=3&d=4", FORM),
        (b"".join(part(disposition(name), b"1") for name in "abcde") + b"--b1--", MULTIPART),
    ):
        made = posted(body, type)
        assert [field["key"] for field in made["data"]] == ["a", "b", "c"]
        assert made["description"] == begin + "only the first 3 fields are taken."
    monkeypatch.setattr(postman_v1_body, "LIMIT", 4)
    assert said(ref(6, 6), [b"abc", b"def"]) == ("abcd", begin + "stopped at the limit of 4 bytes.")
    bomb = gzip.compress(bytes(1_000_000))
    assert said(ref(len(bomb), len(bomb), "", gzipped), [bomb])[0] == "\0\0\0\0"


@pytest.mark.parametrize(
    "summary",
    [
        {"method": "CONNECT", "url": "h.test:443", "protocol": "tunnel"},
        {"method": "CONNECT", "url": "https://h.test/chat", "protocol": "http/2"},
        {"method": "", "url": "", "host": "", "protocol": "socks5"},
        {"method": "GET", "url": "/path", "host": ""},
        {"method": "GET", "url": "http://h.test/", "host": ""},
        {"method": "", "url": "h.test:443"},
        {"method": "GET", "url": "http://h.test/chat", "protocol": "websocket"},
    ],
)
def test_what_is_no_request(summary: dict[str, Any]) -> None:
    assert not is_request(sent(**summary))


def test_what_is_one() -> None:
    """One that failed was still sent; what asks for a WebSocket is none even while that is open or refused."""
    assert is_request(sent("GET", "http://h.test/"))
    assert is_request(sent("FOO", "https://h.test/", state="failed", status=None))
    assert not is_request(sent("GET", "http://h.test/", b"", (b"upgrade", b"WebSocket")))
    assert is_request(sent("GET", "http://h.test/", b"", (b"Upgrade", b"h2c")))


def test_identity() -> None:
    """Method, dataMode, data and url; headers are none of it."""
    one = posted(b"a=1", FORM, (b"X", b"1"))
    assert identity(one) == identity(posted(b"a=1", FORM, (b"Y", b"2")))
    others = [
        posted(b"a=2", FORM),
        posted(b"a=1", b"text/plain"),
        request(sent("PUT", "http://h.test/a", b"a=1", (b"Content-Type", FORM)), [b"a=1"], COLLECTION),
        request(sent("POST", "http://h.test/b", b"a=1", (b"Content-Type", FORM)), [b"a=1"], COLLECTION),
        posted(b"", None),
        request(sent("GET"), [], COLLECTION),
    ]
    assert len({identity(other) for other in [one, *others]}) == 7


_NAMES = st.sampled_from([b"Content-Type", b"X-A", b"Cookie", b"HOST", b"User-Agent", b"accept"])
_FIELDS = st.lists(st.tuples(_NAMES, st.sampled_from([FORM, MULTIPART, b"text/plain", b"\xfc", b""])), max_size=4)
_PAIRS = st.lists(st.tuples(st.text(max_size=3), st.text(max_size=8)), max_size=4)
_METHODS = st.sampled_from(["GET", "POST", "DELETE", "UNLINK", "HEAD", "patch", "PATCH"])
_URLS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["a.test", "[::1]"]),
    st.sampled_from(["", ":8080", ":443"]),
    st.text(st.characters(min_codepoint=0x21, exclude_characters="#", exclude_categories=["Cs"]), max_size=40).map(
        lambda path: f"/{path}"
    ),
)


@st.composite
def _requests(draw: st.DrawFn) -> tuple[Record, bytes, dict[str, Any]]:
    """A record, its body, and what the specification says of it."""
    method, url, fields = draw(_METHODS), draw(_URLS), draw(_FIELDS)
    type = next((value for name, value in fields if name.lower() == b"content-type"), b"")
    data: Any = []
    mode = "raw"
    if method not in ("POST", "PUT", "PATCH", "DELETE", "LINK", "UNLINK"):
        body = draw(st.binary(max_size=20))
    elif type == FORM:
        pairs = draw(_PAIRS)
        body = b"&".join(f"{quote_plus(key)}={quote_plus(value)}".encode() for key, value in pairs)
        mode, data = "urlencoded", _first(pairs)
    else:
        text = draw(st.text(max_size=20))
        body, data = text.encode(), text
        if type == MULTIPART:
            body, mode, data = b"", "params", []
    made = sent(method, url, body, *fields, id=draw(st.integers(1, 2**40)), started=draw(st.floats(0, 4e9)))
    return made, body, _reference(made, fields, data, mode)


def _first(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    keys = [key for key, _ in pairs]
    return texts(*(pair for at, pair in enumerate(pairs) if keys.index(pair[0]) == at))


def _reference(made: Record, fields: Headers, data: Any, mode: str) -> dict[str, Any]:
    lines = ""
    for name, value in fields:
        if name.decode().lower() not in RESTRICTED:
            lines += name.decode() + ": " + ("\u00fc" if value == b"\xfc" else value.decode()) + "\n"
    path = made.summary.url.split("/", 3)[3]
    return {
        "id": request(made, [], COLLECTION)["id"],
        "collectionId": COLLECTION,
        "url": made.summary.url,
        "name": f"/{path}"[:30],
        "description": "",
        "method": made.summary.method,
        "headers": lines,
        "data": data,
        "dataMode": mode,
        "responses": [],
        "version": 2,
        "timestamp": round(made.summary.started),
    }


@settings(deadline=None)  # the first one imports what takes forms apart
@given(st.lists(_requests(), max_size=8), st.text(max_size=10), st.integers(0, 2**33))
def test_a_collection_is_what_json_dumps_writes_of_the_specification(
    drawn: list[tuple[Record, bytes, dict[str, Any]]], name: str, timestamp: int
) -> None:
    made = [request(record, [body], COLLECTION) for record, body, _ in drawn]
    assert made == [reference for _, _, reference in drawn]
    assert [b"".join(written(one)).decode() for one in made] == [json.dumps(one) for one in made]
    unique: list[dict[str, Any]] = []
    for reference in (reference for _, _, reference in drawn):
        if not any(_same(reference, other) for other in unique):
            unique.append(reference)
    file = b"".join(collection(name, COLLECTION, timestamp, made))
    assert file.decode("ascii") == json.dumps(
        {
            "id": COLLECTION,
            "name": name,
            "folders": [],
            "timestamp": timestamp,
            "synced": False,
            "requests": unique,
            "order": [one["id"] for one in unique],
        }
    )


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[key] == other[key] for key in ("method", "dataMode", "data", "url"))


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([FORM, MULTIPART, b"text/plain; charset=utf-16", b"a/b"]), _FIELDS)
def test_any_body_makes_a_request(body: bytes, type: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    for whole in (body, part(body, body), b"--b1\r\n" + body + b"\r\n--b1--"):
        made = posted(whole, type, *fields)
        assert json.loads(b"".join(written(made))) == made
        assert list(made) == KEYS


_QUOTED = st.text(st.characters(min_codepoint=0x21, exclude_characters='"\\\x7f\x85', exclude_categories=["Z", "Cs"]))


@settings(deadline=None)
@given(st.lists(st.tuples(_QUOTED, st.binary(max_size=9)), unique_by=lambda field: field[0]))
def test_multipart_fields_come_back(fields: list[tuple[str, bytes]]) -> None:
    body = b"".join(part(disposition(name), value) for name, value in fields) + b"--b1--\r\n"
    made = posted(body, MULTIPART)
    assert made["description"] == ""
    for field, (name, value) in zip(made["data"], fields, strict=True):
        assert field["key"] == name
        assert value in (field["value"].encode(), field["value"].encode("latin-1", "replace"))


def test_a_request_is_written_before_the_next_is_read() -> None:
    taken: list[int] = []

    def requests() -> Iterator[dict[str, Any]]:
        for number in range(1, 4):
            taken.append(number)
            yield request(sent("GET", f"http://h.test/{number}", id=number), [], COLLECTION)

    pieces = collection("n", COLLECTION, 1, requests())
    while b"h.test/1" not in next(pieces):
        pass
    assert taken == [1]


def test_a_long_body_is_written_in_pieces() -> None:
    """As JSON it is six times as long, and never held so."""
    size = 4_000_000
    made = posted(b"\xff" * size, b"application/octet-stream")
    tracemalloc.start()
    length = sum(len(piece) for piece in written(made))
    identity(made)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert length > 6 * size and peak < size
