"""The page Settings: what Wireglass runs with, its record and its looks."""

from __future__ import annotations

from typing import Self

from playwright.sync_api import Locator, Page, expect
from tests.ui.pages.shell import Shell


class SettingsPage:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.page: Page = shell.page
        self.main = shell.main
        self.program = self.page.get_by_role("table", name="This Wireglass")
        self.dialog = self.page.get_by_role("dialog", name="Prune the store")
        self.record = self.page.get_by_role("region", name="Record", exact=True)

    def open(self) -> Self:
        self.shell.open("/settings")
        return self

    def setting(self, name: str) -> Locator:
        return self.main.get_by_role("row").filter(has=self.page.get_by_role("rowheader", name=name))

    def find(self, text: str) -> None:
        self.page.get_by_role("searchbox", name="Find a setting").fill(text)

    def choose_theme(self, name: str) -> None:
        self.main.get_by_role("button", name="Theme").click()
        self.page.get_by_role("option", name=name).click()

    def values(self) -> dict[str, str]:
        """Each setting's name and value, as the table says them."""
        rows = self.main.get_by_role("table").filter(has_text="How to set it").locator("tbody tr")
        first_lines = "row => [...row.children].slice(0, 2).map((cell) => cell.innerText.split('\\n')[0])"
        return dict(rows.evaluate_all(f"rows => rows.map({first_lines})"))

    def file_lines(self) -> list[str]:
        """What the buttons of the settings copy for ``config.toml``."""
        words = "Copy for config.toml: "
        buttons = self.main.get_by_role("button", name=words)
        return [
            label.removeprefix(words) for label in buttons.evaluate_all("all => all.map(({ariaLabel}) => ariaLabel)")
        ]

    def ask_to_prune(self, what: str, amount: str) -> None:
        self.record.get_by_role("button", name="Prune the store").click()
        self.dialog.get_by_role("button", name="What stays").click()
        self.page.get_by_role("option", name=what).click()
        self.dialog.get_by_role("textbox").fill(amount)
        self.dialog.get_by_role("button", name="Delete the rest").click()

    def prune(self, what: str, amount: str) -> None:
        self.ask_to_prune(what, amount)
        expect(self.dialog).to_be_hidden()
