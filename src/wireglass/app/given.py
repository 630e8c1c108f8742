"""What a capture was started with, and what is asked of one that runs already: it has read its settings at its start,
and nothing changes them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from wireglass.app.home import Run
from wireglass.launch.certificates import to_der
from wireglass.launch.trust import read_certificates
from wireglass.setting_values import absolute
from wireglass.settings import TABLE, Settings

_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # OpenSSL's own variables: by them a capture verifies servers


def in_use(settings: Settings, session: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """For ``run.json``: each setting but the home by its name, without passwords, ``session`` being the name that was
    found for it, and OpenSSL's variables where they are set."""
    values = {
        setting.name: _plain(setting.shown(getattr(settings, setting.name)))
        for setting in TABLE
        if setting.name != "home"
    }
    trust = {name: _absolute(environ[name]) for name in _TRUST if environ.get(name)}
    return {**values, "session": session, **trust}


def without_effect(
    run: Run, flags: Mapping[str, str | None], environ: Mapping[str, str], ca_certificate: Path
) -> list[str]:
    """The flags and variables, as they are written, that ask for something else than ``run`` was started with. Raises
    BadSetting for one that cannot be read."""
    found = []
    for setting in TABLE:
        if setting.name in ("home", "open"):  # the latter is of the start alone
            continue
        text, origin = environ.get(setting.env), setting.env
        if (flag := flags.get(setting.name)) is not None:
            text, origin = flag, setting.flag
            if not setting.metavar and flag == "false":
                origin = f"--no-{setting.flag[2:]}"
        if not text:
            continue
        value = setting.read(text, origin)
        is_there = setting.name == "listen" and str(value) == run.listen
        other = _plain(setting.shown(value)) != run.settings.get(setting.name)
        if setting.name == "proxy_auth":  # of which the settings have the name alone
            other = value != run.proxy_auth
        if other and not is_there:
            found.append(origin)
    for name in _TRUST:
        path = environ.get(name)
        if path and _absolute(path) != run.settings.get(name) and not _is_for_clients(path, ca_certificate):
            found.append(name)
    return found


def _plain(value: object) -> object:
    """As JSON gives it back, so that the two can be compared."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _absolute(paths: str) -> str:
    return os.pathsep.join(str(absolute(Path(path))) for path in paths.split(os.pathsep))


def _is_for_clients(path: str, ca_certificate: Path) -> bool:
    """With our CA in it, it is there for programs to trust the proxy: what `wireglass ca` says, or the bundle that
    `wireglass run` sets for a command that now calls us."""
    try:
        return to_der(ca_certificate.read_bytes()) in read_certificates(Path(path))
    except OSError:
        return False
