"""A person who has keys and no mouse."""

from __future__ import annotations

from typing import Self

from playwright.sync_api import Locator, Page, expect

MOST = 60
"""Presses of Tab after which it is given up: who needs more has not reached it."""


class Keyboard:
    """Only presses keys: where the focus is, is the page's business."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> Self:
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def type(self, text: str) -> Self:
        self.page.keyboard.type(text)
        return self

    def tab_to(self, wanted: Locator, key: str = "Tab") -> Self:
        """Goes on with Tab (or Shift+Tab) until ``wanted`` has the focus, and shows that it has."""
        expect(wanted).to_be_visible()
        passed = []
        for _ in range(MOST):
            if self._is_at(wanted):
                assert self._shows_focus(wanted), f"{self._focused()} does not show that it has the focus"
                return self
            self.page.keyboard.press(key)
            passed.append(self._focused())
        raise AssertionError(f"{wanted} is not reached by {key}: {passed}")

    def choose(self, item: Locator) -> Self:
        """An item of the menu or list that is open, by its arrow keys."""
        expect(item).to_be_visible()
        for _ in range(MOST):
            if self._is_at(item):
                return self.press("Enter")
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{item} is not reached by ArrowDown, which is at {self._focused()}")

    def _is_at(self, wanted: Locator) -> bool:
        return bool(wanted.evaluate("element => element === document.activeElement"))

    def _focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))

    def _shows_focus(self, wanted: Locator) -> bool:
        return bool(
            wanted.evaluate(
                "element => [element, element.parentElement].some(one => {"
                "  const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(one);"
                "  return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none'})"
            )
        )
