"""Nobody is shut out: on every page axe finds no serious fault, in both themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.peers.program import Wireglass
from tests.ui.axe import faults
from tests.ui.pages.detail import Compare, Detail
from tests.ui.pages.sessions import Sessions
from tests.ui.pages.shell import Shell
from tests.ui.pages.take import Take
from tests.ui.pages.traffic import TrafficPage
from tests.ui.traffic import Traffic

JSON = "application/json"
TOKEN = "Bearer sk-live-0123456789abcdef0123456789abcdef"

READY: dict[str, Callable[[Locator], Locator]] = {
    "Traffic": lambda main: main.get_by_role("row").filter(has_text="/orders/7").first,
    "History": lambda main: main.get_by_role("row").filter(has_text="/orders/7").first,
    "Overview": lambda main: main.locator("canvas").first,
    "Sessions": lambda main: main.get_by_role("article").first.get_by_text("Recording").first,
    "Connect": lambda main: main.get_by_role("button", name="Download PEM"),
    "Missing": lambda main: main.get_by_role("heading", name="Nothing is missing"),
    "Settings": lambda main: main.get_by_role("searchbox", name="Find a setting"),
}
"""What is there when a page has all that it asks for."""


@pytest.fixture(scope="module")
def order(traffic: Traffic) -> int:
    """An exchange with something on each of its tabs, and others beside it."""
    traffic.send("/failing", b"<h1>No</h1>", type="text/html", status="500 Internal Server Error")
    traffic.send("/moved", status="302 Found", answer_headers=(b"Location: /nothing",))
    traffic.send("/nothing", status="404 Not Found")
    return traffic.send(
        "/orders/7?expand=lines",
        b'{"id": 7, "lines": [{"sku": "a", "price": 1.5, "sold": null, "gift": true}]}',
        type=JSON,
        method="POST",
        body=b'{"item": 1}',
        headers={"Content-Type": JSON, "Cookie": "theme=dark", "Authorization": TOKEN},
        answer_headers=(b"Set-Cookie: token=x1; Path=/; HttpOnly", b'ETag: W/"7"'),
    ).id


@pytest.fixture
def seen(order: int, shell: Shell) -> Iterator[Shell]:
    """The UI of a program that has captured something."""
    yield shell
    expect(shell.page.get_by_role("alert")).to_have_count(0)


def test_every_page(seen: Shell) -> None:
    for name, ready in READY.items():
        seen.go(name)
        expect(ready(seen.main)).to_be_visible()
        assert faults(seen.page) == [], name


@pytest.mark.parametrize("path", ["/", "/settings"])
def test_the_page_without_a_token(page: Page, wireglass: Wireglass, path: str) -> None:
    Shell(page, wireglass).open_without_token(path).asks_for_the_address()
    assert faults(page) == []


def test_the_keys(seen: Shell) -> None:
    seen.press("?")
    expect(seen.key_sheet).to_be_visible()
    assert faults(seen.page) == []


def test_the_traffic_and_what_opens_above_it(seen: Shell, wireglass: Wireglass) -> None:
    shown = TrafficPage(seen.page, wireglass)
    expect(shown.row("/orders/7")).to_be_visible()
    shown.ask_about("/orders/7")
    expect(shown.menu).to_be_visible()
    assert faults(seen.page) == []
    seen.press("Escape")
    shown.main.get_by_role("button", name="Columns").click()
    expect(shown.dialog).to_be_visible()
    assert faults(seen.page) == []
    seen.press("Escape")
    shown.write("sta")
    expect(shown.suggestions).to_be_visible()
    assert faults(seen.page) == []
    shown.write("status:2xx host:127.0.0.1")
    expect(shown.chips).to_be_visible()
    assert faults(seen.page) == []
    shown.write("").group_by("By endpoint")
    expect(shown.groups.first).to_be_visible()
    assert faults(seen.page) == []


TABS = {
    "Overview": (),
    "Request": ("Body", "Headers", "Query", "Cookies"),
    "Response": ("Body", "Headers", "Cookies"),
}


def test_the_detail_beside_the_list_with_each_of_its_tabs(seen: Shell, order: int) -> None:
    seen.open(f"/traffic?id={order}")
    detail = Detail(seen)
    for tab, parts in TABS.items():
        for part in parts or ("",):
            detail.show(tab, *filter(None, [part]))
            expect(detail.root.get_by_role("status").filter(has_text="Loading")).to_have_count(0)
            assert faults(seen.page) == [], f"{tab} {part}"


def test_an_exchange_on_its_own_page_and_its_views(seen: Shell, order: int) -> None:
    detail = Detail(seen).open(order).show("Response", "Body")
    expect(detail.value('"id": 7')).to_be_visible()
    assert faults(seen.page) == []
    for view, content in {"Raw text": detail.body_text, "Hex": detail.bytes}.items():
        detail.view(view)
        expect(content).to_be_visible()
        assert faults(seen.page) == [], view


def test_text_that_is_highlighted(seen: Shell, traffic: Traffic) -> None:
    row = traffic.send("/style.css", b"/* a */ a { color: #fff; content: 'x' }", type="text/css")
    detail = Detail(seen).open(row.id).show("Response", "Body")
    expect(detail.code.locator("span").first).to_be_visible()
    assert faults(seen.page) == []


def test_a_conversation(seen: Shell, traffic: Traffic) -> None:
    row = traffic.send("/events", b'event: order\ndata: {"id": 1}\n\ndata: text\n\n', type="text/event-stream")
    detail = Detail(seen).open(row.id).show("Messages")
    detail.message('{"id": 1}').click()
    expect(detail.selected_message).to_be_visible()
    assert faults(seen.page) == []


def test_two_exchanges_beside_each_other(seen: Shell, traffic: Traffic) -> None:
    a = traffic.send("/a", b'{"id": 1, "paid": true}', type=JSON, answer_headers=(b"X-Build: 1",)).id
    b = traffic.send("/b", b'{"id": 2, "paid": true}', type=JSON, answer_headers=(b"X-Build: 2",)).id
    compare = Compare(seen).open(a)
    expect(compare.page.get_by_role("heading", name="Choose two exchanges")).to_be_visible()
    assert faults(seen.page) == []
    compare.open(a, b)
    expect(compare.body).to_contain_text(".id")
    assert faults(seen.page) == []
    compare.show("Summary")
    expect(compare.summary).to_contain_text("/b")
    assert faults(seen.page) == []
    text = traffic.send("/text", b"one\ntwo\n").id
    compare.open(a, text)
    expect(compare.text("B")).to_be_visible()
    assert faults(seen.page) == []


def test_what_is_taken_away(seen: Shell, order: int) -> None:
    seen.open(f"/traffic?id={order}")
    take = Take(seen.page)
    take.choose("Copy as code…")
    expect(take.code).to_contain_text("curl")
    assert faults(seen.page) == []
    take.close()
    take.choose("Save as HAR…")
    expect(take.redacted).to_contain_text("3 secrets")
    assert faults(seen.page) == []


def test_the_dialogs_of_sessions_and_doors(seen: Shell) -> None:
    sessions = Sessions(seen.go("Sessions"))
    for button in ("Start a session", "Open a door"):
        sessions.main.get_by_role("button", name=button).click()
        expect(sessions.dialog).to_be_visible()
        assert faults(seen.page) == [], button
        sessions.cancel()
    [name] = sessions.main.get_by_role("article").get_by_role("heading").all_inner_texts()[:1]
    for entry in ("Name, note and filter…", "Clear…"):
        sessions.choose(name, entry)
        expect(sessions.dialog).to_be_visible()
        assert faults(seen.page) == [], entry
        sessions.cancel()
