"""What a person who cannot see or point would stumble over, as axe finds it."""

from __future__ import annotations

from typing import Literal

from playwright.sync_api import Page
from scripts.ui import MODULES

_SERIOUS = ("serious", "critical")
_ALL = "runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
_OF_COLOURS = "runOnly: {type: 'rule', values: ['color-contrast', 'link-in-text-block']}"
_THEMES: tuple[tuple[Literal["dark", "light"], str], ...] = (("dark", _OF_COLOURS), ("light", _ALL))
"""The light one last: tests begin with it."""


def faults(page: Page) -> list[str]:
    """Serious faults of the page as it is now, in both themes: rule, element and what to do, by WCAG 2.2 A and AA."""
    if not page.evaluate("'axe' in window"):
        # By the debugger, not as a script element: the page's policy holds for the latter.
        page.evaluate(MODULES.joinpath("axe-core/axe.min.js").read_text("utf-8") + "; undefined")
    found = []
    for theme, rules in _THEMES:
        page.emulate_media(color_scheme=theme)
        # Colours that fade into others are measured when they have.
        page.evaluate("Promise.allSettled(document.getAnimations().map(({finished}) => finished))")
        options = f"{{{rules}, resultTypes: ['violations']}}"
        for rule in page.evaluate(f"axe.run(document, {options}).then(({{violations}}) => violations)"):
            if rule["impact"] in _SERIOUS:
                found += [
                    f"{theme}: {rule['id']}: {node['html'][:200]}: {node['failureSummary']}" for node in rule["nodes"]
                ]
    return found
