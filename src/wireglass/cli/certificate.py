"""What a server's certificate says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from wireglass.api.certificates import described
from wireglass.cli.text import one_line


def describe(hash: bytes, der: bytes | None) -> dict[str, Any]:
    """Subject, issuer, validity (ISO 8601, UTC) and names of a DER certificate, or the ``error`` that hinders; every
    key is there."""
    shape = described(hash, der)
    return {
        **msgspec.to_builtins(shape),
        "not_before": _iso_time(shape.not_before),
        "not_after": _iso_time(shape.not_after),
        "error": one_line(shape.error) if shape.error else None,
    }


def _iso_time(seconds: float | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
