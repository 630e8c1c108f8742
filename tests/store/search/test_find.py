"""Pages, cursors, time limits and counts."""

from __future__ import annotations

import math

import pytest
from tests.store.recording import Recording, closed, opened

from wireglass.errors import UsageError
from wireglass.query import All, And, Compares, Holds, Is, Not, Term
from wireglass.store import Indexer, Reader
from wireglass.store.search import predicate, subject
from wireglass.store.search.find import Finder
from wireglass.store.search.ranges import Range
from wireglass.store.search.walk import Walk


@pytest.fixture
def filled(recording: Recording) -> Recording:
    recording.store.start_session("one", "proxy")
    messages = [
        closed(recording.key(number), b"", b"answer %d" % number, type="text/plain", status=200 + number % 2)
        for number in range(1, 101)
    ]
    recording.send(*messages, sessions=(1,))
    return recording


def index(recording: Recording) -> None:
    running = Indexer(recording.folder)
    assert running.catch_up(60).changes == 0
    running.close()


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("oldest_first", [True, False])
def test_pages(filled: Recording, indexed: bool, oldest_first: bool) -> None:
    if indexed:
        index(filled)
    node = Term("status", Compares("=", 201))
    with Reader(filled.folder) as reader:
        cursor, ids = None, []
        while True:
            page = reader.find(node, 7, cursor, oldest_first=oldest_first)
            assert page.scanned_all
            assert len(page.items) == 7 or page.next is None
            ids += [one.id for one in page.items]
            cursor = page.next
            if cursor is None:
                break
        wanted = list(range(1, 101, 2))
        assert ids == (wanted if oldest_first else wanted[::-1])


def test_what_comes_meanwhile_does_not_move_the_pages(filled: Recording) -> None:
    with Reader(filled.folder) as reader:
        first = reader.find(All(), 10)
        filled.send(closed(filled.key(200)), sessions=(1,))
        filled.store.delete([first.items[-1].id])
        assert [one.id for one in reader.find(All(), 3, first.next).items] == [90, 89, 88]


@pytest.mark.parametrize("cursor", ["", "x", "d", "d-1", "a5", "d" + "f" * 16, "d5\n", "d5 OR 1"])
def test_no_cursor(filled: Recording, cursor: str) -> None:
    with Reader(filled.folder) as reader, pytest.raises(UsageError, match="no cursor of this list"):
        reader.find(All(), 10, cursor)


