"""What can be done with rows by a key, and by the menu that names the same key."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.peers.program import Wireglass
from tests.ui.pages.traffic import TrafficPage
from tests.ui.traffic import Traffic


@pytest.fixture(scope="module")
def ids(traffic: Traffic) -> list[int]:
    return [traffic.send(path).id for path in ("/a", "/b", "/c")]


@pytest.fixture
def shown(page: Page, wireglass: Wireglass, ids: list[int]) -> TrafficPage:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = TrafficPage(page, wireglass).open()
    expect(shown.row("/a")).to_be_visible()
    shown.shell.press("l", "Home")
    expect(shown.selected).to_contain_text("/a")
    return shown


def test_a_star_and_a_note(shown: TrafficPage, wireglass: Wireglass) -> None:
    shown.shell.press("s")
    expect(shown.row("/a").get_by_label("Starred")).to_be_visible()
    shown.shell.press("n")
    expect(shown.dialog.get_by_role("textbox", name="Note")).to_be_focused()
    shown.page.keyboard.type("look here")
    shown.shell.press("Enter")
    expect(shown.row("/a").get_by_label("Note: look here")).to_be_visible()
    shown.shell.press("s")
    expect(shown.row("/a").get_by_label("Starred")).to_be_hidden()
    shown.write("note:look").shows("/a")


def test_copies(shown: TrafficPage, traffic: Traffic) -> None:
    shown.shell.press("u")
    expect(shown.shell.messages).to_contain_text("URL copied.")
    assert shown.page.evaluate("navigator.clipboard.readText()") == f"{traffic.origin.url}/a"
    shown.shell.press("c")
    expect(shown.shell.messages).to_contain_text("Copied as cURL.")
    assert f"{traffic.origin.url}/a" in shown.page.evaluate("navigator.clipboard.readText()")


def test_two_are_compared(shown: TrafficPage, ids: list[int]) -> None:
    shown.shell.press("Shift+ArrowDown", "d")
    shown.page.wait_for_url(f"**/compare?a={ids[0]}&b={ids[1]}")


def test_all_are_deleted_when_it_is_confirmed(shown: TrafficPage, ids: list[int]) -> None:
    shown.shell.press("Control+a", "Delete")
    expect(shown.dialog).to_contain_text("Delete 3 exchanges?")
    expect(shown.dialog).to_contain_text("This cannot be undone.")
    # What cannot be undone is not at Enter.
    expect(shown.dialog.get_by_role("button", name="Cancel")).to_be_focused()
    shown.shell.press("Escape")
    expect(shown.selected).to_have_count(3)


def test_the_menu_and_the_sheet_name_the_keys(shown: TrafficPage) -> None:
    shown.ask_about("/b")
    for entry, key in [("Open", "Enter"), ("Copy as cURL", "c"), ("Star", "s"), ("Note…", "n"), ("Delete…", "Del")]:
        expect(shown.menu.get_by_role("menuitem", name=entry).locator("kbd")).to_have_text(key)
    shown.shell.press("Escape", "?")
    for does in ("Star or unstar", "Copy as cURL", "Select all that are loaded", "Delete"):
        expect(shown.shell.key_sheet.get_by_text(does, exact=True)).to_be_visible()
