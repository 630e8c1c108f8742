"""The doors of a proxy process, as the main process opens and closes them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from wireglass.launch.addresses import is_loopback
from wireglass.link import CloseDoor, OpenDoor, receive_door, say_closed
from wireglass.net import spawn
from wireglass.proxy import Door, Service


class Listening:
    """``begin`` when there is somebody to serve; ``at_start`` doors are waited for before ``on_ready`` is called."""

    def __init__(self, channel: socket.socket, at_start: int) -> None:
        self.addresses: list[tuple[str, int]] = []
        """(address, port) of all that are open."""
        self._channel = channel
        self._missing = at_start
        self._open: dict[int, tuple[Door, OpenDoor]] = {}
        self._loop = asyncio.get_running_loop()

    def begin(self, service: Service, door_of: Callable[[OpenDoor], Door], on_ready: Callable[[], None]) -> None:
        self._service = service
        self._door_of = door_of
        self._on_ready = on_ready
        self._loop.add_reader(self._channel, self._read)

    def end(self) -> None:
        self._loop.remove_reader(self._channel)
        self._channel.close()

    def is_delicate(self, port: int) -> bool:
        """Whether it matters where a name leads that is asked for with ``port``: clients on other machines may come,
        or it is a port of ours."""
        return any(port == own or not is_loopback(address) for address, own in self.addresses)

    def _read(self) -> None:
        try:
            word, sockets = receive_door(self._channel)
        except BlockingIOError:
            return
        if isinstance(word, CloseDoor):
            door, opened = self._open.pop(word.id)
            self._service.close_door(door)
            for address in opened.addresses:
                self.addresses.remove(address)
            say_closed(self._channel, word.id)
        else:
            door = self._door_of(word)
            self._open[word.id] = door, word
            self.addresses += word.addresses
            spawn(self._serve(door, sockets))

    async def _serve(self, door: Door, sockets: list[socket.socket]) -> None:
        for sock in sockets:
            await self._service.serve(sock, door)
        self._missing -= 1
        if self._missing == 0:
            self._on_ready()
