"""The page of everything by day."""

from __future__ import annotations

from playwright.sync_api import Locator
from tests.ui.pages.shell import Shell


class History:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.page = shell.page
        self.main = shell.main
        self.grid = self.main.get_by_role("grid", name="History")
        self.days = self.main.get_by_role("navigation", name="Days")
        self.headers = self.grid.get_by_role("rowheader")
        self.rows = self.grid.get_by_role("row").filter(has=self.page.get_by_role("gridcell"))
        self.selected = self.grid.locator("[aria-selected=true]")

    def day(self, name: str) -> Locator:
        return self.days.get_by_role("button", name=name)

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text)

    def filter(self, query: str) -> None:
        self.main.get_by_role("combobox", name="Filter the history").fill(query)

    def choose_source(self, name: str) -> None:
        self.main.get_by_role("button", name="Source").click()
        self.page.get_by_role("option", name=name).click()

    def go_to(self, day: str) -> None:
        """``2026-01-31``, as the calendar gives it."""
        self.main.get_by_label("Go to a day").fill(day)

    def scroll_to_the_start(self) -> None:
        self.grid.evaluate("grid => grid.scrollTo(0, 0)")

    def scroll_to_the_end(self) -> None:
        self.grid.evaluate("grid => grid.scrollTo(0, grid.scrollHeight)")
