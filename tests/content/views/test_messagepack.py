from __future__ import annotations

import json
import resource
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.content.views.asking import fit, rendered

from wireglass.content.views import ViewError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=30,
)  # fmt: skip


@given(VALUES)
def test_values_that_json_has(value: Any) -> None:
    """Packed by msgspec."""
    assert json.loads(rendered("messagepack", msgspec.msgpack.encode(value)).text) == value


def test_values_that_json_has_not() -> None:
    packed = msgspec.msgpack.encode(
        {1: b"\x0f\xab", "t": msgspec.msgpack.Ext(5, b"\1"), "inf": float("inf"), "long": bytes(300)}
    )
    lines = rendered("messagepack", packed).text.split("\n")
    assert lines[:4] == ["{", "  1: h'0fab',", "  \"t\": ext 5(h'01'),", '  "inf": Infinity,']
    assert lines[4].endswith("/* 300 bytes in all */")


def test_duplicates_and_sequences() -> None:
    seen = rendered("messagepack", b"\x82\xa1a\x01\xa1a\x02" + b"\x93\x01\x02\x03" + b"\xc0")
    assert seen.text == '{\n  "a": 1,\n  "a": 2\n}\n[\n  1,\n  2,\n  3\n]\nnull'
    assert seen.fields == {"items": "3"}


PACKED = msgspec.msgpack.encode({"a": [1, "text", None, 2.5], "b": {"c": b"xyz"}})


@pytest.mark.parametrize("cut", range(1, len(PACKED)))
def test_cut_off(cut: int) -> None:
    with pytest.raises(ViewError, match="it ends inside a value"):
        rendered("messagepack", PACKED[:cut])
    seen = rendered("messagepack", PACKED + PACKED[:cut])
    assert seen.notes == [f"after 1 items: not MessagePack: byte {len(PACKED) + cut}: it ends inside a value"]


@pytest.mark.parametrize("data", [b"\xc1", b"", b"\x91" * 5000, b"\xdd\x7f\xff\xff\xff", b"\xdb\xff\xff\xff\xff"])
def test_damaged(data: bytes) -> None:
    with pytest.raises(ViewError, match="it is not MessagePack"):
        rendered("messagepack", data)


def test_the_reason_is_said_in_words() -> None:
    with pytest.raises(ViewError, match="byte 0: no value begins with this byte"):
        rendered("messagepack", b"\xc1")
    with pytest.raises(ViewError, match="it is nested deeper than 1024 levels"):
        rendered("messagepack", b"\x91" * 5000)


def test_announced_items_take_no_memory() -> None:
    """4 kB that claim an array of 16 million items on each of 800 levels."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ViewError):
        rendered("messagepack", b"\xdd\x00\xff\xff\xff" * 800)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_what_it_fits() -> None:
    for type in ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack"):
        assert fit("messagepack", b"", type)
