"""What may be wrong when nothing arrives: each check is a function from facts to findings, and gathers none itself.

``fail``: nothing can arrive, or the record is in danger. ``warn``: Wireglass works, and this may keep a program away
from it. Texts are for people; commands in backticks are completed where they are printed (``cli.hint``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from wireglass.launch.certificates import to_der

Level: TypeAlias = Literal["ok", "warn", "fail"]

_SOON = timedelta(days=30)
_CLOCK_TOLERANCE = 120.0  # seconds; network file systems stamp files by their own clock
_DISK_FAIL = 50_000_000  # bytes; below, SQLite's log and a large body may not fit any more
_DISK_WARN = 1_000_000_000
_DESCRIPTORS = 4096  # a proxied request takes two


class Finding(msgspec.Struct, frozen=True):
    name: str
    """What was looked at, a stable word for scripts."""
    level: Level
    text: str
    remedy: str = ""
    """What to do, empty where there is nothing to do."""


class Answer(msgspec.Struct, frozen=True):
    """What the proxy's port said when it was asked for its certificate (``probe.ask_port``)."""

    state: Literal["refused", "silent", "other", "site"]
    """``other``: it answered, but not as Wireglass does."""
    certificate: bytes = b""
    """PEM, of ``site``."""
    detail: str = ""


class Trip(msgspec.Struct, frozen=True):
    """A request through the proxy (``probe``)."""

    passed: bool
    detail: str
    """How long it took, or why it failed."""


def running(
    home: Path, pid: int | None, *, alive: bool, locked: bool, holder: str, started: float, now: float
) -> Finding:
    """``pid``: of run.json, None without one; ``locked``: the home's lock is held, by ``holder`` if that is known."""
    name = "running"
    if pid is not None and locked:
        return Finding(name, "ok", f"Process {pid} records into {home}, for {_span(now - started)}.")
    if locked:
        who = holder or "another process"
        return Finding(
            name,
            "fail",
            f"Home {home} is held by {who}, which has not said that it is ready.",
            "If it does not get there within seconds, end that process.",
        )
    if pid is not None:
        why = "is another program now" if alive else "is gone"
        return Finding(
            name,
            "fail",
            f"Process {pid} was recording into {home} and {why}: it was killed.",
            "Start again with `wireglass up`: what it had not stored yet is taken in.",
        )
    return Finding(name, "fail", f"Nothing records into {home}.", "Start with `wireglass up`.")


def port(listen: str, answer: Answer, own: bytes | None) -> Finding:
    """``own``: this home's certificate, PEM; ``answer``: what came from ``listen``, which run.json names."""
    name = "port"
    again = "Stop Wireglass, and start it again with `wireglass up`."
    if answer.state == "refused":
        return Finding(name, "fail", f"Nobody accepts connections on {listen} ({answer.detail}).", again)
    if answer.state == "silent":
        return Finding(name, "fail", f"{listen} accepts connections and does not answer ({answer.detail}).", again)
    if answer.state == "other":
        return Finding(
            name,
            "fail",
            f"What answers on {listen} is not Wireglass ({answer.detail}).",
            "End that program, or start Wireglass on another port: `wireglass up --listen 127.0.0.1:0`.",
        )
    if own is None or to_der(answer.certificate) != to_der(own):
        return Finding(
            name,
            "fail",
            f"The Wireglass on {listen} has another certificate than this home: it records elsewhere.",
            "Name its home with --home, or choose another port for this one.",
        )
    return Finding(name, "ok", f"The proxy answers on {listen}, with this home's certificate.")


def port_before_start(listen: str, *, free: bool, owner: str) -> Finding:
    """Where nothing runs: whether ``up`` could listen."""
    if free and listen.endswith(":0"):
        return Finding("port", "ok", f"{listen.removesuffix(':0')} has free ports, and the start chooses one.")
    if free:
        return Finding("port", "ok", f"{listen} is free.")
    by = owner or "another program (which one, the system does not say)"
    return Finding(
        "port",
        "fail",
        f"{listen} is taken by {by}.",
        "Stop that program, or choose another port: `wireglass up --listen 127.0.0.1:0`.",
    )


