"""What servers' certificates say. Apart from the other shapes: `ls` and `show` need not wait for the import."""

from __future__ import annotations

import hashlib

from cryptography import x509

from wireglass.api.shape import CertificateShape
from wireglass.model import Record
from wireglass.store import Reader


def certificates_of(reader: Reader, record: Record) -> list[CertificateShape]:
    """Those that the server of an exchange has sent, leaf first."""
    tls = record.detail.server.tls if record.detail.server else None
    return [described(hash, reader.certificate(hash)) for hash in tls.certificates] if tls else []


def described(hash: bytes, der: bytes | None) -> CertificateShape:
    """Of a DER certificate. Servers send what they like: ``error`` says why one cannot be read."""
    if der is None:
        return CertificateShape(hash.hex(), error="not kept")
    sha256 = hashlib.sha256(der).hexdigest()
    try:
        certificate = x509.load_der_x509_certificate(der)
        return CertificateShape(
            sha256,
            certificate.subject.rfc4514_string(),
            certificate.issuer.rfc4514_string(),
            certificate.not_valid_before_utc.timestamp(),
            certificate.not_valid_after_utc.timestamp(),
            _names(certificate),
        )
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        return CertificateShape(sha256, error=str(error))


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
