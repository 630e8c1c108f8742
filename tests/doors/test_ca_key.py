"""The CA's private key stands in one file, and in no output, page, export, process list or other file."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tests.doors.conftest import Authority
from tests.peers.client import Client
from tests.peers.origin import Origin, say
from tests.peers.program import COMMAND, Wireglass

from wireglass.app.home import Home
from wireglass.cli import main
from wireglass.net import Authority as OurAuthority

KEY = "ca/ca-key.pem"
PAGES = ("/", "/ca.pem", "/ca.crt", "/ca.cer", "/ca.der", "/ca.mobileconfig", "/ca.p12", "/trusted", "/none")
ATTEMPTS = (
    "/ca-key.pem",
    "/ca/ca-key.pem",
    "/../ca/ca-key.pem",
    "/..%2fca%2fca-key.pem",
    "/ca.pem/../ca-key.pem",
    "//ca-key.pem",
    "/ca.pem%00ca-key.pem",
    "/run.json",
)


def ways_to_write(key_file: Path) -> list[bytes]:
    """The key in every form in which it may show: a line of its PEM, its number as bytes, hex, base64, decimal."""
    pem = key_file.read_bytes()
    key = load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    number = key.private_numbers().private_value
    raw = number.to_bytes(32, "big")
    # Base64 of it at each of the three places that it may have in what is encoded.
    shifted = [base64.b64encode(b"\0" * shift + raw)[4:40] for shift in range(3)]
    lines = [line for line in pem.partition(b"-----END")[0].splitlines() if b"-----" not in line]
    return [raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode(), str(number).encode(), *shifted, *lines]


def outputs(program: Wireglass, origin: Origin, tls_origin: Origin, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that Wireglass says and writes, by where it was found."""
    home = program.home
    commands = [
        ["ca"],
        *(["ca", "--export", "-", "--format", form] for form in ("pem", "der", "p12")),
        ["ls"],
        ["ls", "--json"],
        *(["show", str(row.id), *how] for row in program.ls() for how in ([], ["--json"], ["--raw"])),
        ["export"],
        ["export", "-o", str(folder / "all.har")],
        ["doctor"],
        ["doctor", "--json"],
        ["device", "--json"],
        ["browser", "--list"],
        ["run", "--", "env"],
    ]
    for command in commands:
        words: list[str | Path] = [COMMAND, *command[:1], "--home", home, *command[1:]]
        done = subprocess.run(words, capture_output=True, timeout=120)
        assert b"internal error" not in done.stderr
        yield " ".join(command), done.stdout + done.stderr
    for path in (*PAGES, *ATTEMPTS):
        with Client(program.proxy) as client:
            answer = client.get(path, f"Host: {program.proxy}", "User-Agent: Mozilla/5.0")
        assert (answer.status == 200) == (path in PAGES[:-1]), path
        yield path, answer.raw + answer.body
    main_process = psutil.Process(program.process.pid)
    for process in (main_process, *main_process.children(recursive=True)):
        for name in ("cmdline", "environ"):
            yield f"{name} of {process.name()}", Path(f"/proc/{process.pid}/{name}").read_bytes()
    yield "standard output", program.stdout().encode() + program.stderr().encode()
    for file in (*home.rglob("*"), *folder.rglob("*")):
        if file.is_file() and file != home / KEY:
            yield str(file), file.read_bytes()


def test_the_key_is_in_its_file_and_nowhere_else(
    wireglass: Wireglass, authority: Authority, origin: Origin, tls_origin: Origin, tmp_path: Path
) -> None:
    """Neither does the token of run.json leave its file."""
    with Client(wireglass.proxy) as client:
        client.connect(tls_origin.authority)
        client.secure("127.0.0.1", wireglass.ca_path)
        client.get("/", f"Host: {tls_origin.authority}")
    with Client(wireglass.proxy) as client:
        client.get(origin.on("/bad", say(b"nonsense\r\n\r\n", close=True)))
    wireglass.row(f"{origin.url}/bad")
    run = Home(wireglass.home).read_run()
    assert run
    key = ways_to_write(wireglass.home / KEY)
    looked = 0
    for where, data in outputs(wireglass, origin, tls_origin, tmp_path):
        looked += 1
        assert b"PRIVATE KEY" not in data, where
        assert not [form for form in key if form in data], where
        assert where == str(wireglass.home / "run.json") or run.token.encode() not in data, where
    assert looked > 50
    assert [form for form in key if form in (wireglass.home / KEY).read_bytes()], "it would be found"


def test_a_crash_file_does_not_hold_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A mistake of ours at a moment when the key is at hand."""

    def broken(_self: OurAuthority) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr(OurAuthority, "fingerprint", broken)
    assert main(["ca", "--home", str(tmp_path / "home")]) == 70
    [crash] = (tmp_path / "home").glob("crash-*.txt")
    said = capfd.readouterr().err.encode()
    assert crash.stat().st_mode & 0o777 == 0o600
    for form in (b"PRIVATE KEY", *ways_to_write(tmp_path / "home" / KEY)):
        assert form not in crash.read_bytes() and form not in said


def test_an_authority_signs_for_servers_alone(wireglass: Wireglass, tmp_path: Path) -> None:
    """A client is given a certificate for any name; it can neither sign others with it, nor pose as a client."""
    with Client(wireglass.proxy) as client:
        client.connect("bank.example:443")
        sock = client.secure("bank.example", wireglass.ca_path)
        der = sock.getpeercert(binary_form=True)
    assert der
    (tmp_path / "leaf.der").write_bytes(der)
    shown = subprocess.run(
        ["openssl", "x509", "-inform", "der", "-in", tmp_path / "leaf.der", "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout
    assert "CA:FALSE" in shown and "DNS:bank.example" in shown
    assert "TLS Web Server Authentication\n" in shown and "Client Authentication" not in shown
    assert "Certificate Sign" not in shown