def round_trip(scheme: Literal["http", "https"], trip: Trip) -> Finding:
    if trip.passed:
        return Finding(scheme, "ok", f"A request over {scheme} came through the proxy and back ({trip.detail}).")
    return Finding(
        scheme,
        "fail",
        f"A request over {scheme} did not come through the proxy: {trip.detail}.",
        "Start Wireglass again; `wireglass tail` shows what fails.",
    )


def recorded(number: int | None) -> Finding:
    """``number``: the exchange as which the request of ``round_trip`` stands in the record."""
    if number is not None:
        return Finding("recorded", "ok", f"That request is in the record, as exchange {number}.")
    return Finding(
        "recorded",
        "fail",
        "That request passed and is not in the record.",
        "Look at what `wireglass up` prints: it says when the store cannot be written.",
    )


def home_folder(
    home: Path,
    *,
    exists: bool,
    is_folder: bool,
    writable: bool,
    owner: int,
    user: int,
    modes: Mapping[str, int],
    mode: int = 0o700,
) -> Finding:
    """``mode``: permission bits of the home; ``modes``: those of its private folders, by name. ``writable``: of a home
    that is not there, whether it can be made."""
    name = "home"
    if not exists and writable:
        return Finding(name, "ok", f"{home} does not exist yet: the first start makes it.")
    if not exists:
        text = f"{home} does not exist and cannot be made: what is there of its path is no folder, or not writable."
        return Finding(name, "fail", text, "Correct that, or choose another home with --home DIR.")
    if not is_folder:
        return Finding(name, "fail", f"{home} is a file.", "Move it away, or choose another home with --home DIR.")
    if not writable:
        whose = f", which belongs to user {owner}" if owner != user else ""
        return Finding(name, "fail", f"{home}{whose} is not writable.", "Correct its permissions, or use --home DIR.")
    if mode & 0o002:
        text = f"Every user of this machine can write to {home} (mode {mode:04o}): nothing records there."
        return Finding(name, "fail", text, f"chmod o-w {home}, or use --home DIR.")
    if opened := [f"{home / folder} ({mode:04o})" for folder, mode in modes.items() if mode & 0o077]:
        return Finding(
            name, "fail", f"Others can look into {', '.join(opened)}: what is recorded is private.", "chmod 700 there."
        )
    return Finding(name, "ok", f"{home} is writable, and its record is for you alone.")


def authority(
    folder: Path, key: bytes | str | None, certificate: bytes | str | None, mode: int, now: datetime
) -> Finding:
    """``key``: of ``ca-key.pem``, which holds the certificate as well; ``certificate``: of ``ca.pem``. Text is why the
    file cannot be read; None: it is not there. ``mode``: permission bits of the key's file."""
    name = "ca"
    restore = "Bring the files back from a copy, or delete both, start again and trust the new certificate."
    if key is None and certificate is None:
        return Finding(name, "ok", f"There is no CA in {folder} yet: the first start makes it.")
    for file, content in (("ca-key.pem", key), ("ca.pem", certificate)):
        if isinstance(content, str):
            return Finding(name, "fail", f"{folder / file} cannot be read: {content}.", "Correct its permissions.")
    if key is None:
        return Finding(name, "fail", f"{folder / 'ca-key.pem'} is gone, and {folder / 'ca.pem'} is useless.", restore)
    assert isinstance(key, bytes)
    try:
        ours = x509.load_pem_x509_certificate(key)
        pair = load_pem_private_key(key, password=None).public_key() == ours.public_key()
        alone = x509.load_pem_x509_certificate(certificate) if isinstance(certificate, bytes) else ours
    except (ValueError, TypeError):
        return Finding(name, "fail", f"The CA in {folder} is damaged.", restore)
    if not pair or alone != ours:
        return Finding(name, "fail", f"ca-key.pem and ca.pem in {folder} do not belong together.", restore)
    begins, ends = ours.not_valid_before_utc, ours.not_valid_after_utc
    if now < begins:
        return Finding(
            name,
            "fail",
            f"The CA is valid from {begins:%Y-%m-%d %H:%M} UTC on, and this clock says {now:%Y-%m-%d %H:%M}.",
            "Set the system's clock.",
        )
    if now >= ends:
        return Finding(
            name, "fail", f"The CA ended on {ends:%Y-%m-%d}, and this clock says {now:%Y-%m-%d}.",
            "If the clock is right, delete ca-key.pem and ca.pem, start again and trust the new certificate.",
        )  # fmt: skip
    if mode & 0o077:
        return Finding(
            name,
            "fail",
            f"Others can read the key of the CA (mode {mode:04o}): who has it can pose as any server to you.",
            f"chmod 600 {folder / 'ca-key.pem'}; if others have accounts here, make a new CA.",
        )
    if now > ends - _SOON:
        return Finding(
            name, "warn", f"The CA ends on {ends:%Y-%m-%d}.", "Delete ca-key.pem and ca.pem then; trust the new one."
        )
    return Finding(name, "ok", f"The CA in {folder} can be used until {ends:%Y-%m-%d}; its key is for you alone.")


