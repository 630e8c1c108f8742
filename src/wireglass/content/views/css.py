"""The view ``css``."""

from __future__ import annotations

from wireglass.content.views import Body, View
from wireglass.content.views.code_layout import CSS, in_lines


class CssView:
    """CSS (text/css); minified CSS is laid out in lines."""

    name = "css"

    def fits(self, body: Body) -> int:
        return 5 if body.type == "text/css" else 0

    def render(self, body: Body) -> View:
        return in_lines(body, CSS)


view = CssView()
