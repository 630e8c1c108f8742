"""Records as the files of other programs."""

from wireglass.formats.har import har

__all__ = ["har"]
