"""Postman's data mode: what kind of body a request has."""

from __future__ import annotations

import re
from functools import lru_cache

_FORMS = {
    "application/x-www-form-urlencoded": "urlencoded",
    "multipart/form-data": "form-data",
    "application/graphql": "graphql",
}
_TEXT = re.compile(
    r"text/.*|.*[+/-](?:json|xml|yaml|jsonl|ndjson|json-seq|csv|toml|html|javascript|ecmascript|x-javascript|typescript)"
)


@lru_cache(maxsize=1024)
def data_mode(media_type: str) -> str:
    """``urlencoded``, ``form-data``, ``graphql``, ``raw`` (text, and what names no type) or ``binary``, of a body of
    this type (lower case, without parameters). That JSON asks for GraphQL only its content tells."""
    if form := _FORMS.get(media_type):
        return form
    return "raw" if not media_type or _TEXT.fullmatch(media_type) else "binary"
