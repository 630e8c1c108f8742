"""Everything that was captured or imported, by day."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.peers.program import Wireglass
from tests.ui.pages.history import History
from tests.ui.pages.shell import Shell
from tests.ui.traffic import Traffic

OLD = 260
"""More than a page of the API."""


@pytest.fixture(scope="module", autouse=True)
def seeded(traffic: Traffic, wireglass: Wireglass, tmp_path_factory: pytest.TempPathFactory) -> None:
    entries = [
        {
            "startedDateTime": f"2026-01-{day:02}T12:{number // 60:02}:{number % 60:02}Z",
            "time": 5,
            "request": {"method": "GET", "url": f"http://old.test/{day}/{number}", "headers": [], "queryString": []},
            "response": {"status": 200, "statusText": "OK", "headers": [], "content": {"size": 0, "mimeType": ""}},
            "timings": {"send": 0, "wait": 5, "receive": 0},
        }
        for day, many in ((10, 3), (20, OLD))
        for number in range(many)
    ]
    path = tmp_path_factory.mktemp("har") / "old.har"
    log = {"version": "1.2", "creator": {"name": "t", "version": "1"}, "entries": entries}
    path.write_text(json.dumps({"log": log}), "utf-8")
    wireglass.ask("import", str(path), "--session", "from a file")
    traffic.send("/today", b"1", type="text/html")


@pytest.fixture
def history(shell: Shell) -> History:
    shell.go("History")
    history = History(shell)
    expect(history.rows.first).to_be_visible()
    return history


def test_days_with_what_was_on_them_the_newest_first(history: History) -> None:
    expect(history.headers.first).to_contain_text("Today")
    expect(history.headers.nth(1)).to_contain_text(f"Tue 20 Jan 2026{OLD} exchanges")
    expect(history.row("/20/").first).to_contain_text(f"/20/{OLD - 1}")
    expect(history.day("Sat 10 Jan 2026")).to_contain_text("3")
    expect(history.days.get_by_role("link", name="from a file")).to_be_visible()


def test_it_goes_back_to_the_first_one(history: History) -> None:
    for _ in range(3):
        history.scroll_to_the_end()
    expect(history.row("old.test/20/0")).to_have_count(1)
    while history.row("old.test/10/0").count() == 0:
        history.scroll_to_the_end()
    expect(history.headers.last).to_contain_text("Sat 10 Jan 2026")


def test_a_jump_to_a_day(history: History) -> None:
    history.day("Sat 10 Jan 2026").click()
    expect(history.row("old.test/10/")).to_have_count(3)
    expect(history.page).to_have_url(re.compile("day=2026-01-10"))
    history.main.get_by_role("button", name="Back to the newest").click()
    expect(history.headers.first).to_contain_text("Today")
    history.go_to("2026-01-15")
    expect(history.row("old.test/10/")).to_have_count(3)


def test_from_a_day_on_to_newer_ones(history: History) -> None:
    """What comes above does not move what is seen."""
    history.day("Sat 10 Jan 2026").click()
    expect(history.row("old.test/20/0")).to_have_count(1)
    expect(history.headers.filter(has_text="Sat 10 Jan 2026")).to_be_in_viewport()
    while history.headers.filter(has_text="Today").count() == 0:
        history.scroll_to_the_start()
    expect(history.main.get_by_role("button", name="Back to the newest")).to_be_hidden()


def test_of_a_filter(history: History) -> None:
    history.filter("path:/10/*")
    expect(history.rows).to_have_count(3)
    expect(history.days.get_by_role("button")).to_have_count(1)
    expect(history.day("Sat 10 Jan 2026")).to_contain_text("3")
    expect(history.page).to_have_url(re.compile("q=path"))
    history.filter("path:/10/* status:99999")
    expect(history.main.get_by_role("status").filter(has_text="99999")).to_be_visible()
    expect(history.rows).to_have_count(3)
    history.filter("host:nobody.test")
    expect(history.main.get_by_role("heading", name="Nothing matches")).to_be_visible()


def test_of_a_source(history: History) -> None:
    history.choose_source("Imported")
    expect(history.headers.first).to_contain_text("Tue 20 Jan 2026")
    expect(history.rows.first).to_contain_text("import")
    history.choose_source("Captured by the proxy")
    expect(history.headers.first).to_contain_text("Today")
    expect(history.day("Tue 20 Jan 2026")).to_be_hidden()


def test_days_are_those_of_the_browser(browser: Browser, wireglass: Wireglass) -> None:
    """14 hours ahead of UTC, 12:00 is the next day."""
    context = browser.new_context(locale="en-GB", timezone_id="Pacific/Kiritimati")
    try:
        shell = Shell(context.new_page(), wireglass).open("/history")
        expect(History(shell).day("Sun 11 Jan 2026")).to_contain_text("3")
    finally:
        context.close()


def test_what_comes_is_there_at_once(history: History, traffic: Traffic) -> None:
    traffic.send("/just-now", b"1")
    expect(history.rows.first).to_contain_text("/just-now")
    expect(history.headers.first).to_contain_text(re.compile(r"Today\d+ exchanges"))


def test_who_looks_further_down_is_told_what_came(history: History, traffic: Traffic) -> None:
    expect(history.row("/20/").first).to_be_visible()
    history.scroll_to_the_end()
    traffic.send("/above", b"1")
    history.main.get_by_role("button", name="1 new exchange").click()
    expect(history.rows.first).to_contain_text("/above")


def test_a_selection_by_keys_stands_in_the_address(history: History) -> None:
    history.shell.press("j")
    expect(history.selected).to_have_count(1)
    expect(history.page).to_have_url(re.compile(r"id=\d+"))
    first = history.selected.inner_text()
    history.shell.press("j")
    expect(history.selected).not_to_have_text(first)
    history.shell.press("Escape")
    expect(history.selected).to_have_count(0)
    expect(history.page).not_to_have_url(re.compile("id="))


def test_an_empty_record_says_how_to_get_something(start: Callable[..., Wireglass], page: Page) -> None:
    shell = Shell(page, start("--ui", "127.0.0.1:0")).open("/history")
    expect(shell.main.get_by_role("heading", name="Nothing is recorded yet")).to_be_visible()
    shell.main.get_by_role("link", name="Connect a client").click()
    shell.is_at("Connect")
