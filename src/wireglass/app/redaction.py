"""What a home redacts with: its rules, and the key of its hashes."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from wireglass.app.home import Home
from wireglass.errors import HomeNotWritable
from wireglass.redact import KEY_SIZE, Redactor, Rules
from wireglass.settings import Settings, load

_KEY = "redaction.key"


def rules_of(settings: Settings) -> Rules:
    return Rules(settings.redact_headers, settings.redact_params, settings.redact_json, settings.redact_patterns)


def redaction_key(home: Home) -> bytes:
    """Made when it is first wanted, for this user alone: with it, guesses at short secrets could be compared with
    their hashes. Raises HomeNotWritable."""
    path = home.path / _KEY
    try:
        with contextlib.suppress(FileNotFoundError):
            return _whole(path)
        descriptor, name = tempfile.mkstemp(prefix=f".{_KEY}.", suffix=".part", dir=home.path)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(secrets.token_bytes(KEY_SIZE))
            with contextlib.suppress(FileExistsError):
                os.link(name, path)  # not over one that another process has made meanwhile
        finally:
            Path(name).unlink()
        return _whole(path)
    except OSError as error:
        raise HomeNotWritable(
            f"The key for redaction, {path}, cannot be read or made: {error.strerror or error}.",
            "Correct the permissions of the home.",
        ) from error


def _whole(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != KEY_SIZE:
        raise OSError(f"it has {len(key)} bytes and not {KEY_SIZE}; remove it to have a new one made")
    return key


def redactor_of(home: Home, settings: Settings) -> Redactor:
    """Raises HomeNotWritable."""
    return Redactor(rules_of(settings), redaction_key(home))


def redactor_for(home: Home, environ: Mapping[str, str]) -> Redactor:
    """For a command, by the home's settings. Raises BadSetting and HomeNotWritable."""
    return redactor_of(home, load({"home": str(home.path)}, environ))
