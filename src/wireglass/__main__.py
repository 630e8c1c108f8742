"""The entry points: ``wireglass`` and ``python -m wireglass``, and ``pmproxy``."""

import signal
import sys


def run() -> int:
    """The exit code. The imports stand inside, so that Ctrl-C during them is no traceback."""
    try:
        from wireglass.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


def pmproxy() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from wireglass.app.signals import Signals
        from wireglass.cli.pmproxy import main

        signals = Signals(hangup=True)
        signals.begin()
    except KeyboardInterrupt:
        sys.stderr.write("pmproxy: Stopped before it had begun.\n")
        return 130
    code = main(signals=signals)
    signals.ignore()
    return code


if __name__ == "__main__":
    sys.exit(run())
