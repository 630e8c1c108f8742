"""Every error Wireglass raises on purpose.

    WireglassError            code, http_status, exit_code, message, hint
    ├── UsageError            exit 2: what was asked cannot be done as asked
    │   ├── BadSetting        a flag, environment variable or config value
    │   ├── PortTaken
    │   ├── HomeInUse
    │   ├── HomeNotWritable
    │   └── CaDamaged         the CA's files cannot be used as they are
    ├── NotFound              exit 1: no such exchange, session, body
    ├── StoreError            exit 1: the store cannot be read or written
    │   └── StoreFull         no room on the disk, or it is read-only
    ├── ProtocolError         400: bytes from a peer that are not the protocol
    │   ├── BadResponse       502: the same, from an upstream server
    │   └── ClientTls         the client's TLS handshake or records, or it refused our certificate
    ├── ClientClosed          the client went away before the end
    ├── Interrupted           Wireglass was stopped, or one of its processes died
    ├── Refused               403: a rule of ours forbids the target
    └── UpstreamError         502: the server could not be asked
        ├── NameNotFound
        ├── ConnectRefused
        ├── Unreachable
        ├── UpstreamTimeout   504
        ├── UpstreamTls       its certificate or handshake
        └── UpstreamClosed    it closed before or inside the response

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


class NotFound(WireglassError):
    code = "not_found"
    http_status = 404


class StoreError(WireglassError):
    code = "store"


class StoreFull(StoreError):
    code = "store_full"
    http_status = 507


class ProtocolError(WireglassError):
    code = "malformed_request"
    http_status = 400

    received: bytes = b""
    """The bytes of the head that was refused, as far as they had come; for the record."""


class BadResponse(ProtocolError):
    code = "malformed_response"
    http_status = 502


class ClientTls(ProtocolError):
    code = "client_tls"


class ClientClosed(WireglassError):
    code = "client_closed"


class Interrupted(WireglassError):
    code = "interrupted"
    http_status = 503


class Refused(WireglassError):
    code = "refused_by_policy"
    http_status = 403


class UpstreamError(WireglassError):
    code = "upstream"
    http_status = 502


class NameNotFound(UpstreamError):
    code = "name_not_found"


class ConnectRefused(UpstreamError):
    code = "connection_refused"


class Unreachable(UpstreamError):
    code = "unreachable"


class UpstreamTimeout(UpstreamError):
    code = "timeout"
    http_status = 504


class UpstreamTls(UpstreamError):
    code = "upstream_tls"


class UpstreamClosed(UpstreamError):
    code = "upstream_closed"
