"""The proxy processes: started, watched, started again, drained."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from wireglass.capture import Recorder
from wireglass.errors import Interrupted, WireglassError
from wireglass.link import (
    CloseDoor,
    DoorWord,
    LinkServer,
    OpenDoor,
    Start,
    door_channel,
    send_door,
    spool_file,
    wait_closed,
)
from wireglass.net import spawn
from wireglass.store import Store

_START = 20.0  # seconds a proxy process is given to become ready
_LEAVE = 2.0  # seconds it is given to leave after its link is closed
_QUICK = 5.0  # a proxy that died younger than this, _TRIES times in a row, is not started again
_TRIES = 5
_SWITCH = 2.0  # seconds a proxy is given to change to other sessions, or to close a door: it takes some milliseconds


class Proxies:
    """``failed`` is set when proxies cannot be kept running. ``log`` takes what a proxy process writes to standard
    error: mistakes of ours, with their tracebacks."""

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        start: Start,
        log: BinaryIO,
        notice: Callable[[str], None],
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._start = start
        self._notice = notice
        self._log = log
        self._stopping = False
        self._links: dict[int, LinkServer] = {}
        self._channels: dict[int, _Channel] = {}
        self._doors: dict[int, tuple[OpenDoor, Sequence[socket.socket]]] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._lost = 0
        self.failed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    @property
    def not_kept(self) -> int:
        """Exchanges that the proxies could not hand over."""
        return self._lost + sum(link.not_kept for link in self._links.values())

    def add_door(self, door: OpenDoor, sockets: Sequence[socket.socket]) -> None:
        """Processes that are started from now on have it open; those that run, after ``open_door``."""
        self._doors[door.id] = door, sockets

    async def open_door(self, id: int) -> None:
        await asyncio.gather(*(channel.send(*self._doors[id]) for channel in self._channels.values()))

    async def close_door(self, id: int) -> None:
        """Returns when no proxy process accepts on it; one that hangs is not waited for longer than ``_SWITCH``
        seconds."""
        del self._doors[id]
        await asyncio.gather(*(channel.send(CloseDoor(id)) for channel in self._channels.values()))

    async def record(self, sessions: tuple[int, ...]) -> None:
        """From here on these sessions record. Returns when what the proxies had before has been given to the recorder;
        one that hangs is not waited for longer than ``_SWITCH`` seconds."""
        self._start = msgspec.structs.replace(self._start, sessions=sessions)
        if told := [link.record(sessions) for link in self._links.values()]:
            await asyncio.wait(told, timeout=_SWITCH)

    async def start(self, workers: int) -> None:
        """Returns when all accept connections."""
        await asyncio.gather(*(self._watched() for _ in range(workers)))

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
            except (OSError, WireglassError) as error:
                self._give_up(WireglassError(f"A proxy process did not start: {error}."), ready)
                return
            self._links[link.run] = link
            if self._stopping:  # the others were told while this one was on its way
                link.close()
            elif link.sessions != self._start.sessions:  # they have changed since it was given its start
                link.record(self._start.sessions)
            if is_ready := await self._is_ready(link):
                if not ready.done():
                    ready.set_result(None)
                await link.lost
            link.close()
            code = await self._gone(process)
            await asyncio.to_thread(self._settle, link.run)
            self._lost += self._links.pop(link.run).not_kept
            self._channels.pop(link.run).close()
            if self._stopping:
                return
            if not ready.done():
                self._give_up(
                    WireglassError(
                        f"A proxy process ended before it was ready ({_how(code)}).", f"Details: {self._log.name}"
                    ),
                    ready,
                )
                return
            quick = quick + 1 if not is_ready or time.monotonic() - begun < _QUICK else 0
            if quick >= _TRIES:
                self._give_up(
                    WireglassError(
                        f"The proxy process ended {quick} times in a row ({_how(code)}).", f"Details: {self._log.name}"
                    ),
                    ready,
                )
                return
            self._notice(f"A proxy process ended ({_how(code)}) and is started again.")

    @staticmethod
    async def _is_ready(link: LinkServer) -> bool:
        """Waits for it: ``_START`` seconds, or until it is lost."""
        await asyncio.wait([link.ready, link.lost], timeout=_START, return_when=asyncio.FIRST_COMPLETED)
        return link.ready.done() and not link.ready.cancelled()

    def _give_up(self, problem: WireglassError, ready: asyncio.Future[None]) -> None:
        if not ready.done():
            ready.set_exception(problem)
        elif not self.failed.done():
            self.failed.set_result(problem)

    async def _spawn(self) -> tuple[asyncio.subprocess.Process, LinkServer]:
        run = await asyncio.to_thread(self._store.begin_run)
        ours, theirs = socket.socketpair()
        channel, their_channel = door_channel()
        with theirs, their_channel:
            descriptors = [theirs.fileno(), their_channel.fileno()]
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
        doors = list(self._doors.values())
        self._channels[run] = _Channel(channel)
        self._channels[run].begin(doors)
        start = msgspec.structs.replace(self._start, run=run, doors=len(doors))
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
        self._recorder.end_run(run)
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
        await asyncio.gather(*self._watchers, return_exceptions=True)


class _Channel:
    """To one proxy process: its doors, one word after the other. Nothing is heard from one that has died meanwhile:
    its link tells."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._sending = asyncio.Lock()

    def begin(self, doors: Sequence[tuple[OpenDoor, Sequence[socket.socket]]]) -> None:
        for word, sockets in doors:
            spawn(self.send(word, sockets))

    async def send(self, word: DoorWord, sockets: Sequence[socket.socket] = ()) -> None:
        async with self._sending:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._say, word, sockets)

    def _say(self, word: DoorWord, sockets: Sequence[socket.socket]) -> None:
        self._channel.settimeout(_START)
        send_door(self._channel, word, sockets)
        if isinstance(word, CloseDoor):
            self._channel.settimeout(_SWITCH)
            wait_closed(self._channel, word.id)

    def close(self) -> None:
        self._channel.close()


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _until(work: Coroutine[Any, Any, None], other: asyncio.Task[None] | None, seconds: float) -> None:
    """Waits for ``work`` or ``other``, ``seconds`` at most."""
    task = spawn(work)
    await asyncio.wait([task] if other is None else [task, other], return_when=asyncio.FIRST_COMPLETED, timeout=seconds)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
