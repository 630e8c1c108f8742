"""``wireglass show`` of exchanges that are streams of messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cli.recording import Recording, Run
from websockets.frames import Close, Frame, Opcode

from wireglass.cli import messages
from wireglass.content.timeline import Arrivals
from wireglass.model import RESPONSE, TIMELINE, Detail, Part, Summary
from wireglass.store import Reader

STARTED = 1_700_000_000.0
EVENTS = b"event: add\nid: 7\ndata: first\ndata: line\n\ndata: \x1b[31mred\n\n"


def events() -> tuple[Summary, Detail]:
    summary = Summary("GET", "http://a.test/events", "a.test", STARTED, status=200, type="text/event-stream")
    detail = Detail(b"/events", response_version="HTTP/1.1", response_headers=[(b"Content-Type", b"text/event-stream")])
    return summary, detail


def websocket() -> tuple[Summary, Detail]:
    summary = Summary("GET", "http://a.test/chat", "a.test", STARTED, "websocket", status=101)
    return summary, Detail(b"/chat", response_version="HTTP/1.1", reason=b"Switching Protocols")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_stream_is_listed_in_the_place_of_its_body(recording: Recording, wireglass: Run) -> None:
    recording.closed(*events(), response=EVENTS)
    out = wireglass("show", "1").out
    assert "Messages" in out
    first, second = (line for line in out.splitlines() if "← event" in line)
    assert "event=add" in first and "id=7" in first and first.endswith("  first …")
    assert second.endswith("\\x1b[31mred")
    assert "data: first" not in out


def test_all_messages_whole(recording: Recording, wireglass: Run) -> None:
    recording.closed(*events(), response=EVENTS)
    out = wireglass("show", "1", "--messages").out
    assert "    first\n    line\n" in out and "    \\x1b[31mred\n" in out


def test_messages_as_json(recording: Recording, wireglass: Run) -> None:
    recording.closed(*events(), response=EVENTS + b"data: cut")
    found = lines(wireglass("show", "1", "--messages", "--json").out)
    assert found[0] == {
        "number": 1,
        "side": "response",
        "time": None,
        "kind": "event",
        "size": 10,
        "fields": {"event": "add", "id": "7"},
        "text": "first\nline",
        "note": None,
    }
    assert found[2]["text"] == "cut" and "browsers drop it" in found[2]["note"]


def test_a_websocket(recording: Recording, wireglass: Run) -> None:
    request = Frame(Opcode.TEXT, b"hello").serialize(mask=True)
    response = Frame(Opcode.BINARY, b"\x00\xff").serialize(mask=False)
    response += Frame(Opcode.CLOSE, Close(1001, "bye").serialize()).serialize(mask=False)
    recording.closed(*websocket(), request=request, response=response)
    out = wireglass("show", "1").out
    text, binary, close = (line for line in out.splitlines() if "→" in line or "←" in line)
    assert text.endswith("→ text         5 B  hello")
    assert binary.endswith("← binary       2 B  00 ff")
    assert "code=1001" in close and "meaning=going away" in close and "reason=bye" in close
    found = lines(wireglass("show", "1", "--messages", "--json").out)
    assert [(one["kind"], one.get("text"), one.get("base64")) for one in found] == [
        ("text", "hello", None),
        ("binary", None, "AP8="),
        ("close", "", None),
    ]
    assert "websocket" in wireglass("ls").out


def test_many_messages_are_cut_and_said_to_be(
    recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "LISTED", 3)
    recording.closed(*events(), response=b"data: x\n\n" * 10)
    out = wireglass("show", "1").out
    assert out.count("← event") == 3 and "[7 more; all: wireglass show 1 --messages]" in out
    monkeypatch.setattr(messages, "_COUNTED", 5)
    assert "[more than 5 more; all: " in wireglass("show", "1").out


def test_an_open_stream_shows_what_is_whole(recording: Recording, wireglass: Run) -> None:
    key = recording.opened(*events())
    arrivals = Arrivals(STARTED)
    whole = b"data: one\n\n"
    recording._submit(
        Part(key, RESPONSE, whole + b"data: tw"),
        Part(key, TIMELINE, arrivals.mark(RESPONSE, len(whole), STARTED + 1.5)),
        Part(key, TIMELINE, arrivals.mark(RESPONSE, 8, STARTED + 2)),
    )
    (only,) = lines(wireglass("show", "1", "--messages", "--json").out)
    assert (only["text"], only["time"]) == ("one", "2023-11-14T22:13:21.500000Z")
    assert "[still open; as they come: wireglass show 1 --follow]" in wireglass("show", "1").out


def test_follow_ends_with_the_exchange(recording: Recording, wireglass: Run) -> None:
    """The record grows between two looks; each message comes once."""
    key = recording.opened(*events())
    arrivals = Arrivals(STARTED)
    parts = [b"data: one\n", b"\ndata: two\n\n", b"data: three\n\n"]
    grown = 0

    def grow(_seconds: float) -> None:
        nonlocal grown
        if grown < len(parts):
            data = parts[grown]
            recording._submit(
                Part(key, RESPONSE, data), Part(key, TIMELINE, arrivals.mark(RESPONSE, len(data), STARTED + grown))
            )
        else:
            summary, detail = events()
            sizes = sum(map(len, parts))
            summary.response_size = sizes
            recording.closed(summary, detail, key=key, kept=(0, sizes, 27))
        grown += 1

    with Reader(recording.home.store) as reader:
        looks = list(messages.follow(reader, reader.get(1), grow))
    assert [[message.data for message in look] for look in looks if look] == [[b"one", b"two"], [b"three"]]
    assert grown == 4


def test_what_is_no_stream(recording: Recording, wireglass: Run) -> None:
    recording.closed(Summary("GET", "http://a.test/", "a.test", STARTED, status=200, type="text/html"))
    done = wireglass("show", "1", "--messages")
    assert done.code == 1 and "exchange 1 has no messages" in done.err and "text/html" in done.err
    assert "Messages" not in wireglass("show", "1").out


@pytest.mark.parametrize("flag", ["--raw", "--request-body", "--response-body"])
@pytest.mark.parametrize("which", ["--messages", "--follow"])
def test_messages_are_no_bodies(recording: Recording, wireglass: Run, flag: str, which: str) -> None:
    recording.closed(*events(), response=EVENTS)
    assert wireglass("show", "1", which, flag).code == 2


def test_a_body_that_is_not_kept_whole(recording: Recording, wireglass: Run) -> None:
    summary, detail = events()
    summary.response_size = 1000
    recording.closed(summary, detail, response=b"data: a\n\n", response_note="only the first 9 of 1000 bytes are kept")
    assert "[response: only the first 9 of 1000 bytes are kept]" in wireglass("show", "1").out


def test_follow_says_how_a_stream_has_failed(recording: Recording, wireglass: Run) -> None:
    summary, detail = events()
    summary.state, summary.error_kind, summary.error = "failed", "client_closed", "The client closed the connection."
    recording.closed(summary, detail)
    assert (
        "it ended with an error: The client closed the connection. (client_closed)"
        in wireglass("show", "1", "--follow").err
    )
