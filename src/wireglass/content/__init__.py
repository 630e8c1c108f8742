"""Content decodings with limits, media types, text for people."""

from wireglass.content.decoding import Decoded, decode
from wireglass.content.text import as_text, media_type

__all__ = ["Decoded", "as_text", "decode", "media_type"]
