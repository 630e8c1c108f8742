"""User name and password for the proxy itself (RFC 9110 11.7, RFC 7617), and how they stay out of the record."""

from __future__ import annotations

import base64
import binascii
import hmac
import re

from wireglass.errors import ProxyAuthWanted
from wireglass.listening import Credentials
from wireglass.model import Headers
from wireglass.wire.head import RequestHead

_FIELD = b"proxy-authorization"
_HINT = "Give them to the client, for example by http://USER:PASSWORD@HOST:PORT as its proxy."
_NOT_RECORDED = b"(not recorded)"
# As badly as it may be written: white space in front of the colon, values on the next line (RFC 9112 5.2).
_LINE = re.compile(rb"((?:^|[\r\n])[ \t]*proxy-authorization)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE)
_SCHEME = re.compile(rb"[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]+")


class ProxyAuth:
    """Comparisons take the same time wherever the first difference is."""

    def __init__(self, credentials: Credentials) -> None:
        self._username = credentials.username.encode()
        self._password = credentials.password.encode()

    def allows(self, username: bytes, password: bytes) -> bool:
        known = hmac.compare_digest(username, self._username)
        return hmac.compare_digest(password, self._password) and known

    def check(self, head: RequestHead) -> None:
        """Raises ProxyAuthWanted."""
        values = head.special.get(_FIELD)
        if not values:
            raise ProxyAuthWanted("The proxy wants a user name and password, and the client gave none.", _HINT)
        given = _basic(values[0]) if len(values) == 1 else None
        if given is None:
            raise ProxyAuthWanted("What the client gave is no user name and password (Basic, RFC 7617).", _HINT)
        username, _, password = given.partition(b":")
        if not self.allows(username, password):
            raise ProxyAuthWanted("The client gave a wrong user name or password for the proxy.", _HINT)


def _basic(value: bytes) -> bytes | None:
    scheme, _, token = value.strip().partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        return base64.b64decode(token.strip(), validate=True)
    except binascii.Error:
        return None


def recorded_headers(head: RequestHead) -> Headers:
    """Without what the client gave to log in to the proxy, whether that was asked for or not. It is not for the server,
    which never gets it."""
    if _FIELD not in head.special:
        return head.headers
    return [(name, _hidden(value)) if name.lower() == _FIELD else (name, value) for name, value in head.headers]


def _hidden(value: bytes) -> bytes:
    scheme = _SCHEME.match(value)
    return b"%b %b" % (scheme[1], _NOT_RECORDED) if scheme else _NOT_RECORDED


def recorded_bytes(received: bytes) -> bytes:
    """The same for a head that could not be read."""
    return _LINE.sub(rb"\1: " + _NOT_RECORDED, received)
