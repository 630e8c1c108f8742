"""Content decodings with limits, media types, text for people, streams as messages."""

from wireglass.content.data_mode import data_mode
from wireglass.content.decoding import Decoded, decode
from wireglass.content.graphql import may_be_graphql, operation_of
from wireglass.content.text import as_text, media_type
from wireglass.content.timeline import Arrivals, streamed

__all__ = [
    "Arrivals",
    "Decoded",
    "as_text",
    "data_mode",
    "decode",
    "may_be_graphql",
    "media_type",
    "operation_of",
    "streamed",
]
