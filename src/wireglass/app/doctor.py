"""Gathers the facts that ``launch.doctor`` judges: of one home, this shell and this system."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from wireglass.app.home import Home, Run
from wireglass.app.report import reachable
from wireglass.errors import StoreError
from wireglass.file_lock import is_alive
from wireglass.launch import addresses, doctor, doctor_shell, probe, system
from wireglass.launch.certificates import to_der
from wireglass.launch.doctor import Finding
from wireglass.launch.doctor_shell import Ours
from wireglass.launch.trust import trusts_nobody_else
from wireglass.listening import Address, parse_address
from wireglass.net.authority import CERTIFICATE_NAME, KEY_NAME
from wireglass.store import Reader

_RECORDED = 3.0  # seconds that a finished request is given to reach the store; it takes 0.1
_LOOK = 0.05


def examine(home: Home, listen: Address, environ: Mapping[str, str]) -> list[Finding]:
    """All findings, what concerns the program first. ``listen``: where ``up`` would listen in this shell. Changes
    nothing; where a Wireglass runs, one request goes through it and is recorded."""
    now = time.time()
    run = home.read_run()
    locked = home.is_locked()
    active = run is not None and locked
    certificate = _read(home.ca / CERTIFICATE_NAME)
    own = certificate if isinstance(certificate, bytes) and to_der(certificate) else None
    findings = [
        doctor.running(
            home.path,
            run.pid if run else None,
            alive=bool(run and is_alive(run.pid)),
            locked=locked,
            holder=_holder(home.path / "lock") if locked else "",
            started=run.started if run else 0.0,
            now=now,
        )
    ]
    store = _store(home, now)
    if run and active:
        listen = parse_address(run.listen)
        findings += _through(home, parse_address(reachable(run.listen)), run, own)
    elif not locked:
        with contextlib.suppress(OSError):  # a name that is not found: `up` says so
            free = probe.port_is_free(listen.host, listen.port)
            owner = "" if free else probe.owner_of_port(listen.port)
            findings.append(doctor.port_before_start(str(listen), free=free, owner=owner))
    key_file = home.ca / KEY_NAME
    findings += [
        _folder(home),
        doctor.authority(home.ca, _read(key_file), certificate, _mode(key_file) or 0, datetime.fromtimestamp(now, UTC)),
        doctor.clock(now, _newest(home)),
        doctor.disk(home.path, shutil.disk_usage(_existing(home.path)).free),
        doctor.descriptors(_descriptors()),
        doctor.spool(home.spool, sum(_size(file) for file in _entries(home.spool, "*.spool")), active=active),
        store,
        doctor.log(home.path / "proxy.log", _size(home.path / "proxy.log")),
    ]
    ours = Ours(_hosts(listen), listen.port, login=bool(active and run and run.proxy_auth))
    findings += doctor_shell.proxies(environ, ours)
    findings += doctor_shell.no_proxy(environ)
    der = to_der(own) if own else None
    if der is not None:
        alone = trusts_nobody_else(environ, der)
        findings += doctor_shell.bundles(system.bundles(environ, der), alone=alone)
        findings += system.trust(der)
    findings += system.proxies(ours)
    return findings


def _through(home: Home, address: Address, run: Run, own: bytes | None) -> Iterator[Finding]:
    answer = probe.ask_port(address.host, address.port)
    found = doctor.port(run.listen, answer, own)
    yield found
    if found.level != "ok" or own is None or (der := to_der(own)) is None:
        return
    trip, url = probe.over_http(address.host, address.port, run.proxy_auth)
    yield doctor.round_trip("http", trip)
    if trip.passed:
        yield doctor.recorded(_number(home, url))
    yield doctor.round_trip("https", probe.over_https(address.host, address.port, der))


def _number(home: Home, url: str) -> int | None:
    deadline = time.monotonic() + _RECORDED
    while time.monotonic() < deadline:
        with contextlib.suppress(StoreError), Reader(home.store) as reader:
            for row in reader.page(1000):
                if row.url == url:
                    return row.id
        time.sleep(_LOOK)
    return None


def _store(home: Home, now: float) -> Finding:
    try:
        if (reader := Reader.if_any(home.store)) is None:
            return doctor.store("", "", None, now)
        with reader:
            # Without the requests of earlier calls, which say nothing about what the person waits for.
            rows = [row for row in reader.page(1000) if probe.PATH not in row.url]
    except StoreError as error:
        return doctor.store(error.message, error.hint, None, now)
    except OSError as error:
        return doctor.store(f"{error.strerror} ({error.filename}).", "Correct its permissions.", None, now)
    return doctor.store("", "", rows[-1].started if rows else None, now)


def _folder(home: Home) -> Finding:
    folders = {folder.name: _mode(folder) for folder in (home.store, home.ca, home.spool, home.tmp)}
    status = None
    hidden = False
    try:
        status = home.path.stat()
    except PermissionError:  # a folder above it is closed to this user
        hidden = True
    except OSError:
        pass  # it is not there
    return doctor.home_folder(
        home.path,
        exists=hidden or status is not None,
        is_folder=status is None or stat.S_ISDIR(status.st_mode),
        writable=os.access(home.path if hidden else _existing(home.path), os.W_OK | os.X_OK),
        owner=status.st_uid if status else os.getuid(),
        user=os.getuid(),
        modes={name: mode for name, mode in folders.items() if mode is not None},
        mode=stat.S_IMODE(status.st_mode) if status else 0o700,
    )


def _holder(lock: Path) -> str:
    """Who holds it, from /proc/locks (proc(5)); empty on other systems."""
    with contextlib.suppress(OSError, ValueError):
        inode = str(lock.stat().st_ino)
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode:
                return probe.process(int(fields[4]))
    return ""


def _hosts(listen: Address) -> list[str]:
    """The hosts by which a program of this machine reaches the proxy, the usual one first."""
    host = listen.host
    if host in ("0.0.0.0", "127.0.0.1", "localhost"):  # noqa: S104 - told apart, not bound
        first = ["127.0.0.1", "localhost"]
    elif host in ("::", "::1"):
        first = ["::1", "localhost"]
    else:
        first = [host]
    if host in ("0.0.0.0", "::"):  # noqa: S104
        first += [own.address for own in addresses.of_listener(host, addresses.find())]
    return first


def _read(file: Path) -> bytes | str | None:
    """The content; why it cannot be read; None where it is not."""
    try:
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return error.strerror or str(error)


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _entries(folder: Path, pattern: str) -> list[Path]:
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []


def _newest(home: Home) -> tuple[Path, float] | None:
    times = []
    for file in (*_entries(home.path, "*"), *_entries(home.store, "*"), *_entries(home.ca, "*")):
        with contextlib.suppress(OSError):
            times.append((file, file.stat().st_mtime))
    return max(times, key=lambda row: row[1], default=None)


def _existing(path: Path) -> Path:
    """The nearest folder that is there, and so is on the disk that it will be on."""
    return next(each for each in (path, *path.parents) if _mode(each) is not None)


def _descriptors() -> int | None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard
