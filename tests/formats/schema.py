"""The published JSON Schema of HAR 1.2 (har_schema.json says whose), and what it cannot say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator
from referencing import Registry
from referencing.jsonschema import DRAFT6

_SCHEMAS = json.loads(Path(__file__).with_name("har_schema.json").read_bytes())["schemas"]
# The files refer to each other as "name.json#", which is the identifier that each gives itself.
_REGISTRY: Registry[Any] = Registry().with_resources(
    [(name, DRAFT6.create_resource(schema)) for name, schema in _SCHEMAS.items()]
)
_VALIDATOR = Draft6Validator(_SCHEMAS["har.json"], registry=_REGISTRY, format_checker=Draft6Validator.FORMAT_CHECKER)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s]+[!-~]*", re.IGNORECASE)


def check(har: Any) -> None:
    """Raises jsonschema.ValidationError, or AssertionError for what the specification asks for in words."""
    _VALIDATOR.validate(har)
    for entry in har["log"]["entries"]:
        assert _URL.fullmatch(entry["request"]["url"]), entry["request"]["url"]
        assert entry["time"] >= 0
        assert all(entry["timings"][name] >= 0 for name in ("send", "wait", "receive"))
        assert set(entry["response"]["content"]) <= {"size", "compression", "mimeType", "text", "encoding", "comment"}
        assert entry["response"]["content"].get("encoding", "base64") == "base64"
