"""The bundle: the roots a program would trust anyway, and ours; never ours alone."""

from __future__ import annotations

import os
import re
import ssl
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from wireglass.errors import BadSetting, HomeNotWritable, WireglassError
from wireglass.launch import trust
from wireglass.launch.environment import JAVA_PASSWORD
from wireglass.launch.trust import prepare, system_roots
from wireglass.net import Authority


def pem_of(authority: trustme.CA) -> bytes:
    return authority.cert_pem.bytes()


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def in_bundle(path: Path) -> set[bytes]:
    """As OpenSSL reads it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=path)
    return set(context.get_ca_certs(binary_form=True))


def in_store(path: Path) -> set[bytes]:
    content = pkcs12.load_pkcs12(path.read_bytes(), JAVA_PASSWORD.encode())
    return {each.certificate.public_bytes(Encoding.DER) for each in content.additional_certs}


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    return Authority.load_or_create(tmp_path / "ca").certificate_path


@pytest.fixture(scope="module")
def roots() -> list[bytes]:
    return [pem_of(trustme.CA()) for _ in range(3)]


@pytest.fixture
def system(roots: list[bytes]) -> Callable[[], list[bytes]]:
    return lambda: [der(root) for root in roots]


def test_the_systems_and_ours(tmp_path: Path, ca: Path, roots: list[bytes], system: Callable[[], list[bytes]]) -> None:
    made = prepare(tmp_path / "trust", ca, {}, system)
    wanted = {der(ca.read_bytes()), *map(der, roots)}
    assert in_bundle(made.bundle) == wanted
    assert in_store(made.java_store) == wanted
    assert made.left_out == 0
    assert [stat.S_IMODE(file.stat().st_mode) for file in (made.bundle, made.java_store)] == [0o644] * 2
    assert stat.S_IMODE((tmp_path / "trust").stat().st_mode) == 0o700
    assert b"PRIVATE" not in made.bundle.read_bytes()


def test_java_reads_the_store_and_every_alias_is_its_own(
    tmp_path: Path, ca: Path, roots: list[bytes], system: Callable[[], list[bytes]]
) -> None:
    made = prepare(tmp_path / "trust", ca, {}, system)
    content = pkcs12.load_pkcs12(made.java_store.read_bytes(), JAVA_PASSWORD.encode())
    assert len({each.friendly_name for each in content.additional_certs}) == len(roots) + 1


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # serial numbers of 0
def test_this_system_has_roots_and_openssl_takes_all(tmp_path: Path, ca: Path) -> None:
    made = prepare(tmp_path / "trust", ca, {})
    context = ssl.create_default_context()
    assert {der(ca.read_bytes())} < in_bundle(made.bundle)
    assert len(in_store(made.java_store)) + made.left_out == len(in_bundle(made.bundle)) >= len(context.get_ca_certs())


def test_what_the_environment_names_is_joined(
    tmp_path: Path, ca: Path, roots: list[bytes], system: Callable[[], list[bytes]]
) -> None:
    """SSL_CERT_FILE takes the system's place, as for every program; others come in addition."""
    own, more, folder = tmp_path / "own.pem", tmp_path / "more.pem", tmp_path / "folder"
    own_root, more_root, folder_root = (pem_of(trustme.CA()) for _ in range(3))
    own.write_bytes(b"a comment\n" + own_root)
    more.write_bytes(more_root + own_root)
    folder.mkdir()
    (folder / "abcd.0").write_bytes(folder_root)
    (folder / "README").write_text("no certificate")
    ours = der(ca.read_bytes())
    made = prepare(tmp_path / "trust", ca, {"REQUESTS_CA_BUNDLE": str(folder)}, system)
    assert in_bundle(made.bundle) == {ours, *map(der, roots), der(folder_root)}
    made = prepare(tmp_path / "trust", ca, {"SSL_CERT_FILE": str(own), "CURL_CA_BUNDLE": str(more)}, system)
    assert in_bundle(made.bundle) == {ours, der(own_root), der(more_root)}


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_a_named_bundle_without_certificates_is_an_error(
    tmp_path: Path, ca: Path, system: Callable[[], list[bytes]], content: bytes | None
) -> None:
    file = tmp_path / "named.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadSetting, match=re.escape(f"AWS_CA_BUNDLE={file}: it ")) as caught:
        prepare(tmp_path / "trust", ca, {"AWS_CA_BUNDLE": str(file)}, system)
    assert caught.value.hint


def test_without_roots_it_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(trust, "_FILES", (str(tmp_path / "none.crt"),))
    monkeypatch.setattr(trust, "_FOLDERS", (str(tmp_path),))
    paths = ssl.DefaultVerifyPaths("", "", "", str(tmp_path / "cert.pem"), "", str(tmp_path / "certs"))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    with pytest.raises(WireglassError, match="No root certificates") as caught:
        system_roots("linux")
    assert str(tmp_path / "none.crt") in caught.value.message
    assert "ca-certificates" in caught.value.hint