@pytest.mark.parametrize("indexed", [True, False])
def test_a_page_that_ran_out_of_time_goes_on(filled: Recording, indexed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even without any time for each: every page looks at something."""
    if indexed:
        index(filled)
    now = [0.0]

    def clock() -> float:
        now[0] += 0.001
        return now[0]

    monkeypatch.setattr("wireglass.store.search.walk.time.monotonic", clock)
    node = Term("text", Holds("answer 7"))
    with Reader(filled.folder) as reader:
        ids, cursor, cut = [], None, 0
        for _ in range(1000):
            page = reader.find(node, 50, cursor, time_limit=0.008)
            ids += [one.id for one in page.items]
            cut += not page.scanned_all
            cursor = page.next
            if cursor is None:
                break
        assert sorted(ids) == [7, *range(70, 80)]


def test_count_is_an_estimate_when_time_is_out(filled: Recording) -> None:
    with Reader(filled.folder) as reader:
        assert reader.count(All()).exchanges == 100
        counted = reader.count(Term("text", Holds("answer")), time_limit=0.0)
        assert not counted.exact
        assert reader.count(Term("text", Holds("answer"))) == type(counted)(100, True)


def test_an_estimate_looks_at_old_ones_too(recording: Recording) -> None:
    """Half of the record has it, and none of the newest."""
    recording.send(*(closed(recording.key(n), response=b"old" if n <= 2000 else b"new") for n in range(1, 4001)))
    with Reader(recording.folder) as reader:
        finder = Finder(reader, recording.folder)
        try:
            expected = finder._expected(Term("body", Is("old")), Range(1, 4000), math.inf)
        finally:
            finder.close()
    assert expected == pytest.approx(2000, rel=0.1)


def test_a_body_whose_file_is_gone_does_not_end_the_search(filled: Recording) -> None:
    filled.send(closed(filled.key(300), b"", b"answer " * 20_000, type="text/plain"), sessions=(1,))
    for path in (filled.folder / "bodies").glob("*/*"):
        path.unlink()
    with Reader(filled.folder) as reader:
        assert reader.matching_ids(Term("text", Holds("answer 100")), 1, 1000) == [100]


def test_text_that_is_no_utf8(filled: Recording) -> None:
    """As it comes from a command line."""
    with Reader(filled.folder) as reader:
        for field in ("url", "session", "note", "text"):
            assert reader.find(Term(field, Is("\udcff")), 10).items == []


def test_a_step_that_takes_too_long_is_made_smaller(filled: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row may cost much more than those before it."""
    from wireglass.store.search import walk

    steps: list[int] = []
    real = walk.Walk._step

    def step(self: walk.Walk, condition: str, bindings: tuple[object, ...], size: int) -> list[int] | None:
        steps.append(size)
        if size > 4:
            self._size = max(1, min(self._size, size) // 8)
            return None
        return real(self, condition, bindings, size)

    monkeypatch.setattr(walk.Walk, "_step", step)
    with Reader(filled.folder) as reader:
        assert len(reader.matching_ids(Term("text", Holds("answer")), 1, 100)) == 100
    assert max(steps) > 4 >= min(steps)
    assert predicate.OF_RECORD < predicate.OF_BODIES


@pytest.mark.parametrize("oldest_first", [True, False])
def test_a_session_among_many_others(recording: Recording, oldest_first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it holds is looked at, and not all that was recorded meanwhile."""
    few, many = (recording.store.start_session(name, "proxy").id for name in ("few", "many"))
    for number in range(1, 200):
        sessions = (few,) if number in (3, 70, 71, 198) else (many,)
        recording.send(closed(recording.key(number), status=200 + number % 2), sessions=sessions)
    looked_at: list[int] = []
    step = Walk._step

    def counted(self: Walk, condition: str, bindings: tuple[object, ...], size: int) -> list[int] | None:
        looked_at.append(size)
        return step(self, condition, bindings, size)

    monkeypatch.setattr(Walk, "_step", counted)
    term = Term("session", Is("few"))
    with Reader(recording.folder) as reader:
        for node, wanted in ((term, [3, 70, 71, 198]), (And((Term("status", Compares("=", 201)), term)), [3, 71])):
            page = reader.find(node, 9, oldest_first=oldest_first)
            assert [one.id for one in page.items] == (wanted if oldest_first else wanted[::-1])
            assert reader.count(node).exchanges == len(wanted)
    assert sum(looked_at) == 16


def test_one_that_ends_while_the_rest_is_gathered(filled: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index does not know it, and it is not open any more."""
    key = filled.key(500)
    filled.send(opened(key), sessions=(1,))
    index(filled)
    asked = Finder._run

    def run(self: Finder, sql: str, bindings: tuple[int, ...]) -> list[tuple[object, ...]]:
        rows = asked(self, sql, bindings)
        if "FROM exchanges WHERE" in sql and filled.store.has_open(key):
            filled.send(closed(key, b"", b"the last answer", type="text/plain"))
        return rows

    monkeypatch.setattr(Finder, "_run", run)
    with Reader(filled.folder) as reader:
        assert [one.id for one in reader.find(Term("body", Holds("answer")), 2).items] == [101, 100]
    assert not filled.store.has_open(key)


def test_what_costs_much_is_asked_last(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what passes the rest, in whatever order it was written."""
    mine, other = (recording.store.start_session(name, "proxy").id for name in ("mine", "other"))
    for number in range(1, 41):
        message = closed(recording.key(number), b"", b"answer", type="text/plain", status=200 + number % 2)
        recording.send(message, sessions=(mine,) if number % 4 < 2 else (other,))
    recording.store.mark([4, 5, 6, 7], star=True)
    read: list[int] = []
    made = subject.EndedSubject.__init__

    def counted(self: subject.EndedSubject, db: object, reader: Reader, row: list[object]) -> None:
        read.append(int(str(row[subject.ID])))
        made(self, db, reader, row)  # type: ignore[arg-type]

    monkeypatch.setattr(subject.EndedSubject, "__init__", counted)
    body, even = Term("body", Holds("answer")), Term("status", Compares("=", 200))
    with Reader(recording.folder) as reader:
        for node in (And((body, Term("session", Is("mine")), even)), And((body, even, Not(Term("is", Is("starred")))))):
            read.clear()
            assert reader.matching_ids(node, 1, 40)
            assert sorted(read) == reader.matching_ids(And(node.items[1:]), 1, 40)
