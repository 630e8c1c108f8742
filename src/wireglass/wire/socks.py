"""SOCKS 5 as its server reads and answers it, without I/O (RFC 1928, RFC 1929)."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from wireglass.errors import ProtocolError, ProxyAuthWanted, WireglassError
from wireglass.wire.target import read_authority

VERSION = 5
"""The first byte a client says."""

SOCKS4_REFUSED = b"\x00\x5b\x00\x00\x00\x00\x00\x00"
"""The answer of version 4 to a request: rejected."""

_NO_AUTHENTICATION, _PASSWORD = 0x00, 0x02
_NONE_ACCEPTABLE = b"\x05\xff"
_PASSWORD_RIGHT, _PASSWORD_WRONG = b"\x01\x00", b"\x01\x01"

# Replies, RFC 1928 6.
_SUCCEEDED, _FAILURE, _COMMAND_NOT_SUPPORTED, _ADDRESS_NOT_SUPPORTED = 0x00, 0x01, 0x07, 0x08

_CONNECT = 1
_COMMANDS = {2: "BIND", 3: "UDP ASSOCIATE"}
_IPV4, _NAME, _IPV6 = 1, 3, 4

_UNPRINTABLE = re.compile(rb"[\x00-\x20\x7f]")


class Socks5:
    """``receive`` bytes as they come, in any pieces, and send what ``take`` gives, also after an error. When ``target``
    is set, the client has asked for a connection, and ``rest`` is what it sent behind that; ``accept`` answers it.

    ``is_allowed`` is asked about a user name and a password, and "no authentication" is refused then. Where it is None
    everybody may come, and who insists on giving a password may give any."""

    def __init__(self, is_allowed: Callable[[bytes, bytes], bool] | None = None) -> None:
        self.target: tuple[str, int] | None = None
        """Host, lower case and without brackets, and port."""
        self.asked = b""
        """The target as the client would write it in a CONNECT."""
        self._is_allowed = is_allowed
        self._held = b""
        self._out: list[bytes] = []
        self._step: Callable[[bytes], int] = self._methods

    def receive(self, data: bytes) -> None:
        """Raises ProtocolError or ProxyAuthWanted; nothing is to be received after that."""
        self._held += data
        while self.target is None:
            used = self._step(self._held)
            if not used:
                return
            self._held = self._held[used:]

    @property
    def rest(self) -> bytes:
        return self._held

    def take(self) -> bytes:
        """What is to be sent; empty if nothing."""
        out, self._out = self._out, []
        return b"".join(out)

    def accept(self) -> None:
        self._reply(_SUCCEEDED)

    # The steps: each gives how many bytes it has used, 0 if there are not enough.

    def _methods(self, data: bytes) -> int:
        """RFC 1928 3."""
        if data[:1] not in (b"", b"\x05"):
            raise _malformed("does not begin with version 5", data)
        if len(data) < 2 or len(data) < 2 + data[1]:
            return 0
        offered = data[2 : 2 + data[1]]
        if self._is_allowed is None and _NO_AUTHENTICATION in offered:
            self._out.append(b"\x05\x00")
            self._step = self._request
        elif _PASSWORD in offered:
            self._out.append(b"\x05\x02")
            self._step = self._password
        else:
            self._out.append(_NONE_ACCEPTABLE)
            if self._is_allowed is not None:
                raise _wanted("The SOCKS client gave no user name and password.")
            raise _malformed(f"offers no way to log in that is known here ({_hex(offered)})", data)
        return 2 + data[1]

    def _password(self, data: bytes) -> int:
        """RFC 1929 2. What is wrong here is told without the bytes: they may hold a password."""
        if data[:1] not in (b"", b"\x01"):
            raise _malformed("logs in by a version of RFC 1929 that is not 1", b"")
        if len(data) < 2 or len(data) < 3 + data[1]:
            return 0
        username = data[2 : 2 + data[1]]
        at = 3 + data[1]
        end = at + data[at - 1]
        if len(data) < end:
            return 0
        if self._is_allowed is not None and not self._is_allowed(username, data[at:end]):
            self._out.append(_PASSWORD_WRONG)
            raise _wanted("The SOCKS client gave a wrong user name or password.")
        self._out.append(_PASSWORD_RIGHT)
        self._step = self._request
        return end

    def _request(self, data: bytes) -> int:
        """RFC 1928 4, 5."""
        if data[:1] not in (b"", b"\x05"):
            raise self._refused(_FAILURE, "asks with another version than 5", data)
        if len(data) < 5:
            return 0
        command, reserved, kind = data[1:4]
        size = {_IPV4: 4, _IPV6: 16, _NAME: 1 + data[4]}.get(kind)
        if size is None:
            raise self._refused(_ADDRESS_NOT_SUPPORTED, f"asks for an address of the unknown type {kind}", data)
        end = 4 + size + 2
        if len(data) < end:
            return 0
        data = data[:end]
        if command != _CONNECT:
            name = _COMMANDS.get(command, f"command {command}")
            raise self._refused(_COMMAND_NOT_SUPPORTED, f"asks for {name}, and only CONNECT is supported", data)
        if reserved:
            raise self._refused(_FAILURE, f"has {reserved} in the reserved byte", data)
        if kind == _NAME and _UNPRINTABLE.search(data, 5, end - 2):
            raise self._refused(_FAILURE, "asks for no server: its name has control characters", data)
        host = data[5:-2] if kind == _NAME else str(_address(kind, data[4:-2])).encode()
        if b":" in host and (kind == _IPV6 or _is_ipv6(host)):  # clients send addresses as names, too
            host = b"[%b]" % host
        self.asked = b"%b:%d" % (host, int.from_bytes(data[-2:], "big"))
        try:
            self.target = read_authority(self.asked, None)
        except ProtocolError as error:
            raise self._refused(_FAILURE, f"asks for no server: {error.message}", data) from None
        return end

    def _refused(self, reply: int, why: str, received: bytes) -> ProtocolError:
        self._reply(reply)
        return _malformed(why, received)

    def _reply(self, code: int) -> None:
        """RFC 1928 6. The address that servers are asked from is not told: nothing needs it but BIND."""
        self._out.append(b"\x05%c\x00\x01\x00\x00\x00\x00\x00\x00" % code)


def _address(kind: int, packed: bytes) -> IPv4Address | IPv6Address:
    return IPv4Address(packed) if kind == _IPV4 else IPv6Address(packed)


def _is_ipv6(name: bytes) -> bool:
    try:
        return ip_address(name.decode("ascii")).version == 6
    except ValueError:
        return False


def _hex(data: bytes) -> str:
    return data.hex(" ") or "none at all"


def _malformed(why: str, received: bytes) -> ProtocolError:
    error = ProtocolError(f"The SOCKS client {why}.")
    error.received = received
    return error


def _wanted(message: str) -> WireglassError:
    return ProxyAuthWanted(
        message, "Give those of --proxy-auth, for example curl --socks5-hostname 127.0.0.1:8080 --proxy-user NAME."
    )
