"""What the views share: a body as text, and the notes on what of it is not shown."""

from __future__ import annotations

from wireglass.content.text import as_text
from wireglass.content.views import OUTPUT_LIMIT, Body, ViewError

CUT = f"the text ends at the limit of {OUTPUT_LIMIT} characters"
"""The note for a view whose text met ``Full``."""

START = "only the start of the body is here"
"""The note for a body that is not whole."""


def text_of(body: Body) -> str:
    """Raises ``ViewError`` for what is binary or in an unknown encoding."""
    text = as_text(body.data, body.type, body.parameters.get("charset", "").lower())
    if text is None:
        raise ViewError("it is binary, or its text is in no encoding that is known here")
    return text.removeprefix("\ufeff")


def start_note(body: Body) -> list[str]:
    return [] if body.whole else [START]
