"""Offers of HTTP/3 are taken out, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.wire.alt_svc import block_without_h3, fields_without_h3, offers_h3, without_h3


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (b'h3=":443"', None),
        (b'h3=":443"; ma=86400, h3-29=":443"; persist=1', None),
        (b'h2=":443"; ma=1, h3=":443"', b'h2=":443"; ma=1'),
        (b'h3=":443",h2="a.example:1",h3-Q050=":1"', b'h2="a.example:1"'),
        (b'H3=":443"', None),
        (b'%683=":443"', None),
        (b'h2="a,h3=b:1"', b'h2="a,h3=b:1"'),
        (b'h2="a\\",h3=b:1", h3=":1"', b'h2="a\\",h3=b:1"'),
        (b"clear", b"clear"),
        (b"clear , h3=x", b"clear"),
        (b" , h3=x", None),
        (b'h2c=":80", quic=":443"', b'h2c=":80", quic=":443"'),
        (b"", b""),
        (b'h2="open, h3=":443"', b'h2="open, h3=":443"'),
    ],
)
def test_a_value(value: bytes, left: bytes | None) -> None:
    assert without_h3(value) == left
    assert offers_h3([b"clear", value]) is (left != value)


def test_a_section() -> None:
    block = b'\nA: 1\r\nAlt-Svc: h3=":1"\r\nalt-svc:\th2=":2",h3=":1"\r\nX-Alt-Svc: h3=":1"\r\nALT-SVC:clear\r\n\r\n'
    left = b'\nA: 1\r\nalt-svc: h2=":2"\r\nX-Alt-Svc: h3=":1"\r\nALT-SVC:clear\r\n\r\n'
    assert block_without_h3(block) == left
    assert block_without_h3(left) == left


def test_fields() -> None:
    fields = [(b"a", b"1"), (b"alt-svc", b'h3=":1"'), (b"alt-svc", b'h2=":2"')]
    assert fields_without_h3(fields) == [(b"a", b"1"), (b"alt-svc", b'h2=":2"')]
    untouched = [(b"a", b"1"), (b"alt-svc", b"clear")]
    assert fields_without_h3(untouched) is untouched


PIECES = [b"h3", b"h2", b"=", b'"', b",", b"\\", b" ", b";", b"%", b"a", b"clear"]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_what_is_left_offers_no_more(pieces: list[bytes]) -> None:
    left = without_h3(b"".join(pieces))
    if left is not None:
        assert without_h3(left) == left
