"""Body views: what a body says, as text for people.

A view is an object that an entry point of the group ``wireglass.body_views`` names; the name of the entry point is the
view's ``name``. Those of this folder come through the same door as anybody's. ``wireglass.app.views`` loads them;
``wireglass.content.showing`` chooses one and falls back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from wireglass.model import Headers, Side

if TYPE_CHECKING:
    from wireglass.content.protobuf_names import Names

INPUT_LIMIT = 4 * 2**20
"""Bytes of a body that a view is given; ``Body.whole`` is False where there are more."""

OUTPUT_LIMIT = 2**20
"""Characters of a view's text that are shown. A view stops there by itself where going on would cost time."""

DEPTH_LIMIT = 200
"""Levels of nesting that a view follows; deeper is a ``ViewError``."""

LOOK = 1024
"""Bytes of a body that ``fits`` may look at."""


class Body(msgspec.Struct, frozen=True):
    data: bytes
    """Content codings undone; at most ``INPUT_LIMIT`` bytes."""
    type: str = ""
    """Media type of Content-Type, lower case, without parameters; empty if there is none."""
    parameters: dict[str, str] = {}
    """Of Content-Type: names in lower case, values as they are."""
    side: Side = "response"
    method: str = ""
    url: str = ""
    whole: bool = True
    """False where ``data`` is the start of something longer: the body is larger, was cut, or is still coming."""
    headers: Headers = []
    """Of this message, as they passed."""
    names: Names | None = None
    """Of Protobuf messages; loaded when a view asks for one."""


class View(msgspec.Struct, frozen=True):
    text: str
    fields: dict[str, str] = {}
    """What is known about the body besides its text: format, size, operation. Shown above the text, in this order."""
    notes: list[str] = []
    """What a reader should know: where the text ends before the body does, what could not be read."""


class ViewError(Exception):
    """This body cannot be shown in this way; the text is the reason, in one line without a full stop. The caller shows
    the body raw, with the reason."""


class BodyView(Protocol):
    """The first line of the class's docstring is what ``wireglass views`` says of it."""

    name: str

    def fits(self, body: Body) -> int:
        """How well it fits: 0 not at all, 1 to 9 the better the higher. By the headers, and at most the first
        ``LOOK`` bytes of ``data``; never raises for any bytes."""

    def render(self, body: Body) -> View:
        """Raises ``ViewError`` where it cannot, and nothing else. May be asked for a body that it does not fit."""


__all__ = ["DEPTH_LIMIT", "INPUT_LIMIT", "LOOK", "OUTPUT_LIMIT", "Body", "BodyView", "View", "ViewError"]
