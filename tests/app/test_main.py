"""What joins the sessions to the proxies."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from tests.capture.conftest import Capture

from wireglass.app import main
from wireglass.app.proxies import Proxies
from wireglass.errors import Interrupted


class Slow:
    """Proxies that answer when they are ``free``."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.told: list[tuple[int, ...]] = []

    async def record(self, sessions: tuple[int, ...]) -> None:
        await self.free.wait()
        self.told.append(sessions)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One that runs, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


def test_a_pause_that_the_proxies_are_not_told_of_in_time(
    tmp_path: Path, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error, and the session goes on recording, here, in the store, and at the proxies when they answer again."""
    capture = Capture(tmp_path)
    session = capture.start_session("a")
    proxies = Slow()
    capture.sessions.announce = lambda recording: main._tell(cast("Proxies", proxies), recording, loop)
    with monkeypatch.context() as impatient:
        impatient.setattr(main, "_TOLD", 0.01)
        with pytest.raises(Interrupted, match=r"The proxies were not told within 0\.01 s: the capture is overloaded"):
            capture.control.pause_session("a")
    assert capture.session("a").state == "recording"
    assert capture.sessions.recording == (session.id,)
    loop.call_soon_threadsafe(proxies.free.set)
    assert capture.control.pause_session("a").state == "paused"
    assert proxies.told == [(), (session.id,), ()], "in the order in which they were said"
    assert capture.session("a").state == "paused"
    capture.store.close()
