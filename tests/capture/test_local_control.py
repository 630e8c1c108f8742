"""What can be asked of a record, where its writer is."""

from __future__ import annotations

import pytest
from tests.capture.conftest import Capture
from tests.store.recording import closed, opened

from wireglass.capture import LocalControl
from wireglass.errors import NotFound, QueryError, UsageError
from wireglass.model import Retention, SavedFilter, SessionOptions


def test_the_life_of_a_session(capture: Capture) -> None:
    control = capture.control
    begun = control.start_session("", "proxy", SessionOptions(), "why")
    assert begun.state == "recording" and begun.name and begun.note == "why"
    assert control.pause_session(begun.id).state == "paused"
    assert control.pause_session(begun.name).state == "paused"
    assert control.resume_session(begun.name).state == "recording"
    assert control.change_session(begun.id, name="new", note="because").note == "because"
    assert control.stop_session("new").state == "ended"
    assert control.stop_session("new").state == "ended"
    assert capture.sessions.running == ()
    again = control.start_session("new", "proxy", SessionOptions(filter="host:a"))
    assert (again.id, again.state, again.options.filter) == (begun.id, "recording", "host:a")


def test_several_run_at_once(capture: Capture) -> None:
    first, second = capture.start_session("a"), capture.start_session("b")
    assert capture.sessions.recording == (first.id, second.id)
    with pytest.raises(UsageError, match="already"):
        capture.start_session("a")


def test_what_cannot_be_asked(capture: Capture) -> None:
    control = capture.control
    session = capture.start_session("a")
    with pytest.raises(UsageError, match="recording"):
        control.delete_session(session.id)
    with pytest.raises(NotFound):
        control.pause_session("nobody")
    control.stop_session(session.id)
    for change in (control.pause_session, control.resume_session):
        with pytest.raises(UsageError, match="has ended"):
            change(session.id)
    with pytest.raises(UsageError, match="characters"):
        control.change_session(session.id, name="x" * 101)
    with pytest.raises(UsageError, match="characters"):
        control.change_session(session.id, note="x" * 10_001)
    with pytest.raises(UsageError, match="color"):
        control.mark([1], color="pink")  # type: ignore[arg-type] # as it may come over the API


@pytest.mark.parametrize(
    "filter", ["host:(", "id:7", "session:today", "is:marked", "-is:starred", "note:x", "host:a has:note", "url:/(/"]
)
def test_filters_that_cannot_be(capture: Capture, filter: str) -> None:
    with pytest.raises(QueryError):
        capture.start_session("a", filter)
    with capture.reader as reader:
        assert reader.sessions() == []


@pytest.mark.parametrize("pattern", ["image", "*/*", "image/", "/png", "IMAGE/*", "i*/png", "image/p*g"])
def test_media_types_that_are_none(capture: Capture, pattern: str) -> None:
    with pytest.raises(UsageError, match="media type"):
        capture.start_session("a", skip_bodies=(pattern,))


def test_limits_that_are_none(capture: Capture) -> None:
    with pytest.raises(UsageError, match="age"):
        capture.start_session("a", retention=Retention(age=-1.0))


def test_nothing_can_run_where_nothing_records(capture: Capture) -> None:
    session = capture.start_session("a")
    elsewhere = LocalControl(capture.store, capture.folder)
    with pytest.raises(UsageError, match="Nothing records"):
        elsewhere.start_session("b", "proxy", SessionOptions())
    with pytest.raises(UsageError, match="Nothing records"):
        elsewhere.pause_session(session.id)
    assert elsewhere.stop_session(session.id).state == "ended"


def test_clear_goes_on_recording(capture: Capture) -> None:
    session = capture.start_session("a")
    capture.start_session("b", "path:/1")
    capture.tell(closed(capture.key(1)), closed(capture.key(2)), opened(capture.key(3)))
    assert capture.control.clear_session(session.id) == 3
    capture.tell(closed(capture.key(3)), closed(capture.key(4)))
    assert capture.urls("a") == ["http://example.test/4"]
    assert capture.urls("b") == ["http://example.test/1"]
    assert capture.sql("SELECT count(*) FROM exchanges") == [(2,)]


def test_deleting_a_session_takes_what_it_alone_holds(capture: Capture) -> None:
    session = capture.start_session("a")
    capture.start_session("b", "path:/1")
    capture.tell(closed(capture.key(1)), closed(capture.key(2)))
    capture.control.stop_session(session.id)
    capture.control.delete_session(session.id)
    assert capture.sql("SELECT count(*) FROM exchanges") == [(1,)]
    capture.tell(closed(capture.key(3)), sessions=(session.id,))
    assert capture.missing() == {("", "no_session", "example.test"): 1}


def test_deleting_by_query_leaves_what_still_runs(capture: Capture) -> None:
    capture.start_session("a")
    capture.tell(
        *(closed(capture.key(number), status=200 + number % 2) for number in range(20)), opened(capture.key(99))
    )
    told: list[int] = []
    assert capture.control.delete_matching("status:201", told.append) == 10
    assert told[-1] == 10
    assert capture.control.delete_matching("") == 10
    assert capture.urls("a") == ["http://example.test/99"]
    with pytest.raises(QueryError):
        capture.control.delete_matching("host:(")


def test_saved_filters(capture: Capture) -> None:
    capture.control.save_filter(SavedFilter("mine", "host:a"))
    capture.control.save_filter(SavedFilter(" mine ", "host:b"))
    with capture.reader as reader:
        assert reader.saved_filters() == [SavedFilter("mine", "host:b")]
    with pytest.raises(QueryError):
        capture.control.save_filter(SavedFilter("bad", "host:("))
    capture.control.remove_filter("mine")
    with pytest.raises(NotFound):
        capture.control.remove_filter("mine")


def test_prune(capture: Capture) -> None:
    capture.start_session("a")
    capture.tell(*(closed(capture.key(number)) for number in range(10)))
    assert capture.control.prune(Retention(count=4)) == 6
    assert len(capture.urls("a")) == 4


def test_a_state_that_cannot_be_written_is_not_taken(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    session = capture.start_session("a")

    def fail(*_: object) -> None:
        raise OSError("full")

    with monkeypatch.context() as broken:
        broken.setattr(capture.store, "set_session_state", fail)
        with pytest.raises(OSError, match="full"):
            capture.control.pause_session(session.id)
    assert capture.sessions.recording == (session.id,)
