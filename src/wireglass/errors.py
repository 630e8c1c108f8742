"""Every error Wireglass raises on purpose.

    WireglassError            code, http_status, exit_code, message, hint
    ├── UsageError            exit 2: what was asked cannot be done as asked
    │   ├── BadSetting        a flag, environment variable or config value
    │   ├── PortTaken
    │   ├── HomeInUse
    │   ├── HomeNotWritable
    │   ├── CaDamaged         the CA's files cannot be used as they are
    │   ├── QueryError        a query that cannot be read
    │   ├── TooLarge          413: more than is taken
    │   ├── UnsupportedType   415: of another media type than is read
    │   └── UpgradeWanted     426: what is asked for is a WebSocket
    ├── NotFound              exit 1: no such exchange, session, body
    ├── BadFile               exit 1: a file to import cannot be understood
    ├── StoreError            exit 1: the store cannot be read or written
    │   └── StoreFull         no room on the disk, or it is read-only
    ├── ProtocolError         400: bytes from a peer that are not the protocol
    │   ├── BadResponse       502: the same, from an upstream server
    │   └── ClientTls         the client's TLS handshake or records
    │       ├── ClientDistrust     it does not trust the CA, or pins its certificate
    │       ├── ClientTlsAlert     it ended TLS with another alert
    │       ├── ClientTlsNoCommon  no version or cipher that both sides have
    │       └── ClientTlsTimeout   the hello or the handshake was not done in time
    ├── ClientClosed          the client went away before the end
    ├── Interrupted           Wireglass was stopped, or one of its processes died
    ├── Refused               403: a rule of ours forbids the target
    ├── ProxyAuthWanted       407: --proxy-auth is set, and the client gave none or others
    ├── LimitReached          503: a limit of ours, or the system's on open files
    └── UpstreamError         502: the server could not be asked
        ├── NameNotFound
        ├── ConnectRefused
        ├── Unreachable
        ├── UpstreamTimeout   504
        │   ├── NameTimeout        looking its name up
        │   ├── ConnectTimeout     connecting
        │   ├── HandshakeTimeout   the TLS handshake
        │   ├── ResponseTimeout    from the last byte of the request to the response head
        │   └── IdleTimeout        no byte in either direction inside an exchange or a tunnel
        ├── UpstreamProxyError  the proxy that --upstream names, or what it said
        │   ├── ProxyUnreachable   it cannot be reached, or is no such proxy
        │   ├── ProxyAuthRefused   it wants a user name and password, or other ones
        │   └── ProxyRefused       it makes no connection to that server
        ├── UpstreamTls       its handshake
        │   ├── BadCertificate     its certificate fails a check
        │   │   ├── CertificateExpired, CertificateNotYetValid, CertificateSelfSigned
        │   │   └── CertificateUntrusted, CertificateWrongHost, CertificateRevoked
        │   ├── ClientCertificateWanted
        │   ├── NotTls             what it speaks there is not TLS
        │   ├── TlsNoCommon        no version or cipher that both sides have
        │   ├── TlsNoProtocol      no protocol that both speak inside (ALPN)
        │   ├── TlsAlert           it ended TLS with another alert
        │   └── TlsBrokenOff       it closed inside the handshake
        └── UpstreamClosed    it closed before or inside the response
            └── UpstreamReset      the same, with a reset
                └── StreamReset        of the HTTP/2 stream alone

``code`` is stable and is what the record, the API and scripts compare; the message says what failed with which value;
the hint says what to do next.
"""

from __future__ import annotations

from typing import ClassVar


