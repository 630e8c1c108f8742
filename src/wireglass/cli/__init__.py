"""The command line: prints, never decides."""

from wireglass.cli.program import main

__all__ = ["main"]
