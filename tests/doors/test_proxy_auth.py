"""``--proxy-auth``: clients of the proxy must log in, and their password is kept nowhere but in ``run.json``."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import requests
from python_socks import ProxyError, ProxyType
from python_socks.sync import Proxy
from tests.doors.conftest import Authority
from tests.peers.installed import installed
from tests.peers.origin import Origin
from tests.peers.program import COMMAND, Wireglass, running
from tests.peers.waiting import wait_for

Start = Callable[..., Wireglass]

NAME, PASSWORD = "mé", "s3cr3t:w@rd/ü"
LOGIN = f"{NAME}:{PASSWORD}"


@pytest.fixture(scope="module")
def wireglass(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Wireglass]:
    """Given its password by the variable."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WIREGLASS_PROXY_AUTH", LOGIN)
        with running(tmp_path_factory.mktemp("auth"), trust=authority.path) as program:
            yield program


def curl(program: Wireglass, *arguments: str) -> tuple[int, str]:
    command = [installed("curl"), "-sS", "--max-time", "30", "--noproxy", "", "--cacert", str(program.ca_path)]
    command += ["-o", "/dev/null", "-w", "%{http_code} %{http_connect}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


@pytest.mark.parametrize("way", [(), ("--proxy-anyauth",)], ids=["at once", "when asked"])
def test_curl_logs_in(wireglass: Wireglass, origin: Origin, tls_origin: Origin, way: tuple[str, ...]) -> None:
    login = ("-x", f"http://{wireglass.proxy}", "--proxy-user", LOGIN, *way)
    assert curl(wireglass, *login, f"{origin.url}/a") == (0, "200 000")
    assert curl(wireglass, *login, f"{tls_origin.url}/b") == (0, "200 200")
    assert curl(wireglass, *login, "-p", f"{origin.url}/c") == (0, "200 200")
    assert curl(wireglass, *login, "-d", "x" * 100_000, f"{origin.url}/d") == (0, "200 000")
    for call in (*origin.calls, *tls_origin.calls):
        assert not [name for name, _ in call.request.headers if name.lower().startswith(b"proxy-")]


@pytest.mark.parametrize("login", [(), ("--proxy-user", f"{NAME}:wrong")], ids=["nobody", "wrong"])
def test_curl_is_refused(wireglass: Wireglass, origin: Origin, tls_origin: Origin, login: tuple[str, ...]) -> None:
    proxy = ("-x", f"http://{wireglass.proxy}", *login)
    assert curl(wireglass, *proxy, f"{origin.url}/no") == (0, "407 000")
    assert curl(wireglass, *proxy, f"{tls_origin.url}/no") == (56, "000 407")
    assert curl(wireglass, "--socks5-hostname", wireglass.proxy, *login, f"{origin.url}/no")[0] == 97
    row = wireglass.row(f"{origin.url}/no")
    assert (row.status, row.error_kind, row.state) == (407, "proxy_auth", "failed")
    assert wireglass.row(tls_origin.authority).error_kind == "proxy_auth"
    assert not origin.calls and not tls_origin.calls


@pytest.mark.parametrize("flag", ["--socks5", "--socks5-hostname"])
def test_curl_logs_in_over_socks(wireglass: Wireglass, tls_origin: Origin, flag: str) -> None:
    assert curl(wireglass, flag, wireglass.proxy, "--proxy-user", LOGIN, f"{tls_origin.url}/s")[1] == "200 000"


def test_python_socks(wireglass: Wireglass, origin: Origin) -> None:
    host, _, port = wireglass.proxy.rpartition(":")
    for login in ((None, None), ("me", "wrong")):
        with pytest.raises(ProxyError):
            Proxy(ProxyType.SOCKS5, host, int(port), *login).connect("127.0.0.1", origin.port, timeout=20)


def test_requests_logs_in_from_the_url(wireglass: Wireglass, tls_origin: Origin) -> None:
    user, password = (requests.compat.quote(word, safe="") for word in (NAME, PASSWORD))
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": f"http://{user}:{password}@{wireglass.proxy}"}
        # Its name and password are ISO 8859-1, which RFC 7617 2.1 asks nobody to take.
        with pytest.raises(requests.exceptions.ProxyError, match="407"):
            session.get(f"{tls_origin.url}/r", verify=str(wireglass.ca_path), timeout=20)


def test_our_pages_need_none(wireglass: Wireglass) -> None:
    """What is there is public, and needed before somebody can log in over TLS."""
    assert curl(wireglass, f"http://{wireglass.proxy}/ca.pem") == (0, "200 000")
    for url in ("http://wireglass.internal/", "https://wireglass.internal/"):
        assert curl(wireglass, "-x", f"http://{wireglass.proxy}", url)[1].startswith("200")


def test_the_password_is_kept_in_one_file(wireglass: Wireglass, origin: Origin) -> None:
    """Not in the record, nor in the spool, the log, or what was printed; nor on a command line."""
    pair = base64.b64encode(LOGIN.encode())
    curl(wireglass, "-x", f"http://{wireglass.proxy}", "--proxy-user", LOGIN, f"{origin.url}/kept")
    line = f"Proxy-Authorization : Basic {pair.decode()}"
    curl(wireglass, "-x", f"http://{wireglass.proxy}", "-H", line, f"{origin.url}/malformed")
    shown = wireglass.show(wireglass.row(f"{origin.url}/kept").id)
    assert ["Proxy-Authorization", "Basic (not recorded)"] in shown["request"]["headers"]
    wireglass.row(f"{origin.url}/malformed")
    kept = {file.name: file.read_bytes() for file in wireglass.home.rglob("*") if file.is_file()}
    assert [name for name, data in kept.items() if PASSWORD.encode() in data or pair in data] == ["run.json"]
    assert stat.S_IMODE((wireglass.home / "run.json").stat().st_mode) == 0o600
    assert PASSWORD not in wireglass.stdout() + wireglass.stderr()
    for pid in [pid for pids in wireglass.pids.values() for pid in pids]:
        assert PASSWORD.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert NAME in wireglass.stdout()


def test_run_and_doctor_log_in(wireglass: Wireglass, origin: Origin, tls_origin: Origin) -> None:
    """With a capture that runs already, whose password only ``run.json`` has."""
    environ = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    environ["WIREGLASS_HOME"] = str(wireglass.home)
    urls = [f"{origin.url}/by-run", f"{tls_origin.url}/by-run"]
    words: list[str | Path] = [COMMAND, "run", installed("curl"), "-sSf", "--max-time", "30", *urls]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environ)
    assert (done.returncode, done.stdout) == (0, "/by-run\n" * 2), done.stderr
    assert [wireglass.row(url).status for url in urls] == [200, 200]
    done = subprocess.run([COMMAND, "doctor", "--json"], capture_output=True, text=True, timeout=60, env=environ)
    levels = {found["name"]: found["level"] for found in map(msgspec.json.decode, done.stdout.splitlines())}
    assert (levels["http"], levels["https"], levels["recorded"]) == ("ok", "ok", "ok"), done.stdout
    assert PASSWORD not in done.stdout


