"""The search indexer's process: started, watched, started again, ended with the capture.

It is another process because indexing is work for the interpreter, and the main process has to keep up with the
proxies. What it has not come to yet is scanned by those who search.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from wireglass.net import spawn

_LATER = 1.0  # seconds; first of all the proxies have to start, and until then little is there to be indexed
_QUICK = 10.0  # seconds; one that died younger than this, _TRIES times in a row, is not started again
_TRIES = 5
_PAUSE = 0.5  # seconds before it is started again
_LEAVE = 3.0  # seconds it is given to leave


class Indexing:
    """``log`` takes what it writes to standard error."""

    def __init__(self, home: Path, log: BinaryIO, notice: Callable[[str], None]) -> None:
        self._home = home
        self._log = log
        self._notice = notice
        self._stopping = asyncio.Event()
        self._watcher = spawn(self._watch())

    async def close(self) -> None:
        self._stopping.set()
        await self._watcher

    async def _watch(self) -> None:
        quick = 0
        await self._wait(_LATER)
        while not self._stopping.is_set():
            begun = time.monotonic()
            try:
                how = _how(await self._run())
            except OSError as error:
                how = str(error.strerror)
            if self._stopping.is_set():
                return
            quick = quick + 1 if time.monotonic() - begun < _QUICK else 0
            if quick >= _TRIES:
                self._notice(
                    f"The search indexer ended {quick} times in a row ({how}) and is left out: recording goes on, and "
                    f"searching takes longer. Details: {self._log.name}"
                )
                return
            await self._wait(_PAUSE)

    async def _wait(self, seconds: float) -> None:
        """Or until the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _run(self) -> int:
        """One life of it. It sees by itself when this process has died."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the folder we were started in is not ours to import from
            "-m",
            "wireglass.app.indexer",
            str(self._home),
            str(os.getpid()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # a terminal's Ctrl-C is for the main process
            stderr=self._log,
        )

        async def end() -> None:
            await self._stopping.wait()
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LEAVE):
                    await process.wait()
                    return
            with contextlib.suppress(ProcessLookupError):
                process.kill()

        ending = spawn(end())
        code = await process.wait()
        ending.cancel()
        return code


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
