from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.accounting import check
from tests.store.recording import Recording, closed

from wireglass.errors import UsageError
from wireglass.model import Detail, Imported, Summary
from wireglass.store import Reader, open_store

BODY = bytes(range(256)) * 400


def records(many: int) -> Iterator[Imported]:
    for number in range(many):
        url = f"http://old.test/{number}"
        summary = Summary("GET", url, "old.test", float(number), status=200, state="done", response_size=5)
        detail = Detail(target=b"/%d" % number)
        pieces = [BODY[:100_000], b"%d" % number]
        yield Imported(summary, detail, b"request %d" % number, pieces, b"timeline", "decoded", "as it was")


def test_a_session_of_its_own(recording: Recording) -> None:
    """Behind what is there, with numbers that nobody else has, and seen by who follows the changes."""
    recording.send(closed(recording.key(1)))
    told: list[int] = []
    session = recording.store.import_records("har", "import", records(450), told.append)
    assert told == [200, 400, 450]
    assert (session.name, session.source, session.state, session.exchanges) == ("har", "import", "ended", 450)
    assert session.response_bytes == 450 * 5
    recording.send(closed(recording.key(2)))
    with Reader(recording.folder) as reader:
        rows = reader.changes(1, 999)
        assert [row.seq for row in rows] == list(range(2, 453))
        assert [row.url for row in rows[:450]] == [f"http://old.test/{number}" for number in range(450)]
        assert [row.id for row in rows] == list(range(2, 453))
        record = reader.get(9)
        assert (record.summary.sessions, record.detail.target) == (("har",), b"/7")
        assert (record.request_body.note, record.response_body.note) == ("decoded", "as it was")
        assert b"".join(reader.body(9, "request")) == b"request 7"
        assert b"".join(reader.body(9, "response")) == BODY[:100_000] + b"7"
        assert reader.timeline(9) == b"timeline"
        assert {tally.value: tally.exchanges for tally in reader.tallies(session.id)}["old.test"] == 450
    check(recording.folder)
    assert recording.store.counts.exchanges == 2


def test_nobody_sees_a_part_of_it(recording: Recording) -> None:
    """Capture goes on meanwhile; its exchanges come before those of the import for who follows the changes."""

    def watched() -> Iterator[Imported]:
        for number, record in enumerate(records(500)):
            if number == 250:
                recording.send(closed(recording.key(1)))
                with Reader(recording.folder) as reader:
                    assert [row.seq for row in reader.page(999)] == [1]
                    assert reader.sessions() == []
            yield record

    recording.store.import_records("har", "import", watched())
    with Reader(recording.folder) as reader:
        assert len(reader.changes(1, 999)) == 500


@pytest.mark.parametrize("error", [ValueError("line 7"), KeyboardInterrupt()], ids=repr)
def test_nothing_stays_of_one_that_fails(recording: Recording, error: BaseException) -> None:
    recording.send(closed(recording.key(1), b"request 3"))

    def damaged() -> Iterator[Imported]:
        yield from records(333)
        raise error

    with pytest.raises(type(error)):
        recording.store.import_records("har", "import", damaged())
    with Reader(recording.folder) as reader:
        assert len(reader.page(999)) == 1
        assert reader.sessions() == []
        assert b"".join(reader.body(1, "request")) == b"request 3"
    check(recording.folder)
    assert list((recording.folder / "open").iterdir()) == []
    assert recording.store.import_records("har", "import", records(2)).exchanges == 2


def test_a_body_that_cannot_be_read_to_its_end(recording: Recording) -> None:
    def cut() -> Iterator[bytes]:
        yield BODY
        raise ValueError("the file was changed")

    summary = Summary("GET", "http://a.test/", "a.test", 1.0, state="done")
    with pytest.raises(ValueError, match="was changed"):
        recording.store.import_records("har", "import", [Imported(summary, Detail(), b"", cut())])
    assert list((recording.folder / "open").iterdir()) == []


def test_two_at_once_and_of_one_name(recording: Recording) -> None:
    """The one that is through first has the name."""
    inner: list[int] = []

    def outer() -> Iterator[Imported]:
        for number, record in enumerate(records(10)):
            if number == 5:
                inner.append(recording.store.import_records("har", "import", records(3)).exchanges)
            yield record

    with pytest.raises(UsageError, match="'har' already"):
        recording.store.import_records("har", "import", outer())
    assert inner == [3]
    with pytest.raises(UsageError, match="'har' already"):
        recording.store.import_records("har", "import", records(1))
    with Reader(recording.folder) as reader:
        assert len(reader.page(99)) == 3
    check(recording.folder)


def test_looking_after_the_store_leaves_a_running_import_alone(recording: Recording) -> None:
    def slow() -> Iterator[Imported]:
        for number, record in enumerate(records(300)):
            if number == 250:
                recording.store.retain()
            yield record

    assert recording.store.import_records("har", "import", slow()).exchanges == 300


PROGRAM = """
import sys
from pathlib import Path
from tests.store.test_importing import records
from wireglass.store import open_store
store = open_store(Path(sys.argv[1]), print)
store.import_records("har", "import", records(10**6), lambda done: print(done, flush=True))
"""


def test_what_a_killed_one_has_left_is_taken_back(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'src'}"}
    program = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment) as importer:
        assert importer.stdout is not None
        while int(importer.stdout.readline()) < 600:
            pass
        importer.send_signal(signal.SIGKILL)
    store = open_store(tmp_path, lambda message: None)
    try:
        check(tmp_path)
        with Reader(tmp_path) as reader:
            assert (reader.page(9), reader.sessions()) == ([], [])
        store.retain()
        check(tmp_path)
        assert list((tmp_path / "bodies").glob("*/*")) == []
        assert store.import_records("har", "import", records(1)).exchanges == 1
    finally:
        store.close()


def test_threads_that_import_and_record(recording: Recording) -> None:
    done: list[int] = []

    def bring(name: str) -> None:
        done.append(recording.store.import_records(name, "import", records(250)).exchanges)

    threads = [threading.Thread(target=bring, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for number in range(50):
        recording.send(closed(recording.key(number), b"%d" % number))
    for thread in threads:
        thread.join()
    assert done == [250, 250, 250]
    with Reader(recording.folder) as reader:
        assert len(reader.page(9999)) == 800
    check(recording.folder)
