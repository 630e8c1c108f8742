"""What variables and the system's lists lead to, read as the programs do that obey them."""

from __future__ import annotations

from pathlib import Path

import pytest

from wireglass.errors import WireglassError
from wireglass.launch import system
from wireglass.launch.certificates import CaCertificate
from wireglass.launch.doctor_shell import Bundle
from wireglass.net import Authority


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> CaCertificate:
    return CaCertificate(Authority.load_or_create(tmp_path_factory.mktemp("ours")).certificate_pem())


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> CaCertificate:
    return CaCertificate(Authority.load_or_create(tmp_path_factory.mktemp("other")).certificate_pem())


def bundle(path: Path, ours: CaCertificate) -> Bundle:
    return system.bundles({"CURL_CA_BUNDLE": str(path), "no_proxy": "x"}, ours.der())["CURL_CA_BUNDLE"]


def test_our_certificate_among_others(ours: CaCertificate, other: CaCertificate, tmp_path: Path) -> None:
    file = tmp_path / "bundle.pem"
    file.write_bytes(b"# comment\n" + other.pem() + ours.pem())
    assert bundle(file, ours) == Bundle(str(file), 2, ours=True)
    file.write_bytes(other.pem())
    assert bundle(file, ours) == Bundle(str(file), 1, ours=False)


def test_how_lines_are_broken_does_not_matter(ours: CaCertificate, tmp_path: Path) -> None:
    file = tmp_path / "bundle.pem"
    head, *lines, end, _ = ours.pem().split(b"\n")
    body = b"".join(lines)
    cut = [body[at : at + 76] for at in range(0, len(body), 76)]
    file.write_bytes(b"\r\n".join([head, *cut, end, b""]))
    assert bundle(file, ours) == Bundle(str(file), 1, ours=True)


def test_a_folder_is_its_files(ours: CaCertificate, other: CaCertificate, tmp_path: Path) -> None:
    """As curl and requests take one, too."""
    for name, certificate in (("a.0", ours), ("b.0", other)):
        (tmp_path / name).write_bytes(certificate.pem())
    assert bundle(tmp_path, ours) == Bundle(str(tmp_path), 2, ours=True)


def test_nothing_there(ours: CaCertificate, tmp_path: Path) -> None:
    assert bundle(tmp_path / "none", ours).certificates is None
    (tmp_path / "empty").touch()
    assert bundle(tmp_path / "empty", ours).certificates == 0
    assert system.bundles({"SSL_CERT_FILE": ""}, ours.der()) == {}


def test_the_systems_roots(
    ours: CaCertificate, other: CaCertificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(system, "system_roots", lambda: [other.der(), ours.der()])
    assert [finding.level for finding in system.trust(ours.der())] == ["ok"]
    monkeypatch.setattr(system, "system_roots", lambda: [other.der()])
    assert [finding.level for finding in system.trust(ours.der())] == ["warn"]


def test_a_system_without_roots_is_told(ours: CaCertificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> list[bytes]:
        raise WireglassError("No root certificates were found on this system.")

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(system, "system_roots", none)
    [finding] = system.trust(ours.der())
    assert "No root certificates were found" in finding.text
