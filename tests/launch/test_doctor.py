"""Each check, given bad facts: the level, what is named, and that there is something to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wireglass.launch import doctor
from wireglass.launch.doctor import Answer, Finding, Trip
from wireglass.net import Authority

HOME = Path("/home/x/wireglass")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
LISTEN = "127.0.0.1:8080"


class Pair:
    """The two files of a CA."""

    def __init__(self, folder: Path) -> None:
        Authority.load_or_create(folder)
        self.key = (folder / "ca-key.pem").read_bytes()
        self.certificate = (folder / "ca.pem").read_bytes()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(tmp_path_factory.mktemp("other"))


def check(finding: Finding, level: str, *words: str) -> None:
    assert finding.level == level, finding
    for word in words:
        assert word in f"{finding.text} {finding.remedy}", finding
    assert (level == "ok") == (finding.remedy == ""), "what is wrong has a remedy, what is right needs none"
    assert "\n" not in finding.text


@pytest.mark.parametrize(
    ("pid", "alive", "locked", "holder", "level", "words"),
    [
        (7, True, True, "wireglass (pid 7)", "ok", ("7", "2 minutes")),
        (None, False, False, "", "fail", ("Nothing records", "wireglass up")),
        (7, False, False, "", "fail", ("is gone", "wireglass up")),
        (7, True, False, "", "fail", ("another program", "wireglass up")),
        (None, False, True, "wireglass (pid 9)", "fail", ("wireglass (pid 9)",)),
        (None, False, True, "", "fail", ("another process",)),
    ],
)
def test_running(pid: int | None, alive: bool, locked: bool, holder: str, level: str, words: tuple[str, ...]) -> None:
    finding = doctor.running(HOME, pid, alive=alive, locked=locked, holder=holder, started=1000.0, now=1130.0)
    check(finding, level, *words)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (Answer("refused", detail="Connection refused"), "Connection refused"),
        (Answer("silent", detail="no answer within 5 s"), "does not answer"),
        (Answer("other", detail="it answers 404"), "not Wireglass"),
        (Answer("site", b"-----nonsense"), "another certificate"),
    ],
)
def test_a_port_that_is_not_ours(answer: Answer, word: str, ours: Pair) -> None:
    check(doctor.port(LISTEN, answer, ours.certificate), "fail", LISTEN, word)


def test_the_port_of_another_home(ours: Pair, other: Pair) -> None:
    check(doctor.port(LISTEN, Answer("site", other.certificate), ours.certificate), "fail", "--home")
    check(doctor.port(LISTEN, Answer("site", other.certificate), None), "fail", "--home")
    check(doctor.port(LISTEN, Answer("site", ours.certificate), ours.certificate), "ok", LISTEN)


def test_a_port_that_is_taken_before_the_start() -> None:
    check(doctor.port_before_start(LISTEN, free=False, owner="nginx (pid 3)"), "fail", "nginx (pid 3)", "--listen")
    check(doctor.port_before_start(LISTEN, free=False, owner=""), "fail", "does not say")
    check(doctor.port_before_start(LISTEN, free=True, owner=""), "ok")
    check(doctor.port_before_start("[::1]:0", free=True, owner=""), "ok", "[::1] has free ports")


def test_round_trip() -> None:
    check(doctor.round_trip("https", Trip(passed=False, detail="no answer within 5 s")), "fail", "https", "no answer")
    check(doctor.round_trip("http", Trip(passed=True, detail="3 ms")), "ok", "3 ms")
    check(doctor.recorded(None), "fail", "not in the record")
    check(doctor.recorded(12), "ok", "exchange 12")


@pytest.mark.parametrize(
    ("exists", "is_folder", "writable", "owner", "modes", "level", "words"),
    [
        (False, True, True, 1, {}, "ok", ("does not exist yet",)),
        (False, True, False, 1, {}, "fail", ("cannot be made", "--home")),
        (True, False, True, 1, {}, "fail", ("is a file",)),
        (True, True, False, 1, {}, "fail", ("not writable",)),
        (True, True, False, 2, {}, "fail", ("belongs to user 2",)),
        (True, True, True, 1, {"store": 0o755, "ca": 0o700}, "fail", ("store (0755)", "chmod 700")),
        (True, True, True, 1, {"store": 0o700, "ca": 0o700}, "ok", ()),
    ],
)
def test_home(
    exists: bool, is_folder: bool, writable: bool, owner: int, modes: dict[str, int], level: str, words: tuple[str, ...]
) -> None:
    finding = doctor.home_folder(
        HOME, exists=exists, is_folder=is_folder, writable=writable, owner=owner, user=1, modes=modes
    )
    check(finding, level, *words)


@pytest.mark.parametrize(("mode", "level"), [(0o755, "ok"), (0o775, "ok"), (0o777, "fail"), (0o1777, "fail")])
def test_a_home_that_everybody_can_write(mode: int, level: str) -> None:
    finding = doctor.home_folder(
        HOME, exists=True, is_folder=True, writable=True, owner=1, user=1, modes={"ca": 0o700}, mode=mode
    )
    check(finding, level, f"{mode:04o}" if level == "fail" else "")


def test_a_ca_that_can_be_used(ours: Pair) -> None:
    check(doctor.authority(HOME, ours.key, ours.certificate, 0o600, NOW), "ok")
    check(doctor.authority(HOME, ours.key, None, 0o600, NOW), "ok")  # the certificate is written again at the start
    check(doctor.authority(HOME, None, None, 0, NOW), "ok", "first start")


def test_a_ca_that_cannot_be_used(ours: Pair, other: Pair) -> None:
    check(doctor.authority(HOME, None, ours.certificate, 0, NOW), "fail", "is gone")
    check(doctor.authority(HOME, "Permission denied", ours.certificate, 0, NOW), "fail", "Permission denied")
    check(doctor.authority(HOME, ours.key, "Is a directory", 0o600, NOW), "fail", "ca.pem", "Is a directory")
    check(doctor.authority(HOME, ours.key[:200], ours.certificate, 0o600, NOW), "fail", "damaged")
    check(doctor.authority(HOME, ours.key, b"nothing", 0o600, NOW), "fail", "damaged")
    check(doctor.authority(HOME, ours.key, other.certificate, 0o600, NOW), "fail", "do not belong together")
    mixed = ours.key.partition(b"-----BEGIN CERTIFICATE")[0] + other.certificate
    check(doctor.authority(HOME, mixed, other.certificate, 0o600, NOW), "fail", "do not belong together")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_key_that_others_can_read(ours: Pair, mode: int) -> None:
    check(doctor.authority(HOME, ours.key, ours.certificate, mode, NOW), "fail", f"{mode:04o}", "chmod 600")


def test_a_ca_and_the_clock(ours: Pair) -> None:
    """Ten years, from a day before it was made."""
    facts = (HOME, ours.key, ours.certificate, 0o600)
    check(doctor.authority(*facts, NOW - 2 * DAY), "fail", "valid from", "clock")
    check(doctor.authority(*facts, NOW + 3653 * DAY), "fail", "ended on", "clock")
    check(doctor.authority(*facts, NOW + 3630 * DAY), "warn", "ends on")


def test_a_clock_that_has_gone_back() -> None:
    check(doctor.clock(1000.0, (HOME / "run.json", 8000.0)), "warn", "run.json", "1 hour")
    check(doctor.clock(1000.0, (HOME / "run.json", 1060.0)), "ok")
    check(doctor.clock(1000.0, None), "ok")


@pytest.mark.parametrize(("free", "level"), [(1_000, "fail"), (300_000_000, "warn"), (5_000_000_000, "ok")])
def test_disk(free: int, level: str) -> None:
    check(doctor.disk(HOME, free), level, "MB" if free < 10**9 else "5.0 GB")


def test_descriptors() -> None:
    check(doctor.descriptors(256), "warn", "256", "ulimit")
    check(doctor.descriptors(65536), "ok", "65536")
    check(doctor.descriptors(None), "ok")


def test_spool() -> None:
    check(doctor.spool(HOME, 900, active=False), "warn", "900 bytes", "wireglass up")
    check(doctor.spool(HOME, 900, active=True), "ok", "900 bytes")
    check(doctor.spool(HOME, 0, active=False), "ok")


def test_store() -> None:
    check(doctor.store("it is damaged.", "Move it away.", None, 0.0), "fail", "it is damaged.", "Move it away.")
    check(doctor.store("", "", None, 0.0), "ok", "Nothing is recorded yet")
    check(doctor.store("", "", 1000.0, 1000.0 + 3 * 86400), "ok", "3 days ago")


def test_a_mistake_of_ours_is_told() -> None:
    check(doctor.log(HOME / "proxy.log", 300), "warn", "proxy.log", "report")
    check(doctor.log(HOME / "proxy.log", 0), "ok")


def test_only_a_failure_counts() -> None:
    ok, warn, fail = Finding("a", "ok", "x"), Finding("b", "warn", "x", "y"), Finding("c", "fail", "x", "y")
    assert not doctor.failed([ok, warn])
    assert doctor.failed([ok, fail])