def test_run_begins_a_capture_with_a_password(tmp_path: Path, origin: Origin) -> None:
    environ = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    environ |= {"WIREGLASS_HOME": str(tmp_path / "home"), "WIREGLASS_LISTEN": "127.0.0.1:0"}
    script = "curl -sSf $0 && ps -eo args > $1"
    words: list[str | Path] = [COMMAND, "run", "sh", "-c", script, f"{origin.url}/new", str(tmp_path / "ps")]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=60, env={**environ, "WIREGLASS_PROXY_AUTH": LOGIN}
    )
    assert (done.returncode, done.stdout) == (0, "/new\n"), done.stderr
    listed = (tmp_path / "ps").read_text()
    assert "wireglass.app.begun" in listed and PASSWORD not in listed


def test_what_is_no_login_is_not_shown(tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "up", "--home", tmp_path / "home", "--proxy-auth", ":very-secret"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr == "wireglass: --proxy-auth: ':…' must be USER:PASSWORD, neither of them empty.\n"


def test_reverse_ports_ask_for_none(start: Start, origin: Origin) -> None:
    """A server's clients know nothing of the proxy's password."""
    program = start("--proxy-auth", LOGIN, "--mode", f"reverse:{origin.url}")
    run = wait_for(lambda: msgspec.json.decode((program.home / "run.json").read_bytes()), "run.json")
    assert curl(program, f"http://{run['ports'][1]['listen']}/open") == (0, "200 000")
