"""The list over more exchanges than a browser holds, in a store that was filled before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from bench.million import GAP, STARTED, fill
from playwright.sync_api import Page, WebSocketRoute, expect
from tests.peers.origin import Origin
from tests.peers.program import Wireglass, running
from tests.ui.axe import faults
from tests.ui.pages.traffic import TrafficPage
from tests.ui.traffic import Traffic

MANY = 4500
"""More than the 3,000 that are loaded at most, by some pages."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wireglass]:
    """With ``MANY`` exchanges, two a second since May 2026. Tests add to it, and take nothing away."""
    folder = tmp_path_factory.mktemp("full")
    folder.joinpath("home").mkdir(mode=0o700)
    fill(MANY, folder / "home" / "store")
    with running(folder, "--ui", "127.0.0.1:0") as program:
        yield program


@pytest.fixture
def shown(page: Page, full: Wireglass) -> TrafficPage:
    shown = TrafficPage(page, full).open()
    expect(shown.rows.last).to_be_visible()
    return shown


@pytest.fixture
def sending(full: Wireglass, origin: Origin) -> Traffic:
    return Traffic(full, origin)


def test_scrolling_reaches_the_oldest_and_the_newest(shown: TrafficPage) -> None:
    newest = int(shown.rows.last.get_attribute("data-id") or 0)
    shown.scroll_on_to(1, -100_000)
    shown.says_below("3,000 loaded")
    expect(shown.main.get_by_role("button", name="Go to the newest")).to_be_visible()
    shown.scroll_on_to(newest, 100_000)
    expect(shown.main.get_by_role("button", name="Go to the newest")).to_be_hidden()


def test_rows_that_come_above_move_nothing(shown: TrafficPage) -> None:
    newest = int(shown.rows.last.get_attribute("data-id") or 0)
    shown.scroll_to(1500)
    shown.says_below("1,000 loaded")
    # 500 were there: the one 54 rows of 28 pixels below the first of them, under the heading of one row.
    assert shown.place_of(newest - 499 + 54) == 28 + 54 * 28 - 1500


def test_home_and_end_go_to_the_ends_of_all(shown: TrafficPage) -> None:
    shown.list.focus()
    shown.shell.press("Home")
    expect(shown.selected).to_have_id("exchange-1")
    assert shown.list.evaluate("list => list.scrollTop") == 0
    shown.shell.press("ArrowDown")
    expect(shown.selected).to_have_id("exchange-2")
    shown.shell.press("End")
    expect(shown.selected).to_have_count(1)
    expect(shown.rows.last).to_have_attribute("aria-selected", "true")
    assert shown.distance_from_the_end() == 0


def test_the_heading_of_a_group_stays_in_sight(shown: TrafficPage) -> None:
    shown.group_by("By client")
    expect(shown.heading_in_sight).to_have_count(0)
    shown.scroll_to(280)
    expect(shown.heading_in_sight).to_contain_text("exchanges")
    group = shown.heading_in_sight.get_attribute("data-group")
    shown.heading_in_sight.click()
    shown.scroll_to(0)
    closed = shown.groups.and_(shown.page.locator(f"[data-group='{group}']")).get_by_role("gridcell")
    expect(closed).to_have_attribute("aria-expanded", "false")


def test_what_is_not_loaded_is_not_deleted_and_that_is_said(shown: TrafficPage) -> None:
    shown.list.focus()
    shown.shell.press("Control+a", "Delete")
    expect(shown.dialog).to_contain_text("others that match stay")
    shown.shell.press("Escape")
    expect(shown.dialog).to_be_hidden()


def test_a_link_shows_its_exchange_among_its_neighbours(page: Page, full: Wireglass) -> None:
    shown = TrafficPage(page, full).open("/traffic?id=700")
    expect(shown.selected).to_have_id("exchange-700")
    expect(shown.row_of(699)).to_be_visible()
    expect(shown.row_of(701)).to_be_visible()
    expect(page.get_by_role("region", name="Exchange")).to_be_visible()


def test_to_the_rows_of_a_time(shown: TrafficPage) -> None:
    when = datetime.fromtimestamp(STARTED + 1000 * GAP)  # noqa: DTZ006 - as the browser writes it
    shown.shell.press("t")
    expect(shown.dialog).to_be_visible()
    assert faults(shown.page) == []
    shown.dialog.get_by_label("Date and time").fill(when.isoformat())
    shown.shell.press("Enter")
    expect(shown.selected).to_have_id("exchange-1001")
    expect(shown.row_of(1000)).to_be_visible()


def test_a_time_that_nothing_came_after_is_said(shown: TrafficPage) -> None:
    shown.main.get_by_role("button", name="Go to a time").click()
    shown.dialog.get_by_label("Date and time").fill("2035-01-01T00:00:00")
    shown.dialog.get_by_role("button", name="Go", exact=True).click()
    expect(shown.shell.messages).to_contain_text("Nothing began then or later")
    expect(shown.rows.last).to_have_attribute("aria-selected", "true")


def test_what_is_sorted_is_all_that_may_be_loaded_and_pages_no_more(shown: TrafficPage) -> None:
    shown.sort_by("Duration")
    shown.says_below("3,000 loaded")
    shown.says_below("Sorted is what is loaded")
    fastest = shown.rows.first.get_attribute("data-id") or ""
    shown.scroll(200_000)
    expect(shown.row_of(int(fastest))).to_have_count(0)
    shown.scroll(-200_000)
    expect(shown.rows.first).to_have_attribute("data-id", fastest)
    shown.says_below("3,000 loaded")


def test_after_a_gap_the_list_is_loaded_again(page: Page, full: Wireglass, sending: Traffic) -> None:
    heard: list[WebSocketRoute] = []
    page.route_web_socket("**/api/feed", lambda route: heard.append(_without_changes(route)))
    shown = TrafficPage(page, full).open()
    expect(shown.rows.last).to_be_visible()
    missed = sending.send("/missed")
    expect(shown.row_of(missed.id)).to_have_count(0)
    heard[-1].send('{"type":"gap","after":0,"to":100000}')
    expect(shown.row_of(missed.id)).to_be_visible()


def _without_changes(route: WebSocketRoute) -> WebSocketRoute:
    """A feed that has too much to say."""
    server = route.connect_to_server()
    server.on_message(lambda said: None if '"type":"changes"' in str(said) else route.send(said))
    return route
