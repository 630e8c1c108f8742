"""Control over the API: the same words and the same errors as where the store is."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.api.served import TOKEN, Api

from wireglass import errors
from wireglass.app.remote import RemoteControl, error_of
from wireglass.errors import BadFile, BadSetting, Interrupted, NotFound, QueryError, UsageError, WireglassError
from wireglass.model import Retention, SavedFilter, SessionOptions


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with Api(tmp_path) as api:
        yield api


@pytest.fixture
def control(api: Api) -> RemoteControl:
    return RemoteControl(f"127.0.0.1:{api.port}", TOKEN)


def test_sessions(control: RemoteControl) -> None:
    options = SessionOptions(filter="host:a.test", skip_bodies=("image/*",), retention=Retention(age=5.0, count=3))
    started = control.start_session("mine", "proxy", options, "why")
    assert (started.name, started.options, started.note) == ("mine", options, "why")
    assert control.pause_session("mine").state == "paused"
    assert control.resume_session(started.id).state == "recording"
    assert control.clear_session("mine") == 0
    renamed = control.change_session("mine", name="yours")
    assert (renamed.name, renamed.options) == ("yours", options)
    assert control.change_session("yours", options=SessionOptions()).options == SessionOptions()
    with pytest.raises(UsageError, match="recording"):
        control.delete_session("yours")
    assert control.stop_session("yours").state == "ended"
    assert control.delete_session("yours") == 0
    with pytest.raises(NotFound, match="yours"):
        control.stop_session("yours")
    with pytest.raises(NotFound):
        control.stop_session(started.id)


def test_exchanges(api: Api, control: RemoteControl) -> None:
    for number in range(6):
        api.exchange(f"http://a.test/{number}")
    assert control.mark([1, 2, 99], color="red", note="n") == 2
    assert control.delete([1, 99]) == 1
    assert control.delete([]) == 0
    done: list[int] = []
    assert control.delete_matching("path:/1", done.append) == 1
    assert done == [1]
    assert control.prune(Retention(count=2)) == 2
    assert api.get("/count")["exchanges"] == 2
    assert control.delete(list(range(1, 3000))) == 2


def test_filters(api: Api, control: RemoteControl) -> None:
    control.save_filter(SavedFilter("a/b?", "status:4xx"))
    assert api.get("/filters") == [{"name": "a/b?", "query": "status:4xx"}]
    control.remove_filter("a/b?")
    with pytest.raises(NotFound):
        control.remove_filter("a/b?")


def test_a_query_that_cannot_be_read_has_its_place(control: RemoteControl) -> None:
    with pytest.raises(QueryError) as caught:
        control.delete_matching("host:a nosuch:1")
    assert caught.value.text[slice(*caught.value.at)].startswith("nosuch")
    with pytest.raises(QueryError) as caught:
        control.start_session("x", "proxy", SessionOptions(filter="("))
    assert caught.value.text == "("


def test_a_file_is_handed_over(api: Api, control: RemoteControl, tmp_path: Path) -> None:
    api.exchange("http://a.test/1", response=b"x" * 1_000_000)
    file = tmp_path / "some.har"
    file.write_bytes(api.ask("GET", "/export").body)
    progress: list[tuple[int, int]] = []
    session = control.import_file(file, "taken", lambda done, of: progress.append((done, of)))
    assert (session.name, session.exchanges) == ("taken", 1)
    size = file.stat().st_size
    assert progress[-1] == (size, size) and len(progress) > 2
    with pytest.raises(UsageError, match="cannot be read"):
        control.import_file(tmp_path / "none", "")


def test_what_is_refused_is_refused_in_the_words_of_the_store(
    control: RemoteControl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing of it is asked of the API, which would speak of the members of a body."""
    monkeypatch.setattr(RemoteControl, "_answer", lambda *_: pytest.fail("The API was asked."))
    long = "n" * 10_001
    refusals: tuple[Callable[[], object], ...] = (
        lambda: control.mark([1], note=long),
        lambda: control.change_session(1, note=long),
        lambda: control.start_session("x", "proxy", SessionOptions(), long),
    )
    for refused in refusals:
        with pytest.raises(UsageError, match="The note has 10001 characters, and 10000 at most are kept"):
            refused()
    for name in ("", "n" * 101):
        with pytest.raises(UsageError, match="must be 1 to 100 printable characters"):
            control.save_filter(SavedFilter(name, "status:4xx"))
    numbers: tuple[Callable[[], object], ...] = (
        lambda: control.change_session(1, name="3"),
        lambda: control.start_session(" 3 ", "proxy", SessionOptions()),
    )
    for numbered in numbers:
        with pytest.raises(UsageError, match="numbers name sessions by their id"):
            numbered()
    (tmp_path / "empty.har").write_bytes(b"")
    with pytest.raises(BadFile, match=r"The file is empty\."):
        control.import_file(tmp_path / "empty.har", "x")


def test_a_wrong_token_and_nobody_there(api: Api) -> None:
    with pytest.raises(UsageError, match="token"):
        RemoteControl(f"127.0.0.1:{api.port}", "wrong").delete([1])
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Interrupted, match="did not answer"):
        RemoteControl(f"127.0.0.1:{port}", TOKEN).delete([1])


@pytest.mark.parametrize("kind", [NotFound, UsageError, BadSetting, errors.StoreFull, errors.LimitReached])
def test_errors_come_back_as_what_they_were(kind: type[WireglassError]) -> None:
    body = b'{"code": "%s", "message": "m", "hint": "h", "field": "", "at": null}' % kind.code.encode()
    error = error_of(kind.http_status, body)
    assert type(error) is kind
    assert (error.message, error.hint, error.exit_code) == ("m", "h", kind.exit_code)


def test_an_answer_of_another_program() -> None:
    assert "version" in error_of(500, b"<html>").hint
    assert type(error_of(499, b'{"code": "of_the_future", "message": "m"}')) is UsageError
