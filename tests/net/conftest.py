"""Both kinds of event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

Run = Callable[[Coroutine[Any, Any, None]], None]


# libuv keeps one pipe for signals, made with its first loop: a test that counts descriptors shall find it made.
uvloop.new_event_loop().close()


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine to its end; no callback may raise."""

    def in_loop(work: Coroutine[Any, Any, None]) -> None:
        async def watched() -> None:
            failures: list[dict[str, Any]] = []
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context))
            await work
            assert not failures, failures

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(watched())

    return in_loop
