"""Any messages, in any batches, delivered any number of times and with restarts between, make the same store."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.recording import Recording, closed, opened

from wireglass.model import REQUEST, RESPONSE, TIMELINE, Batch, Message, Part
from wireglass.store import Reader

PIECES = st.sampled_from([b"", b"a", b"bb", b"c" * 1000, b"d" * 40_000, b"e" * 70_000])


@dataclass
class Story:
    """One exchange, and what the store should hold of it."""

    messages: list[Message] = field(default_factory=list)
    bodies: tuple[bytes, bytes] = (b"", b"")
    timeline: bytes = b""
    state: str = "open"


@st.composite
def stories(draw: st.DrawFn, key: int) -> Story:
    parts = draw(st.lists(st.tuples(st.sampled_from([REQUEST, RESPONSE, TIMELINE]), PIECES), max_size=4))
    story = Story()
    sent = [b"", b"", b""]
    announced: bool = draw(st.booleans())
    if parts or announced:
        story.messages.append(opened(key))
    for side, data in parts:
        story.messages.append(Part(key, side, data))
        sent[side] += data
        if draw(st.booleans()):
            story.messages.append(opened(key, status=200))
    if not story.messages or draw(st.booleans()):
        tail = draw(PIECES), draw(PIECES), draw(PIECES)
        end = closed(key, *tail[:2], before=(len(sent[0]), len(sent[1])))
        end.timeline, end.timeline_kept = [tail[2]] if tail[2] else [], len(sent[2]) + len(tail[2])
        story.messages.append(end)
        sent = [sent[0] + tail[0], sent[1] + tail[1], sent[2] + tail[2]]
        story.state = "done"
    story.bodies, story.timeline = (sent[0], sent[1]), sent[2]
    return story


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_store_does_not_depend_on_the_batches(data: st.DataObject) -> None:
    told = [data.draw(stories(1 << 40 | number)) for number in range(1, data.draw(st.integers(1, 5)) + 1)]
    turns = data.draw(st.permutations([story for story in told for _ in story.messages]))
    left = {id(story): list(story.messages) for story in told}
    order: list[Story] = []
    messages: list[Message] = []
    for story in turns:
        if story not in order:
            order.append(story)
        messages.append(left[id(story)].pop(0))
    with tempfile.TemporaryDirectory() as folder:
        recording = Recording(Path(folder))
        seq = 0
        while messages:
            size = data.draw(st.integers(1, len(messages)))
            batch, messages = messages[:size], messages[size:]
            seq += 1
            for _ in range(data.draw(st.integers(1, 2))):
                recording.deliver(Batch(1, seq, batch))
            if data.draw(st.booleans()):
                recording.reopen()
        with Reader(Path(folder)) as reader:
            rows = reader.page(100)
            assert [row.id for row in rows] == list(range(1, len(order) + 1))
            for row, story in zip(rows, order, strict=True):
                assert row.state == story.state
                assert row.url.endswith(f"/{told.index(story) + 1}")
                assert (row.request_size, row.response_size) == tuple(map(len, story.bodies))
                record = reader.get(row.id)
                assert (record.request_body.note, record.response_body.note) == ("", "")
                assert b"".join(reader.body(record, "request")) == story.bodies[0]
                assert b"".join(reader.body(record, "response")) == story.bodies[1]
                assert reader.timeline(record) == story.timeline
                assert (record.timeline.size, record.timeline.kept) == (len(story.timeline),) * 2
        recording.store.fail_open("ended", "the test is over")
        open_files = list((Path(folder) / "open").iterdir())
        recording.store.close()
        assert open_files == []
        assert recording.troubles == []
