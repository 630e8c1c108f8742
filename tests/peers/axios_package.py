"""axios, for the code that uses it. ``python -m tests.peers.axios_package`` installs it before a test has to wait."""

from __future__ import annotations

from pathlib import Path

from tests.peers import npm_packages

LOCK = Path(__file__).parent / "axios"
FOLDER = Path(__file__).parents[2] / ".bench" / "axios"


def modules() -> Path:
    """The folder ``node_modules`` that it is in."""
    return npm_packages.modules(LOCK, FOLDER)


if __name__ == "__main__":
    modules()
