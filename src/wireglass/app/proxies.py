"""The proxy processes: started, watched, started again, drained."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from wireglass.capture import Recorder
from wireglass.errors import Interrupted, WireglassError
from wireglass.link import LinkServer, Start, spool_file
from wireglass.net import spawn
from wireglass.store import Store

_START = 20.0  # seconds a proxy process is given to become ready
_LEAVE = 2.0  # seconds it is given to leave after its link is closed
_QUICK = 5.0  # a proxy that died younger than this, _TRIES times in a row, is not started again
_TRIES = 5


class Proxies:
    """``failed`` is set when proxies cannot be kept running. ``log`` takes what a proxy process writes to standard
    error: mistakes of ours, with their tracebacks."""

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        sockets: list[socket.socket],
        start: Start,
        log: BinaryIO,
        notice: Callable[[str], None],
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._sockets = sockets
        self._start = start
        self._notice = notice
        self._log = log
        self._stopping = False
        self._links: dict[int, LinkServer] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._lost = 0
        self.failed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    @property
    def not_kept(self) -> int:
        """Exchanges that the proxies could not hand over."""
        return self._lost + sum(link.not_kept for link in self._links.values())

    async def start(self, workers: int) -> None:
        """Returns when all accept connections."""
        for ready in [self._watched() for _ in range(workers)]:
            await ready

    def _watched(self) -> asyncio.Future[None]:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers.append(spawn(self._watch(ready)))
        return ready

    async def _watch(self, ready: asyncio.Future[None]) -> None:
        """Keeps one proxy process running until ``_stopping``."""
        quick = 0
        while not self._stopping:
            begun = time.monotonic()
            try:
                process, link = await self._spawn()
                self._links[link.run] = link
                async with asyncio.timeout(_START):
                    await link.ready
                if not ready.done():
                    ready.set_result(None)
                await link.lost
            except (OSError, TimeoutError, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and self._stopping:
                    return
                problem = WireglassError(f"A proxy process did not start: {str(error) or type(error).__name__}.")
                self._give_up(problem, ready)
                return
            code = await self._gone(process)
            await asyncio.to_thread(self._settle, link.run)
            self._lost += self._links.pop(link.run).not_kept
            if self._stopping:
                return
            quick = quick + 1 if time.monotonic() - begun < _QUICK else 0
            if quick >= _TRIES:
                self._give_up(WireglassError(f"The proxy process ended {quick} times in a row ({_how(code)})."), ready)
                return
            self._notice(f"A proxy process ended ({_how(code)}) and is started again.")

    def _give_up(self, problem: WireglassError, ready: asyncio.Future[None]) -> None:
        if not ready.done():
            ready.set_exception(problem)
        elif not self.failed.done():
            self.failed.set_result(problem)

    async def _spawn(self) -> tuple[asyncio.subprocess.Process, LinkServer]:
        run = self._store.begin_run()
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = [theirs.fileno(), *(sock.fileno() for sock in self._sockets)]
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # the folder we were started in is not ours to import from
                "-m",
                "wireglass.app.worker",
                *map(str, descriptors),
                pass_fds=descriptors,
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # a terminal's Ctrl-C is for the main process, which tells the proxies
                stderr=self._log,
            )
        ours.setblocking(False)
        start = msgspec.structs.replace(self._start, run=run)
        _, link = await asyncio.get_running_loop().create_connection(
            lambda: LinkServer(start, self._recorder.on_batch), sock=ours
        )
        return process, link

    @staticmethod
    async def _gone(process: asyncio.subprocess.Process) -> int:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE):
                return await process.wait()
        process.kill()
        return await process.wait()

    def _settle(self, run: int) -> None:
        """After the end of a proxy: what it left in its spool, and what it left open."""
        spool = spool_file(Path(self._start.spool), run)
        if spool.exists():
            self._recorder.replay(spool)
        self._store.end_run(run, Interrupted.code, "The proxy process ended before the exchange did.")

    async def drain(self, seconds: float, *, hurry: asyncio.Event) -> None:
        """Lets the proxies finish what is in flight, ``seconds`` at most, or until ``hurry``."""
        self._stopping = True
        for link in self._links.values():
            link.drain(seconds)
        hurried = spawn(_wait(hurry))
        await _until(self._all_ended(), hurried, seconds + _START)
        for link in self._links.values():
            link.drain(0.0)
        hurried.cancel()
        await _until(self._all_ended(), None, _START)

    async def _all_ended(self) -> None:
        await asyncio.gather(*self._watchers, return_exceptions=True)

    async def close(self) -> None:
        """Ends what is still there."""
        self._stopping = True
        for link in self._links.values():
            link.close()
        for watcher in self._watchers:
            if not watcher.done() and not self._links:
                watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _until(work: Coroutine[Any, Any, None], other: asyncio.Task[None] | None, seconds: float) -> None:
    """Waits for ``work`` or ``other``, ``seconds`` at most."""
    task = spawn(work)
    await asyncio.wait([task] if other is None else [task, other], return_when=asyncio.FIRST_COMPLETED, timeout=seconds)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
