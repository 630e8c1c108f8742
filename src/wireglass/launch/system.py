"""Facts about this shell and this system for ``doctor_shell``: files that variables name, roots, system settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from wireglass.errors import WireglassError
from wireglass.launch import doctor_shell
from wireglass.launch.doctor import Finding
from wireglass.launch.doctor_shell import Bundle, Ours
from wireglass.launch.trust import read_certificates, system_roots

_TOOL = 5.0  # seconds for a program of the system


def bundles(environ: Mapping[str, str], own: bytes) -> dict[str, Bundle]:
    """What the variables of ``doctor_shell.BUNDLES`` lead to; ``own`` is our certificate, DER."""
    found = {}
    for name in doctor_shell.BUNDLES:
        if path := environ.get(name):
            try:
                certificates = read_certificates(Path(path))
            except OSError:
                found[name] = Bundle(path, None, ours=False)
            else:
                found[name] = Bundle(path, len(certificates), own in certificates)
    return found


def trust(own: bytes) -> Iterator[Finding]:
    try:
        yield doctor_shell.system_trust("This system", own in system_roots())
    except WireglassError as error:
        yield doctor_shell.system_trust("This system", None, error.message.rstrip("."))
    database = Path.home() / ".pki" / "nssdb"
    if (database / "cert9.db").exists():
        yield _nss_trust(database, own)


def _nss_trust(database: Path, own: bytes) -> Finding:
    """NSS's own tool: what is trusted stands in two databases, sealed with each other."""
    where = "Chrome on this account (NSS)"
    if (tool := shutil.which("certutil")) is None:
        return doctor_shell.system_trust(where, None, "certutil is not installed (libnss3-tools)")
    store = f"sql:{database}"
    lines = _output(tool, "-L", "-d", store).decode("utf-8", "replace").splitlines()
    # "nickname, which may have spaces      C,,": C in the first part is "trusted to sign servers' certificates".
    rows = [line.rstrip().rpartition(" ") for line in lines if line.count(",") >= 2]
    trusted = [nickname.strip() for nickname, _, flags in rows if "C" in flags.partition(",")[0]]
    return doctor_shell.system_trust(
        where, any(own == _output(tool, "-L", "-d", store, "-n", n, "-r") for n in trusted)
    )


def proxies(ours: Ours) -> Iterator[Finding]:
    if macos := getattr(urllib.request, "getproxies_macosx_sysconf", None):
        values: dict[str, str] = macos()
        for scheme in ("http", "https"):
            yield doctor_shell.system_proxy(f"macOS, {scheme}", values.get(scheme, ""), ours)
    elif (tool := shutil.which("gsettings")) and os.environ.get("XDG_CURRENT_DESKTOP"):
        mode = _output(tool, "get", "org.gnome.system.proxy", "mode").strip().strip(b"'")
        for scheme in ("http", "https"):
            value = ""
            if mode == b"manual":
                schema = f"org.gnome.system.proxy.{scheme}"
                host, port = (_output(tool, "get", schema, key).decode().strip().strip("'") for key in ("host", "port"))
                value = f"{host}:{port}" if host else ""
            yield doctor_shell.system_proxy(f"GNOME, {scheme}", value, ours)


def _output(*command: str) -> bytes:
    """What a program of the system prints; nothing if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TOOL, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - found on the PATH, arguments of our own
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode == 0 else b""
