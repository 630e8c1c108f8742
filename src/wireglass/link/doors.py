"""Doors on their way to a proxy process: what they are for, and their listening sockets.

Beside the link, because descriptors travel only with a message of a Unix socket (unix(7), SCM_RIGHTS), and the link is
a stream that both event loops read for us.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from wireglass.listening import Target

_MOST = 16  # sockets of a door: one for each address of its host
_BYTES = 64 * 1024


class OpenDoor(msgspec.Struct, tag="open", frozen=True):
    """Main → proxy, with one listening socket for each address."""

    id: int
    addresses: tuple[tuple[str, int], ...]
    """(address, port) as bound."""
    target: Target | None
    """In reverse mode, the server behind it; None where it is a proxy."""
    name: str
    """Its host as the user has named it."""


class CloseDoor(msgspec.Struct, tag="close", frozen=True):
    """Main → proxy: accept no more on it, let what runs through it end. Answered with ``say_closed``."""

    id: int


DoorWord: TypeAlias = OpenDoor | CloseDoor

_NUMBER = struct.Struct("!Q")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(DoorWord).decode


def door_channel() -> tuple[socket.socket, socket.socket]:
    """Two connected ends on which a message arrives whole or not at all."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)


def send_door(channel: socket.socket, word: DoorWord, sockets: Sequence[socket.socket] = ()) -> None:
    """Blocks while the other side has ten messages to read (as far as the socket's own time-out goes). OSError if it
    is gone."""
    socket.send_fds(channel, [_encode(word)], [sock.fileno() for sock in sockets])


def say_closed(channel: socket.socket, id: int) -> None:
    """Proxy → main: this process has no socket of that door any more."""
    with contextlib.suppress(OSError):  # nobody waits for it any more
        channel.send(_NUMBER.pack(id))


def wait_closed(channel: socket.socket, id: int) -> None:
    """Blocks until the other side says so. OSError where it is gone, TimeoutError where it does not within the socket's
    time-out. Passes over what it has said of others too late."""
    while channel.recv(_NUMBER.size) != _NUMBER.pack(id):
        pass


def receive_door(channel: socket.socket) -> tuple[DoorWord, list[socket.socket]]:
    """The next message; BlockingIOError if there is none on a channel that does not block."""
    data, descriptors, _, _ = socket.recv_fds(channel, _BYTES, _MOST)
    sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    for sock in sockets:
        sock.setblocking(False)
    return _decode(data), sockets
