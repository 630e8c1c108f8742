"""The filter bar of the traffic."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.peers.program import Wireglass
from tests.ui.axe import faults
from tests.ui.pages.traffic import TrafficPage
from tests.ui.traffic import Traffic


@pytest.fixture(scope="module", autouse=True)
def captured(traffic: Traffic) -> None:
    traffic.send("/orders/1", b"{}", type="application/json")
    traffic.send("/page", b"<p>hi</p>", type="text/html")
    traffic.send("/orders/2", b"{}", type="application/json", status="500 Oh No")


@pytest.fixture
def shown(page: Page, wireglass: Wireglass) -> TrafficPage:
    return TrafficPage(page, wireglass).open()


def test_what_is_typed_filters_the_list_and_is_in_the_address(shown: TrafficPage) -> None:
    shown.shows("/orders/1", "/page", "/orders/2")
    shown.write("path~orders")
    shown.shows("/orders/1", "/orders/2")
    assert shown.address == {"q": "path~orders"}


def test_an_address_with_a_filter_shows_what_it_finds(shown: TrafficPage) -> None:
    shown.open("/traffic?q=status%3A5xx&again=")
    shown.shows("/orders/2")
    expect(shown.filter).to_have_value("status:5xx")


def test_an_unfinished_filter_wipes_neither_itself_nor_the_list(shown: TrafficPage) -> None:
    shown.write("path~orders").shows("/orders/1", "/orders/2")
    shown.write("path~orders metod:G")
    expect(shown.problem).to_contain_text("There is no field 'metod'")
    expect(shown.filter).to_have_value("path~orders metod:G")
    expect(shown.filter).to_have_attribute("aria-invalid", "true")
    shown.shows("/orders/1", "/orders/2")
    assert shown.address == {"q": "path~orders"}
    assert faults(shown.page) == []
    shown.write("path~orders method:GET status:200").shows("/orders/1")
    expect(shown.problem).to_be_hidden()


def test_fields_and_real_values_are_suggested_and_taken_with_keys(shown: TrafficPage) -> None:
    shown.shell.press("/")
    expect(shown.filter).to_be_focused()
    shown.filter.press_sequentially("typ")
    expect(shown.suggestions).to_contain_text("type:")
    shown.write("type:")
    expect(shown.suggestions.get_by_role("option").first).to_contain_text("application/json")
    expect(shown.suggestions.get_by_role("option").first).to_contain_text("2 exchanges")
    shown.shell.press("ArrowDown", "Enter")
    expect(shown.filter).to_have_value("type:application/json")
    shown.shows("/orders/1", "/orders/2")
    shown.shell.press("Enter")
    expect(shown.list).to_be_focused()


def test_terms_are_chips_that_go_and_turn_round(shown: TrafficPage) -> None:
    shown.write("path~orders status:200").shows("/orders/1")
    expect(shown.chips.get_by_role("listitem")).to_have_text(["path~orders", "status:200"])
    shown.chips.get_by_role("button", name="status:200", exact=True).click()
    shown.shows("/orders/2")
    shown.chips.get_by_role("button", name="Remove -status:200").click()
    shown.shows("/orders/1", "/orders/2")
    assert shown.address == {"q": "path~orders"}


def test_escape_closes_clears_and_leaves(shown: TrafficPage) -> None:
    shown.write("path~page").shows("/page")
    shown.shell.press("Escape", "Escape")
    expect(shown.filter).to_have_value("")
    shown.shows("/orders/1", "/page", "/orders/2")
    shown.shell.press("Escape")
    expect(shown.filter).not_to_be_focused()


def test_chips_of_choices_negations_and_expressions(shown: TrafficPage) -> None:
    shown.write("not (status:5xx or has:error) path~/orders\\/[0-9]+$/ or type:html").shows("/orders/1", "/page")
    chips = ["not (status:5xx or has:error)", "path~/orders\\/[0-9]+$/", "type:html"]
    expect(shown.chips.get_by_role("listitem")).to_have_text(chips)
    shown.chips.get_by_role("button", name="not (status:5xx or has:error)", exact=True).click()
    shown.shows("/page", "/orders/2")
    shown.chips.get_by_role("button", name="Remove type:html").click()
    shown.shows("/orders/2")
    assert shown.address == {"q": "(status:5xx or has:error) path~/orders\\/[0-9]+$/"}


def test_operators_are_offered_and_explained(shown: TrafficPage) -> None:
    shown.filter.press_sequentially("path:")
    expect(shown.offers("/orders/1")).to_be_visible()
    expect(shown.offers("~")).to_contain_text("a part of it is enough")
    assert faults(shown.page) == []
    shown.shell.press("ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp")
    expect(shown.offers("~")).to_have_attribute("aria-selected", "true")
    shown.shell.press("Tab")
    expect(shown.filter).to_have_value("path~")
    shown.filter.press_sequentially("pag o")
    expect(shown.offers("or")).to_contain_text("one of both")
    shown.shows("/page")


def test_a_session_in_the_address_filters_and_can_be_taken_away(shown: TrafficPage) -> None:
    shown.open("/traffic?session=nobody&q=orders")
    shown.says("The filter matches nothing")
    expect(shown.filter).to_have_value("orders session:nobody")
    shown.chips.get_by_role("button", name="Remove session:nobody").click()
    shown.shows("/orders/1", "/orders/2")
    assert shown.address == {"q": "orders"}


def test_a_filter_is_saved_renamed_used_and_deleted(shown: TrafficPage) -> None:
    shown.write("status:5xx").shows("/orders/2")
    shown.save_as("Broken")
    shown.clear()
    shown.filter_menu("Broken")
    shown.shows("/orders/2")
    shown.filter_menu("Rename or delete saved ones…")
    shown.rename_filter("Broken", to="Fails")
    shown.shell.press("Escape")
    shown.clear()
    shown.filter.focus()
    expect(shown.offers("status:5xx")).to_contain_text("Fails")
    shown.filter_menu("Rename or delete saved ones…")
    shown.dialog.get_by_role("button", name="Delete Fails").click()
    expect(shown.dialog).to_contain_text("None is saved.")
    expect(shown.shell.messages).to_contain_text("The filter Fails is deleted.")


def test_filters_that_were_used_are_offered_until_they_are_forgotten(shown: TrafficPage) -> None:
    shown.write("type:html").shows("/page")
    shown.shell.press("Enter", "/", "Backspace")
    expect(shown.offers("type:html")).to_contain_text("used before")
    shown.shell.press("ArrowDown", "Enter")
    shown.shows("/page")
    shown.filter_menu("Forget those used before")
    shown.shell.press("/", "Backspace")
    expect(shown.offers("method:")).to_be_visible()
    expect(shown.offers("type:html")).to_be_hidden()


def test_a_filter_that_matches_nothing_says_so(shown: TrafficPage) -> None:
    shown.write("host:nowhere.example")
    shown.says("The filter matches nothing")
    assert faults(shown.page) == []
    shown.main.get_by_role("button", name="Clear the filter").last.click()
    shown.shows("/orders/1", "/page", "/orders/2")
