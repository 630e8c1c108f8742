"""The page of plots, bars and endpoints."""

from __future__ import annotations

from playwright.sync_api import Locator, expect
from tests.ui.pages.shell import Shell


class Overview:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.page = shell.page
        self.main = shell.main
        self.plot = self.main.get_by_role("slider", name="Requests over time")
        self.session = self.main.get_by_role("button", name="Session")

    def figure(self, what: str) -> Locator:
        return self.main.locator("dl > div").filter(has_text=what).get_by_role("definition")

    def bar(self, title: str, value: str) -> Locator:
        return self.main.get_by_role("list", name=title).get_by_role("link", name=value)

    def endpoints(self, kind: str) -> Locator:
        """The rows, without the headings."""
        self.main.get_by_role("tab", name=kind).click()
        return self.main.get_by_role("table", name=kind).get_by_role("rowheader")

    def filter(self, query: str) -> None:
        self.main.get_by_role("combobox", name="Filter the overview").fill(query)

    def choose_session(self, name: str) -> None:
        self.session.click()
        self.page.get_by_role("option", name=name).click()

    def drag_over_the_plot(self) -> None:
        """All of it, from the left to the right."""
        box = self.plot.locator(".u-over").bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + 1, middle)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
        self.page.mouse.move(box["x"] + box["width"] - 1, middle, steps=4)
        self.page.mouse.up()

    def click_the_last_bar(self) -> None:
        box = self.plot.locator(".u-over").bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2)

    def is_drawn(self) -> None:
        expect(self.plot.locator("canvas")).to_be_visible()
