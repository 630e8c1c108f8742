"""Values are found where any JSON parser finds them, whatever their size, and however the file is cut into chunks."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from wireglass.errors import BadFile
from wireglass.formats import json_scan, json_text
from wireglass.formats.json_scan import Scanner
from wireglass.formats.json_text import Long, text_of

_TEXT = st.text(max_size=12) | st.sampled_from(['"', "\\", '\\"', "{", "}]", "\\u", "\U0001f600", "x" * 40])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what is cut and what is long are the rule."""
    monkeypatch.setattr(json_text, "CHUNK", 7)
    monkeypatch.setattr(json_scan, "LONG", 16)


def _scanner(data: bytes) -> Scanner:
    return Scanner(lambda at, size: data[at : at + size])


def _decoded(scanner: Scanner) -> list[object]:
    return [scanner.decoded(scanner.value(), object) for _ in scanner.members()]


def _whole(data: bytes, value: json_scan.Value) -> Any:
    """What the value is, with its long strings put back."""

    def back(found: Any) -> Any:
        if isinstance(found, str):
            long = value.long.get(found)
            return found if long is None else "".join(text_of(lambda at, size: data[at : at + size], long))
        if isinstance(found, list):
            return [back(one) for one in found]
        if isinstance(found, dict):
            return {back(name): back(one) for name, one in found.items()}
        return found

    return back(msgspec.json.decode(value.data))


@given(st.lists(st.tuples(_TEXT, _JSON), max_size=4), st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_values_are_those_that_json_finds(
    members: list[tuple[str, Any]], ascii: bool, indent: int | str | None
) -> None:
    data = json.dumps(dict(members), ensure_ascii=ascii, indent=indent).encode()
    scanner = _scanner(data)
    found = []
    for _ in scanner.members():
        value = scanner.value()
        assert data[value.start : value.start + 1] == value.data[:1]
        found.append(_whole(data, value))
    assert found == list(json.loads(data).values())
    assert (scanner.peek(), scanner.at) == (b"", len(data))


@given(st.lists(_JSON, max_size=5))
def test_items_are_those_that_json_finds(items: list[Any]) -> None:
    data = json.dumps(items).encode()
    scanner = _scanner(data)
    assert [_whole(data, scanner.value()) for _ in scanner.items()] == json.loads(data)


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from([*'{}[]",:\\ 1a\n', "u", "\xff"]), max_size=60).map(
        lambda parts: "".join(parts).encode("latin-1")
    )
)
def test_whatever_it_is_only_the_named_error_is_raised(data: bytes) -> None:
    scanner = _scanner(data)
    try:
        for _ in scanner.members():
            value = scanner.value()
            scanner.decoded(value, msgspec.Raw)
            for long in value.long.values():
                list(text_of(lambda at, size: data[at : at + size], long))
    except (BadFile, ValueError):
        pass


@given(st.text(), st.booleans())
def test_a_long_string_is_read_in_pieces(text: str, ascii: bool) -> None:
    data = json.dumps(text, ensure_ascii=ascii).encode()
    assert "".join(text_of(lambda at, size: data[at : at + size], Long(1, len(data) - 2))) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (rb"a\ud83d\ude00b", "a\U0001f600b"),
        (rb"xxxxx\ud83d", "xxxxx\ufffd"),
        (rb"\ude00\ud83d\ud83d\ude00", "\ufffd\ufffd\U0001f600"),
        (rb"\\ud83d", "\\ud83d"),
        (rb"\ud83d\n", "\ufffd\n"),
    ],
)
def test_half_a_surrogate_pair_is_replaced(written: bytes, text: str) -> None:
    """JavaScript writes those; no UTF-8 can hold them."""
    data = b'"%b"' % written
    value = _scanner(data).value()
    assert _scanner(data).decoded(value, str) == text or value.long
    assert "".join(text_of(lambda at, size: data[at : at + size], Long(1, len(written)))) == text


@pytest.mark.parametrize("written", [rb"\x", b"\xff", rb"\u12g4", b"\x01", rb"\u123"])
def test_what_is_no_string_is_a_value_error(written: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|escape|decode|invalid|truncated"):
        list(text_of(lambda at, size: written[at : at + size], Long(0, len(written))))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": [1,\n  {"b" 2}]}', "line 2, column 8: this is no JSON: expected ':'."),
        (b'{"a": "' + b"x" * 50 + b'",\n"b": {"c": "' + b"y" * 50 + b'", "d" 1}}', "line 2, column 70: this is no"),
        (b'{"a": 1', "line 1, column 8: the file ends where ',' or '}' is expected: it is cut off."),
        (b'{"a": {"b": 1', "line 1, column 7: what begins here does not end: the file is cut off."),
        (b'{"a": "' + b"x" * 90, "line 1, column 7: what begins here does not end: the file is cut off."),
        (b"{'a': 1}", 'line 1, column 2: a name in quotation marks is expected, not "\'".'),
        (b'{"a" 1}', "line 1, column 6: ':' is expected, not '1'."),
        (b'{"a": }', "line 1, column 7: a value is expected, not '}'."),
        (b'{"a": 1 2}', "line 1, column 9: ',' or '}' is expected, not '2'."),
        (b'{"a": ' + b"[" * 300, "line 1, column 7: what begins here has more than 200 values inside each other."),
        (b'{"a": ["\xff"]}', "line 1, column 7: what begins here has text that is not UTF-8."),
    ],
)
def test_a_mistake_has_its_place(data: bytes, message: str) -> None:
    with pytest.raises(BadFile) as raised:
        _decoded(_scanner(data))
    assert raised.value.message.startswith(message)


def test_a_value_may_not_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_scan, "HELD", 2**20)
    data = b'{"a": [' + b"[1]," * 2**19
    with pytest.raises(BadFile, match="line 1, column 7: what begins here has more than 1 MiB"):
        _decoded(_scanner(data))


def test_long_strings_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    size = 64 * 2**20
    head, tail = b'{"a": [{"b": "', b'"}]}'

    def read(at: int, most: int) -> bytes:
        """A file that is nowhere."""
        end = min(at + most, len(head) + size + len(tail))
        parts = []
        while at < end:
            if at < len(head):
                parts.append(head[at:end])
            elif at < len(head) + size:
                parts.append(b"x" * (min(end, len(head) + size) - at))
            else:
                parts.append(tail[at - len(head) - size : end - len(head) - size])
            at += len(parts[-1])
        return b"".join(parts)

    tracemalloc.start()
    scanner = Scanner(read)
    [value] = [scanner.value() for _ in scanner.members()]
    [long] = value.long.values()
    assert long.length == size
    assert sum(map(len, text_of(read, long))) == size
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**20