def clock(now: float, newest: tuple[Path, float] | None) -> Finding:
    """``newest``: the file of the home that was written last, and when (Unix time)."""
    if newest and newest[1] > now + _CLOCK_TOLERANCE:
        return Finding(
            "clock",
            "warn",
            f"{newest[0]} was written {_span(newest[1] - now)} from now: the clock has gone back.",
            "Set the system's clock: certificates are judged by it, and exchanges are dated by it.",
        )
    return Finding("clock", "ok", f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC.")


def disk(folder: Path, free: int) -> Finding:
    """``free``: bytes that this user may still write."""
    text = (
        f"{free / 1e9:.1f} GB are free for {folder}." if free >= 1e9 else f"{free / 1e6:.0f} MB are free for {folder}."
    )
    level: Level = "fail" if free < _DISK_FAIL else "warn" if free < _DISK_WARN else "ok"
    return Finding("disk", level, text, "" if level == "ok" else "Free some space, or record with a --body-limit.")


def descriptors(limit: int | None) -> Finding:
    """``limit``: open files that a process may ask for (the hard limit); None: any number."""
    if limit is not None and limit < _DESCRIPTORS:
        return Finding(
            "files",
            "warn",
            f"A process may have {limit} open files: enough for some {limit // 3} connections at once.",
            "Raise the hard limit of open files (ulimit -H -n, or limits.conf), and start Wireglass again.",
        )
    return Finding("files", "ok", f"{'Any number of' if limit is None else limit} open files are allowed.")


def spool(folder: Path, waiting: int, *, active: bool) -> Finding:
    """``waiting``: bytes in its files; ``active``: a Wireglass runs, which is still taking them in."""
    if waiting and not active:
        return Finding(
            "spool",
            "warn",
            f"{waiting} bytes of an earlier run wait in {folder} and are not in the record yet.",
            "`wireglass up` takes them in at its start.",
        )
    return Finding("spool", "ok", "The store has everything." if not waiting else f"{waiting} bytes are under way.")


def store(problem: str, remedy: str, last: float | None, now: float) -> Finding:
    """``problem``: why it cannot be read; ``last``: Unix time of the newest exchange, None without any."""
    if problem:
        return Finding("store", "fail", f"The record cannot be read: {problem}", remedy)
    if last is None:
        return Finding("store", "ok", "Nothing is recorded yet.")
    return Finding("store", "ok", f"The last exchange was recorded {_span(max(0.0, now - last))} ago.")


def log(file: Path, size: int) -> Finding:
    if size:
        return Finding("log", "warn", f"The proxy met a mistake in Wireglass: {file}.", "Please report what it says.")
    return Finding("log", "ok", "The proxy met no mistake of its own.")


def failed(findings: list[Finding]) -> bool:
    return any(finding.level == "fail" for finding in findings)


def _span(seconds: float) -> str:
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:.0f} s"
