from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.api.endpoints import folded, path_of


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/users/42/orders", "/users/{id}/orders"),
        ("/users/42", "/users/{id}"),
        ("/v1/users", "/v1/users"),
        ("/days/2026-01-31", "/days/{id}"),
        ("/a/0b7f2c1e-1a2b-4c3d-8e9f-001122334455", "/a/{id}"),
        ("/a/5f3c9a7be4b0a1d2c3e4f5a6", "/a/{id}"),
        ("/a/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/a/{id}"),
        ("/customers/cus_9s6XKzkNRiz8i3", "/customers/{id}"),
        ("/s/dQw4w9WgXcQ_aB3-dEf9", "/s/{id}"),
        ("/app-1.2.3.js", "/app-1.2.3.js"),
        ("/deadbeef/facade", "/deadbeef/facade"),
        ("/oauth2/token", "/oauth2/token"),
        ("", ""),
        ("/", "/"),
    ],
)
def test_ids_are_left_aside(path: str, wanted: str) -> None:
    assert folded(path) == wanted


@given(st.text())
def test_folding_again_changes_nothing(path: str) -> None:
    assert folded(folded(path)) == folded(path)
    assert folded(path).count("/") == path.count("/")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://a.test/x/y?q=/z", "/x/y"),
        ("http://a.test", "/"),
        ("http://a.test/#/x", "/"),
        ("a.test:443", ""),
    ],
)
def test_the_path_of_a_url(url: str, path: str) -> None:
    assert path_of(url) == path
