"""Records as the files of other programs."""

from wireglass.formats.har import har
from wireglass.formats.har_reader import HarReader

__all__ = ["HarReader", "har"]
