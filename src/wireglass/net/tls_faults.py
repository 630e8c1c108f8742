"""What went wrong in TLS, in words: which check failed, who ended it, what to do."""

from __future__ import annotations

import ssl

from wireglass.errors import ClientTls, UpstreamTls

# X509_V_ERR_* of OpenSSL's x509_vfy.h.
_VERIFY = {
    2: "is issued by an authority that is not trusted here, or the server left out an intermediate certificate",
    9: "is not valid yet; or the clock of this machine is behind",
    10: "has expired",
    18: "is self-signed",
    19: "comes from an authority of its own that is not trusted here (self-signed certificate in the chain)",
    20: "is issued by an authority that is not trusted here, or the server left out an intermediate certificate",
    21: "is issued by an authority that is not trusted here, or the server left out an intermediate certificate",
    23: "has been revoked",
    62: "is for another host name (hostname mismatch)",
    64: "is for another address (IP address mismatch)",
}
_ACCEPT = "Trust its authority with SSL_CERT_FILE, or accept any certificate with --insecure."

# What a client says that does not like our certificate (RFC 8446 6.2).
_DISTRUST = {"unknown ca", "certificate unknown", "bad certificate", "unsupported certificate", "decrypt error"}
_NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL"}


def client_fault(error: ssl.SSLError, host: str) -> ClientTls:
    """A client's connection to us that stands in for ``host`` failed."""
    alert = _alert(error)
    if alert in _DISTRUST:
        return ClientTls(
            f"The client does not trust Wireglass's CA, or pins the certificate of {host} (TLS alert: {alert}).",
            "`wireglass ca` says how to trust it.",
        )
    if alert:
        return ClientTls(f"The client ended TLS for {host} with the alert: {alert}.")
    return ClientTls(f"TLS with the client for {host} failed: {_reason(error)}.")


def upstream_fault(error: ssl.SSLError, host: str) -> UpstreamTls:
    """Our connection to the server ``host`` failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = _VERIFY.get(error.verify_code, f"cannot be verified: {error.verify_message} ({error.verify_code})")
        return UpstreamTls(f"The certificate of {host} {why}.", _ACCEPT)
    alert = _alert(error)
    if alert == "certificate required":
        return UpstreamTls(f"{host} asks for a client certificate (TLS alert: {alert}).", "Wireglass has none to show.")
    if alert:
        return UpstreamTls(f"{host} ended TLS with the alert: {alert}.")
    if error.reason in _NOT_TLS:
        return UpstreamTls(f"{host} does not speak TLS on this port ({_reason(error)}).", "Is it http:// there?")
    return UpstreamTls(f"TLS with {host} failed: {_reason(error)}.")


def _alert(error: ssl.SSLError) -> str:
    """The peer's alert by the name RFC 8446 6 gives it; OpenSSL calls it e.g. ``TLSV1_ALERT_UNKNOWN_CA``."""
    _, found, name = (error.reason or "").partition("_ALERT_")
    if not found and (error.reason or "").startswith("TLSV1_"):  # TLSV1_UNRECOGNIZED_NAME and others of RFC 6066
        name = (error.reason or "").removeprefix("TLSV1_")
    return name.replace("_", " ").lower()


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).replace("_", " ").lower()
