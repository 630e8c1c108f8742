"""The examples are those of the HTML Living Standard, 9.2.5 and 9.2.6."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.content import events
from wireglass.content.events import Events
from wireglass.content.stream import Piece

NOT_DISPATCHED = "no data: browsers dispatch nothing"
DROPPED = "no empty line follows: browsers drop it"


def read(*parts: bytes) -> list[Piece]:
    splitter = Events()
    return [piece for part in parts for piece in splitter.feed(part)] + splitter.end()


def event(data: bytes, note: str = "", **fields: str) -> Piece:
    return Piece("event", data, fields, note, len(data))


def test_lines_of_data_are_joined() -> None:
    assert read(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [event(b"YHOO\n+2\n10")]


def test_the_standards_example_of_four_blocks() -> None:
    found = read(b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n")
    assert found == [
        event(b"", NOT_DISPATCHED, comment="test stream"),
        event(b"first event", id="1"),
        event(b"second event", id=""),
        event(b" third event"),
    ]


def test_empty_data_and_an_end_without_an_empty_line() -> None:
    assert read(b"data\n\ndata\ndata\n\ndata:") == [
        event(b"", NOT_DISPATCHED),
        event(b"\n"),
        event(b"", f"{DROPPED}; {NOT_DISPATCHED}"),
    ]


def test_the_space_after_the_colon_is_optional() -> None:
    assert read(b"data:test\n\ndata: test\n\n") == [event(b"test"), event(b"test")]


def test_all_fields() -> None:
    assert read(b"event: add\nid: 7\nretry: 3000\ndata: {}\n\n") == [event(b"{}", event="add", id="7", retry="3000")]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_line_ends(end: bytes) -> None:
    assert read(end.join([b"event: a", b"data: 1", b"data: 2", b"", b""])) == [event(b"1\n2", event="a")]


def test_a_byte_order_mark_at_the_beginning_is_none_of_the_first_field() -> None:
    assert read(b"\xef\xbb\xbfdata: 1\n\n\xef\xbb\xbfdata: 2\n\n")[0] == event(b"1")


@pytest.mark.parametrize(
    ("line", "note"),
    [
        (b"id: a\0b", "an id with a zero byte is ignored by browsers"),
        (b"retry: soon", "a retry that is no number is ignored by browsers"),
        (b"colour: red", "a line that is no field: colour: red"),
        (b"data: \xff", "not UTF-8, which events must be"),
    ],
)
def test_what_is_not_as_it_should_be_is_noted(line: bytes, note: str) -> None:
    (piece,) = read(b"data: x\n" + line + b"\n\n")
    assert piece.note == note


def test_a_large_event_is_its_start_and_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MESSAGE_LIMIT", 10)
    (piece,) = read(b"data: 12345678901234567890\n\n")
    assert piece.size == 20 and piece.data == b"1234" and "of 20 bytes" in piece.note


stream = st.lists(
    st.sampled_from(
        [b"data: a\n", b"data", b":", b"\n", b"\r", b"\r\n", b"id: 1", b"event: \xc3\xa4", b"\xef\xbb\xbf"]
    ),
    max_size=20,
).map(b"".join)


@given(stream | st.binary(max_size=100), st.lists(st.integers(0, 100), max_size=6))
def test_any_cut_gives_the_same(data: bytes, at: list[int]) -> None:
    ends = sorted(min(end, len(data)) for end in at)
    parts = [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]
    assert read(*parts) == read(data)
