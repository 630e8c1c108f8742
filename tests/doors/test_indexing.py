"""The search indexer beside a running capture."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from tests.peers.client import Client
from tests.peers.origin import Origin
from tests.peers.program import Wireglass, alive, children, is_proxy
from tests.peers.waiting import wait_for

from wireglass.store import Reader


def indexer(program: Wireglass) -> int:
    """Its process, when it is there."""

    def found() -> int | None:
        others = [pid for pid in children(program.process.pid) if not is_proxy(pid) and alive(pid)]
        return others[0] if others else None

    return wait_for(found, "the indexer")


def indexed(program: Wireglass, exchanges: int) -> None:
    def all_of_them() -> bool:
        with Reader(program.home / "store") as reader:
            lag = reader.search_lag()
            return reader.newest_id() >= exchanges and lag.ready and not lag.changes

    wait_for(all_of_them, f"{exchanges} exchanges in the index")


def test_what_is_captured_is_indexed_also_after_the_indexer_was_killed(
    start: Callable[..., Wireglass], origin: Origin
) -> None:
    program = start()
    with Client(program.proxy) as client:
        client.get(f"{origin.url}/first")
        indexed(program, 1)
        first = indexer(program)
        os.kill(first, signal.SIGKILL)
        client.get(f"{origin.url}/second")
    indexed(program, 2)
    second = indexer(program)
    assert second != first
    program.stop()
    assert not alive(second)
