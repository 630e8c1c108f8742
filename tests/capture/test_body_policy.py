"""What sessions do not want of bodies and cookies is not in the store, and the record says so."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from tests.capture.conftest import Capture
from tests.store.recording import closed, opened

from wireglass.capture.body_policy import NO_COOKIES, NO_RESPONSE_BODIES, NO_TIMES
from wireglass.model import REQUEST, RESPONSE, TIMELINE, Closed, Part, Record

Details = Callable[..., msgspec.Raw]


def _with(message: Closed, detail: msgspec.Raw) -> Closed:
    message.detail = detail
    return message


def _record(capture: Capture, id: int) -> tuple[Record, bytes, bytes]:
    with capture.reader as reader:
        return reader.get(id), b"".join(reader.body(id, "request")), b"".join(reader.body(id, "response"))


def test_no_response_bodies(capture: Capture) -> None:
    capture.start_session("a", response_bodies=False)
    long = capture.key(2)
    capture.tell(closed(capture.key(1), request=b"question", response=b"answer"), opened(long))
    capture.tell(Part(long, REQUEST, b"long "), Part(long, RESPONSE, b"very "))
    capture.tell(closed(long, request=b"question", response=b"long", before=(5, 5)))
    for id, request in ((1, b"question"), (2, b"long question")):
        record, sent, answered = _record(capture, id)
        assert (sent, answered) == (request, b"")
        assert record.response_body.note == NO_RESPONSE_BODIES
        assert record.response_body.size > 0
        assert not record.request_body.note


def test_bodies_of_some_types(capture: Capture, detail_of: Details) -> None:
    capture.start_session("a", skip_bodies=("image/*", "text/css"))
    upload = detail_of([(b"content-type", b"Image/PNG; q=1")])
    capture.tell(
        closed(capture.key(1), response=b"png", type="image/png"),
        closed(capture.key(2), response=b"css", type="text/css"),
        closed(capture.key(3), response=b"html", type="text/html"),
        _with(closed(capture.key(4), request=b"png", response=b"json", type="application/json"), upload),
        closed(capture.key(5), response=b"png", type="imageish/png"),
    )
    assert [_record(capture, id)[1:] for id in range(1, 6)] == [
        (b"", b""), (b"", b""), (b"", b"html"), (b"", b"json"), (b"", b"png"),
    ]  # fmt: skip
    assert _record(capture, 1)[0].response_body.note == "not kept: the session keeps no bodies of type image/png"


def test_what_another_session_wants_is_kept(capture: Capture) -> None:
    capture.start_session("light", response_bodies=False, cookies=False)
    capture.start_session("posts", "method:POST", skip_bodies=("image/*",))
    capture.tell(
        closed(capture.key(1), response=b"one", method="POST", type="text/html"),
        closed(capture.key(2), response=b"two", method="POST", type="image/png"),
        closed(capture.key(3), response=b"three"),
    )
    assert [_record(capture, id)[2] for id in (1, 2, 3)] == [b"one", b"", b""]


def test_the_times_of_a_stream_go_with_its_body(capture: Capture) -> None:
    capture.start_session("a", skip_bodies=("text/event-stream",))
    key = capture.key(1)
    capture.tell(opened(key, type="text/event-stream", status=200))
    capture.tell(Part(key, RESPONSE, b"data: 1\n\n"), Part(key, TIMELINE, bytes(9)))
    end = closed(key, response=b"data: 2\n\n", before=(0, 9), type="text/event-stream")
    end.timeline, end.timeline_kept = [bytes(9)], 18
    capture.tell(end)
    record, _, answered = _record(capture, 1)
    assert answered == b""
    assert (record.timeline.kept, record.timeline.note) == (0, NO_TIMES)
    assert record.summary.response_size == 18


def test_cookies_keep_their_names_alone(capture: Capture, detail_of: Details) -> None:
    capture.start_session("a", cookies=False)
    detail = detail_of(
        [(b"Cookie", b"sid=secret; theme=a=b"), (b"X", b"1"), (b"cookie", b"bare")],
        [(b"Set-Cookie", b"sid=secret; Path=/; HttpOnly"), (b"set-cookie", b"=odd")],
    )
    capture.tell(_with(closed(capture.key(1)), detail), closed(capture.key(2)))
    record = _record(capture, 1)[0]
    assert record.detail.request_headers == [
        (b"Cookie", b"sid=[not kept]; theme=[not kept]"),
        (b"X", b"1"),
        (b"cookie", b"[not kept]"),
    ]
    assert record.detail.response_headers == [
        (b"Set-Cookie", b"sid=[not kept]; Path=/; HttpOnly"),
        (b"set-cookie", b"=[not kept]"),
    ]
    assert NO_COOKIES in record.detail.notes
    assert NO_COOKIES not in _record(capture, 2)[0].detail.notes


def test_a_filter_sees_what_is_not_kept(capture: Capture, detail_of: Details) -> None:
    capture.start_session("a", "body:answer", response_bodies=False)
    text = detail_of([], [(b"Content-Type", b"text/plain")])
    capture.tell(_with(closed(capture.key(1), response=b"the answer"), text), closed(capture.key(2), response=b"no"))
    assert capture.urls("a") == ["http://example.test/1"]
    assert _record(capture, 1)[2] == b""
