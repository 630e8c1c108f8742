"""Frames on the socket pair."""

from __future__ import annotations

import struct
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.errors import ProtocolError
from wireglass.link.frames import (
    BATCH,
    MAX_FRAME,
    Ack,
    Drain,
    FrameReader,
    NotKept,
    Ready,
    Start,
    batch_payload,
    control_frame,
    frame_parts,
)
from wireglass.model import Batch, Certificate, Closed, Detail, Opened, Part, Summary

DETAIL = msgspec.Raw(msgspec.msgpack.encode(Detail(b"/", request_headers=[(b"A", b"\xff")])))
SUMMARY = Summary("GET", "http://a/", "a", 1.5)
BATCHED = Batch(
    1,
    2,
    [
        Opened(1, SUMMARY, DETAIL),
        Part(1, 0, b"\x00\xff"),
        Closed(1, SUMMARY, DETAIL, [b"a"], [], 1, 0, "note"),
        Certificate(b"h", b"d"),
    ],
    (5, 6),
)
SENT: list[Start | Ready | Ack | NotKept | Drain | Batch] = [
    Start(1, (2,), "ca", "spool", "tmp", True, None, False),
    Ready(),
    BATCHED,
    Ack(2**60),
    NotKept(3),
    Drain(0.5),
]


@given(st.lists(st.integers(0, 2000), max_size=10))
def test_frames_cut_anywhere(places: list[int]) -> None:
    stream = b"".join(
        b"".join(frame_parts(BATCH, batch_payload(message))) if isinstance(message, Batch) else control_frame(message)
        for message in SENT
    )
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    reader = FrameReader()
    read = [message for start, end in pairwise(edges) for message in reader.feed(stream[start:end])]
    assert read == SENT


def test_a_frame_that_cannot_be_ours_is_refused() -> None:
    with pytest.raises(ProtocolError, match="over the limit"):
        list(FrameReader().feed(struct.pack("!IB", MAX_FRAME + 1, BATCH)))
