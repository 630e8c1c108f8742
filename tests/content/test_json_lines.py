from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.content import json_lines
from wireglass.content.json_lines import JsonLines, JsonSequence
from wireglass.content.stream import Piece

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
cuts = st.lists(st.integers(0, 300), max_size=6)


def read(splitter: JsonLines | JsonSequence, *parts: bytes) -> list[Piece]:
    return [piece for part in parts for piece in splitter.feed(part)] + splitter.end()


def cut(data: bytes, at: list[int]) -> list[bytes]:
    ends = sorted(min(end, len(data)) for end in at)
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


@given(st.lists(values, max_size=6), cuts, st.sampled_from(["\n", "\r\n"]))
def test_lines_that_python_wrote(told: list[object], at: list[int], end: str) -> None:
    texts = [json.dumps(value) for value in told]
    data = "".join(text + end for text in texts).encode()
    assert read(JsonLines(), *cut(data, at)) == [Piece("line", text.encode()) for text in texts]


@given(st.lists(values, max_size=6), cuts)
def test_sequences_that_python_wrote(told: list[object], at: list[int]) -> None:
    texts = [json.dumps(value) for value in told]
    data = "".join(f"\x1e{text}\n" for text in texts).encode()
    assert read(JsonSequence(), *cut(data, at)) == [Piece("message", text.encode()) for text in texts]


@given(st.binary(max_size=100), cuts)
def test_garbage_raises_nothing_wherever_it_is_cut(data: bytes, at: list[int]) -> None:
    for make in (JsonLines, JsonSequence):
        assert read(make(), *cut(data, at)) == read(make(), data)


def test_empty_lines_are_none() -> None:
    assert [piece.data for piece in read(JsonLines(), b"1\n\n \r\n2\n")] == [b"1", b"2"]


@pytest.mark.parametrize(
    ("line", "note"),
    [
        (b'{"a":}', "not JSON: "),
        (b"1 2", "not JSON: "),
        (b'"\xff"', "not JSON: byte 1 is no UTF-8"),
        (b"[" * 100_000, "not JSON: "),
    ],
)
def test_a_line_that_is_no_json_does_not_keep_the_next_from_being_read(line: bytes, note: str) -> None:
    damaged, after = read(JsonLines(), line + b"\ntrue\n")
    assert damaged.data == line and damaged.note.startswith(note)
    assert after == Piece("line", b"true")


def test_a_last_line_without_its_end() -> None:
    assert read(JsonLines(), b'{"a":1}') == [Piece("line", b'{"a":1}')]
    (piece,) = read(JsonLines(), b'{"a":')
    assert piece.note.startswith("the stream ends inside it: not JSON")


def test_a_large_line_is_its_start_and_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MESSAGE_LIMIT", 4)
    (piece,) = read(JsonLines(), b"123456789\n")
    assert (piece.data, piece.size, piece.note) == (b"1234", 9, "the first 4 of 9 bytes")


@pytest.mark.parametrize(
    ("data", "texts", "note"),
    [
        (b"\x1e1\n\x1e\x1e2\n", [b"1", b"2"], ""),
        (b"\x1e[1,\x1e2\n", [b"[1,", b"2"], "not JSON: "),
        (b"\x1e12", [b"12"], "it may be cut off: "),
        (b"1\n\x1e2\n", [b"1", b"2"], "no record separator stands before it"),
    ],
)
def test_damaged_sequences(data: bytes, texts: list[bytes], note: str) -> None:
    """RFC 7464 2.1 to 2.4."""
    found = read(JsonSequence(), data)
    assert [piece.data for piece in found] == texts
    assert found[0].note.startswith(note) and (note or not found[0].note)
