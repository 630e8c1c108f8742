"""The page Missing: why something is not in the record."""

from __future__ import annotations

from typing import Self

from playwright.sync_api import Locator, Page
from tests.ui.pages.shell import Shell


class MissingPage:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.page: Page = shell.page
        self.main = shell.main

    def open(self, path: str = "/missing") -> Self:
        self.shell.open(path)
        return self

    def reason(self, title: str) -> Locator:
        return self.page.get_by_role("region", name=title, exact=True)

    def row(self, title: str, host: str) -> Locator:
        return self.reason(title).get_by_role("row").filter(has_text=host)

    def find_host(self, text: str) -> None:
        self.page.get_by_role("searchbox", name="Host").fill(text)

    def press(self, button: str) -> None:
        self.main.get_by_role("button", name=button).click()

    def of_session(self, name: str) -> None:
        self.main.get_by_role("button", name="Session").click()
        self.page.get_by_role("option", name=name).click()
