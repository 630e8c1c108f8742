"""Messages without their schema. The bytes are made by Google's own library."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from google.protobuf import text_format, unknown_fields
from google.protobuf.empty_pb2 import Empty
from hypothesis import given
from hypothesis import strategies as st
from tests.peers import rpc

from wireglass.content.protobuf import as_text
from wireglass.content.protobuf_wire import Cut, NotProtobuf, fields


def text(data: bytes, **options: bool) -> str:
    return as_text(data, **options).text


def test_every_kind_of_field() -> None:
    one = rpc.request(
        text="Grüße",
        count=150,
        delta=-3,
        data=b"\x00\xff\x80",
        numbers=[1, 300, 5],
        nested=rpc.message("Nested", name="outer", inner=rpc.message("Nested", name="inner")),
        weight=2.5,
        ratio=0.1,
        labels={"one": 1},
        hash=1,
        offset=-1,
        sure=True,
        big=2**64 - 1,
        doubles=[1.5, -2.0],
    )
    assert text(one.SerializeToString(deterministic=True)) == (
        '1: "Grüße"\n'
        "2: 150  # sint 75\n"
        "3: 5  # sint -3\n"
        '4: "\\000\\377\\200"  # 3 bytes\n'
        '5: "\\001\\254\\002\\005"  # 4 bytes, packed varints [1, 300, 5]?\n'
        "6 {\n"
        '  1: "outer"\n'
        "  2 {\n"
        '    1: "inner"\n'
        "  }\n"
        "}\n"
        "7: 0x4004000000000000  # double 2.5, int 4612811918334230528\n"
        "8: 0x3dcccccd  # float 0.1, int 1036831949\n"
        "9 {\n"
        '  1: "one"\n'
        "  2: 1  # bool, sint -1\n"
        "}\n"
        "12: 0x0000000000000001  # double 5e-324, int 1\n"
        "13: 0xffffffff  # float nan, int -1\n"
        "14: 1  # bool, sint -1\n"
        "15: 18446744073709551615  # int -1, sint -9223372036854775808\n"
        '17: "\\000\\000\\000\\000\\000\\000\\370?\\000\\000\\000\\000\\000\\000\\000\\300"'
        "  # 16 bytes, packed floats [0, 1.9375, 0, -2]?, packed doubles [1.5, -2.0]?"
    )


def test_a_group() -> None:
    assert text(b"\x0b\x10\x01\x0c") == "1 {  # group\n  2: 1  # bool, sint -1\n}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"", '1: ""'),
        (b"plain", '1: "plain"'),
        (b'say "hi"\\', '1: "say \\"hi\\"\\\\"'),
        (b"two\r\nlines\t", '1: "two\\r\\nlines\\t"'),
        ("\u202eevil".encode(), '1: "\\u202eevil"'),
        ("👩\u200d💻".encode(), '1: "👩\u200d💻"'),
        ("\U000e0041".encode(), '1: "\\U000e0041"'),
        (b"\x1b[2J", '1: "\\033[2J"  # 4 bytes, packed varints [27, 91, 50, 74]?, packed floats [2922182.75]?'),
        (b"\x00\x00\x80\x3f", '1: "\\000\\000\\200?"  # 4 bytes, packed varints [0, 0, 8064]?, packed floats [1]?'),
    ],
)
def test_a_value_with_a_length(value: bytes, shown: str) -> None:
    assert text(b"\x0a" + bytes([len(value)]) + value) == shown


def test_a_message_that_begins_like_a_line_of_text() -> None:
    """Field 1 with 36 bytes (a UUID) begins with a line end and a dollar sign, and all the rest can be printed."""
    inner = rpc.message("Nested", name="123e4567-e89b-12d3-a456-426614174000").SerializeToString()
    assert inner.startswith(b"\n$")
    assert text(b"\x0a" + bytes([len(inner)]) + inner) == ('1 {\n  1: "123e4567-e89b-12d3-a456-426614174000"\n}')


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x07", "byte 0: field number 0"),
        (b"\x0f", "byte 0: wire type 7"),
        (b"\x08\x01\x0c", "byte 2: the end of a group 1 that was not begun"),
        (b"\x08" + b"\xff" * 10, "byte 1: a varint of more than 10 bytes"),
        (b"<html>", "byte 0: wire type 4"),
    ],
)
def test_what_is_no_message(data: bytes, reason: str) -> None:
    with pytest.raises(NotProtobuf) as error:
        as_text(data)
    assert str(error.value) == reason.replace("wire type 4", "the end of a group 7 that was not begun")


@pytest.mark.parametrize("data", [b"\x08", b"\x08\x80", b"\x0a\x05abc", b"\x0d\x00", b"\x09\x00", b"\x0b\x10\x01"])
def test_what_is_cut_off(data: bytes) -> None:
    with pytest.raises(Cut):
        as_text(data)
    shown = as_text(b"\x10\x07" + data, whole=False)
    assert shown.text.startswith("2: 7  # sint -4")
    assert shown.notes[0].startswith("cut, ")


def test_a_value_that_is_cut() -> None:
    """As far as it is there, by the same rules: text, message, bytes."""
    text_in_message = rpc.request(nested=rpc.message("Nested", name="Grüße")).SerializeToString()
    assert as_text(text_in_message[:-4], whole=False).text == '6 {  # 5 of 9 bytes\n  1: "Gr"  # 3 of 7 bytes\n}'
    data = rpc.request(data=bytes(20)).SerializeToString()
    assert as_text(data[:-17], whole=False).text == '4: "\\000\\000\\000"  # 3 of 20 bytes'
    shown = as_text(rpc.request(text="x" * 100_000).SerializeToString(), limit=100)
    assert shown.text == '1: "' + "x" * 96
    assert shown.notes[0] == "the first 1600 of 100004 bytes"


def test_depth_is_bounded() -> None:
    data = b"\xff"
    for _ in range(200):
        length = len(data)
        data = b"\x0a" + (bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])) + data
    shown = as_text(data).text
    assert "# a message, deeper than 64" in shown
    with pytest.raises(NotProtobuf, match="more than 64 groups"):
        as_text(b"\x0b" * 100 + b"\x0c" * 100)


def test_output_is_bounded() -> None:
    shown = as_text(b"\x08\x01" * 10_000, limit=1000)
    assert len(shown.text) <= 1000
    assert shown.notes == [
        "the first 16000 of 20000 bytes",
        "stopped at the limit of 1000 characters",
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"\x08\x01" * 2_500_000,
        b"\x0a\x00" * 2_500_000,
        b"\x0b\x0c" * 2_500_000,
        (b"\x0a\x7f" + b"\x08\x01" * 63 + b"\x07") * 38_760,
    ],
    ids=["varints", "empty", "groups", "nearly messages"],
)
def test_time_is_bounded(data: bytes) -> None:
    """5 MB of the smallest fields; alone it takes some 2 s of the processor."""
    before = time.process_time()
    shown = as_text(data)
    assert f"the first 4194304 of {len(data)} bytes" in shown.notes
    assert time.process_time() - before < 30


@given(st.binary(max_size=300), st.booleans())
def test_garbage_raises_nothing_else(data: bytes, whole: bool) -> None:
    try:
        shown = as_text(data, whole=whole)
    except NotProtobuf:
        return
    assert len(shown.text) <= 2**20


@given(st.binary(max_size=60))
def test_the_same_fields_as_googles_library(data: bytes) -> None:
    """What we read is what it reads, and what it refuses we refuse: as fields that a message does not know. (Its field
    0, which its documentation forbids, is refused in a short message and taken in a long one.)"""
    empty = Empty()
    try:
        empty.ParseFromString(data)
    except Exception:
        theirs = None
    else:
        theirs = list(_flat(unknown_fields.UnknownFieldSet(empty)))
    try:
        ours = [(one.number, one.wire, one.value) for one in fields(data)]
    except NotProtobuf:
        ours = None
    if theirs is None and ours is not None:
        pytest.fail(f"ours {ours}, refused by theirs")
    if theirs is not None and all(number for number, _, _ in theirs):
        assert ours == theirs


def _flat(found: unknown_fields.UnknownFieldSet) -> Iterator[tuple[int, int, object]]:
    for one in (found[at] for at in range(len(found))):
        if one.wire_type == 3:
            yield one.field_number, 3, 0
            yield from _flat(one.data)
            yield one.field_number, 4, 0
        else:
            yield one.field_number, one.wire_type, one.data


@given(st.text(max_size=50), st.binary(max_size=50), st.integers(0, 2**64 - 1))
def test_the_output_is_text_format(words: str, data: bytes, number: int) -> None:
    """Google's reader takes the output for the same message."""
    one = rpc.request(text=words, data=data, big=number)
    shown = text(one.SerializeToString())
    # Field numbers are written as names only for reading here.
    named = "\n".join(
        line.replace("1: ", "text: ", 1) if line.startswith("1: ") else
        line.replace("4: ", "data: ", 1) if line.startswith("4: ") else
        line.replace("15: ", "big: ", 1)
        for line in shown.split("\n")
    )  # fmt: skip
    if "{" in shown.replace(words, ""):
        return  # bytes that read as a message
    assert text_format.Parse(named, rpc.request()) == one
