"""The entry points: ``wireglass`` and ``python -m wireglass``, and ``pmproxy``."""

import sys


def run() -> int:
    """The exit code. The imports stand inside, so that Ctrl-C during them is no traceback."""
    try:
        from wireglass.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


def pmproxy() -> int:
    try:
        from wireglass.cli.pmproxy import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
