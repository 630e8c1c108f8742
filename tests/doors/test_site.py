"""The pages of the running program, as curl gets them: from the port, through the proxy, and inside TLS."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.peers.program import Wireglass

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"


def curl(*arguments: str | Path, code: int = 0) -> bytes:
    environment = {"PATH": "/usr/bin:/bin"}  # none of the proxy and trust variables of this shell
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "20", *arguments], capture_output=True, env=environment, timeout=30
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def test_the_port_asked_directly(wireglass: Wireglass) -> None:
    head, _, body = curl("-i", "-A", PHONE, f"http://{wireglass.proxy}/").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Security-Policy: default-src 'none'" in head
    assert b"iPhone and iPad</h3>" in body


def test_through_the_proxy(wireglass: Wireglass) -> None:
    body = curl("-x", f"http://{wireglass.proxy}", "http://wireglass.internal/ca.pem")
    assert body == wireglass.ca_path.read_bytes()


def test_over_tls_the_page_is_the_check_of_trust(wireglass: Wireglass) -> None:
    """Who trusts the CA gets the page; who does not gets curl's error 60, and the record says so."""
    proxy, url = f"http://{wireglass.proxy}", "https://wireglass.internal/trusted"
    assert b"it trusts it" in curl("-x", proxy, "--cacert", wireglass.ca_path, url)
    assert curl("-x", proxy, url, code=60) == b""
    assert wireglass.row("wireglass.internal:443").error_kind == "client_distrust"


def test_a_download_has_its_name(wireglass: Wireglass, tmp_path: Path) -> None:
    curl("-OJ", "--output-dir", tmp_path, f"http://{wireglass.proxy}/ca.mobileconfig")
    [file] = tmp_path.iterdir()
    assert file.name == "wireglass-ca.mobileconfig"


def test_what_is_not_there(wireglass: Wireglass) -> None:
    assert b"404" in curl("-i", f"http://{wireglass.proxy}/ca-key.pem").splitlines()[0]


def test_nothing_of_it_is_recorded(wireglass: Wireglass) -> None:
    before = wireglass.ls()
    for url in ("http://wireglass.internal/", "http://wireglass.internal/none"):
        curl("-x", f"http://{wireglass.proxy}", url)
    curl("-x", f"http://{wireglass.proxy}", "--cacert", wireglass.ca_path, "https://wireglass.internal/")
    assert wireglass.ls() == before