def test_macos_asks_its_keychains(monkeypatch: pytest.MonkeyPatch, roots: list[bytes]) -> None:
    asked: list[list[str]] = []

    def answer(words: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(words)
        return subprocess.CompletedProcess(words, 0, b"".join(roots))

    monkeypatch.setattr(subprocess, "run", answer)
    assert system_roots("darwin") == [der(root) for root in roots]
    assert asked[0][:2] == ["/usr/bin/security", "find-certificate"]


def test_the_same_roots_give_the_same_files(tmp_path: Path, ca: Path, system: Callable[[], list[bytes]]) -> None:
    first = prepare(tmp_path / "trust", ca, {}, system)
    inode = first.bundle.stat().st_ino
    assert prepare(tmp_path / "trust", ca, {}, system) == first
    assert first.bundle.stat().st_ino == inode


def test_others_give_other_files_and_leave_the_old_ones(
    tmp_path: Path, ca: Path, roots: list[bytes], system: Callable[[], list[bytes]]
) -> None:
    """A program that runs still reads the file it was given."""
    first = prepare(tmp_path / "trust", ca, {}, system)
    before = first.bundle.read_bytes()
    second = prepare(tmp_path / "trust", ca, {}, lambda: [der(roots[0])])
    third = prepare(tmp_path / "trust", Authority.load_or_create(tmp_path / "new").certificate_path, {}, system)
    assert len({first.bundle, second.bundle, third.bundle}) == 3
    assert first.bundle.read_bytes() == before


def test_what_was_not_used_for_a_month_goes(tmp_path: Path, ca: Path, roots: list[bytes]) -> None:
    old = prepare(tmp_path / "trust", ca, {}, lambda: [der(roots[0])])
    kept = prepare(tmp_path / "trust", ca, {}, lambda: [der(roots[1])])
    for file in (old.bundle, old.java_store, kept.bundle, kept.java_store):
        os.utime(file, (1.0, 1.0))
    prepare(tmp_path / "trust", ca, {}, lambda: [der(roots[1])])
    assert sorted((tmp_path / "trust").iterdir()) == [kept.bundle, kept.java_store]


@pytest.mark.filterwarnings("ignore")  # catch_warnings() in one thread undoes that of another
def test_several_at_once(tmp_path: Path, ca: Path, system: Callable[[], list[bytes]]) -> None:
    made: list[trust.Trust] = []
    threads = [
        threading.Thread(target=lambda: made.append(prepare(tmp_path / "trust", ca, {}, system))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 8
    assert set(made) == {made[0]}
    assert sorted((tmp_path / "trust").iterdir()) == [made[0].bundle, made[0].java_store]
    assert len(in_bundle(made[0].bundle)) == 4


def test_a_root_that_is_not_x509_is_counted(tmp_path: Path, ca: Path, system: Callable[[], list[bytes]]) -> None:
    made = prepare(tmp_path / "trust", ca, {}, lambda: [*system(), b"\x30\x03\x02\x01\x01"])
    assert made.left_out == 1
    assert len(in_store(made.java_store)) == 4


def test_a_home_that_cannot_be_written_says_so(tmp_path: Path, ca: Path, system: Callable[[], list[bytes]]) -> None:
    (tmp_path / "trust").write_text("in the way")
    with pytest.raises(HomeNotWritable, match=re.escape(str(tmp_path / "trust"))):
        prepare(tmp_path / "trust", ca, {}, system)


def test_whom_openssl_trusts_beside_us(ca: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file and the folder count both, each with the usual one where no variable names another."""
    own = ssl.PEM_cert_to_DER_cert(ca.read_text())
    other = trustme.CA().cert_pem.bytes()
    empty, hashed, unhashed = (tmp_path / name for name in ("empty", "hashed", "unhashed"))
    for folder in (empty, hashed, unhashed):
        folder.mkdir()
    (hashed / "0123abcd.0").write_bytes(other)
    (unhashed / "ca-bundle.crt").write_bytes(other)
    both = tmp_path / "both.pem"
    both.write_bytes(other + ca.read_bytes())

    def alone(file: Path | None, folder: Path | None, usual_file: Path = both, usual_folder: Path = empty) -> bool:
        paths = ssl.get_default_verify_paths()._replace(
            openssl_cafile=str(usual_file), openssl_capath=str(usual_folder)
        )
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
        named = {"SSL_CERT_FILE": file, "SSL_CERT_DIR": folder}
        return trust.trusts_nobody_else({name: str(path) for name, path in named.items() if path}, own)

    assert alone(ca, None)
    assert alone(ca, empty)
    assert alone(ca, unhashed)
    assert not alone(ca, hashed)
    assert not alone(ca, None, usual_folder=hashed)
    assert not alone(both, empty)
    assert not alone(None, None, usual_file=ca)  # nobody said so here: it is how the system is
    assert not alone(None, empty)
    (empty / "0123abcd.0").write_bytes(ca.read_bytes())
    assert alone(tmp_path / "none", empty)
