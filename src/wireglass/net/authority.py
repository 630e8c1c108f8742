"""The certificate authority of one home, and the leaf certificates it mints.

``ca-key.pem`` holds the key and the certificate: one file, so that making it is one atomic step and the two can never
be a mismatched pair. ``ca.pem`` is the certificate alone, for people to trust; it is written again when it is missing.

A certificate people have trusted is never replaced behind their back. The CA lasts ten years; leaves do not outlive
it; when it has ended, loading it says what to do.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wireglass.errors import CaDamaged, HomeNotWritable
from wireglass.net.hostname import tls_name

KEY_NAME = "ca-key.pem"
CERTIFICATE_NAME = "ca.pem"

_CA_LIFE = timedelta(days=3653)
# The CA/Browser Forum allows 200 days from March 2026; a few less for clocks that are ahead.
_LEAF_LIFE = timedelta(days=197)
_CLOCK_SKEW = timedelta(days=1)
_COMMON_NAME_LIMIT = 64  # RFC 5280, ub-common-name


class Leaf(msgspec.Struct, frozen=True):
    chain_pem: bytes
    """The leaf, then the root. A client needs no root (RFC 8446 4.4.2), but Chromium compares only the certificates
    it was sent with ``--ignore-certificate-errors-spki-list``, by which ``wireglass browser`` makes it trust us."""
    key_pem: bytes
    """PKCS #8, not encrypted."""
    expires: datetime


class Authority:
    """Made by ``load_or_create``. Methods are quick (a leaf takes 0.1 ms) and safe to call from any thread."""

    def __init__(self, folder: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self.certificate_path = folder / CERTIFICATE_NAME
        self._key = key
        self._certificate = certificate
        self._certificate_pem = certificate.public_bytes(Encoding.PEM)
        self._key_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        # One key for all leaves of a process: they live in the same memory, so a key for each would protect nothing.
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._leaf_key_pem = _key_pem(self._leaf_key)
        self._leaf_key_identifier = x509.SubjectKeyIdentifier.from_public_key(self._leaf_key.public_key())

    @classmethod
    def load_or_create(cls, folder: Path) -> Authority:
        """The CA in ``folder``, made when there is none. Several processes may do this at once: one CA comes out.

        Raises ``CaDamaged`` for files that cannot be used as they are, ``HomeNotWritable`` when they cannot be written.
        """
        both = folder / KEY_NAME
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not both.exists():
                _publish(both, _create(), 0o600, replace=False)
            _close_to_others(folder, 0o700)
            _close_to_others(both, 0o600)
            key, certificate = _load(both)
            _check_or_write(folder / CERTIFICATE_NAME, certificate)
        except OSError as error:
            raise HomeNotWritable(
                f"The CA in {folder} cannot be read or written: {error.strerror}.",
                "Give yourself the right to write there, or choose another folder with --home.",
            ) from error
        return cls(folder, key, certificate)

    def certificate_pem(self) -> bytes:
        return self._certificate_pem

    def certificate_der(self) -> bytes:
        return self._certificate.public_bytes(Encoding.DER)

    def certificate_p12(self, password: str) -> bytes:
        """PKCS #12 with the certificate and no key, for systems that import nothing else."""
        return pkcs12.serialize_key_and_certificates(
            b"Wireglass CA", None, None, [self._certificate], BestAvailableEncryption(password.encode())
        )

    def fingerprint(self) -> str:
        """SHA-256 of the certificate as people compare it: upper-case hex, colon between bytes."""
        return self._certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def mint(self, host: str) -> Leaf:
        """A certificate for a DNS name, a Unicode name, or an IPv4 or IPv6 address (RFC 5280, RFC 6125).

        Raises ``ProtocolError`` when ``host`` is none of these.
        """
        name = tls_name(host)
        alternative = x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name)
        begins = max(datetime.now(UTC) - _CLOCK_SKEW, self._certificate.not_valid_before_utc)
        expires = min(begins + _LEAF_LIFE, self._certificate.not_valid_after_utc)
        leaf = (
            x509.CertificateBuilder()
            .subject_name(_common_name(str(name)))
            .issuer_name(self._certificate.subject)
            .public_key(self._leaf_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(expires - timedelta(seconds=1))  # both ends count (RFC 5280 4.1.2.5)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .add_extension(self._leaf_key_identifier, critical=False)
            .add_extension(self._key_identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        chain = leaf.public_bytes(Encoding.PEM) + self._certificate_pem
        return Leaf(chain_pem=chain, key_pem=self._leaf_key_pem, expires=expires)


def _create() -> bytes:
    """A new CA as PEM: its key, then its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    # The tag: Firefox refuses a second CA of the same name with another key, and people remake their CA.
    name = _common_name(f"Wireglass CA ({socket.gethostname()[:40] or 'this machine'} {secrets.token_hex(3)})")
    begins = datetime.now(UTC) - _CLOCK_SKEW
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return _key_pem(key) + certificate.public_bytes(Encoding.PEM)


def _load(path: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    pem = path.read_bytes()
    try:
        key = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError) as error:  # whose text is for programmers
        raise _damaged(f"{path} does not hold a key and a certificate that can be read") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise _damaged(f"the key and the certificate in {path} do not belong together")
    if datetime.now(UTC) >= certificate.not_valid_after_utc:
        raise _damaged(f"the CA in {path} ended on {certificate.not_valid_after_utc:%Y-%m-%d}")
    return key, certificate


def _check_or_write(path: Path, certificate: x509.Certificate) -> None:
    pem = certificate.public_bytes(Encoding.PEM)
    if not path.exists():
        _publish(path, pem, 0o644, replace=True)
        return
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise _damaged(f"{path} is not a certificate that can be read") from error
    if found != certificate:
        raise _damaged(f"{path} is not the certificate of the key beside it")


def _damaged(what: str) -> CaDamaged:
    return CaDamaged(
        f"{what[0].upper()}{what[1:]}.",
        f"Bring the files back from a copy, or delete {KEY_NAME} and {CERTIFICATE_NAME}, start again and trust the "
        "new certificate.",
    )


def _publish(path: Path, content: bytes, mode: int, *, replace: bool) -> None:
    """Writes a file that is never seen half. Without ``replace``, one that appeared meanwhile stays."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600, O_EXCL
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        if replace:
            temporary.replace(path)
        else:
            # A hard link, because a rename would put the second process's CA over the first one's.
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(temporary)
    finally:
        temporary.unlink(missing_ok=True)


def _close_to_others(path: Path, mode: int) -> None:
    if path.stat().st_mode & 0o077:
        path.chmod(mode)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_COMMON_NAME_LIMIT])])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
