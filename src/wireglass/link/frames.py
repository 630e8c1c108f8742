"""Frames on the socket pair: four bytes of length, one of kind, then msgpack.

Both ends are the same version of the same program, started together, so there is no negotiation.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from wireglass.errors import ProtocolError
from wireglass.listening import Credentials
from wireglass.model import Batch
from wireglass.proxy_url import ProxyUrl
from wireglass.redact import Rules
from wireglass.setting_values import ClientCertificate

MAX_FRAME = 64 * 1024 * 1024
BATCH = 1
CONTROL = 2

_PREFIX = struct.Struct("!IB")


class Start(msgspec.Struct, tag="start", frozen=True):
    """Main → proxy, first: everything a proxy process has to know."""

    run: int
    sessions: tuple[int, ...]
    ca: str
    """Folder of the certificate authority."""
    spool: str
    """Folder for the spool file."""
    tmp: str
    insecure: bool
    body_limit: int | None
    allow_remote_loopback: bool
    max_clients: int = 12_000
    insecure_hosts: tuple[str, ...] = ()
    connect_timeout: float | None = None
    """Seconds, like the others; None is without end."""
    response_timeout: float | None = None
    idle_timeout: float | None = None
    head_timeout: float | None = None
    upstream: ProxyUrl | None = None
    no_proxy: tuple[str, ...] = ()
    passthrough: tuple[str, ...] = ()
    auto_passthrough: bool = False
    refuse: tuple[str, ...] = ()
    client_cert: tuple[ClientCertificate, ...] = ()
    alt_svc: str = "strip"
    postman_headers: bool = False
    proxy_auth: Credentials | None = None
    redaction: Rules | None = None
    """Of what is redacted at rest; None: nothing is."""
    redaction_key: bytes = b""
    doors: int = 0
    """How many are on their way (``link.doors``) that belong to the start."""


class Ready(msgspec.Struct, tag="ready", frozen=True):
    """Proxy → main: it accepts connections."""


class Ack(msgspec.Struct, tag="ack", frozen=True):
    """Main → proxy: everything up to ``seq`` is committed, or counted as lost."""

    seq: int


class Drain(msgspec.Struct, tag="drain", frozen=True):
    """Main → proxy: accept no more, finish what is in flight within ``seconds``, hand everything over, leave."""

    seconds: float


class Recording(msgspec.Struct, tag="recording", frozen=True):
    """Main → proxy: from here on these sessions record. ``number`` counts such frames, from 1."""

    number: int
    sessions: tuple[int, ...]


class Recorded(msgspec.Struct, tag="recorded", frozen=True):
    """Proxy → main, the answer to ``Recording``: what was there before is in the batches up to ``seq``."""

    number: int
    seq: int


class NotKept(msgspec.Struct, tag="not_kept", frozen=True):
    """Proxy → main: exchanges it could not hand over."""

    exchanges: int


Control: TypeAlias = Start | Ready | Ack | Drain | Recording | Recorded | NotKept

_encode = msgspec.msgpack.Encoder().encode
_decode_control = msgspec.msgpack.Decoder(Control).decode
_decode_batch = msgspec.msgpack.Decoder(Batch).decode


def batch_payload(batch: Batch) -> bytes:
    return _encode(batch)


def read_batch(payload: bytes | memoryview) -> Batch:
    return _decode_batch(payload)


def frame_parts(kind: int, payload: bytes) -> tuple[bytes, bytes]:
    """Prefix and payload apart: a batch is large and need not be copied."""
    return _PREFIX.pack(len(payload), kind), payload


def control_frame(control: Control) -> bytes:
    return b"".join(frame_parts(CONTROL, _encode(control)))


class FrameReader:
    """Bytes in, frames out; keeps what is incomplete."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Batch | Control]:
        """Raises ProtocolError for a frame that cannot be one of ours."""
        held = self._held
        held += data
        at = 0
        while len(held) - at >= _PREFIX.size:
            length, kind = _PREFIX.unpack_from(held, at)
            if length > MAX_FRAME:
                raise ProtocolError(f"A link frame of {length} bytes is over the limit of {MAX_FRAME}.")
            end = at + _PREFIX.size + length
            if len(held) < end:
                break
            payload = bytes(memoryview(held)[at + _PREFIX.size : end])
            at = end
            yield read_batch(payload) if kind == BATCH else _decode_control(payload)
        del held[:at]
