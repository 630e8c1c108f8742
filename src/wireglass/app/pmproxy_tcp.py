"""pmproxy's messages to Postman's old Chrome app ("Connect", port 5005): a new TCP connection for each request, the
bare JSON object without length or line end, then at most 1024 bytes of reply or its close."""

from __future__ import annotations

import os
import queue
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, TypeAlias

from wireglass.app.pmproxy_following import GivenUp

_REPLY = 1024
_TIME = 5.0
"""Seconds to connect, and for a reply."""
_IMPATIENT = 0.1
"""Seconds for a reply of a peer that let the last wait for it pass: else a hundred requests would take minutes."""
_SLOWEST = 1_000_000
"""Bytes a second that a peer takes at least, with ``_TIME`` to begin with."""
_SLICE = 100
"""Milliseconds between two looks whether it was given up."""
_PIECE = 256 * 1024
_KNOWN = 10.0
"""Seconds for which a name is not looked up again."""

Addresses: TypeAlias = list[tuple[socket.AddressFamily, Any]]


class Sender:
    """For one thread. Never raises what the peer does: it tells, once for each outage."""

    def __init__(self, host: str, port: int, given_up: threading.Event, tell: Callable[[str], None]) -> None:
        self.peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.sent = 0
        """Messages that have gone out whole."""
        self._where = (host, port)
        self._given_up = given_up
        self._tell = tell
        self._patience = {"name": _TIME, "connect": _TIME, "reply": _TIME}
        self._found: Addresses | OSError = []
        self._found_until = 0.0
        self._looking: queue.SimpleQueue[Addresses | OSError] | None = None
        self._outage = 0

    def send(self, message: bytes) -> bytes | None:
        """The reply, empty where the peer has closed without one; None where there was none in time, or the message was
        not sent. Raises GivenUp."""
        try:
            with self._connect() as sock:
                self._write(sock, message)
                try:
                    reply = self._read(sock)
                except GivenUp:
                    self.sent += 1
                    raise
        except OSError as error:
            if not self._outage:
                why = (
                    "it did not take the message in time"
                    if isinstance(error, TimeoutError)
                    else error.strerror or error
                )
                self._tell(
                    f"{self.peer} does not take requests: {why}. Each new one is tried; the record and the collection "
                    "have them all."
                )
            self._outage += 1
            return None
        self.sent += 1
        self.end_outage()
        return reply

    def end_outage(self) -> None:
        """Tells how many messages were lost in one."""
        if self._outage:
            requests = "1 request was" if self._outage == 1 else f"{self._outage} requests were"
            self._tell(f"{requests} not sent to {self.peer} meanwhile.")
            self._outage = 0

    def _connect(self) -> socket.socket:
        """To the first of its addresses that takes it."""
        failure: OSError | None = None
        for family, address in self._addresses():
            try:
                return self._connect_to(family, address)
            except OSError as error:
                failure = failure or error
        raise failure or OSError("it has no address")

    def _addresses(self) -> Addresses:
        """IPv4 first, as pmproxy knew no other."""
        if time.monotonic() >= self._found_until:
            self._found = self._look_up()
            self._found_until = time.monotonic() + _KNOWN
        if isinstance(self._found, OSError):
            raise self._found
        return self._found

    def _look_up(self) -> Addresses | OSError:
        """On another thread, as nothing ends ``getaddrinfo``; there is one at a time."""
        if self._looking is None:
            self._looking = queue.SimpleQueue()
            threading.Thread(target=_find, args=(*self._where, self._looking), daemon=True).start()
        deadline = time.monotonic() + self._patience["name"]
        while True:
            try:
                found = self._looking.get(timeout=_SLICE / 1000)
            except queue.Empty:
                if self._given_up.is_set():
                    raise GivenUp from None
                if time.monotonic() < deadline:
                    continue
                self._patience["name"] = _IMPATIENT
                raise OSError("its name was not found in time") from None
            self._looking = None
            self._patience["name"] = _TIME
            return found

    def _connect_to(self, family: socket.AddressFamily, address: Any) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            try:
                sock.connect(address)
            except BlockingIOError:
                self._wait(sock, select.POLLOUT, self._patience["connect"])
                if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise OSError(code, os.strerror(code)) from None
        except TimeoutError:
            sock.close()
            self._patience["connect"] = 10 * _IMPATIENT
            raise
        except BaseException:
            sock.close()
            raise
        self._patience["connect"] = _TIME
        return sock

    def _write(self, sock: socket.socket, message: bytes) -> None:
        rest = memoryview(message)
        deadline = time.monotonic() + _TIME + len(message) / _SLOWEST
        while rest:
            try:
                rest = rest[sock.send(rest[:_PIECE]) :]
            except BlockingIOError:
                self._wait(sock, select.POLLOUT, deadline - time.monotonic())

    def _read(self, sock: socket.socket) -> bytes | None:
        try:
            self._wait(sock, select.POLLIN, self._patience["reply"])
        except TimeoutError:
            if self._patience["reply"] == _TIME:
                self._tell(
                    f"{self.peer} takes requests and says nothing: from now on each reply is waited for shortly."
                )
            self._patience["reply"] = _IMPATIENT
            return None
        reply = sock.recv(_REPLY)
        self._patience["reply"] = _TIME
        return reply

    def _wait(self, sock: socket.socket, event: int, seconds: float) -> None:
        poll = select.poll()
        poll.register(sock, event)
        deadline = time.monotonic() + seconds
        while not poll.poll(max(0, min(_SLICE, (deadline - time.monotonic()) * 1000))):
            if self._given_up.is_set():
                raise GivenUp
            if time.monotonic() >= deadline:
                raise TimeoutError


def _find(host: str, port: int, found: queue.SimpleQueue[Addresses | OSError]) -> None:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [(family, address) for family, _, _, _, address in infos]
        found.put(sorted(addresses, key=lambda one: one[0] != socket.AF_INET))
    except OSError as error:
        found.put(error)
    except UnicodeError as error:  # an empty label, or one of more than 63 bytes
        found.put(OSError(f"{host!r} is no name of a host: {error}"))
