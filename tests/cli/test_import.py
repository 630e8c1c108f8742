"""``wireglass import``: a session of its own, wholly or not at all."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from tests.api.served import TOKEN, Api
from tests.cli.recording import Run
from tests.formats.har_files import differences, entry, har_of
from tests.peers.waiting import wait_for

from wireglass.api import files
from wireglass.app.home import Home
from wireglass.app.remote import RemoteControl
from wireglass.model import Imported, Session
from wireglass.store import Reader, Store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "chrome.har"
    coded = [{"name": "Content-Encoding", "value": "gzip"}, {"name": "Content-Type", "value": "text/html"}]
    path.write_bytes(
        har_of(
            entry(request={"url": "https://a.test/1"}),
            entry(request={"url": "https://b.test/2"}, response={"headers": coded}, content={"text": "<p>decoded</p>"}),
            entry(
                request={"url": "wss://c.test/3"},
                response={"status": 101},
                content={"text": ""},
                _webSocketMessages=[
                    {"type": "send", "time": 1714979289.5, "opcode": 1, "data": "ping"},
                    {"type": "receive", "time": 1714979290.5, "opcode": 1, "data": "pong"},
                ],
            ),
            creator="WebInspector",
        )
    )
    return path


def test_a_file_becomes_a_session(file: Path, wireglass: Run, home: Home) -> None:
    outcome = wireglass("import", str(file))
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Imported 3 exchanges (") and outcome.out.endswith(") into session 'chrome'.\n")
    [session] = json.loads(f"[{wireglass('session', 'ls', '--json').out}]")
    assert (session["name"], session["source"], session["state"]) == ("chrome", "import", "ended")
    assert (session["exchanges"], session["note"]) == (3, "HAR by WebInspector 1")
    rows = [json.loads(line) for line in wireglass("ls", "--json").out.splitlines()]
    assert [row["url"] for row in rows] == ["https://a.test/1", "https://b.test/2", "wss://c.test/3"]
    assert {(tuple(row["sessions"]), row["source"]) for row in rows} == {(("chrome",), "import")}


def test_what_is_imported_is_shown(file: Path, wireglass: Run) -> None:
    wireglass("import", str(file))
    assert wireglass("show", "2", "--response-body").out == "<p>decoded</p>"
    shown = wireglass("show", "2")
    assert ("decoded" in shown.out, "Content-Encoding: gzip" in shown.out, "not decoded" in shown.out) == (
        True,
        True,
        False,
    )
    said = [json.loads(line) for line in wireglass("show", "3", "--messages", "--json").out.splitlines()]
    assert [(one["side"], one["text"]) for one in said] == [("request", "ping"), ("response", "pong")]


def test_a_second_import_is_a_second_session(file: Path, wireglass: Run) -> None:
    names = [json.loads(wireglass("import", str(file), "--json").out)["name"] for _ in range(3)]
    assert names == ["chrome", "chrome 2", "chrome 3"]
    taken = wireglass("import", str(file), "--session", "chrome")
    assert (taken.code, "chrome" in taken.err) == (2, True)
    assert json.loads(wireglass("import", str(file), "--session", "mine", "--json").out)["exchanges"] == 3


def _nothing_is_there(home: Home) -> bool:
    with Reader(home.store) as reader:
        left = [path for path in (home.store / "bodies").rglob("*") if path.is_file()]
        return not reader.sessions() and not reader.page(1) and not left


@pytest.mark.parametrize("large", [False, True])
def test_nothing_is_half_imported(large: bool, tmp_path: Path, wireglass: Run, home: Home) -> None:
    file = tmp_path / "bad.har"
    good = entry(content={"text": "x" * 200_000 if large else "x"})
    file.write_bytes(har_of(*[good] * 40, entry(request={"headers": [{"name": 5}]})))
    outcome = wireglass("import", str(file))
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(f"wireglass: {file}: Entry 41 (log.entries[40], line 1, column ")
    assert outcome.err.endswith(
        ") is no exchange: request.headers[0].name: Expected `str`, got `int`. Nothing was imported.\n"
    )
    assert _nothing_is_there(home)


@pytest.mark.parametrize("large", [False, True])
def test_ctrl_c_leaves_nothing(
    large: bool, tmp_path: Path, wireglass: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of the file, when some of it is in the store already."""
    file = tmp_path / "some.har"
    file.write_bytes(har_of(*[entry(content={"text": "x" * (70_000 if large else 1)})] * 3000))
    original = Store.import_records

    def interrupted(store: Store, name: str, source: str, records: Iterable[Imported]) -> Session:
        def until(count: int) -> Iterator[Imported]:
            for number, record in enumerate(records):
                if number == count:
                    raise KeyboardInterrupt
                yield record

        return original(store, name, source, until(2500))

    monkeypatch.setattr(Store, "import_records", interrupted)
    assert wireglass("import", str(file)) == (130, "", "Nothing was imported.\n")
    assert _nothing_is_there(home)


