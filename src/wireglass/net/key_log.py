"""The keys of TLS connections in the file that ``SSLKEYLOGFILE`` names, in NSS's format, for Wireshark to read traffic.

OpenSSL writes a line for each secret of each connection, of clients and of servers alike.
"""

from __future__ import annotations

import os
import ssl
import stat
from pathlib import Path

from wireglass.errors import BadSetting

VARIABLE = "SSLKEYLOGFILE"


def key_log() -> Path | None:
    """None where the variable is not set or empty."""
    name = os.environ.get(VARIABLE)
    return Path(name) if name else None


def prepare_key_log() -> Path | None:
    """Makes the file, or takes the rights of others on it away. Raises BadSetting where it cannot be written."""
    path = key_log()
    if path is None:
        return None
    try:
        # O_NONBLOCK: a pipe that nobody reads would hold the start up.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise BadSetting(f"{VARIABLE}={path} is not a file.", "Name a file of your own, or unset it.")
            if found.st_mode & 0o077:
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise BadSetting(
            f"{VARIABLE}={path} cannot be written: {error.strerror}.", "Name a file of your own, or unset it."
        ) from error
    return path


def log_keys(context: ssl.SSLContext) -> None:
    """From now on for the connections of ``context``, if the variable is set. Each context has the file open."""
    path = key_log()
    if path is not None:
        context.keylog_filename = str(path)
