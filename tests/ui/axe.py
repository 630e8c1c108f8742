"""What a person who cannot see or point would stumble over, as axe finds it."""

from __future__ import annotations

from playwright.sync_api import Page
from scripts.ui import MODULES

_SERIOUS = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """Serious faults of the page as it is now: rule, element and what to do, by WCAG 2.2 A and AA."""
    # By the debugger, not as a script element: the page's policy holds for the latter.
    page.evaluate(MODULES.joinpath("axe-core/axe.min.js").read_text("utf-8") + "; undefined")
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then(({violations}) => violations)"
    )
    return [
        f"{rule['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in _SERIOUS
        for node in rule["nodes"]
    ]