def test_ctrl_c_with_the_last_commit(file: Path, wireglass: Run, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes to the command while the writer makes everything visible: all of it is there, and that is said."""
    write = Store._write

    def interrupted(store: Store, work: Callable[[], object]) -> object:
        done = write(store, work)
        if getattr(work, "__name__", "") == "finish":
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(Store, "_write", interrupted)
    assert wireglass("import", str(file)) == (130, "", "It was done already: 3 exchanges are in session 'chrome'.\n")
    monkeypatch.undo()
    with Reader(home.store) as reader:
        assert [(one.name, one.exchanges) for one in reader.sessions()] == [("chrome", 3)]


def test_ctrl_c_says_nothing_of_an_older_session_of_that_name(
    file: Path, wireglass: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    wireglass("import", str(file), "--session", "mine")

    def interrupted(*_: object) -> Session:
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "import_records", interrupted)
    assert wireglass("import", str(file), "--session", "mine") == (130, "", "Nothing was imported.\n")


@pytest.mark.parametrize("name", ["123", " 7 "])
def test_a_number_is_no_name(name: str, file: Path, wireglass: Run, home: Home) -> None:
    """It would name another session by its id."""
    outcome = wireglass("import", str(file), "--session", name)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"The name {name.strip()!r} is a number, and numbers name sessions by their id." in outcome.err


def test_a_file_that_is_called_a_number(file: Path, wireglass: Run) -> None:
    assert wireglass("import", str(file.rename(file.with_name("123.har")))).out.endswith(" 'import 123'.\n")


@pytest.mark.parametrize("kind", ["stdin", "pipe"])
def test_what_comes_through_a_pipe(
    kind: str, file: Path, tmp_path: Path, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "stdin":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
        outcome = wireglass("import", "-")
    else:
        os.mkfifo(tmp_path / "pipe.har")
        writer = threading.Thread(target=(tmp_path / "pipe.har").write_bytes, args=(file.read_bytes(),))
        writer.start()
        outcome = wireglass("import", str(tmp_path / "pipe.har"))
        writer.join(30)
    assert outcome.out.startswith("Imported 3 exchanges")
    assert outcome.out.endswith(f"into session '{'import' if kind == 'stdin' else 'pipe'}'.\n")


def test_files_that_cannot_be_read(tmp_path: Path, wireglass: Run) -> None:
    missing = wireglass("import", str(tmp_path / "none.har"))
    assert (missing.code, "none.har cannot be read: No such file or directory." in missing.err) == (2, True)
    folder = wireglass("import", str(tmp_path))
    assert (folder.code, "is a folder." in folder.err) == (2, True)
    (tmp_path / "x.har").write_bytes(b'{"item": []}')
    foreign = wireglass("import", str(tmp_path / "x.har"))
    assert foreign.code == 1
    assert "x.har: This is no HAR file: it is JSON without log.entries." in foreign.err
    assert wireglass("import").code == 2


def test_there_and_back(file: Path, tmp_path: Path, wireglass: Run) -> None:
    """export → import → export: the same but for ids and sessions."""
    wireglass("import", str(file))
    exported = []
    for number in range(2):
        path = tmp_path / f"{number}.har"
        selected = ("session:chrome",) if number == 0 else ("--session", "import 0")
        assert wireglass("export", *selected, "--with-secrets", "-o", str(path)).code == 0
        wireglass("import", str(path))
        whole = json.loads(path.read_bytes())
        for one in whole["log"]["entries"]:
            del one["_id"], one["_sessions"]
        exported.append(whole)
    assert len(exported[0]["log"]["entries"]) == 3
    notes = "$.log.entries[2]"  # of the WebSocket: its frames are made anew again, and it says so again
    assert [found for found in differences(*exported) if not found.startswith(notes)] == []


def test_export_takes_a_query(file: Path, wireglass: Run) -> None:
    wireglass("import", str(file))

    def urls(*arguments: str) -> list[str]:
        outcome = wireglass("export", *arguments)
        assert outcome.code == 0, outcome.err
        return [one["request"]["url"] for one in json.loads(outcome.out)["log"]["entries"]]

    assert urls("host:a.test") == ["https://a.test/1"]
    assert urls("-host:a.test", "status:200") == ["https://b.test/2"]
    assert urls("body:decoded") == ["https://b.test/2"]
    assert urls("--limit", "1", "host:a.test", "or", "host:b.test") == ["https://b.test/2"]
    assert urls("--session", "chrome", "--since", "2030-01-01") == []
    wrong = wireglass("export", "status:>")
    assert (wrong.code, wrong.out) == (2, "")
    assert wireglass("export", "--session", "none").code == 1


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """A capture that runs, which ``import`` asks."""
    with Api(tmp_path) as api:
        asked = RemoteControl(f"127.0.0.1:{api.port}", TOKEN)
        monkeypatch.setattr("wireglass.cli.import_.control", lambda _: contextlib.nullcontext(asked))
        yield api


def test_a_capture_that_runs_takes_it_in(
    file: Path, running: Api, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    outcome = wireglass("import", str(file))
    assert outcome.out.startswith("Imported 3 exchanges")
    assert "Taking it in" in outcome.err


def test_the_same_words_with_a_capture_that_runs(file: Path, running: Api, wireglass: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.har"
    empty.write_bytes(b"")
    outcome = wireglass("import", str(empty))
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(f"wireglass: {empty}: The file is empty.")
    assert outcome.err.endswith("Nothing was imported.\n")


def test_ctrl_c_with_a_capture_that_runs(
    file: Path, running: Api, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> Session:
        raise KeyboardInterrupt

    monkeypatch.setattr(RemoteControl, "import_file", interrupted)
    assert wireglass("import", str(file)) == (130, "", "Nothing was imported.\n")


def test_ctrl_c_while_the_capture_takes_it_in(
    file: Path, running: Api, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is there, some of it is in the store already, and who sent it leaves."""
    begun = threading.Event()
    go_on = files._go_on

    def waits(gone: threading.Event, done: int, of: int) -> None:
        begun.set()
        assert gone.wait(30), "the API has not seen that its client left"
        go_on(gone, done, of)

    def interrupted(_connection: object) -> object:
        assert begun.wait(30)
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_go_on", waits)
    monkeypatch.setattr("http.client.HTTPConnection.getresponse", interrupted)
    monkeypatch.setattr(Home, "running", lambda _: object())
    outcome = wireglass("import", str(file))
    assert outcome[:2] == (130, "")
    assert outcome.err.startswith("Nothing was imported so far; ") and "session ls" in outcome.err
    wait_for(lambda: not list((running.home.path / "tmp").glob("upload-*")), "the end of the import")
    with Reader(running.home.store) as reader:
        assert [(one.name, one.exchanges) for one in reader.sessions()] == [("test", 0)]
