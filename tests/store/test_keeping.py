"""Whatever is recorded, taken out, deleted, marked and imported, in whatever order: what the store counts and shares is
what a recount finds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.accounting import check
from tests.store.recording import Recording, closed, opened

from wireglass.errors import StoreError, UsageError
from wireglass.model import REQUEST, RESPONSE, TIMELINE, Batch, Detail, Imported, Message, Part, Retention, Summary
from wireglass.store import Reader, Verdict, hashes, record

BODIES = st.sampled_from([b"", b"", b"a", b"bb", b"c" * 1000, b"d" * 70_000, b"e" * 80_000])
STATUSES = st.sampled_from([None, 200, 204, 302, 404, 500])
HOSTS = st.sampled_from(["a.test", "b.test", "c.test"])
MODES = st.sampled_from(["", "raw", "graphql"])
SESSIONS = 3


@pytest.fixture(scope="module", autouse=True)
def everything_moves() -> Iterator[None]:
    """So few hashes in memory, and so small steps, that what happens to many happens here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashes, "FRESH", 2)
        patch.setattr(record, "FIRST_STEP", 1)
        patch.setattr(record, "LONGEST_PORTION", 2)
        yield


@dataclass
class Story:
    recording: Recording
    data: st.DataObject
    sessions: list[int] = field(default_factory=list)
    open: dict[int, list[int]] = field(default_factory=dict)
    """Key → bytes of each side so far."""
    number: int = 0
    batch: Batch | None = None

    @property
    def ids(self) -> list[int]:
        return [int(str(id)) for (id,) in self.recording.sql("SELECT id FROM exchanges ORDER BY id")]

    def some(self, items: list[int]) -> list[int]:
        return self.data.draw(st.lists(st.sampled_from(items), unique=True, max_size=5)) if items else []

    def key(self) -> int:
        self.number += 1
        return self.recording.key(self.number)

    def send(self, *messages: Message, verdict: Verdict | None = None) -> None:
        sessions = tuple(sorted(self.some(self.sessions)))
        self.recording.send(*messages, sessions=sessions, verdict=verdict)

    def values(self) -> dict[str, object]:
        draw = self.data.draw
        failed = draw(st.booleans())
        return {
            "status": draw(STATUSES),
            "host": draw(HOSTS),
            "mode": draw(MODES),
            "state": "failed" if failed else draw(st.sampled_from(["done", "open"])),
            "error_kind": "timeout" if failed else None,
        }

    def end(self, key: int, before: tuple[int, int, int] = (0, 0, 0)) -> Message:
        tails = self.data.draw(BODIES), self.data.draw(BODIES), self.data.draw(BODIES)
        message = closed(key, tails[0], tails[1], before[:2], **self.values())
        message.timeline, message.timeline_kept = [tails[2]] if tails[2] else [], before[2] + len(tails[2])
        return message

    # what can happen

    def at_once(self) -> None:
        keys = [self.key() for _ in range(self.data.draw(st.integers(1, 4)))]
        apart = {keys[0]: tuple(self.some(self.sessions))} if self.data.draw(st.booleans()) else {}
        self.send(*map(self.end, keys), verdict=Verdict(apart, {}, ()) if apart else None)

    def begin(self) -> None:
        key = self.key()
        self.send(opened(key, host=self.data.draw(HOSTS)))
        self.open[key] = [0, 0, 0]

    def grow(self) -> None:
        for key in self.some(list(self.open)):
            side, piece = self.data.draw(st.sampled_from([REQUEST, RESPONSE, TIMELINE])), self.data.draw(BODIES)
            self.send(Part(key, side, piece))
            self.open[key][side] += len(piece)

    def close(self) -> None:
        for key in self.some(list(self.open)):
            request, response, timeline = self.open.pop(key)
            leaving = {key: tuple(self.some(self.sessions))}
            self.send(self.end(key, (request, response, timeline)), verdict=Verdict({}, leaving, ()))

    def refused_batch(self) -> None:
        """One that nobody can store: what is in it is taken back."""
        self.send(self.end(self.key()), self.end(self.key()), Part(self.key(), 7, b"no such side"))
        self.recording.troubles.clear()

    def twice(self) -> None:
        batch = Batch(self.recording.run, self.recording.last + 1, [self.end(self.key())])
        self.recording.last += 1
        for _ in range(2):
            self.recording.deliver(batch, tuple(self.sessions))

    def proxy_dies(self) -> None:
        self.recording.store.end_run(self.recording.run, "proxy_died", "the proxy process died")
        self.open.clear()

    def start_again(self) -> None:
        self.recording.reopen()

    def delete(self) -> None:
        ids = self.some(self.ids)
        with Reader(self.recording.folder) as reader:
            is_open = [id for id in ids if reader.get(id).summary.state == "open"]
        if is_open:
            with pytest.raises(UsageError, match=f"exchange {is_open[0]} is still open"):
                self.recording.store.delete(ids)
        else:
            assert self.recording.store.delete([*ids, 10_000]) == len(ids)

    def delete_in_vain(self) -> None:
        """The transaction fails at its very end."""
        ledger = self.recording.store._ledger
        flush = ledger.flush

        def fail() -> None:
            flush()
            raise OSError("the disk is on fire")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ledger, "flush", fail)
            pairs = [(session, id) for session in self.sessions for id in self.ids]
            if pairs:
                with pytest.raises(StoreError, match="on fire"):
                    self.recording.store.leave(pairs)

    def leave(self) -> None:
        pairs = [(session, id) for id in self.some(self.ids) for session in self.some(self.sessions)]
        self.recording.store.leave(pairs)

    def clear(self) -> None:
        for session in self.some(self.sessions):
            count = "SELECT count(*) FROM memberships WHERE session_id = ?"
            ((held,),) = self.recording.sql(count, session)
            assert self.recording.store.clear_session(session) == held
            assert self.recording.sql(count, session) == [(0,)]

    def delete_session(self) -> None:
        for session in self.some(self.sessions):
            store = self.recording.store
            store.set_session_state(session, "ended")
            store.delete_session(session)
            self.sessions.remove(session)
            self.sessions.append(store.start_session(f"s{session} again", "proxy").id)

    def retain(self) -> None:
        store = self.recording.store
        for session in self.sessions:
            store.prune(Retention(count=self.data.draw(st.integers(0, 6))), session)
        store.retain(Retention(count=self.data.draw(st.integers(0, 10))))

    def mark(self) -> None:
        ids = self.some(self.ids)
        assert self.recording.store.mark([*ids, 10_000], star=self.data.draw(st.booleans())) == len(ids)

    def bring(self) -> None:
        many = self.data.draw(st.integers(0, 5))
        fails = self.data.draw(st.booleans())

        def records() -> Iterator[Imported]:
            for _ in range(many):
                summary = Summary("PUT", "http://old.test/", "old.test", 1.0, state="done", request_size=3)
                bodies = self.data.draw(BODIES), self.data.draw(BODIES), self.data.draw(BODIES)
                yield Imported(summary, Detail(), bodies[0], [bodies[1]], bodies[2])
            if fails:
                raise ValueError("the file ends here")

        self.number += 1
        store, name = self.recording.store, f"import {self.number}"
        if fails:
            with pytest.raises(ValueError, match="ends here"):
                store.import_records(name, "import", records())
            assert self.recording.sql("SELECT count(*) FROM staged") == [(0,)]
        else:
            assert store.import_records(name, "import", records()).exchanges == many


EVENTS: list[Callable[[Story], None]] = [
    *[Story.at_once] * 4,
    *[Story.begin] * 2,
    *[Story.grow] * 2,
    *[Story.close] * 2,
    Story.refused_batch,
    Story.twice,
    Story.proxy_dies,
    Story.start_again,
    *[Story.delete] * 2,
    Story.delete_in_vain,
    Story.leave,
    Story.clear,
    Story.delete_session,
    Story.retain,
    Story.mark,
    Story.bring,
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_what_is_counted_is_what_is_there(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recording = Recording(Path(folder))
        try:
            story = Story(recording, data)
            story.sessions = [recording.store.start_session(f"s{number}", "proxy").id for number in range(SESSIONS)]
            for event in data.draw(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=14)):
                event(story)
                check(Path(folder))
            known = recording.store._ledger._bodies._hashes
            in_memory = {id for bucket in known._fresh for id in bucket.values()}
            assert in_memory <= {id for (id,) in recording.sql("SELECT id FROM bodies")}
            assert known._size == len(in_memory)
        finally:
            recording.store.close()
        assert set(recording.troubles) <= {None}
