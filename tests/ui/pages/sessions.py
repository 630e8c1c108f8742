"""The page of doors and sessions."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Download, Locator, expect
from tests.ui.pages.shell import Shell


class Sessions:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.page = shell.page
        self.main = shell.main
        self.doors = self.main.get_by_role("table", name="Doors")
        self.past = self.main.get_by_role("table", name="Past sessions")
        self.dialog = self.page.get_by_role("dialog")
        self.filter = self.dialog.get_by_role("combobox", name="Capture filter")
        self.mistake = self.dialog.locator("[class*=mistake]")

    def card(self, name: str) -> Locator:
        return self.main.get_by_role("article", name=name, exact=True)

    def figure(self, name: str, what: str) -> Locator:
        """The number below ``what``."""
        return self.card(name).locator("dl > div").filter(has_text=what).get_by_role("definition")

    def tally(self, name: str, dimension: str) -> Locator:
        return self.card(name).get_by_role("list", name=dimension)

    def row(self, name: str) -> Locator:
        return self.past.get_by_role("row", name=name)

    def names(self) -> list[str]:
        return self.past.get_by_role("rowheader").get_by_role("link").all_inner_texts()

    def start(self, name: str, **fields: str) -> None:
        """``fields``: by the first word of their label, lower case."""
        self.main.get_by_role("button", name="Start a session").click()
        self.dialog.get_by_label("Name", exact=True).fill(name)
        for label, value in fields.items():
            self.dialog.get_by_label(label.capitalize()).fill(value)
        self.confirm("Start")
        expect(self.card(name)).to_contain_text("Recording")

    def confirm(self, action: str) -> None:
        self.dialog.get_by_role("button", name=action).click()

    def cancel(self) -> None:
        self.confirm("Cancel")
        expect(self.dialog).to_be_hidden()

    def press(self, name: str, action: str) -> None:
        self.card(name).get_by_role("button", name=action, exact=True).click()

    def choose(self, name: str, action: str) -> None:
        """From the menu of a session, whether it runs or not."""
        self.main.get_by_role("button", name=f"More about {name}", exact=True).click()
        self.page.get_by_role("menuitem", name=action, exact=True).click()

    def rename(self, name: str, to: str) -> None:
        """With the keys: Enter in the field is what the button does."""
        self.choose(name, "Name and note…")
        self.dialog.get_by_label("Name", exact=True).fill(to)
        self.shell.press("Enter")
        expect(self.dialog).to_be_hidden()

    def export(self, name: str) -> Download:
        with self.page.expect_download() as download:
            self.choose(name, "Export as HAR")
        return download.value

    def import_file(self, path: Path) -> None:
        self.page.get_by_label("HAR file", exact=True).set_input_files(path)

    def drop(self, *paths: Path) -> None:
        """Files from the desktop onto the page."""
        data = self.page.evaluate_handle(
            "files => {const data = new DataTransfer();"
            " for (const [text, name] of files) data.items.add(new File([text], name)); return data}",
            [[path.read_text("utf-8"), path.name] for path in paths],
        )
        self.page.dispatch_event("main", "drop", {"dataTransfer": data})

    def find(self, text: str) -> None:
        self.main.get_by_role("searchbox", name="Find a session").fill(text)

    def sort_by(self, column: str) -> None:
        self.past.get_by_role("button", name=column).click()

    # doors

    def door(self, address: str) -> Locator:
        return self.doors.get_by_role("row").filter(has_text=address)

    def open_door(self, address: str, server: str = "") -> None:
        self.main.get_by_role("button", name="Open a door").click()
        self.fill_door(address, server)
        self.confirm("Open")

    def change_door(self, before: str, address: str, server: str = "") -> None:
        self.press_door(before, "Change")
        self.fill_door(address, server)
        self.confirm("Change")

    def fill_door(self, address: str, server: str) -> None:
        self.dialog.get_by_label("Address").fill(address)
        if server:
            self.dialog.get_by_role("button", name="Mode").click()
            self.page.get_by_role("option", name="In the place of one server").click()
            self.dialog.get_by_role("textbox", name="Server").fill(server)

    def press_door(self, address: str, action: str) -> None:
        self.doors.get_by_role("button", name=f"{action} {address}").click()
