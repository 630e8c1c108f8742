"""A proxy's end and the main process's end of a link, in one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop
from tests.link.ends import Ends

Play = Callable[..., None]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    """``play(scenario, **options)`` runs it between two connected ends; no callback may raise."""

    def run(scenario: Callable[[Ends], Awaitable[None]], **options: Any) -> None:
        async def whole() -> None:
            failures: list[dict[str, Any]] = []
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context))
            ends = Ends(tmp_path)
            await ends.connect(**options)
            try:
                await scenario(ends)
            finally:
                ends.close()
            await asyncio.sleep(0)
            assert not failures, failures

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(whole())

    return run
