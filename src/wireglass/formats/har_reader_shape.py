"""What is read of a HAR entry. Wider than the specification, since writers differ: what an exchange can do without may
be missing, null or of another type (``Any``); what is of another type in a field without ``Any`` is refused with its
path.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct, field

Scalar: TypeAlias = str | int | float | bool | None


class Pair(Struct):
    """A header; ``name`` and ``value`` of a cookie or posted parameter."""

    name: str = ""
    value: Scalar = ""
    comment: Any = None


class Cookie(Struct):
    name: str = ""
    value: Scalar = ""
    path: Any = None
    domain: Any = None
    expires: Any = None
    http_only: Any = field(default=None, name="httpOnly")
    secure: Any = None
    same_site: Any = field(default=None, name="sameSite")


class Param(Struct):
    name: str = ""
    value: Scalar = ""
    file_name: Any = field(default=None, name="fileName")
    content_type: Any = field(default=None, name="contentType")


class PostData(Struct):
    media_type: Any = field(default=None, name="mimeType")
    text: str | None = None
    params: list[Param] | None = None
    comment: Any = None
    encoding: Any = None
    """Of the proposed HAR 1.3, like ``_encoding`` of ours."""
    our_encoding: Any = field(default=None, name="_encoding")
    file: Any = field(default=None, name="_file")
    """Playwright's name of a file beside this one that has the text."""


class Content(Struct):
    size: Any = None
    compression: Any = None
    media_type: Any = field(default=None, name="mimeType")
    text: str | None = None
    encoding: Any = None
    comment: Any = None
    file: Any = field(default=None, name="_file")


class Request(Struct):
    method: str
    url: str
    version: Any = field(default=None, name="httpVersion")
    headers: list[Pair] | None = None
    cookies: list[Cookie] | None = None
    post_data: PostData | None = field(default=None, name="postData")
    body_size: Any = field(default=None, name="bodySize")
    our_url: Any = field(default=None, name="_url")
    our_target: Any = field(default=None, name="_target")
    our_trailers: Any = field(default=None, name="_trailers")


class Response(Struct):
    status: Any = None
    reason: Any = field(default=None, name="statusText")
    version: Any = field(default=None, name="httpVersion")
    headers: list[Pair] | None = None
    cookies: list[Cookie] | None = None
    content: Content | None = None
    body_size: Any = field(default=None, name="bodySize")
    error: Any = field(default=None, name="_error")
    """Chrome, Safari and we."""
    our_trailers: Any = field(default=None, name="_trailers")
    our_informational: Any = field(default=None, name="_informational")


class SocketMessage(Struct):
    """Chrome's, and mitmproxy's after it."""

    type: Any = None
    time: Any = None
    opcode: Any = None
    data: str | None = None


class Entry(Struct):
    started: str = field(name="startedDateTime")
    request: Request
    time: Any = None
    response: Response | None = None
    timings: Any = None
    address: Any = field(default=None, name="serverIPAddress")
    connection: Any = None
    comment: Any = None
    resource_type: Any = field(default=None, name="_resourceType")
    messages: list[SocketMessage] | None = field(default=None, name="_webSocketMessages")
    from_cache: Any = field(default=None, name="_fromCache")
    """Chrome: ``memory`` or ``disk``."""
    fetch_type: Any = field(default=None, name="_fetchType")
    """Safari: ``Network Load``, ``Memory Cache``, ``Disk Cache``, ``Service Worker`` …"""
    security: Any = field(default=None, name="_securityDetails")
    """Playwright."""
    connection_number: Any = field(default=None, name="_connectionId")
    our_client: Any = field(default=None, name="_client")
    our_state: Any = field(default=None, name="_state")
    our_error_kind: Any = field(default=None, name="_errorKind")
    our_notes: Any = field(default=None, name="_notes")
    our_tunnel: Any = field(default=None, name="_tunnel")
    our_tls: Any = field(default=None, name="_tls")


class Creator(Struct):
    name: Any = None
    version: Any = None
