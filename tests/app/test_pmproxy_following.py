"""What passes is told once each, when it is complete, from the first exchange of a capture on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.recording import Recording
from tests.formats.records import record
from tests.peers.waiting import wait_for

from wireglass.app.home import Home
from wireglass.app.pmproxy_following import Following, GivenUp, is_complete
from wireglass.model import Detail, Record, Summary, Timings
from wireglass.store import Reader


class Listening:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.until: Exception | None = None

    def request(self, record: Record, reader: Reader) -> None:
        if self.until:
            raise self.until
        self.said.append(f"> {record.summary.url[-1]}")

    def response(self, record: Record) -> None:
        self.said.append(f"< {record.summary.url[-1]}")


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(Home(tmp_path / "home"))
    yield recording
    recording.close()


def exchange(name: str, **changes: object) -> Summary:
    values: dict[str, object] = {"method": "GET", "url": f"http://a.test/{name}", "host": "a.test", "started": 1.0}
    return Summary(**values | changes)  # type: ignore[arg-type]


def follow(recording: Recording, troubles: list[Exception] | None = None) -> tuple[Following, Listening]:
    listening = Listening()
    following = Following(recording.home.store, "test", (troubles if troubles is not None else []).append)
    following.start(listening)
    return following, listening


def finish(recording: Recording, following: Following) -> None:
    with Reader(recording.home.store) as reader:
        following.finish(reader.newest_id(), reader.newest_seq())
    wait_for(lambda: not following.running, "the end of the following")


def test_each_is_told_once(recording: Recording) -> None:
    """In the order of their ends; marks are no news, an import is none of ours, nor a tunnel."""
    recording.closed(exchange("1", status=200))
    following, listening = follow(recording)
    recording.closed(exchange("2", status=500))
    recording.closed(exchange("3", state="failed", status=None))
    recording.closed(exchange("4", source="import", status=200))
    recording.closed(exchange("5", protocol="tunnel", method="CONNECT", status=200))
    wait_for(lambda: len(listening.said) == 5, "all to be told")
    recording.store.mark([1, 2, 3], star=True)
    recording.closed(exchange("6", status=204))
    finish(recording, following)
    assert listening.said == ["> 1", "< 1", "> 2", "< 2", "> 3", "> 6", "< 6"]


def test_what_was_there_before_is_none_of_ours(recording: Recording) -> None:
    """The capture's session says where it begins, also when something passed before the following was made."""
    recording.closed(exchange("1", status=200))
    recording.store.set_session_state(1, "ended")
    recording._session = recording.store.start_session("pmproxy x", "proxy").id
    recording.closed(exchange("2", status=200))
    listening = Listening()
    following = Following(recording.home.store, "pmproxy x", lambda error: pytest.fail(str(error)))
    assert following.first == 2
    following.start(listening)
    recording.closed(exchange("3", status=200))
    finish(recording, following)
    assert listening.said == ["> 2", "< 2", "> 3", "< 3"]


def test_a_request_is_told_before_its_response_has_ended(recording: Recording) -> None:
    """As soon as it is known that it was sent."""
    following, listening = follow(recording)
    key = recording.opened(exchange("1"))
    recording.closed(exchange("2", status=200))
    wait_for(lambda: listening.said == ["> 2", "< 2"], "the second one")
    other = recording.opened(exchange("3"), Detail(timings=Timings(send=1.0)))
    wait_for(lambda: listening.said == ["> 2", "< 2", "> 3"], "the third one's request")
    recording.closed(exchange("3", status=200), key=other)
    recording.closed(exchange("1", status=200), key=key)
    finish(recording, following)
    assert listening.said == ["> 2", "< 2", "> 3", "< 3", "> 1", "< 1"]


def test_it_ends_at_the_last_one(recording: Recording) -> None:
    """Others may use the home when the capture has ended."""
    recording.closed(exchange("1", status=200))
    following = Following(recording.home.store, "test", lambda error: pytest.fail(str(error)))
    with Reader(recording.home.store) as reader:
        following.finish(reader.newest_id(), reader.newest_seq())
    recording.closed(exchange("2", status=200))
    listening = Listening()
    following.start(listening)
    wait_for(lambda: not following.running, "the end")
    assert listening.said == ["> 1", "< 1"]
    assert following.ended == 1


@pytest.mark.parametrize("error", [GivenUp(), RuntimeError("a mistake")])
def test_what_ends_it(recording: Recording, error: Exception) -> None:
    troubles: list[Exception] = []
    following, listening = follow(recording, troubles)
    listening.until = error
    recording.closed(exchange("1", status=200))
    wait_for(lambda: not following.running, "the end")
    assert troubles == ([] if isinstance(error, GivenUp) else [error])


def test_giving_up_waits_for_the_thread(recording: Recording) -> None:
    following, _ = follow(recording)
    following.give_up(10)
    assert not following.running
    assert "pmproxy" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize(
    ("state", "status", "cut", "send", "complete"),
    [
        ("done", 200, False, 1.0, True),
        ("done", 413, True, None, True),  # an answer came before the body had
        ("open", None, False, None, False),
        ("open", None, False, 1.0, True),
        ("failed", 502, False, None, True),  # to a server that does not listen
        ("failed", 502, True, None, True),
        ("failed", 200, True, None, True),  # the client left in the middle of both
        ("failed", None, True, None, False),  # the client left
        ("failed", None, False, 1.0, True),
    ],
)
def test_complete(state: str, status: int | None, cut: bool, send: float | None, complete: bool) -> None:
    made = record(b"x", state=state, status=status)
    made.detail.timings = Timings(send=send)
    made.detail.request_cut = cut
    assert is_complete(made) is complete


def test_a_body_that_is_not_in_the_record_yet_is_waited_for() -> None:
    made = record(b"12345", state="open", request_size=7)
    made.detail.timings = Timings(send=1.0)
    assert not is_complete(made)
