"""``Postman-NAME`` becomes NAME and ``Location`` ``Postman-Location``, and nothing else is touched, framing least."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wireglass.errors import BadResponse, ProtocolError
from wireglass.model import Headers
from wireglass.wire.forward import forward_request, forward_response, response_framing
from wireglass.wire.head import (
    NO_BODY,
    RequestHead,
    ResponseHead,
    read_request_head,
    read_response_head,
    request_body,
    response_body,
)
from wireglass.wire.http2_heads import read_request, read_response, request_fields, response_fields
from wireglass.wire.postman_headers import Unwrapped, location_renamed, unwrapped

# What pmproxy 0.1.5 unwrapped like any other, and we do not.
FRAMING = [
    b"transfer-encoding",
    b"connection",
    b"keep-alive",
    b"upgrade",
    b"te",
    b"http2-settings",
    b"proxy-connection",
]
FRAMING += [b"proxy-authorization", b"proxy-authenticate", b"proxy-x", b"content_length", b"transfer_encoding"]
# pmproxy's list of restricted headers but for what frames messages, and what browsers have added to it since.
SCRIPTS_MAY_NOT = [
    "Accept-Charset",
    "Accept-Encoding",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
]
SCRIPTS_MAY_NOT += ["Cookie", "Cookie2", "Content-Transfer-Encoding", "Date", "Expect", "Origin", "Referer", "Trailer"]
SCRIPTS_MAY_NOT += ["User-Agent", "Via", "Sec-Fetch-Site", "Authorization"]


def request(*lines: bytes) -> RequestHead:
    return read_request_head(b"\r\n".join((b"POST http://a.example/p HTTP/1.1", *lines, b"", b"")))


def response(*lines: bytes) -> ResponseHead:
    return read_response_head(b"\r\n".join((b"HTTP/1.1 302 Found", *lines, b"", b"")), b"GET")


def lines_of(head: RequestHead | ResponseHead) -> list[bytes]:
    assert head.block[:1] == b"\n" and head.block[-4:] == b"\r\n\r\n"
    return head.block[1:-4].split(b"\r\n")


def unwrap(*lines: bytes) -> Unwrapped:
    found = unwrapped(request(b"Host: a.example", *lines))
    assert found is not None
    return found


def sent(*lines: bytes) -> list[bytes]:
    """The lines for the server, without Host."""
    first, *rest = lines_of(unwrap(*lines).head)
    assert first == b"Host: a.example"
    return rest


def test_a_head_without_such_fields_is_left_alone() -> None:
    assert unwrapped(request(b"Host: a", b"X-Postman-Cookie: a", b"Cookie: postman-x: y")) is None
    head = request(b"Host: a", b"Postman-Content-Length: 5")
    found = unwrapped(head)
    assert found is not None and found.head is head


@pytest.mark.parametrize(
    "name",
    SCRIPTS_MAY_NOT,
)
def test_what_scripts_may_not_set(name: str) -> None:
    name_ = name.encode()
    assert sent(b"Postman-" + name_ + b": v=1; w") == [name_.lower() + b": v=1; w"]
    assert sent(b"A: 1", name_ + b": old", b"B: 2", b"pOSTMAN-" + name_.upper() + b":new ", b"C:3") == [
        b"A: 1",
        name_.lower() + b":new ",
        b"B: 2",
        b"C:3",
    ]


def test_it_replaces_all_there_is_and_the_last_one_counts() -> None:
    assert sent(b"Postman-X: 1", b"x: 2", b"X: 3", b"Postman-x: 4", b"Y: 5") == [b"x: 4", b"Y: 5"]
    assert sent(b"Postman-X:", b"x: 2") == [b"x:"]


def test_one_prefix_is_taken_away_and_no_more() -> None:
    assert sent(b"Postman-Postman-X: 1", b"Postman-X: 2") == [b"postman-x: 1", b"x: 2"]
    assert sent(b"Postman-Postman-Content-Length: 1", b"Postman-Content-Length: 2") == [b"postman-content-length: 1"]


def test_the_host() -> None:
    found = unwrap(b"Postman-Host:  b.example:8080 ", b"X: 1")
    assert found.host == b"b.example:8080"
    assert found.head.special[b"host"] == [b"b.example:8080"]
    assert forward_request(found.head, b"/p", found.host) == (
        b"POST /p HTTP/1.1\r\nhost:  b.example:8080 \r\nX: 1\r\n\r\n"
    )
    assert unwrap(b"Postman-X: 1").host is None


def test_an_empty_host_asks_for_none() -> None:
    """RFC 9113 8.3.1 has none that is empty."""
    found = unwrap(b"Postman-Host: ", b"X: 1")
    assert found.host is None
    assert forward_request(found.head, b"/p", b"a.example") == (b"POST /p HTTP/1.1\r\nhost: a.example\r\nX: 1\r\n\r\n")


@pytest.mark.parametrize("value", [b"a b", b"a,b", b"http://a/", b"a@b", b"a:b:c"])
def test_a_host_that_is_none(value: bytes) -> None:
    with pytest.raises(ProtocolError, match="Without Postman- in front: Host is not one host and port"):
        unwrap(b"Postman-Host: " + value)


@pytest.mark.parametrize("name", [b"", b"Content-Length", *FRAMING])
def test_what_frames_messages_or_rules_the_connection_stays_as_it_came(name: bytes) -> None:
    line = b"Postman-" + name + b": chunked"
    head = request(b"Host: a.example", line, b"Content-Length: 5")
    found = unwrapped(head)
    assert found is not None and found.head is head and found.host is None
    [note] = found.notes
    assert note.startswith("stayed as it came") and note.endswith(line.partition(b":")[0].decode().lower())
    both = unwrap(line, b"Content-Length: 5", b"Postman-Cookie: a")
    assert lines_of(both.head)[1:] == [line, b"Content-Length: 5", b"cookie: a"]
    assert (len(both.notes), both.head.body) == (2, 5)


def test_notes_name_fields_and_no_values_and_are_bounded() -> None:
    assert unwrap(b"Postman-Cookie: secret", b"Postman-Origin: x").notes == [
        "sent on without Postman- in front (--postman-headers): cookie, origin"
    ]
    [note] = unwrap(*(b"Postman-%b%d: x" % (b"n" * 300, number) for number in range(100))).notes
    assert len(note) < 1500 and note.endswith(" …")


def test_http2() -> None:
    fields = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"a.example"), (b":path", b"/")]
    fields += [(b"cookie", b"a=1"), (b"postman-host", b"b.example"), (b"cookie", b"b=2"), (b"postman-cookie", b"c=3")]
    head = read_request(fields, True)
    found = unwrapped(head)
    assert found is not None and found.host == b"b.example"
    assert found.head.headers == [(b"cookie", b"c=3")]
    assert found.head.block == b"\nhost: b.example\r\ncookie: c=3\r\n\r\n"
    assert (found.head.version, found.head.body) == ("HTTP/2", NO_BODY)
    assert request_fields(found.head, b"https", found.host, b"/") == [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", b"b.example"),
        (b":path", b"/"),
        (b"cookie", b"c=3"),
    ]
    assert head.headers == [(b"cookie", b"a=1; b=2"), (b"postman-host", b"b.example"), (b"postman-cookie", b"c=3")]


def test_location() -> None:
    head = response(b"A: 1", b"LOCATION:  /x?a=b ", b"Content-Length: 0")
    renamed = location_renamed(head)
    assert lines_of(renamed) == [b"A: 1", b"Postman-Location:  /x?a=b ", b"Content-Length: 0"]
    assert (b"Postman-Location", b"/x?a=b") in renamed.headers and b"location" not in renamed.special
    assert head.headers[1] == (b"LOCATION", b"/x?a=b")
    plain = response(b"A: 1", b"Postman-Location: /y")
    assert location_renamed(plain) is plain


def test_a_server_that_says_postman_location_itself_does_not_hide_its_location() -> None:
    lines = b"Postman-Location: /no", b"Location: /yes", b"Location: /yes", b"postman-location: /no"
    assert lines_of(location_renamed(response(*lines))) == [b"Postman-Location: /yes"]


def test_location_over_http2() -> None:
    head = read_response([(b":status", b"302"), (b"location", b"/x"), (b"a", b"b")], b"GET")
    assert response_fields(location_renamed(head)) == [(b":status", b"302"), (b"postman-location", b"/x"), (b"a", b"b")]


def test_what_was_overlooked_in_a_response_stays_overlooked() -> None:
    head = response(b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Location: /x")
    renamed = location_renamed(head)
    framing = response_framing(renamed, 1)
    assert framing == response_framing(head, 1)
    assert forward_response(renamed, framing, 1, True) == (
        b"HTTP/1.1 302 Found\r\nTransfer-Encoding: chunked\r\nPostman-Location: /x\r\n\r\n"
    )


NAMES = [b"cookie", b"x", b"content-length", b"host", b"location", b"expect", b"content-type", b"postman-x", *FRAMING]
VALUES = st.one_of(
    st.sampled_from([b"chunked", b"5", b"0", b"close", b"a.example", b"upgrade", b"cookie", b"", b"trailers, x"]),
    st.binary(max_size=8).map(lambda data: bytes(byte for byte in data if byte >= 0x20 and byte != 0x7F)),
)
BARE = st.one_of(st.sampled_from(NAMES), st.text("abcdefxyz-_!'.", max_size=6).map(str.encode))
WRITTEN = st.sampled_from([bytes.lower, bytes.upper, bytes.title])
PREFIXES = st.sampled_from([b"", b"postman-", b"postman-", b"postman-postman-"])
FIELD = st.builds(
    lambda prefix, bare, written, space, value: (written(prefix + bare), space + value),
    PREFIXES,
    BARE,
    WRITTEN,
    st.sampled_from([b"", b" ", b"\t", b"  "]),
    VALUES,
)
FIELDS = st.lists(FIELD, max_size=12)
UNTOUCHED = {b"content-length", *FRAMING}


def framing_of(headers: Headers) -> Headers:
    return [field for field in headers if field[0].lower() in UNTOUCHED]


@given(FIELDS)
def test_a_request_is_framed_as_before_and_carries_what_it_was_given(fields: Headers) -> None:
    """Against a model: the last one that came wrapped counts, in the place of all of its name."""
    try:
        head = request(*(name + b":" + value for name, value in fields))
        found = unwrapped(head)
    except ProtocolError:
        assume(False)
        return
    if found is None:
        assert not any(name.lower().startswith(b"postman-") for name, _ in fields)
        return
    derived = found.head
    assert framing_of(derived.headers) == framing_of(head.headers)
    assert derived.body == request_body(derived) == head.body
    assert (derived.keep_alive, derived.upgrade) == (head.keep_alive, head.upgrade)
    assert len(derived.headers) <= len(head.headers) and len(derived.block) <= len(head.block)
    wanted: dict[bytes, list[bytes]] = {}
    wrapped: dict[bytes, bytes] = {}
    for name, value in head.headers:
        lower = name.lower()
        bare = lower.removeprefix(b"postman-")
        kept = bare == lower or not bare or bare.startswith(b"proxy-") or bare in UNTOUCHED
        if kept:
            wanted.setdefault(lower, []).append(value)
        else:
            wrapped[bare] = value
    wanted |= {name: [value] for name, value in wrapped.items()}
    got: dict[bytes, list[bytes]] = {}
    for name, value in derived.headers:
        got.setdefault(name.lower(), []).append(value)
    assert got == wanted
    again = read_request_head(
        b"POST /p HTTP/1.1\r" + (derived.block if b"host" in derived.special else b"\nHost: a\r" + derived.block)
    )
    assert again.body == head.body


@given(FIELDS)
def test_a_response_is_framed_as_before_and_has_no_location(fields: Headers) -> None:
    try:
        head = response(*(name + b":" + value for name, value in fields))
    except BadResponse:
        assume(False)
        return
    renamed = location_renamed(head)
    names = [name.lower() for name, _ in renamed.headers]
    assert b"location" not in names and b"location" not in renamed.special
    assert framing_of(renamed.headers) == framing_of(head.headers)
    assert renamed.lenient is head.lenient and renamed.body == head.body
    if b"location" in head.special:
        assert [value for name, value in renamed.headers if name == b"Postman-Location"] == head.special[b"location"][
            :1
        ]
        assert names.count(b"postman-location") == 1
    rest = [field for field in head.headers if field[0].lower() not in (b"location", b"postman-location")]
    assert [field for field in renamed.headers if field[0].lower() != b"postman-location"] == rest
    fresh = ResponseHead()
    fresh.status, fresh.minor, fresh.lenient, fresh.special = 302, 1, None, renamed.special
    assert response_body(fresh, b"GET") == head.body
