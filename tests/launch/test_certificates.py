"""The forms of the certificate, as other programs read them; never the key."""

from __future__ import annotations

import base64
import hashlib
import plistlib
import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from wireglass.launch.certificates import P12_PASSWORD, CaCertificate
from wireglass.net import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.load_or_create(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def certificate(authority: Authority) -> CaCertificate:
    return CaCertificate(authority.certificate_pem())


def openssl(*arguments: str, given: bytes) -> str:
    done = subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True, timeout=30)
    return done.stdout.decode()


def test_the_name_of_the_file_in_androids_store_is_openssls(certificate: CaCertificate) -> None:
    said = openssl("x509", "-noout", "-subject_hash_old", given=certificate.pem())
    assert certificate.subject_hash_old() == said.strip()


def test_fingerprint_and_name_are_openssls(certificate: CaCertificate) -> None:
    said = openssl("x509", "-noout", "-fingerprint", "-sha256", "-subject", given=certificate.pem())
    assert f"={certificate.fingerprint}\n" in said
    assert said.rstrip().endswith(f"CN = {certificate.name}")


def test_the_hash_is_that_of_the_key(certificate: CaCertificate) -> None:
    key = openssl("x509", "-noout", "-pubkey", given=certificate.pem())
    info = ssl.PEM_cert_to_DER_cert(key.replace("PUBLIC KEY", "CERTIFICATE"))
    assert base64.b64decode(certificate.key_hash) == hashlib.sha256(info).digest()


def test_pem_and_der_are_the_same_certificate(certificate: CaCertificate, authority: Authority) -> None:
    assert certificate.pem() == authority.certificate_pem()
    assert x509.load_der_x509_certificate(certificate.der()) == x509.load_pem_x509_certificate(certificate.pem())


def test_p12_holds_the_certificate_and_no_key(certificate: CaCertificate) -> None:
    key, _, others = pkcs12.load_key_and_certificates(certificate.p12(), P12_PASSWORD.encode())
    assert key is None
    assert others == [x509.load_der_x509_certificate(certificate.der())]


def test_the_profile_installs_a_root_and_is_always_the_same(certificate: CaCertificate, authority: Authority) -> None:
    """iOS replaces a profile by its identifier and UUID; another one would be a second profile."""
    data = certificate.mobileconfig()
    assert data == CaCertificate(authority.certificate_pem()).mobileconfig()
    profile = plistlib.loads(data)
    [payload] = profile["PayloadContent"]
    assert (profile["PayloadType"], payload["PayloadType"]) == ("Configuration", "com.apple.security.root")
    assert payload["PayloadContent"] == certificate.der()
    assert profile["PayloadUUID"] != payload["PayloadUUID"]


def test_two_cas_have_two_profiles(certificate: CaCertificate, tmp_path: Path) -> None:
    other = CaCertificate(Authority.load_or_create(tmp_path).certificate_pem())
    ours, theirs = (plistlib.loads(each.mobileconfig()) for each in (certificate, other))
    assert ours["PayloadUUID"] != theirs["PayloadUUID"]
    assert ours["PayloadIdentifier"] != theirs["PayloadIdentifier"]


def test_a_key_in_the_text_is_left_behind(tmp_path: Path) -> None:
    """Even given the file with both, nothing of the key can come out."""
    Authority.load_or_create(tmp_path)
    certificate = CaCertificate((tmp_path / "ca-key.pem").read_bytes())
    assert b"PRIVATE" not in certificate.pem()


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="PEM"):
        CaCertificate(b"nothing")
