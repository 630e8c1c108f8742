"""Wireglass: captures API traffic and turns it into something people can use."""

__version__ = "0.1.0"
