"""Programs of this machine that tests start."""

from __future__ import annotations

import shutil

import pytest


def installed(*names: str) -> str:
    """The path of the first of these that is there. Without any the test is skipped, which ``CI=1`` does not allow."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.skip(f"none of {', '.join(names)} is installed; scripts/test-peers installs them")
