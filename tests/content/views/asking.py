"""A view of the installation, asked for a body."""

from __future__ import annotations

from typing import Any

from wireglass.app.views import body_views
from wireglass.content.views import Body, View


def rendered(name: str, data: bytes, type: str = "", **more: Any) -> View:
    return body_views().by_name[name].render(Body(data, type, **more))


def fit(name: str, data: bytes = b"", type: str = "", **more: Any) -> int:
    return body_views().by_name[name].fits(Body(data, type, **more))