class WireglassError(Exception):
    """Base of all. ``str(error)`` is the message alone; ``error.line()`` is the one line a person is shown."""

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    check: ClassVar[str] = ""
    """What was being done or checked when it failed, in a few words, for the answer to a client."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def line(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(WireglassError):
    code = "usage"
    http_status = 400
    exit_code = 2


class BadSetting(UsageError):
    code = "bad_setting"


class PortTaken(UsageError):
    code = "port_taken"


class HomeInUse(UsageError):
    code = "home_in_use"


class HomeNotWritable(UsageError):
    code = "home_not_writable"


class CaDamaged(UsageError):
    code = "ca_damaged"


class QueryError(UsageError):
    """``at`` is where in ``text`` the mistake is: the offsets of its first character and of the one behind it."""

    code = "bad_query"

    def __init__(self, message: str, hint: str = "", *, text: str = "", at: tuple[int, int] = (0, 0)) -> None:
        super().__init__(message, hint)
        self.text = text
        self.at = at


class TooLarge(UsageError):
    code = "too_large"
    http_status = 413


class UnsupportedType(UsageError):
    code = "unsupported_type"
    http_status = 415


class UpgradeWanted(UsageError):
    code = "upgrade_wanted"
    http_status = 426


class NotFound(WireglassError):
    code = "not_found"
    http_status = 404


class BadFile(WireglassError):
    """``message`` names the place in the file, and not the file, whose name its reader does not know."""

    code = "bad_file"
    http_status = 422


class StoreError(WireglassError):
    code = "store"


class StoreFull(StoreError):
    code = "store_full"
    http_status = 507


class ProtocolError(WireglassError):
    code = "malformed_request"
    http_status = 400
    check = "reading the request"

    received: bytes = b""
    """The bytes of the head that was refused, as far as they had come; for the record."""


class BadResponse(ProtocolError):
    code = "malformed_response"
    http_status = 502
    check = "reading the response"


class ClientTls(ProtocolError):
    code = "client_tls"
    check = "TLS with the client"


class ClientDistrust(ClientTls):
    code = "client_distrust"


class ClientTlsAlert(ClientTls):
    code = "client_tls_alert"


class ClientTlsNoCommon(ClientTls):
    code = "client_tls_no_common"


class ClientTlsTimeout(ClientTls):
    code = "client_tls_timeout"


class ClientClosed(WireglassError):
    code = "client_closed"
    http_status = 504
    check = "whether the client is still there"


class Interrupted(WireglassError):
    code = "interrupted"
    http_status = 503


class Refused(WireglassError):
    code = "refused_by_policy"
    http_status = 403
    check = "whether this client may reach that address"


class ProxyAuthWanted(WireglassError):
    code = "proxy_auth"
    http_status = 407
    check = "user name and password for the proxy"


class LimitReached(WireglassError):
    code = "limit_reached"
    http_status = 503
    check = "whether there is room for one more"

    received: bytes = b""
    """What was read of the request, if that was all that was done with it."""


class UpstreamError(WireglassError):
    code = "upstream"
    http_status = 502


class NameNotFound(UpstreamError):
    code = "name_not_found"
    check = "looking up the name"


class ConnectRefused(UpstreamError):
    code = "connection_refused"
    check = "connecting"


class Unreachable(UpstreamError):
    code = "unreachable"
    check = "connecting"


class UpstreamTimeout(UpstreamError):
    code = "timeout"
    http_status = 504
    check = "waiting for the server"


class NameTimeout(UpstreamTimeout):
    code = "name_timeout"
    check = "looking up the name"


class ConnectTimeout(UpstreamTimeout):
    code = "connect_timeout"
    check = "connecting"


class HandshakeTimeout(UpstreamTimeout):
    code = "tls_timeout"
    check = "the TLS handshake with the server"


class ResponseTimeout(UpstreamTimeout):
    code = "response_timeout"
    check = "waiting for the response head"


class IdleTimeout(UpstreamTimeout):
    code = "idle_timeout"
    check = "waiting for the next byte"


class UpstreamProxyError(UpstreamError):
    code = "upstream_proxy"
    check = "the upstream proxy"


class ProxyUnreachable(UpstreamProxyError):
    code = "upstream_proxy_unreachable"
    check = "connecting to the upstream proxy"


class ProxyAuthRefused(UpstreamProxyError):
    code = "upstream_proxy_auth"
    check = "logging in to the upstream proxy"


class ProxyRefused(UpstreamProxyError):
    code = "upstream_proxy_refused"
    check = "connecting through the upstream proxy"


class UpstreamTls(UpstreamError):
    code = "upstream_tls"
    check = "TLS with the server"


class BadCertificate(UpstreamTls):
    code = "certificate_invalid"
    check = "the server's certificate"


class CertificateExpired(BadCertificate):
    code = "certificate_expired"
    check = "the server's certificate: has it expired"


class CertificateNotYetValid(BadCertificate):
    code = "certificate_not_yet_valid"
    check = "the server's certificate: is it valid already"


class CertificateSelfSigned(BadCertificate):
    code = "certificate_self_signed"
    check = "the server's certificate: who issued it"


class CertificateUntrusted(BadCertificate):
    code = "certificate_untrusted"
    check = "the server's certificate: who issued it"


class CertificateWrongHost(BadCertificate):
    code = "certificate_wrong_host"
    check = "the server's certificate: is it for this host"


class CertificateRevoked(BadCertificate):
    code = "certificate_revoked"
    check = "the server's certificate: has it been revoked"


class ClientCertificateWanted(UpstreamTls):
    code = "client_certificate_wanted"


class NotTls(UpstreamTls):
    code = "not_tls"


class TlsNoCommon(UpstreamTls):
    code = "tls_no_common"
    check = "TLS with the server: a version and cipher that both have"


class TlsNoProtocol(UpstreamTls):
    code = "tls_no_protocol"
    check = "TLS with the server: a protocol that both speak inside"


class TlsAlert(UpstreamTls):
    code = "tls_alert"


class TlsBrokenOff(UpstreamTls):
    code = "tls_broken_off"


class UpstreamClosed(UpstreamError):
    code = "upstream_closed"
    check = "waiting for the response"


class UpstreamReset(UpstreamClosed):
    code = "upstream_reset"


class StreamReset(UpstreamReset):
    code = "stream_reset"

    def __init__(self, message: str, hint: str, http2_code: int) -> None:
        """``http2_code``: an error code of RFC 9113 7, for a client that speaks HTTP/2 too."""
        super().__init__(message, hint)
        self.http2_code = http2_code
