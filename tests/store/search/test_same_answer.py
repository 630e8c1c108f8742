"""``query.match`` and the store's searches say the same of every exchange, whatever the index knows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.store.recording import Recording
from tests.store.search.examples import SESSION_STARTED, SESSIONS, Example, examples, nodes, single_terms

from wireglass.query import Node, match
from wireglass.store import Indexer, Reader, StoredSubject


def store(folder: Path, stored: list[Example]) -> Recording:
    recording = Recording(folder)
    for name in SESSIONS:
        recording.store.start_session(name, "proxy")
    _add(recording, stored)
    return recording


def _add(recording: Recording, stored: list[Example], before: int = 0) -> None:
    for number, example in enumerate(stored, before + 1):
        recording.send(example.message(recording.key(number)), sessions=example.sessions)
        if example.mark:
            color, star, note = example.mark
            recording.store.mark([number], color=color, star=star, note=note)


def expected(reader: Reader, node: Node, count: int) -> list[int]:
    return [id for id in range(1, count + 1) if match(node, StoredSubject(reader, id)) is True]


def found(reader: Reader, node: Node, *, oldest_first: bool, limit: int) -> list[int]:
    """Through as many pages as there are."""
    ids: list[int] = []
    cursor = None
    while True:
        page = reader.find(node, limit, cursor, oldest_first=oldest_first, time_limit=60)
        assert page.scanned_all
        ids += [summary.id for summary in page.items]
        cursor = page.next
        if cursor is None:
            return ids


def check(reader: Reader, node: Node, count: int, limit: int) -> None:
    wanted = expected(reader, node, count)
    assert reader.matching_ids(node, 1, count) == wanted
    assert found(reader, node, oldest_first=True, limit=limit) == wanted
    assert found(reader, node, oldest_first=False, limit=limit) == wanted[::-1]
    counted = reader.count(node, 60)
    assert (counted.exchanges, counted.exact) == (len(wanted), True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.lists(examples(), min_size=1, max_size=8),
    st.lists(examples(), max_size=4),
    st.lists(nodes, min_size=6, max_size=12),
    st.sampled_from(["up to date", "behind", "missing"]),
    st.integers(1, 5),
)
def test_match_and_the_store_agree(
    stored: list[Example], later: list[Example], asked: list[Node], index: str, limit: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recording = store(Path(folder), stored)
        try:
            for id, started in enumerate(SESSION_STARTED, 1):
                recording.sql("UPDATE sessions SET started = ? WHERE id = ?", started, id)
            if index == "behind":
                _index(recording.folder)
            _add(recording, later, len(stored))
            if index == "up to date":
                _index(recording.folder)
            with Reader(recording.folder) as reader:
                lag = reader.search_lag()
                assert lag.ready == (index != "missing")
                assert bool(lag.changes) == (index == "missing" or (index == "behind" and bool(later)))
                for node in asked:
                    check(reader, node, len(stored) + len(later), limit)
        finally:
            recording.store.close()


def _index(folder: Path) -> None:
    indexer = Indexer(folder)
    try:
        assert indexer.catch_up(60).changes == 0
    finally:
        indexer.close()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(examples(), min_size=4, max_size=8), nodes, st.data())
def test_what_changes_behind_the_index_is_found_as_it_is(stored: list[Example], node: Node, data: Any) -> None:
    """Marks, exchanges that end and deletions, before the index hears of them and after."""
    with tempfile.TemporaryDirectory() as folder:
        recording = store(Path(folder), stored)
        try:
            _index(recording.folder)
            count = len(stored)
            recording.store.mark([data.draw(st.integers(1, count))], color="red", star=True, note="Look at THIS")
            for number, example in enumerate(stored, 1):
                if example.open and data.draw(st.booleans()):
                    example.open = False
                    example.summary.state = "done"
                    recording.send(example.message(recording.key(number)), sessions=example.sessions)
            ended = [number for number, example in enumerate(stored, 1) if not example.open]
            gone = data.draw(st.sets(st.sampled_from(ended))) if ended else set()
            recording.store.delete(sorted(gone))
            for caught_up in (False, True):
                if caught_up:
                    _index(recording.folder)
                with Reader(recording.folder) as reader:
                    left = [id for id in range(1, count + 1) if id not in gone]
                    wanted = [id for id in left if match(node, StoredSubject(reader, id)) is True]
                    assert reader.matching_ids(node, 1, count) == wanted
                    assert found(reader, node, oldest_first=False, limit=3) == wanted[::-1]
        finally:
            recording.store.close()


@settings(max_examples=1, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(examples(), min_size=25, max_size=25))
def test_every_single_term_on_an_index(stored: list[Example]) -> None:
    """All fields with all texts and numbers there are, so that no facet differs from what is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        recording = store(Path(folder), stored)
        try:
            _index(recording.folder)
            with Reader(recording.folder) as reader:
                subjects = [StoredSubject(reader, id) for id in range(1, len(stored) + 1)]
                for term in single_terms():
                    wanted = [subject.summary.id for subject in subjects if match(term, subject) is True]
                    assert reader.matching_ids(term, 1, len(stored)) == wanted, term
        finally:
            recording.store.close()
