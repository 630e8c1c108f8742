from __future__ import annotations

import pytest

from wireglass.content import data_mode


@pytest.mark.parametrize(
    ("type", "mode"),
    [
        ("application/x-www-form-urlencoded", "urlencoded"),
        ("multipart/form-data", "form-data"),
        ("application/graphql", "graphql"),
        ("application/json", "raw"),
        ("application/vnd.api+json", "raw"),
        ("text/plain", "raw"),
        ("application/soap+xml", "raw"),
        ("", "raw"),
        ("application/octet-stream", "binary"),
        ("application/grpc+proto", "binary"),
        ("image/png", "binary"),
    ],
)
def test_the_type_says_the_mode(type: str, mode: str) -> None:
    assert data_mode(type) == mode
