"""Between a proxy process and the main process: batches, credit, acknowledgements, spool."""

from wireglass.link.client import LinkSink
from wireglass.link.doors import (
    CloseDoor,
    DoorWord,
    OpenDoor,
    door_channel,
    receive_door,
    say_closed,
    send_door,
    wait_closed,
)
from wireglass.link.frames import Drain, Ready, Start
from wireglass.link.server import LinkServer
from wireglass.link.spool import read_spool, spool_file, writer_is_gone

__all__ = [
    "CloseDoor",
    "DoorWord",
    "Drain",
    "LinkServer",
    "LinkSink",
    "OpenDoor",
    "Ready",
    "Start",
    "door_channel",
    "read_spool",
    "receive_door",
    "say_closed",
    "send_door",
    "spool_file",
    "wait_closed",
    "writer_is_gone",
]
