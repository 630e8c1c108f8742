"""What is recorded, into which session."""

from wireglass.capture.recorder import Recorder

__all__ = ["Recorder"]
