"""Between a proxy process and the main process: batches, credit, acknowledgements, spool."""

from wireglass.link.client import LinkSink
from wireglass.link.frames import Drain, Ready, Start
from wireglass.link.server import LinkServer
from wireglass.link.spool import read_spool, spool_file, writer_is_gone

__all__ = ["Drain", "LinkServer", "LinkSink", "Ready", "Start", "read_spool", "spool_file", "writer_is_gone"]
