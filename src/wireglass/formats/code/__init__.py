"""A recorded request as code that sends it again: one module for each language or tool, bytes and text in, text out."""

from wireglass.formats.code.languages import BY_ID, LANGUAGES
from wireglass.formats.code.request import INLINE_LIMIT, Language, Request, Snippet, request_of

__all__ = ["BY_ID", "INLINE_LIMIT", "LANGUAGES", "Language", "Request", "Snippet", "request_of"]
