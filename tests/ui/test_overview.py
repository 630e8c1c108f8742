"""What a record comes to: over time, by kind, by endpoint."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.ui.pages.overview import Overview
from tests.ui.pages.shell import Shell
from tests.ui.traffic import Traffic


@pytest.fixture(scope="module", autouse=True)
def seeded(traffic: Traffic) -> None:
    for number in range(4):
        traffic.send(f"/users/{number}/orders", b"x" * 10, type="application/json")
    traffic.send("/pictures/large", b"y" * 50_000, type="image/png")
    traffic.send("/broken/thing", status="500 Broken", method="DELETE")


@pytest.fixture
def overview(shell: Shell) -> Overview:
    shell.go("Overview")
    overview = Overview(shell)
    overview.is_drawn()
    return overview


def test_figures_and_plot(overview: Overview) -> None:
    expect(overview.figure("Exchanges")).to_have_text("6")
    expect(overview.figure("Endpoints")).to_have_text("3")
    expect(overview.plot).to_have_attribute("aria-valuetext", re.compile(r"^Most at .*: \d requests?, \d failing$"))


def test_a_bar_leads_to_its_traffic(overview: Overview) -> None:
    expect(overview.bar("Type", "application/json")).to_contain_text("4")
    overview.bar("Status", "5xx").click()
    overview.shell.is_at("Traffic")
    expect(overview.page).to_have_url(re.compile(r"q=status%3A5xx$"))


def test_endpoints_are_told_apart_without_their_ids(overview: Overview) -> None:
    expect(overview.endpoints("Largest endpoints").first).to_contain_text("/pictures/large")
    expect(overview.endpoints("Most failing endpoints")).to_have_count(1)
    expect(overview.endpoints("Most failing endpoints")).to_contain_text("/broken/thing")
    orders = overview.endpoints("Slowest endpoints").filter(has_text="/users/{id}/orders")
    orders.get_by_role("link").click()
    overview.shell.is_at("Traffic")
    expect(overview.main).to_contain_text("4 exchanges")


def test_of_a_filter_and_of_a_session(overview: Overview, traffic: Traffic) -> None:
    overview.filter("method:DELETE")
    expect(overview.figure("Exchanges")).to_have_text("1")
    overview.filter("method:PATCH")
    expect(overview.main.get_by_role("heading", name="Nothing matches")).to_be_visible()
    overview.filter("")
    expect(overview.figure("Exchanges")).to_have_text("6")
    overview.choose_session(traffic.program.ls()[0].sessions[0])
    expect(overview.page).to_have_url(re.compile("session="))
    expect(overview.figure("Exchanges")).to_have_text("6")


def test_a_filter_that_cannot_be_read(overview: Overview) -> None:
    """It is said, and what was shown stays."""
    overview.filter("method:DELETE")
    expect(overview.figure("Exchanges")).to_have_text("1")
    overview.filter("method:DELETE status:99999")
    expect(overview.main.get_by_role("status").filter(has_text="99999")).to_be_visible()
    expect(overview.figure("Exchanges")).to_have_text("1")


def test_a_part_of_the_time(overview: Overview) -> None:
    overview.drag_over_the_plot()
    expect(overview.page).to_have_url(re.compile(r"time=\d+\.\.\d+"))
    expect(overview.figure("Exchanges")).to_have_text("6")
    overview.main.get_by_role("button", name="All times").click()
    expect(overview.page).not_to_have_url(re.compile("time="))
    overview.click_the_last_bar()
    expect(overview.page).to_have_url(re.compile(r"time=\d+\.\.\d+"))
    expect(overview.figure("Failed")).to_have_text("0")


def test_a_part_of_the_time_by_keys(overview: Overview) -> None:
    overview.plot.focus()
    overview.shell.press("End")
    last = overview.plot.get_attribute("aria-valuetext")
    assert last is not None and re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: \d+ requests?, \d+ failing", last)
    overview.shell.press("Shift+Home", "Enter")
    expect(overview.page).to_have_url(re.compile(r"time=\d+\.\.\d+"))
    expect(overview.figure("Exchanges")).to_have_text("6")
    overview.main.get_by_role("button", name="Show the traffic").click()
    overview.shell.is_at("Traffic")
    expect(overview.page).to_have_url(re.compile(r"q=started%3A\d+\.\.\d+"))


def test_what_comes_is_counted(overview: Overview, traffic: Traffic) -> None:
    before = int(overview.figure("Exchanges").inner_text())
    traffic.send("/later")
    expect(overview.figure("Exchanges")).to_have_text(str(before + 1))
