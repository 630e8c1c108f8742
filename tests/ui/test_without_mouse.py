"""A whole round with the keyboard alone: capture, filter, look, take away. Nothing is clicked, or focused by a test."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
from playwright.sync_api import Page, expect
from tests.peers.origin import Origin
from tests.peers.program import Wireglass
from tests.ui.pages.detail import Detail
from tests.ui.pages.keyboard import Keyboard
from tests.ui.pages.take import Take
from tests.ui.pages.traffic import TrafficPage
from tests.ui.test_shell import DARK
from tests.ui.traffic import Traffic

TOKEN = "Bearer sk-live-0123456789abcdef0123456789abcdef"
JSON = "application/json"


def test_a_round_without_a_mouse(page: Page, start: Callable[..., Wireglass], origin: Origin) -> None:
    program = start("--ui", "127.0.0.1:0")
    traffic = Traffic(program, origin)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = TrafficPage(page, program).open()
    detail, take, keys = Detail(shown.shell), Take(page), Keyboard(page)

    # Capture: it comes while the page is open.
    shown.says("Nothing captured yet")
    traffic.send("/users/1", b'{"name": "Ada"}', type=JSON)
    shown.shows("/users/1")
    order = traffic.send(
        "/orders",
        b'{"order": 7}',
        type=JSON,
        status="201 Created",
        method="POST",
        body=b'{"item": "it\'s"}',
        headers={"Content-Type": JSON, "Authorization": TOKEN, "X-Shop": "north"},
    )
    traffic.send("/orders/7", b"gone", status="404 Not Found")
    traffic.send("/users/2", b'{"name": "Grace"}', type=JSON)
    shown.shows("/users/1", "/orders", "/orders/7", "/users/2")

    # Filter: a field and a value, both as suggested.
    keys.press("/").type("meth")
    expect(shown.suggestions.get_by_role("option").first).to_contain_text("method:")
    keys.press("ArrowDown", "Enter").type("POS")
    expect(shown.suggestions.get_by_role("option").first).to_contain_text("POST")
    keys.press("ArrowDown", "Enter")
    expect(shown.filter).to_have_value("method:POST")
    keys.press("Enter")
    shown.shows("/orders")
    expect(shown.list).to_be_focused()

    # Look: the row, its detail, the detail's tabs.
    keys.press("j", "Enter")
    expect(shown.selected).to_contain_text("/orders")
    page.wait_for_url(f"**id={order.id}")
    keys.tab_to(detail.root.get_by_role("tab", selected=True).first)
    keys.press("Home")
    expect(detail.root).to_contain_text(f"127.0.0.1:{origin.port}")
    keys.press("ArrowRight")
    expect(detail.part("Request")).to_have_attribute("aria-selected", "true")
    keys.tab_to(detail.part("Body")).press("ArrowRight")
    expect(detail.row("Headers", "X-Shop")).to_contain_text("north")

    # Only this: a value of a header becomes a term of the filter.
    keys.tab_to(detail.root.get_by_role("button", name="Filter by X-Shop", exact=True)).press("Enter")
    keys.choose(detail.menu.get_by_role("menuitem", name="Only this"))
    expect(shown.filter).to_have_value(re.compile(r"^method:POST request_header\Wx-shop=north$"))
    shown.shows("/orders")

    # Take away: as cURL, which does the same again.
    keys.tab_to(take.button, "Shift+Tab").press("Enter")
    keys.choose(take.item("Copy as cURL"))
    take.says("Copied as cURL.")
    subprocess.run(["sh", "-c", take.clipboard()], check=True, capture_output=True, timeout=60)
    first, again = origin.calls_of("/orders")
    assert (again.request.start, again.request.body) == (first.request.start, first.request.body)
    assert again.request.get("authorization") == TOKEN.encode()

    # Back to the list, without the filter; three rows, as HAR.
    expect(take.button).to_be_focused()
    keys.press("Escape").press("Escape")  # the button's tip, which is above, and the detail
    expect(detail.root).to_be_hidden()
    keys.press("/", "Escape", "Escape", "Escape")
    shown.shows("/users/1", "/orders", "/orders/7", "/users/2")
    expect(shown.list).to_be_focused()
    keys.press("Home", "Shift+ArrowDown", "Shift+j")
    expect(shown.selected).to_have_count(3)
    keys.press("Shift+F10")
    keys.choose(shown.menu.get_by_role("menuitem", name="Save 3 exchanges as HAR…"))
    expect(take.dialog).to_contain_text("secret")
    with page.expect_download() as download:
        keys.press("Enter")
    har = msgspec.json.decode(Path(download.value.path()).read_bytes())
    paths = [entry["request"]["url"].removeprefix(origin.url) for entry in har["log"]["entries"]]
    assert paths == ["/users/1", "/orders", "/orders/7"]
    assert TOKEN not in str(har)
    expect(take.dialog).to_be_hidden()

    # Elsewhere and back, the keys, the theme.
    keys.press("g", "h")
    shown.shell.is_at("History")
    keys.press("g", "t")
    shown.shell.is_at("Traffic")
    keys.press("?")
    expect(shown.shell.key_sheet).to_contain_text("Write a filter")
    keys.press("Escape")
    expect(shown.shell.key_sheet).to_be_hidden()
    keys.press("g", "d", "g", "d")
    assert shown.shell.background() == DARK
