"""What is said of a server's certificate."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from wireglass.api.certificates import described
from wireglass.net import Authority


def test_subject_issuer_dates_and_names(tmp_path: Path) -> None:
    leaf = Authority.load_or_create(tmp_path).mint("shop.test")
    certificate = x509.load_pem_x509_certificates(leaf.chain_pem)[0]
    der = certificate.public_bytes(Encoding.DER)
    found = described(b"", der)
    assert found.sha256 == hashlib.sha256(der).hexdigest()
    assert (found.subject, found.issuer) == (certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string())
    assert found.names == ["shop.test"]
    assert found.not_before is not None and found.not_after is not None
    assert datetime.fromtimestamp(found.not_after, UTC) == certificate.not_valid_after_utc
    assert found.error is None


def test_one_that_is_gone_or_none_says_so() -> None:
    assert described(b"\x01\x02", None).error == "not kept"
    assert described(b"\x01\x02", None).sha256 == "0102"
    assert described(b"\x01\x02", b"no certificate").error
