"""Background tasks."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from wireglass.net import spawn


def test_a_task_that_nobody_holds_is_not_forgotten() -> None:
    async def main() -> None:
        done = asyncio.Event()
        begin: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            await begin
            done.set()

        spawn(work())
        await asyncio.sleep(0)
        gc.collect()
        begin.set_result(None)
        await asyncio.wait_for(done.wait(), 5)

    asyncio.run(main())


def test_a_failure_goes_to_the_loop() -> None:
    async def main() -> None:
        told: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))

        async def work() -> None:
            raise ValueError("x")

        task = spawn(work())
        await asyncio.wait([task])
        await asyncio.sleep(0)
        assert [type(context["exception"]) for context in told] == [ValueError]

    asyncio.run(main())
