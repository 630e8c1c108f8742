"""What went wrong in TLS, in words: which check failed, who ended it, what to do."""

from __future__ import annotations

import ssl

from wireglass.errors import (
    BadCertificate,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateSelfSigned,
    CertificateUntrusted,
    CertificateWrongHost,
    ClientCertificateWanted,
    ClientDistrust,
    ClientTls,
    ClientTlsAlert,
    ClientTlsNoCommon,
    NotTls,
    TlsAlert,
    TlsNoCommon,
    TlsNoProtocol,
    UpstreamTls,
)
from wireglass.net.remedy import accept_unverified
from wireglass.wire.target import bracketed

_UNTRUSTED = "is issued by an authority that is not trusted here, or the server left out an intermediate certificate"

# X509_V_ERR_* of OpenSSL's x509_vfy.h.
_VERIFY: dict[int, tuple[type[BadCertificate], str]] = {
    2: (CertificateUntrusted, _UNTRUSTED),
    9: (CertificateNotYetValid, "is not valid yet; or the clock of this machine is behind"),
    10: (CertificateExpired, "has expired"),
    18: (CertificateSelfSigned, "is self-signed"),
    19: (
        CertificateUntrusted,
        "comes from an authority of its own that is not trusted here (self-signed certificate in the chain)",
    ),
    20: (CertificateUntrusted, _UNTRUSTED),
    21: (CertificateUntrusted, _UNTRUSTED),
    23: (CertificateRevoked, "has been revoked"),
    62: (CertificateWrongHost, "is for another host name (hostname mismatch)"),
    64: (CertificateWrongHost, "is for another address (IP address mismatch)"),
}

_TRUST_HELPS = (CertificateSelfSigned, CertificateUntrusted)

# What a client says that does not like our certificate (RFC 8446 6.2).
_DISTRUST = {
    "bad certificate",
    "certificate expired",
    "certificate revoked",
    "certificate unknown",
    "decrypt error",
    "unknown ca",
    "unsupported certificate",
}
_ALERT_RECORD = b"\x15\x03"  # the content type of an alert, and the version's first byte (RFC 8446 5.1)
_NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL"}
_NO_COMMON_ALERTS = {"handshake failure", "insufficient security", "protocol version"}
_NO_COMMON = {
    "NO_CIPHERS_AVAILABLE",
    "NO_PROTOCOLS_AVAILABLE",
    "NO_SHARED_CIPHER",
    "NO_SHARED_GROUPS",
    "NO_SHARED_SIGNATURE_ALGORITHMS",
    "NO_SUITABLE_SIGNATURE_ALGORITHM",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
    "UNSUPPORTED_PROTOCOL",
    "VERSION_TOO_HIGH",
    "VERSION_TOO_LOW",
    "WRONG_CIPHER_RETURNED",
    "WRONG_SSL_VERSION",
}
_OURS = "Wireglass speaks TLS 1.2 and 1.3 with the ciphers of this machine's OpenSSL."


_TRUST = "`wireglass ca` says how to trust it; a program that pins must be told not to."


def client_left_handshake(host: str) -> ClientDistrust:
    """The client was sent the certificate we made for ``host``, and closed before the handshake was done."""
    return ClientDistrust(
        f"The client of {host} closed the connection inside the TLS handshake, without an alert that says why. Most "
        "likely it does not trust the CA, or pins its certificate; or it was stopped just then.",
        _TRUST,
    )


def client_left_unspoken(host: str, seconds: float) -> ClientDistrust:
    """The client finished the handshake, and left ``seconds`` later without a byte. GnuTLS programs (wget), and apps
    that pin in TLS 1.3, look at the certificate only then, and send no alert."""
    return ClientDistrust(
        f"The client of {host} finished the TLS handshake and closed the connection {seconds * 1000:.0f} ms later, "
        "without sending a byte. Most likely it does not trust the CA, or pins its certificate; or it was stopped just "
        "then.",
        _TRUST,
    )


def client_fault(error: ssl.SSLError, host: str) -> ClientTls:
    """A client's connection to us that stands in for ``host`` failed."""
    alert = _alert(error)
    if alert in _DISTRUST:
        return ClientDistrust(
            f"The client of {host} does not trust the CA, or pins its certificate (TLS alert: {alert}).", _TRUST
        )
    if alert in _NO_COMMON_ALERTS:
        return ClientTlsNoCommon(f"The client of {host} finds no TLS version or cipher to use (alert: {alert}).", _OURS)
    if alert:
        return ClientTlsAlert(f"The client ended TLS for {host} with the alert: {alert}.")
    if error.reason in _NO_COMMON:
        return ClientTlsNoCommon(
            f"The client of {host} offers no TLS version or cipher that can be used ({_reason(error)}).", _OURS
        )
    return ClientTls(f"TLS with the client for {host} failed: {_reason(error)}.")


def asked_in_clear(first: bytes, silent: bool) -> str:
    """A hint for a server that was asked in clear and gave no response; ``first`` is what it began with, ``silent``
    whether it said nothing at all. Empty where nothing speaks for TLS."""
    if first.startswith(_ALERT_RECORD):
        return "It answered with a TLS alert: is it https:// there?"
    return "Is it https:// there?" if silent else ""


def upstream_fault(error: ssl.SSLError, host: str, port: int) -> UpstreamTls:
    """Our connection to the server ``host`` failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        unknown = (BadCertificate, f"cannot be verified: {error.verify_message} ({error.verify_code})")
        kind, why = _VERIFY.get(error.verify_code, unknown)
        hint = accept_unverified(host, port)
        if issubclass(kind, _TRUST_HELPS):
            hint += " To trust its authority: start it with SSL_CERT_FILE=FILE."
        return kind(f"The certificate of {host} {why}.", hint)
    alert = _alert(error)
    if alert == "certificate required":
        return ClientCertificateWanted(
            f"{host} asks for a client certificate (TLS alert: {alert}).",
            f"To show it one: stop Wireglass and start it with `wireglass up --client-cert {bracketed(host)}=FILE`.",
        )
    if alert in _NO_COMMON_ALERTS:
        return TlsNoCommon(f"{host} finds no TLS version or cipher to use (alert: {alert}).", _OURS)
    if alert == "no application protocol":
        return TlsNoProtocol(f"{host} speaks none of the protocols that were offered (ALPN, RFC 7301).")
    if alert:
        return TlsAlert(f"{host} ended TLS with the alert: {alert}.")
    if error.reason in _NOT_TLS:
        return NotTls(f"{host} does not speak TLS on this port ({_reason(error)}).", "Is it http:// there?")
    if error.reason in _NO_COMMON:
        return TlsNoCommon(f"{host} offers no TLS version or cipher that can be used ({_reason(error)}).", _OURS)
    return UpstreamTls(f"TLS with {host} failed: {_reason(error)}.")


def _alert(error: ssl.SSLError) -> str:
    """The peer's alert by the name RFC 8446 6 gives it; OpenSSL calls it e.g. ``TLSV1_ALERT_UNKNOWN_CA``."""
    _, found, name = (error.reason or "").partition("_ALERT_")
    if not found and (error.reason or "").startswith("TLSV1_"):  # TLSV1_UNRECOGNIZED_NAME and others of RFC 6066
        name = (error.reason or "").removeprefix("TLSV1_")
    return name.replace("_", " ").lower()


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).replace("_", " ").lower()
