"""Doors and sessions, as a person starts, looks at and ends them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.peers.origin import Origin
from tests.peers.program import Wireglass
from tests.ui.axe import faults
from tests.ui.pages.sessions import Sessions
from tests.ui.pages.shell import Shell
from tests.ui.traffic import Traffic


@pytest.fixture
def sessions(shell: Shell) -> Sessions:
    shell.go("Sessions")
    return Sessions(shell)


def har(path: Path, *urls: str) -> Path:
    entries: list[dict[str, Any]] = [
        {
            "startedDateTime": f"2026-01-{day:02}T12:00:00Z",
            "time": 5,
            "request": {"method": "GET", "url": url, "httpVersion": "HTTP/1.1", "headers": [], "queryString": []},
            "response": {
                "status": 200,
                "statusText": "OK",
                "httpVersion": "HTTP/1.1",
                "headers": [],
                "content": {"size": 5, "mimeType": "text/plain", "text": "hello"},
            },
            "timings": {"send": 0, "wait": 5, "receive": 0},
        }
        for day, url in enumerate(urls, 1)
    ]
    path.write_text(
        json.dumps({"log": {"version": "1.2", "creator": {"name": "t", "version": "1"}, "entries": entries}})
    )
    return path


def test_a_session_from_start_to_deletion(sessions: Sessions, traffic: Traffic) -> None:
    sessions.start("whole life", note="why it was made")
    traffic.send("/life", b"12345", type="application/json")
    expect(sessions.figure("whole life", "Exchanges")).to_have_text("1")
    expect(sessions.figure("whole life", "Received")).to_have_text("5 B")
    expect(sessions.tally("whole life", "Type")).to_contain_text("application/json")
    expect(sessions.card("whole life")).to_contain_text("why it was made")

    sessions.press("whole life", "Pause")
    expect(sessions.card("whole life")).to_contain_text("Paused")
    sessions.press("whole life", "Resume")
    expect(sessions.card("whole life")).to_contain_text("Recording")

    sessions.choose("whole life", "Clear…")
    sessions.confirm("Delete 1 exchange")
    expect(sessions.figure("whole life", "Exchanges")).to_have_text("0")

    sessions.press("whole life", "Stop")
    expect(sessions.row("whole life")).to_contain_text("proxy")
    sessions.rename("whole life", "renamed")
    expect(sessions.row("renamed")).to_be_visible()
    sessions.choose("renamed", "Delete…")
    sessions.confirm("Delete session and 0 exchanges")
    expect(sessions.row("renamed")).to_be_hidden()


def test_a_capture_filter_is_checked_while_it_is_typed(sessions: Sessions, traffic: Traffic) -> None:
    sessions.main.get_by_role("button", name="Start a session").click()
    sessions.filter.fill("path:/kept statsu:4xx")
    expect(sessions.dialog).to_contain_text("There is no field 'statsu'")
    expect(sessions.mistake).to_have_text("statsu")
    assert faults(sessions.page) == []
    sessions.filter.fill("pat")
    expect(sessions.page.get_by_role("option", name="path:")).to_be_visible()
    sessions.shell.press("ArrowDown", "Enter")
    sessions.filter.press_sequentially("/kept")
    expect(sessions.filter).to_have_value("path:/kept")
    expect(sessions.dialog).not_to_contain_text("There is no field")
    sessions.dialog.get_by_label("Name", exact=True).fill("filtered")
    sessions.confirm("Start")
    expect(sessions.card("filtered")).to_be_visible()
    traffic.send("/left-out")
    traffic.send("/kept")
    expect(sessions.figure("filtered", "Exchanges")).to_have_text("1")
    expect(sessions.card("filtered")).to_contain_text("Keeps path:/kept.")
    sessions.press("filtered", "Stop")


def test_what_the_program_refuses_is_said_in_the_dialog(sessions: Sessions, allowed: list[str]) -> None:
    allowed.append("400")
    sessions.start("only one")
    sessions.main.get_by_role("button", name="Start a session").click()
    sessions.dialog.get_by_label("Name", exact=True).fill("only one")
    sessions.confirm("Start")
    expect(sessions.dialog.get_by_role("alert")).to_contain_text("only one")
    sessions.shell.press("Escape")
    expect(sessions.dialog).to_be_hidden()
    sessions.press("only one", "Stop")


def test_a_har_file_comes_in_by_choice_and_by_drop_and_goes_out_again(
    sessions: Sessions, tmp_path: Path, allowed: list[str]
) -> None:
    sessions.import_file(har(tmp_path / "chosen.har", "http://a.test/1", "http://a.test/2"))
    expect(sessions.shell.messages).to_contain_text("chosen.har: 2 exchanges imported")
    sessions.drop(har(tmp_path / "dropped.har", "http://b.test/1"), har(tmp_path / "second.har", "http://b.test/2"))
    expect(sessions.shell.messages).to_contain_text("dropped.har: 1 exchange imported")
    expect(sessions.shell.messages).to_contain_text("second.har: 1 exchange imported")
    expect(sessions.past.get_by_role("row").filter(has_text="import")).to_have_count(3)

    name = sessions.names()[2]
    download = sessions.export(name)
    assert sessions.shell.run.token not in download.url
    assert download.suggested_filename == f"{name}.har".replace(":", "_")
    exported = json.loads(download.path().read_text("utf-8"))
    assert sorted(entry["request"]["url"] for entry in exported["log"]["entries"]) == [
        "http://a.test/1",
        "http://a.test/2",
    ]

    allowed.append("422")
    (tmp_path / "broken.har").write_text('{"log": ')
    sessions.import_file(tmp_path / "broken.har")
    expect(sessions.shell.messages).to_contain_text("Import broken.har")
    # What is said stays, and is not in the way of the menu of a row below it.
    sessions.choose(name, "Show its overview")
    sessions.shell.is_at("Overview")


def test_past_sessions_are_sorted_and_found(sessions: Sessions, wireglass: Wireglass, tmp_path: Path) -> None:
    wireglass.ask("import", str(har(tmp_path / "small.har", "http://a.test/1")), "--session", "aa small")
    wireglass.ask("import", str(har(tmp_path / "big.har", *["http://a.test/1"] * 9)), "--session", "aa big")
    sessions.find("aa")
    expect(sessions.past.get_by_role("rowheader")).to_have_count(2)
    sessions.sort_by("Exchanges")
    assert sessions.names() == ["aa big", "aa small"]
    sessions.sort_by("Exchanges")
    assert sessions.names() == ["aa small", "aa big"]
    sessions.find("no such session")
    expect(sessions.main).to_contain_text("No past session has this")


def test_doors_are_opened_moved_stopped_and_removed(sessions: Sessions, origin: Origin, allowed: list[str]) -> None:
    expect(sessions.doors.get_by_role("row")).to_have_count(2)
    sessions.open_door("127.0.0.1:0", f"http://127.0.0.1:{origin.port}")
    expect(sessions.doors.get_by_role("row")).to_have_count(3)
    row = sessions.doors.get_by_role("row").last
    expect(row).to_contain_text(f"In the place of http://127.0.0.1:{origin.port}")
    address = row.get_by_role("rowheader").inner_text().strip()

    sessions.press_door(address, "Stop")
    expect(sessions.door(address)).to_contain_text("Stopped")
    sessions.press_door(address, "Open")
    expect(sessions.door(address)).to_contain_text("Open")

    allowed.append("400")
    taken = f"127.0.0.1:{origin.port}"
    for wrong, words in (
        ("nowhere at all", "must be HOST:PORT"),
        ("127.0.0.1:99999", "99999"),
        ("203.0.113.1:0", "203.0.113.1"),
        (taken, "is taken by"),
    ):
        sessions.change_door(address, wrong)
        expect(sessions.dialog.get_by_role("alert")).to_contain_text(words)
        sessions.shell.press("Escape")
        expect(sessions.dialog).to_be_hidden()
        expect(sessions.door(address)).to_contain_text("Open")

    sessions.change_door(address, "127.0.0.1:0")
    expect(sessions.door(address)).to_be_hidden()
    moved = sessions.doors.get_by_role("row").last.get_by_role("rowheader").inner_text().strip()
    sessions.press_door(moved, "Remove")
    expect(sessions.doors.get_by_role("row")).to_have_count(2)
