"""What is recorded, into which session."""

from wireglass.capture.control import Control
from wireglass.capture.local_control import LocalControl
from wireglass.capture.recorder import Recorder
from wireglass.capture.sessions import Sessions, name_of

__all__ = ["Control", "LocalControl", "Recorder", "Sessions", "name_of"]
