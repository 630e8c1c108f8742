"""Host names as TLS wants them: one form for the certificate we mint and for the one we check."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

import idna

from wireglass.errors import ProtocolError

# RFC 1123 2.1 and the underscore: real services have it in their names, and clients accept it.
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")


def tls_name(host: str) -> str | IPv4Address | IPv6Address:
    """An address, or a DNS name in lower-case A-labels without a final dot.

    Takes what stands in a CONNECT target, URL or SNI: IPv6 with or without brackets and zone, names in Unicode too.
    Raises ``ProtocolError`` for what can be neither.
    """
    try:
        return ip_address(host.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        pass
    name = host if host.isascii() else _a_labels(host)
    name = name.lower().removesuffix(".")
    labels = name.split(".")
    # A name that ends in a number would be an address (RFC 1123 2.1); no certificate can be checked against it.
    if len(name) > 253 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise ProtocolError(f"{host[:300]!r} is neither a host name nor an address")
    return name


def _a_labels(host: str) -> str:
    # UTS 46 non-transitional as browsers do it; Python's own "idna" codec is IDNA 2003 and sends straße.de elsewhere.
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise ProtocolError(f"{host[:300]!r} is not an internationalised host name: {error}") from error
