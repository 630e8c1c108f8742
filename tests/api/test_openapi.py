"""The published document, and what is made from it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.api.served import Api

from wireglass.api.app import encoded, openapi

ROOT = Path(__file__).parent.parent.parent


def test_types_and_reference_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/api.py", "--check"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_the_same_in_every_process() -> None:
    code = "from wireglass.api.app import *; import sys; sys.stdout.buffer.write(encoded(openapi()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120)
    assert done.stdout == encoded(openapi()), done.stderr


def test_it_is_published_for_everybody(api: Api) -> None:
    answer = api.ask("GET", "/openapi.json", token="")
    assert answer.status == 200
    assert answer.json == json.loads(encoded(openapi()))


def test_everything_is_described() -> None:
    document = openapi()
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["description"] and operation["summary"], where
            assert operation["security"] == ([] if path == "/api/downloads/{name}" else [{"token": []}]), where
            assert {"400", "401", "403", "421", "500", "503"} <= set(operation["responses"]), where
            assert all(one.get("description") for one in operation.get("parameters", [])), where
            assert ("requestBody" in operation) == (method in ("put", "patch") or _sends(method, path)), where


def _sends(method: str, path: str) -> bool:
    names = ("sessions", "doors", "marks", "prune", "import", "export", "browsers")
    return method == "post" and path.rpartition("/")[2] in names


@pytest.mark.parametrize("name", ["docs", "docs.js", "docs.css"])
def test_pages_have_no_remote_assets(api: Api, name: str) -> None:
    answer = api.ask("GET", f"/{name}", token="")
    assert answer.status == 200
    assert b"http://" not in answer.body and b"https://" not in answer.body
    assert "script-src 'self'" in answer.headers["content-security-policy"]
