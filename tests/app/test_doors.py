"""Doors that are opened and closed while a capture runs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from wireglass.app.doors import RunningDoors
from wireglass.app.listen import listen
from wireglass.app.proxies import Proxies
from wireglass.errors import BadSetting, NotFound, PortTaken, UsageError
from wireglass.link import OpenDoor
from wireglass.listening import Address, Mode

FREE = Mode(Address("127.0.0.1", 0))


class Told(Proxies):
    """Proxies that only note what they are told."""

    def __init__(self) -> None:
        self.doors: dict[int, OpenDoor] = {}
        self.words: list[str] = []

    def add_door(self, door: OpenDoor, sockets: object) -> None:
        self.doors[door.id] = door

    async def open_door(self, id: int) -> None:
        self.words.append(f"open {id}")

    async def close_door(self, id: int) -> None:
        del self.doors[id]
        self.words.append(f"close {id}")


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[tuple[RunningDoors, Told]]:
    told = Told()
    doors = RunningDoors(told, [(FREE, listen(FREE.listen, patience=0))])
    try:
        yield doors, told
    finally:
        doors.close()


Body = Callable[[RunningDoors, Told], Coroutine[Any, Any, None]]


def with_doors(body: Body) -> None:
    async def work() -> None:
        async with opened() as (doors, told):
            await body(doors, told)

    asyncio.run(work())


def accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_door_is_started_stopped_and_opened_on_its_port_again() -> None:
    async def body(doors: RunningDoors, told: Told) -> None:
        door = await doors.start("reverse:https://api.example.com")
        assert (door.id, door.state, door.target) == (2, "open", "https://api.example.com")
        assert door.mode == f"reverse:https://api.example.com@{door.listen}"
        assert accepts(door.listen)
        assert str(told.doors[2].target) == "https://api.example.com"

        stopped = await doors.stop(2)
        assert (stopped.state, stopped.listen) == ("stopped", door.listen)
        assert not accepts(door.listen)
        assert 2 not in told.doors

        again = await doors.open(2)
        assert (again.state, again.listen) == ("open", door.listen)
        assert accepts(door.listen)
        assert [one.id for one in doors.list()] == [1, 2]
        assert told.words == ["open 2", "close 2", "open 2"]

    with_doors(body)


def test_opening_and_stopping_twice_changes_nothing() -> None:
    async def body(doors: RunningDoors, told: Told) -> None:
        first = doors.list()[0]
        assert await doors.open(1) == first
        await doors.stop(1)
        assert (await doors.stop(1)).state == "stopped"
        assert told.words == ["close 1"]

    with_doors(body)


def test_a_taken_port_is_an_error_that_the_door_shows() -> None:
    async def body(doors: RunningDoors, told: Told) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(PortTaken, match=str(port)):
                await doors.start(f"regular@127.0.0.1:{port}")
        assert [one.id for one in doors.list()] == [1]  # one that never was is not kept

        door = await doors.stop(1)
        host, _, number = door.listen.rpartition(":")
        with socket.create_server((host, int(number))):
            with pytest.raises(PortTaken):
                await doors.open(1)
            failed = doors.list()[0]
            assert (failed.state, number in failed.error) == ("failed", True)
        assert (await doors.open(1)).state == "open"

    with_doors(body)


def test_a_door_is_removed_but_never_the_first() -> None:
    async def body(doors: RunningDoors, told: Told) -> None:
        door = await doors.start("regular@127.0.0.1:0")
        await doors.remove(door.id)
        assert not accepts(door.listen)
        with pytest.raises(NotFound, match="2"):
            await doors.open(2)
        with pytest.raises(UsageError, match="first door"):
            await doors.remove(1)
        # Its number is not given to another while somebody may still mean the old one.
        assert (await doors.start("regular@127.0.0.1:0")).id == 3

    with_doors(body)


@pytest.mark.parametrize("mode", ["", "regular", "nonsense@127.0.0.1:0", "regular@127.0.0.1:0;regular@127.0.0.1:0"])
def test_a_mode_that_cannot_be_read(mode: str) -> None:
    async def body(doors: RunningDoors, told: Told) -> None:
        with pytest.raises(BadSetting):
            await doors.start(mode)

    with_doors(body)
