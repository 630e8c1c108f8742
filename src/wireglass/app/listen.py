"""Binding the ports that clients come to."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from collections.abc import Iterable

from wireglass.errors import BadSetting, PortTaken, UsageError
from wireglass.listening import Address, Mode

_BACKLOG = 1024
_RETRY = 0.05  # seconds
_NEIGHBOURS = 100  # ports that are tried for one to suggest, before any free one is


def listen_all(modes: Iterable[Mode], *, patience: float) -> list[tuple[Mode, list[socket.socket]]]:
    """As ``listen`` for each; the first is what ``--listen`` names, the others are of ``--mode``."""
    with contextlib.ExitStack() as opened:
        found: list[tuple[Mode, list[socket.socket]]] = []
        for mode in modes:
            setting = f"--mode {mode}" if found else "--listen"
            sockets = listen(mode.listen, patience=patience, setting=setting)
            for sock in sockets:
                opened.enter_context(sock)
            found.append((mode, sockets))
        opened.pop_all()
        return found


def listen(address: Address, *, patience: float, setting: str = "--listen") -> list[socket.socket]:
    """Sockets that listen on every address of ``address.host``, on one port; ``setting`` is who asks for it, empty for
    a door of a capture that runs.

    Without ``SO_REUSEPORT``, so that a taken port is an error. ``patience`` seconds are given to the proxies of a main
    process that has just been killed to let go of it. Raises UsageError.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return _listen(address, setting)
        except _Taken as taken:
            if time.monotonic() >= deadline:
                raise _port_taken(taken.address, setting) from taken
            time.sleep(_RETRY)


class _Taken(Exception):
    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self.address = address


def _listen(address: Address, setting: str) -> list[socket.socket]:
    try:
        infos = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        asked = f"{setting}: the" if setting else "The"
        raise BadSetting(
            f"{asked} name {address.host} was not found: {error.strerror}.", "Use an address such as 127.0.0.1."
        ) from error
    with contextlib.ExitStack() as opened:
        sockets: list[socket.socket] = []
        port = address.port
        for family, _, _, _, where in dict.fromkeys(infos):
            sock = opened.enter_context(socket.socket(family, socket.SOCK_STREAM))
            if os.name == "posix":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                sock.bind((where[0], port, *where[2:]))
                sock.listen(_BACKLOG)
            except OSError as error:
                found = Address(str(where[0]), port)
                if error.errno == errno.EADDRINUSE:
                    raise _Taken(found) from error
                raise _explain(found, setting, error) from error
            port = sock.getsockname()[1]
            sock.setblocking(False)
            sockets.append(sock)
        opened.pop_all()
        return sockets


def _port_taken(address: Address, setting: str) -> PortTaken:
    # Imported here: a start that succeeds needs neither.
    from wireglass.launch.probe import owner_of_port, port_is_free

    ports = range(address.port + 1, min(address.port + 1 + _NEIGHBOURS, 65536))
    free = next((port for port in ports if port_is_free(address.host, port)), 0)
    return PortTaken(
        f"Port {address.port} on {address.host} is taken by {owner_of_port(address.port) or 'another program'}.",
        f"Stop that program, or choose another port{_suggested(setting, address, free)}.",
    )


def _suggested(setting: str, address: Address, port: int) -> str:
    if not setting:
        return f", such as {port}" if port else ""
    mode, at, _ = setting.rpartition("@")
    return f" with {mode if at else setting}{at or ' '}{address._replace(port=port)}"


def _explain(address: Address, setting: str, error: OSError) -> UsageError:
    if error.errno == errno.EACCES:
        return UsageError(
            f"Listening on {address} is not permitted.", "Ports below 1024 need more rights: choose a higher one."
        )
    asked = setting if "@" in setting else f"{setting} {address}".strip()
    return BadSetting(f"{asked}: {error.strerror}.", "Choose an address of this machine.")
