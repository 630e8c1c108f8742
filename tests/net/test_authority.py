"""The CA and its leaves, checked with OpenSSL's own command where it has an opinion."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wireglass.errors import CaDamaged, HomeNotWritable, ProtocolError
from wireglass.net import authority as module
from wireglass.net.authority import Authority


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority.load_or_create(tmp_path / "ca")


def minted(ca: Authority, host: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ca.mint(host).chain_pem)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_ca_is_one_that_systems_accept_as_a_root(ca: Authority) -> None:
    certificate = x509.load_pem_x509_certificate(ca.certificate_pem())
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert usage.value.crl_sign
    assert not usage.value.digital_signature
    assert certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    public = certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.name == "secp256r1"
    name = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    assert str(name).startswith("Wireglass CA (")
    years = (certificate.not_valid_after_utc - datetime.now(UTC)).days / 365
    assert 9.9 < years < 10.1


def test_files_are_closed_to_others(ca: Authority, tmp_path: Path) -> None:
    assert mode(tmp_path / "ca") == 0o700
    assert mode(tmp_path / "ca" / "ca-key.pem") == 0o600
    assert mode(ca.certificate_path) == 0o644
    assert sorted(path.name for path in (tmp_path / "ca").iterdir()) == ["ca-key.pem", "ca.pem"]


def test_files_that_were_open_to_others_are_closed(ca: Authority, tmp_path: Path) -> None:
    (tmp_path / "ca").chmod(0o755)
    (tmp_path / "ca" / "ca-key.pem").chmod(0o644)
    Authority.load_or_create(tmp_path / "ca")
    assert mode(tmp_path / "ca") == 0o700
    assert mode(tmp_path / "ca" / "ca-key.pem") == 0o600


def test_the_same_ca_comes_back(ca: Authority, tmp_path: Path) -> None:
    assert Authority.load_or_create(tmp_path / "ca").fingerprint() == ca.fingerprint()


def test_a_lost_certificate_file_is_written_again(ca: Authority, tmp_path: Path) -> None:
    ca.certificate_path.unlink()
    assert Authority.load_or_create(tmp_path / "ca").fingerprint() == ca.fingerprint()
    assert ca.certificate_path.read_bytes() == ca.certificate_pem()


def test_many_at_the_same_time_make_one_ca(tmp_path: Path) -> None:
    found = []
    start = threading.Barrier(8)

    def load() -> None:
        start.wait()
        found.append(Authority.load_or_create(tmp_path / "ca").fingerprint())

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_two_processes_make_one_ca(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from wireglass.net.authority import Authority; sys.stdin.read(1);"
        "print(Authority.load_or_create(pathlib.Path(sys.argv[1])).fingerprint())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "ca")]
    starters = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in starters:
        assert process.stdin is not None
        process.stdin.write("g")
        process.stdin.flush()
    outputs = [process.communicate(timeout=30)[0] for process in starters]
    assert outputs[0]
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_file_says_what_to_do(ca: Authority, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ca" / "ca-key.pem").write_bytes(content)
    with pytest.raises(CaDamaged, match=r"does not hold a key and a certificate that can be read\.$") as caught:
        Authority.load_or_create(tmp_path / "ca")
    assert "delete ca-key.pem and ca.pem" in caught.value.hint
    assert caught.value.exit_code == 2


def test_a_key_of_another_ca_is_refused(ca: Authority, tmp_path: Path) -> None:
    other = Authority.load_or_create(tmp_path / "other")
    key = (tmp_path / "ca" / "ca-key.pem").read_bytes().partition(b"-----BEGIN CERTIFICATE")[0]
    (tmp_path / "ca" / "ca-key.pem").write_bytes(key + other.certificate_pem())
    with pytest.raises(CaDamaged, match="do not belong together"):
        Authority.load_or_create(tmp_path / "ca")


def test_another_certificate_beside_the_key_is_refused(ca: Authority, tmp_path: Path) -> None:
    ca.certificate_path.write_bytes(Authority.load_or_create(tmp_path / "other").certificate_pem())
    with pytest.raises(CaDamaged, match="not the certificate of the key"):
        Authority.load_or_create(tmp_path / "ca")
    ca.certificate_path.write_bytes(b"nonsense")
    with pytest.raises(CaDamaged, match="is not a certificate"):
        Authority.load_or_create(tmp_path / "ca")


def test_a_ca_that_has_ended_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CA_LIFE", timedelta(hours=1))
    with pytest.raises(CaDamaged, match="ended on"):
        Authority.load_or_create(tmp_path / "ca")


def test_a_leaf_does_not_outlive_its_ca(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CA_LIFE", timedelta(days=30))
    ca = Authority.load_or_create(tmp_path / "ca")
    end = x509.load_pem_x509_certificate(ca.certificate_pem()).not_valid_after_utc
    assert minted(ca, "a.example").not_valid_after_utc <= end


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HomeNotWritable, match="cannot be read or written"):
        Authority.load_or_create(tmp_path / "file" / "ca")


@pytest.mark.parametrize(
    ("host", "alternative", "name"),
    [
        ("Example.COM.", x509.DNSName("example.com"), "example.com"),
        ("bücher.example", x509.DNSName("xn--bcher-kva.example"), "xn--bcher-kva.example"),
        ("192.0.2.1", x509.IPAddress(ip_address("192.0.2.1")), "192.0.2.1"),
        ("[2001:db8::1]", x509.IPAddress(ip_address("2001:db8::1")), "2001:db8::1"),
        ("a" * 60 + ".long.example", x509.DNSName("a" * 60 + ".long.example"), "a" * 60 + ".lon"),
    ],
)
def test_a_leaf_names_its_host(ca: Authority, host: str, alternative: x509.GeneralName, name: str) -> None:
    leaf = minted(ca, host)
    assert list(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value) == [alternative]
    assert leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == name


def test_a_leaf_is_a_server_certificate_of_at_most_197_days(ca: Authority) -> None:
    leaf = minted(ca, "a.example")
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc + timedelta(seconds=1)
    assert life == timedelta(days=197)
    assert leaf.not_valid_before_utc < datetime.now(UTC) - timedelta(hours=23)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    assert list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    root = x509.load_pem_x509_certificate(ca.certificate_pem())
    issuer = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert issuer == root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert leaf.serial_number != minted(ca, "a.example").serial_number


def test_the_key_belongs_to_the_leaf(ca: Authority) -> None:
    leaf = ca.mint("a.example")
    key = load_pem_private_key(leaf.key_pem, None)
    assert x509.load_pem_x509_certificate(leaf.chain_pem).public_key() == key.public_key()


def test_no_certificate_for_what_is_no_host(ca: Authority) -> None:
    with pytest.raises(ProtocolError):
        ca.mint("a b")


@pytest.mark.parametrize(
    ("host", "check"),
    [
        ("host.example", ["-verify_hostname", "host.example"]),
        ("192.0.2.1", ["-verify_ip", "192.0.2.1"]),
        ("2001:db8::1", ["-verify_ip", "2001:db8::1"]),
    ],
)
def test_openssl_verifies_a_leaf_strictly(ca: Authority, tmp_path: Path, host: str, check: list[str]) -> None:
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(ca.mint(host).chain_pem)
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", str(ca.certificate_path)]
    done = subprocess.run([*command, *check, str(leaf)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_openssl_reads_the_p12_and_agrees_on_the_fingerprint(ca: Authority, tmp_path: Path) -> None:
    p12 = tmp_path / "ca.p12"
    p12.write_bytes(ca.certificate_p12("secret"))
    command = ["openssl", "pkcs12", "-in", str(p12), "-passin", "pass:secret", "-nodes"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "PRIVATE KEY" not in listed
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-fingerprint", "-sha256"],
        input=listed,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.strip().partition("=")[2] == ca.fingerprint()
    assert pkcs12.load_pkcs12(p12.read_bytes(), b"secret").key is None
    assert x509.load_der_x509_certificate(ca.certificate_der()) == x509.load_pem_x509_certificate(ca.certificate_pem())


def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    """In a process of its own, which, started by root, has given up root's right to write everywhere."""
    tmp_path.chmod(0o500)
    program = (
        "import sys, pathlib; from wireglass.errors import HomeNotWritable; from wireglass.net import Authority\n"
        "try: Authority.load_or_create(pathlib.Path(sys.argv[1]))\n"
        "except HomeNotWritable as error: print(error.message)"
    )
    without = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if os.geteuid() == 0 else []
    command = [*without, sys.executable, "-c", program, str(tmp_path / "ca")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "Permission denied" in done.stdout, done.stderr
