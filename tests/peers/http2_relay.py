"""A door of its own for programs that know no proxies: what connects to it is given a CONNECT through the proxy."""

from __future__ import annotations

import contextlib
import socket

from tests.peers.client import Client
from tests.peers.threads import ThreadedServer


class Relay(ThreadedServer):
    """Listens on 127.0.0.1 and passes bytes through ``proxy`` to ``authority``."""

    def __init__(self, proxy: str, authority: str) -> None:
        self._proxy, self._authority = proxy, authority
        super().__init__()
        self._spawn(self._accept)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            try:
                client = Client(self._proxy)
                answer = client.connect(self._authority)
                assert answer.status == 200, answer.start
            except BaseException as error:
                self.faults.append(error)
                sock.close()
                continue
            client.sock.settimeout(None)
            with self._lock:
                self._sockets |= {sock, client.sock}
            self._spawn(self._pump, sock, client.sock)
            self._spawn(self._pump, client.sock, sock)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
