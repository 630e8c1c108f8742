"""Locking a file against a second process. The one file that knows the systems apart: Windows lacks ``fcntl``."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Lock the open file until it is closed; False if another process has it."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def try_share(descriptor: int) -> bool:
        """Nothing runs for several commands here: ``up`` does not work on Windows yet."""
        return try_lock(descriptor)

    def is_alive(pid: int) -> bool:
        """``os.kill(pid, 0)`` would end the process on Windows, so it is believed."""
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock the open file until it is closed; False if another process has it. The kernel lets go of it when the
        process ends in whatever way, so no lock is ever left behind."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def try_share(descriptor: int) -> bool:
        """Lock the open file together with others that share it; False if a process has it for itself alone."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_alive(pid: int) -> bool:
        """Whether a process with this number exists."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
