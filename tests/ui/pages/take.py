"""What can be taken away of an exchange: code, HAR, bodies."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import msgspec
from playwright.sync_api import Locator, Page, expect


class Take:
    """The button of an exchange's detail, its menu, and what they open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.button = page.get_by_role("button", name="Take away")
        self.menu = page.get_by_role("menu", name="Take away")
        self.dialog = page.get_by_role("dialog")
        self.code = self.dialog.get_by_role("region", name="The code")
        self.notes = self.dialog.get_by_role("list", name="What to know")
        self.redacted = self.dialog.get_by_role("region", name="What is redacted")
        self.messages = page.get_by_role("region", name="Messages")

    def choose(self, label: str) -> Self:
        self.button.click()
        self.item(label).click()
        return self

    def offers(self, *labels: str) -> None:
        self.button.click()
        expect(self.menu.get_by_role("menuitem")).to_have_text(list(labels))
        self.page.keyboard.press("Escape")

    def item(self, label: str) -> Locator:
        return self.menu.get_by_role("menuitem", name=label, exact=True)

    def choose_language(self, name: str) -> None:
        self.dialog.get_by_role("button", name="Language").click()
        self.page.get_by_role("option", name=name, exact=True).click()

    def has_language(self, name: str) -> None:
        expect(self.dialog.get_by_role("button", name="Language")).to_contain_text(name)

    def copy(self) -> None:
        self.dialog.get_by_role("button", name="Copy the code").click()
        expect(self.dialog.get_by_role("button", name="Copied")).to_be_visible()

    def clipboard(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def close(self) -> None:
        self.page.keyboard.press("Escape")
        expect(self.dialog).to_have_count(0)

    def says(self, text: str) -> None:
        expect(self.messages).to_contain_text(text)

    def download_of(self, label: str) -> tuple[str, bytes]:
        """Name and content of the file that an item of the menu saves."""
        self.button.click()
        with self.page.expect_download() as download:
            self.item(label).click()
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()

    def keep_secrets(self) -> None:
        self.dialog.get_by_text("Keep passwords").click()

    def save_har(self, action: str) -> tuple[str, Any]:
        with self.page.expect_download() as download:
            self.dialog.get_by_role("button", name=action, exact=True).click()
        content = msgspec.json.decode(Path(download.value.path()).read_bytes())
        return download.value.suggested_filename, content

    def save_body_for_the_code(self) -> tuple[str, bytes]:
        with self.page.expect_download() as download:
            self.dialog.get_by_role("button", name="Save ").click()
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()
