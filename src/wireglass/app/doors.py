"""The doors of a capture, opened and closed while it runs (``model.Doors``)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence

import msgspec

from wireglass.app.listen import listen
from wireglass.app.proxies import Proxies
from wireglass.errors import BadSetting, NotFound, UsageError, WireglassError
from wireglass.link import OpenDoor
from wireglass.listening import Mode, parse_modes
from wireglass.model import Door
from wireglass.net import address_of


class RunningDoors:
    """``first``: those that the capture begins with, and their sockets; ``close`` closes what is open of all."""

    def __init__(self, proxies: Proxies, first: Iterable[tuple[Mode, list[socket.socket]]]) -> None:
        self._proxies = proxies
        self._doors: dict[int, Door] = {}
        self._modes: dict[int, Mode] = {}
        self._sockets: dict[int, Sequence[socket.socket]] = {}
        self._changing = asyncio.Lock()
        self._newest = 0
        for mode, sockets in first:
            self._newest += 1
            self._add(self._newest, mode, sockets)

    def list(self) -> list[Door]:
        return list(self._doors.values())

    async def start(self, mode: str) -> Door:
        try:
            modes = parse_modes(mode)
        except ValueError as error:
            raise BadSetting(f"The mode {error}.") from None
        if len(modes) != 1:
            raise BadSetting(f"The mode has {len(modes)} modes, and a door has one.", "Start them one by one.")
        async with self._changing:
            door = await self._open(self._newest + 1, modes[0])
            self._newest = door.id
            return door

    async def open(self, id: int) -> Door:
        async with self._changing:
            door = self._find(id)
            return door if door.state == "open" else await self._open(id, self._modes[id])

    async def stop(self, id: int) -> Door:
        async with self._changing:
            return await self._stop(self._find(id))

    async def remove(self, id: int) -> None:
        async with self._changing:
            door = self._find(id)
            if id == 1:
                raise UsageError(
                    f"The first door ({door.listen}) stays: commands look for the capture there.", "It can be stopped."
                )
            await self._stop(door)
            del self._doors[id], self._modes[id]

    def close(self) -> None:
        """While one process holds a socket, the system goes on queueing clients that nobody will accept."""
        for sockets in self._sockets.values():
            for sock in sockets:
                sock.close()
        self._sockets.clear()

    def _find(self, id: int) -> Door:
        try:
            return self._doors[id]
        except KeyError:
            raise NotFound(f"There is no door {id}.", "The list of doors has their numbers.") from None

    async def _open(self, id: int, mode: Mode) -> Door:
        """Raises the reason why it cannot be opened; a door that was there before shows it as well."""
        try:
            sockets = await asyncio.to_thread(listen, mode.listen, patience=0.0, setting="")
        except WireglassError as error:
            if id in self._doors:
                self._doors[id] = msgspec.structs.replace(self._doors[id], state="failed", error=error.message)
            raise
        self._add(id, mode, sockets)
        await self._proxies.open_door(id)
        return self._doors[id]

    def _add(self, id: int, mode: Mode, sockets: Sequence[socket.socket]) -> None:
        bound = [sock.getsockname() for sock in sockets]
        # A port that the system chose is its port for good, also when it is opened again.
        self._modes[id] = Mode(mode.listen._replace(port=bound[0][1]), mode.target)
        self._sockets[id] = sockets
        addresses = tuple((address[0], address[1]) for address in bound)
        self._proxies.add_door(OpenDoor(id, addresses, mode.target, mode.listen.host), sockets)
        self._doors[id] = Door(
            id, str(self._modes[id]), address_of(bound[0]), "open", str(mode.target) if mode.target else ""
        )

    async def _stop(self, door: Door) -> Door:
        if door.state == "open":
            await self._proxies.close_door(door.id)
            for sock in self._sockets.pop(door.id):
                sock.close()
        stopped = self._doors[door.id] = msgspec.structs.replace(door, state="stopped", error="")
        return stopped
