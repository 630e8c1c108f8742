"""What a server's certificate says."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography import x509

from wireglass.cli.text import one_line


def describe(hash: bytes, der: bytes | None) -> dict[str, Any]:
    """Subject, issuer, validity (ISO 8601, UTC) and names (RFC 5280 4.2.1.6) of a DER certificate; every key is there.
    Servers send what they like: ``error`` says why a certificate cannot be read."""
    shape: dict[str, Any] = {
        "sha256": hash.hex(),
        "subject": None,
        "issuer": None,
        "not_before": None,
        "not_after": None,
        "names": [],
        "error": None,
    }
    if der is None:
        return {**shape, "error": "not kept"}
    shape["sha256"] = hashlib.sha256(der).hexdigest()
    try:
        certificate = x509.load_der_x509_certificate(der)
        shape["subject"] = certificate.subject.rfc4514_string()
        shape["issuer"] = certificate.issuer.rfc4514_string()
        shape["not_before"] = f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}"
        shape["not_after"] = f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
        shape["names"] = _names(certificate)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        shape["error"] = one_line(str(error))
    return shape


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
