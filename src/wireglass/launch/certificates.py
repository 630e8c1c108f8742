"""The CA's certificate in the forms that systems import. The key is never given to this room's functions."""

from __future__ import annotations

import base64
import hashlib
import plistlib
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PublicFormat, pkcs12
from cryptography.x509.oid import NameOID

P12_PASSWORD = "wireglass"  # noqa: S105 - what it protects is public; systems that read PKCS #12 ask for one


class CaCertificate:
    """Made from PEM; raises ValueError if there is no certificate in it. Everything else in the text is ignored."""

    def __init__(self, pem: bytes) -> None:
        self._certificate = x509.load_pem_x509_certificate(pem)

    @property
    def name(self) -> str:
        """The common name, by which people find it among the certificates of their system."""
        names = self._certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else self._certificate.subject.rfc4514_string()

    @property
    def fingerprint(self) -> str:
        """SHA-256 as people compare it: upper-case hex, colon between bytes."""
        return self._certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    @property
    def key_hash(self) -> str:
        """SHA-256 of its SubjectPublicKeyInfo in base64, as RFC 7469 2.4 has it."""
        info = self._certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(info).digest()).decode()

    def pem(self) -> bytes:
        return self._certificate.public_bytes(Encoding.PEM)

    def der(self) -> bytes:
        return self._certificate.public_bytes(Encoding.DER)

    def p12(self) -> bytes:
        """A PKCS #12 trust store without a key; Java takes it too, by the attribute that says "trusted"
        (2.16.840.1.113894.746875.1.1). The password is ``P12_PASSWORD``; each call gives other bytes (salt)."""
        entry = pkcs12.PKCS12Certificate(self._certificate, b"wireglass")
        return pkcs12.serialize_java_truststore([entry], BestAvailableEncryption(P12_PASSWORD.encode()))

    def subject_hash_old(self) -> str:
        """Eight hex digits, as ``openssl x509 -subject_hash_old`` says: Android names the files of its system store
        so. MD5 of the subject's DER, the first four bytes read as a little-endian number (X509_NAME_hash_old)."""
        digest = hashlib.md5(self._certificate.subject.public_bytes(), usedforsecurity=False).digest()
        return f"{int.from_bytes(digest[:4], 'little'):08x}"

    def mobileconfig(self) -> bytes:
        """An unsigned configuration profile for iOS, iPadOS and macOS. The same certificate gives the same bytes, so
        that installing it again replaces it instead of adding a second one."""
        digest = self._certificate.fingerprint(hashes.SHA256()).hex()
        identifier = f"internal.wireglass.ca.{digest[:16]}"
        payload = {
            "PayloadType": "com.apple.security.root",
            "PayloadVersion": 1,
            "PayloadIdentifier": f"{identifier}.certificate",
            "PayloadUUID": _uuid(digest, "certificate"),
            "PayloadDisplayName": self.name,
            "PayloadCertificateFileName": "wireglass-ca.cer",
            "PayloadContent": self.der(),
        }
        profile = {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": identifier,
            "PayloadUUID": _uuid(digest, "profile"),
            "PayloadDisplayName": self.name,
            "PayloadDescription": "Lets Wireglass on your computer read this device's HTTPS traffic. Remove it when "
            "you are done.",
            "PayloadRemovalDisallowed": False,
            "PayloadContent": [payload],
        }
        return plistlib.dumps(profile)


def to_der(pem: bytes) -> bytes | None:
    """None if there is no certificate in it."""
    try:
        return CaCertificate(pem).der()
    except ValueError:
        return None


def _uuid(digest: str, what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"http://wireglass.internal/{digest}/{what}")).upper()
