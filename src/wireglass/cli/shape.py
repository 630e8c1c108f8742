"""The JSON of ``ls``, ``tail`` and ``show``: one shape, every key always there, null where unknown."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from wireglass.api.shape import connection, header_list, latin
from wireglass.model import BodyRef, Endpoint, Record, Summary

if TYPE_CHECKING:
    from wireglass.cli.body import Content  # `ls` need not wait for the content codings

Object: TypeAlias = dict[str, Any]

BODY_IN_JSON = 1_000_000
"""Bytes; a larger body is left out of ``show --json`` and said to be."""


def to_line(value: Object) -> str:
    """ASCII only: no terminal control or line separator of captured data gets through, whatever the encoding."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def iso_time(seconds: float) -> str:
    """Unix time as ISO 8601 in UTC with microseconds: ``2026-01-31T10:00:00.000000Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def summary_object(summary: Summary) -> Object:
    return {
        "id": summary.id,
        "seq": summary.seq,
        "sessions": list(summary.sessions),
        "started": iso_time(summary.started),
        "method": summary.method,
        "url": summary.url,
        "host": summary.host,
        "status": summary.status,
        "type": summary.type or None,
        "operation": summary.operation or None,
        "mode": summary.mode or None,
        "request_size": summary.request_size,
        "response_size": summary.response_size,
        "duration_ms": _rounded(summary.duration_ms),
        "protocol": summary.protocol,
        "source": summary.source,
        "client": summary.client or None,
        "state": summary.state,
        "error": summary.error,
        "error_kind": summary.error_kind,
        "color": summary.color or None,
        "star": summary.star,
        "note": summary.note or None,
    }


def record_object(
    record: Record, request: Content, response: Content, certificates: list[Object], grpc: Object | None = None
) -> Object:
    """The summary and everything else. Header names and values are ISO 8859-1 text: each character is one byte of the
    wire, so nothing is lost. ``certificates`` are the server's, leaf first; ``grpc`` is what is known of a call."""
    detail = record.detail
    timings = detail.timings
    server = _endpoint(detail.server)
    if server and server["tls"]:
        server["tls"]["certificates"] = certificates
    return {
        **summary_object(record.summary),
        "request": {
            "target": latin(detail.target),
            "version": detail.request_version,
            "headers": header_list(detail.request_headers),
            "body": _body(record.request_body, request),
            "trailers": header_list(detail.request_trailers),
        },
        "response": {
            "version": detail.response_version or None,
            "status": record.summary.status,
            "reason": latin(detail.reason),
            "headers": header_list(detail.response_headers),
            "body": _body(record.response_body, response),
            "trailers": header_list(detail.response_trailers),
        },
        "informational": [{"status": one.status, "headers": header_list(one.headers)} for one in detail.informational],
        "timings": {
            "dns": _rounded(timings.dns),
            "connect": _rounded(timings.connect),
            "tls": _rounded(timings.tls),
            "send": _rounded(timings.send),
            "wait": _rounded(timings.wait),
            "receive": _rounded(timings.receive),
        },
        "client_connection": _endpoint(detail.client),
        "server_connection": server,
        "grpc": grpc,
        "notes": list(detail.notes),
    }


def _body(ref: BodyRef, content: Content) -> Object:
    """``data`` is text where the bytes are UTF-8, else base64, as ``encoding`` says; null where ``note`` says why."""
    shape: Object = {
        "size": ref.size,
        "kept": ref.kept,
        "sha256": ref.hash or None,
        "codings": list(content.codings),
        "encoding": None,
        "data": None,
        "note": "; ".join(filter(None, (ref.note, content.note))) or None,
    }
    if len(content.data) > BODY_IN_JSON or not content.whole:
        too_large = f"larger than {BODY_IN_JSON} bytes: use --request-body or --response-body"
        shape["note"] = "; ".join(filter(None, (shape["note"], too_large)))
        return shape
    try:
        shape["data"], shape["encoding"] = content.data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        shape["data"], shape["encoding"] = base64.b64encode(content.data).decode("ascii"), "base64"
    return shape


def _endpoint(endpoint: Endpoint | None) -> Object | None:
    shape: Object | None = msgspec.to_builtins(connection(endpoint))
    return shape


def _rounded(milliseconds: float | None) -> float | None:
    """To the microsecond: further digits are noise of the clock's floats."""
    return None if milliseconds is None else round(milliseconds, 3)
