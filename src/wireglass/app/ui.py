"""Binding the API's port."""

from __future__ import annotations

import socket
from typing import NamedTuple

from wireglass.app.listen import listen
from wireglass.errors import PortTaken, UsageError
from wireglass.launch.addresses import is_loopback
from wireglass.listening import Address
from wireglass.net import address_of
from wireglass.settings import USUAL_UI

_OPEN = (
    "The API listens on {}: who has the token can read the record from other machines, and it passes through the "
    "network in clear."
)


class ListeningUi(NamedTuple):
    sockets: list[socket.socket]
    """None where it is ``off``."""
    is_elsewhere: bool = False
    """Its usual port was taken."""
    warning: str = ""
    """Where others can reach it."""

    @property
    def address(self) -> str:
        """``host:port`` as bound; empty where there is none."""
        return address_of(self.sockets[0].getsockname()) if self.sockets else ""


def listen_ui(ui: Address | str | None, *, patience: float, remote: bool = False) -> ListeningUi:
    """Raises UsageError: PortTaken only for an address that somebody has asked for, and another one for an address that
    other machines reach, unless ``remote``."""
    if isinstance(ui, Address):
        sockets = listen(ui, patience=patience, setting="--ui")
        hosts = [sock.getsockname()[0] for sock in sockets]
        if all(map(is_loopback, hosts)):
            return ListeningUi(sockets)
        if remote:
            return ListeningUi(sockets, warning=_OPEN.format(ui))
        for sock in sockets:
            sock.close()
        raise UsageError(
            f"--ui {ui} would let other machines ask for the record.",
            f"Say --ui 127.0.0.1:{ui.port}; or add --ui-remote, if that is what you want.",
        )
    if ui is not None:
        return ListeningUi([])
    try:
        return ListeningUi(listen(USUAL_UI, patience=patience, setting="--ui"))
    except PortTaken:
        return ListeningUi(listen(USUAL_UI._replace(port=0), patience=0.0, setting="--ui"), is_elsewhere=True)
