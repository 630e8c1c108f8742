"""The view ``javascript``."""

from __future__ import annotations

from wireglass.content.views import Body, View
from wireglass.content.views.code_layout import JAVASCRIPT, in_lines

_TYPES = frozenset({
    "text/javascript", "application/javascript", "application/x-javascript", "text/x-javascript", "text/ecmascript",
    "application/ecmascript",
})  # fmt: skip


class JavascriptView:
    """JavaScript (text/javascript, application/javascript); minified code is laid out in lines."""

    name = "javascript"

    def fits(self, body: Body) -> int:
        return 5 if body.type in _TYPES else 0

    def render(self, body: Body) -> View:
        return in_lines(body, JAVASCRIPT)


view = JavascriptView()
