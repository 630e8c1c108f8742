"""Redaction: rules say what is a secret, and a placeholder takes its place, with its kind,
length and keyed hash."""

from wireglass.redact.bodies import redact_body
from wireglass.redact.heads import redact_detail, redact_summary
from wireglass.redact.json_paths import expression as check_json_path
from wireglass.redact.placeholder import KEY_SIZE, Finding, Found
from wireglass.redact.redactor import Redactor
from wireglass.redact.rules import Rules
from wireglass.redact.search import compiled as check_pattern

__all__ = [
    "KEY_SIZE",
    "Finding",
    "Found",
    "Redactor",
    "Rules",
    "check_json_path",
    "check_pattern",
    "redact_body",
    "redact_detail",
    "redact_summary",
]
