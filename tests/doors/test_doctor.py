"""``doctor``: what is wrong is provoked for real, and named."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.peers.client import Client
from tests.peers.origin import Origin, fixed
from tests.peers.program import COMMAND, Wireglass

from wireglass.launch.doctor_shell import BUNDLES, PROXIES
from wireglass.net import Authority

Start = Callable[..., Wireglass]


class Said(NamedTuple):
    code: int
    findings: dict[str, list[tuple[str, str]]]
    """Name → level and text with its remedy."""

    def of(self, name: str) -> tuple[str, str]:
        [finding] = self.findings[name]
        return finding

    def wrong(self) -> set[str]:
        return {name for name, found in self.findings.items() if any(level == "fail" for level, _ in found)}


def run(home: Path, *flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
    names = {*BUNDLES, *PROXIES, *map(str.upper, PROXIES), "no_proxy", "NO_PROXY", "WIREGLASS_LISTEN"}
    environ = {name: value for name, value in os.environ.items() if name not in names}
    with socket.create_server(("127.0.0.1", 0)) as sock:
        environ["WIREGLASS_LISTEN"] = f"127.0.0.1:{sock.getsockname()[1]}"  # 8080 may be taken where tests run
    return subprocess.run(
        [COMMAND, "doctor", "--home", home, *flags],
        capture_output=True,
        text=True,
        timeout=60,
        env={**environ, **variables},
    )


def doctor(home: Path, **variables: str) -> Said:
    done = run(home, "--json", **variables)
    assert done.stderr == ""
    findings: dict[str, list[tuple[str, str]]] = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        assert set(row) == {"name", "level", "text", "remedy"}
        findings.setdefault(row["name"], []).append((row["level"], f"{row['text']} {row['remedy']}"))
    said = Said(done.returncode, findings)
    assert said.code == (1 if said.wrong() else 0)
    return said


def proxy_variables(program: Wireglass) -> dict[str, str]:
    return {"http_proxy": f"http://{program.proxy}", "https_proxy": f"http://{program.proxy}"}


def test_all_is_well(wireglass: Wireglass) -> None:
    said = doctor(wireglass.home, **proxy_variables(wireglass))
    assert said.wrong() == set()
    for name in ("running", "port", "http", "https", "recorded", "home", "ca", "disk", "store", "spool", "no-proxy"):
        assert said.of(name)[0] == "ok", name
    assert {level for level, _ in said.findings["proxy-variables"]} == {"ok"}
    row = next(row for row in reversed(wireglass.ls()) if "/wireglass-doctor/" in row.url)
    assert f"exchange {row.id}." in said.of("recorded")[1]


def test_lines_for_people(wireglass: Wireglass) -> None:
    done = run(wireglass.home)
    assert done.returncode == 0
    *lines, last = done.stdout.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "warn"}
    assert last.startswith("Nothing is wrong with Wireglass")
    assert all("→" in line for line in lines if line.startswith("warn"))
    assert "\x1b" not in done.stdout


def test_nothing_runs(tmp_path: Path) -> None:
    """And nothing is made: it only looks."""
    said = doctor(tmp_path / "home")
    assert said.wrong() == {"running"}
    assert f"up --home {tmp_path / 'home'}" in said.of("running")[1]
    assert not (tmp_path / "home").exists()


def test_the_port_is_taken_before_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = doctor(tmp_path / "home", WIREGLASS_LISTEN=f"127.0.0.1:{taken.getsockname()[1]}")
    assert said.wrong() == {"running", "port"}
    assert f"(pid {os.getpid()})" in said.of("port")[1]


def test_the_port_is_that_of_another_home(tmp_path: Path, wireglass: Wireglass) -> None:
    text = doctor(tmp_path / "home", WIREGLASS_LISTEN=wireglass.proxy).of("port")[1]
    assert f"is taken by the Wireglass of {wireglass.home} (pid {wireglass.process.pid})" in text


def test_a_port_that_the_start_chooses(tmp_path: Path) -> None:
    said = doctor(tmp_path / "home", WIREGLASS_LISTEN="127.0.0.1:0", http_proxy="http://127.0.0.1:8080")
    assert said.wrong() == {"running"}
    assert "127.0.0.1 has free ports" in said.of("port")[1]
    assert not any(re.search(r":0\b", text) for found in said.findings.values() for _, text in found)


def test_it_was_killed(start: Start, origin: Origin) -> None:
    program = start()
    with Client(program.proxy) as client:
        client.get(f"{origin.url}/before")
    program.row(f"{origin.url}/before")
    program.kill("main", "proxy")
    program.process.wait(10)
    said = doctor(program.home)
    assert said.wrong() == {"running"}
    assert f"Process {program.process.pid}" in said.of("running")[1]
    assert "was killed" in said.of("running")[1]
    assert "The last exchange was recorded" in said.of("store")[1]


def test_what_an_earlier_run_left_behind(tmp_path: Path) -> None:
    spool = tmp_path / "home" / "spool"
    spool.mkdir(parents=True, mode=0o700)
    (spool / "00000001.spool").write_bytes(b"x" * 900)
    level, text = doctor(tmp_path / "home").of("spool")
    assert (level, "900 bytes" in text) == ("warn", True)


def test_somebody_holds_the_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    script = (
        "import fcntl, sys\n"
        f"lock = open({str(home / 'lock')!r}, 'w')\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        level, text = doctor(home).of("running")
        holder.communicate()
    assert level == "fail"
    if Path("/proc/locks").exists():
        assert f"(pid {holder.pid})" in text


def test_run_json_leads_to_another_program(start: Start, origin: Origin) -> None:
    """The port of run.json answers, and is not ours."""
    program = start()
    origin.on("/ca.pem", fixed(b"something else"))
    point_to(program.home, origin.authority)
    said = doctor(program.home)
    assert "port" in said.wrong()
    assert "is not Wireglass" in said.of("port")[1]


def test_run_json_leads_nowhere(start: Start) -> None:
    program = start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    point_to(program.home, address)
    said = doctor(program.home)
    assert "port" in said.wrong()
    assert f"Nobody accepts connections on {address}" in said.of("port")[1]


def test_run_json_leads_to_the_wireglass_of_another_home(start: Start, tmp_path: Path, wireglass: Wireglass) -> None:
    program = start()
    point_to(program.home, wireglass.proxy)
    said = doctor(program.home)
    assert "port" in said.wrong()
    assert "another certificate than this home" in said.of("port")[1]


def point_to(home: Path, address: str) -> None:
    file = home / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "listen": address}))


def test_a_proxy_that_hangs_is_not_well(start: Start) -> None:
    """Stopped with SIGSTOP: the system accepts for it, and nothing answers."""
    program = start()
    [proxy] = program.pids["proxy"]
    os.kill(proxy, signal.SIGSTOP)
    try:
        said = doctor(program.home)
    finally:
        os.kill(proxy, signal.SIGCONT)
    assert said.wrong() == {"port"}
    assert "does not answer" in said.of("port")[1]


def test_the_folders_and_the_key_are_open(start: Start) -> None:
    program = start()
    program.stop()
    (program.home / "store").chmod(0o755)
    (program.home / "ca" / "ca-key.pem").chmod(0o644)
    said = doctor(program.home)
    assert said.wrong() == {"running", "home", "ca"}
    assert "store (0755)" in said.of("home")[1]
    assert "0644" in said.of("ca")[1]


def test_a_ca_that_is_damaged(tmp_path: Path) -> None:
    ca = tmp_path / "home" / "ca"
    Authority.load_or_create(ca)
    (ca / "ca-key.pem").write_bytes((ca / "ca-key.pem").read_bytes()[:150])
    said = doctor(tmp_path / "home")
    assert "ca" in said.wrong()
    assert "damaged" in said.of("ca")[1]


def test_a_store_that_is_damaged(start: Start) -> None:
    program = start()
    program.stop()
    for file in (program.home / "store").glob("wireglass.db*"):
        file.write_bytes(b"not a database, and long enough to have been one" * 500)
    said = doctor(program.home)
    assert "store" in said.wrong()
    assert "damaged" in said.of("store")[1]


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    said = doctor(tmp_path / "home")
    assert "home" in said.wrong()
    assert "is a file" in said.of("home")[1]


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = doctor(tmp_path / "file" / "home")
    assert said.wrong() == {"running", "home"}
    assert "cannot be made" in said.of("home")[1]


def test_a_clock_that_has_gone_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    file = home / "proxy.log"
    file.write_text("Traceback")
    later = time.time() + 7200
    os.utime(file, (later, later))
    said = doctor(home)
    assert said.of("clock")[0] == "warn"
    assert said.of("log")[0] == "warn"


def test_a_shell_that_leads_elsewhere(wireglass: Wireglass) -> None:
    said = doctor(
        wireglass.home,
        http_proxy="http://me:hush@proxy.example:3128",
        https_proxy=f"https://{wireglass.proxy}",
        no_proxy="localhost",
        NO_PROXY="*",
    )
    assert said.wrong() == {"proxy-variables"}
    texts = "\n".join(text for found in said.findings.values() for _, text in found)
    assert "http_proxy points to another proxy, http://proxy.example:3128" in texts
    assert "https_proxy begins with https://" in texts
    assert "no_proxy sends these past the proxy: localhost." in texts
    assert "NO_PROXY is *" in texts
    assert "hush" not in texts


def test_a_shell_and_its_trust(wireglass: Wireglass, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    Authority.load_or_create(tmp_path / "ca")
    shutil.copy(tmp_path / "ca" / "ca.pem", other)
    said = doctor(
        wireglass.home,
        CURL_CA_BUNDLE=str(wireglass.ca_path),
        GIT_SSL_CAINFO=str(other),
        AWS_CA_BUNDLE=str(tmp_path / "none"),
    )
    found = said.findings["trust-variables"]
    assert sorted(level for level, _ in found) == ["ok", "warn", "warn"]
    texts = "\n".join(text for _, text in found)
    assert f"{other} (GIT_SSL_CAINFO) does not hold the CA" in texts
    assert f"{tmp_path / 'none'} (AWS_CA_BUNDLE) cannot be read" in texts


def test_a_wrong_trust_file_is_found_before_the_start(wireglass: Wireglass, tmp_path: Path) -> None:
    said = doctor(wireglass.home, SSL_CERT_FILE=str(tmp_path / "none"))
    assert said.wrong() == {"trust-variables"}


def test_the_system_does_not_trust_a_ca_made_for_a_test(wireglass: Wireglass) -> None:
    [level] = [level for level, text in doctor(wireglass.home).findings["trust"] if text.startswith("This system")]
    assert level == "warn"


def test_what_chrome_trusts_is_asked_of_nss(wireglass: Wireglass, tmp_path: Path) -> None:
    """A stand-in for certutil with the answers of the real one: it is not on every machine."""
    database = tmp_path / ".pki" / "nssdb"
    database.mkdir(parents=True)
    (database / "cert9.db").touch()
    bin = tmp_path / "bin"
    bin.mkdir()
    der = tmp_path / "ca.der"
    subprocess.run(["openssl", "x509", "-in", wireglass.ca_path, "-outform", "der", "-out", der], check=True)
    tool = bin / "certutil"
    for flags, level in (("C,,  ", "ok"), ("p,,  ", "warn")):
        tool.write_text(f"""#!/bin/sh
case "$*" in
*" -n Wire glass -r") cat {der} ;;
*" -n "*) exit 255 ;;
*) printf '\\n%-60s %s\\n%-60s %s\\n\\n%-60s %s\\n' 'Certificate Nickname' 'Trust Attributes' '' 'SSL,S/MIME,JAR/XPI' \\
   'Wire glass' '{flags}' ;;
esac
""")
        tool.chmod(0o755)
        said = doctor(wireglass.home, HOME=str(tmp_path), PATH=f"{bin}:{os.environ['PATH']}")
        [found] = [each for each, text in said.findings["trust"] if text.startswith("Chrome")]
        assert found == level
