"""Two exchanges beside each other."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.peers.program import Wireglass
from tests.ui.pages.detail import Compare
from tests.ui.pages.shell import Shell
from tests.ui.pages.traffic import TrafficPage
from tests.ui.tracing import longest_task
from tests.ui.traffic import Traffic

JSON = "application/json"


@pytest.fixture
def compare(shell: Shell) -> Compare:
    return Compare(shell)


def test_json_is_compared_by_path_whatever_the_order_of_keys(compare: Compare, traffic: Traffic) -> None:
    a = traffic.send("/a", b'{"id": 1, "total": 10, "paid": true}', type=JSON, answer_headers=(b"X-Build: 1",)).id
    b = traffic.send("/b", b'{"paid": true, "total": 12, "id": 1}', type=JSON, answer_headers=(b"X-Build: 2",)).id
    compare.open(a, b)
    expect(compare.body).to_contain_text(".total")
    expect(compare.body).not_to_contain_text(".paid")
    expect(compare.headers).to_contain_text("x-build")
    expect(compare.headers).not_to_contain_text("content-type")
    compare.show_all()
    expect(compare.body).to_contain_text(".paid")
    expect(compare.headers).to_contain_text("content-type")
    compare.show("Summary")
    expect(compare.summary).to_contain_text("/b")


def test_text_is_compared_by_line(compare: Compare, traffic: Traffic) -> None:
    a = traffic.send("/a.txt", b"one\ntwo\nthree\n").id
    b = traffic.send("/b.txt", b"one\n2\nthree\n").id
    compare.open(a, b)
    expect(compare.text("A")).to_contain_text("two")
    expect(compare.text("B")).to_contain_text("2")


def test_the_second_one_is_chosen(compare: Compare, traffic: Traffic) -> None:
    a = traffic.send("/same?1", b"1").id
    b = traffic.send("/same?2", b"2").id
    compare.open(a)
    expect(compare.page.get_by_role("heading", name="Choose two exchanges")).to_be_visible()
    compare.pick("B", b)
    expect(compare.page).to_have_url(compare.shell.address(f"/compare?a={a}&b={b}", token=False))
    expect(compare.text("B")).to_contain_text("2")


def test_large_json_is_compared_without_freezing_the_page(compare: Compare, traffic: Traffic, browser: Browser) -> None:
    rows = [{"id": number, "name": f"customer {number}", "tags": ["a", "b"]} for number in range(180_000)]
    first = traffic.send("/large/a", json.dumps(rows).encode(), type=JSON)
    rows[170_000]["name"] = "somebody else"
    second = traffic.send("/large/b", json.dumps(rows).encode(), type=JSON)
    assert first.response_size > 10_000_000

    def look() -> None:
        compare.open(first.id, second.id)
        expect(compare.body).to_contain_text("[170000].name", timeout=30_000)
        compare.show_all()
        expect(compare.page.get_by_role("main")).to_contain_text("The first 20,000 of 720,000 are listed")

    longest = longest_task(browser, compare.page, look)
    assert longest < 200, f"a task took {longest:.0f} ms"


def test_two_rows_of_the_traffic_are_compared(page: Page, wireglass: Wireglass, traffic: Traffic) -> None:
    a, b = (traffic.send(f"/rows/{name}", name.encode()).id for name in ("left", "right"))
    rows = TrafficPage(page, wireglass).open("/traffic?q=path:/rows/*")
    rows.row("/rows/left").click()
    rows.row("/rows/right").click(modifiers=["ControlOrMeta"])
    rows.ask_about("/rows/right").choose("Compare the two")
    expect(page).to_have_url(re.compile(rf"/compare\?a={a}&b={b}$"))
    expect(Compare(rows.shell).text("B")).to_contain_text("right")
