"""Exports that a browser fetches without the token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.api.served import Api

from wireglass.api.downloads import Downloads
from wireglass.errors import NotFound


def test_a_download_is_fetched_once_without_the_token(tmp_path: Path) -> None:
    with Api(tmp_path) as api:
        api.exchange("http://a.test/?token=verysecretvalue")
        api.exchange("http://b.test/")
        begun = api.ask("POST", "/export", {"query": "host:a.test"})
        assert begun.status == 201
        path = begun.json["path"]
        assert api.ask("GET", f"{path}x", token="", below="").status == 404
        foreign = api.ask("GET", path, token="", below="", headers={"Origin": "https://evil.test"})
        assert foreign.status == 403
        answer = api.ask("GET", path, token="", below="")
        assert answer.headers["content-disposition"] == "attachment"
        assert answer.headers["cache-control"] == "no-store"
        entries = json.loads(answer.body)["log"]["entries"]
        assert [entry["request"]["url"].partition("?")[0] for entry in entries] == ["http://a.test/"]
        assert b"verysecretvalue" not in answer.body
        again = api.ask("GET", path, token="", below="")
        assert (again.status, again.json["message"]) == (404, "This file was fetched already, or too late.")

        kept = api.ask("POST", "/export", {"query": "host:a.test", "secrets": "keep"}).json["path"]
        assert b"verysecretvalue" in api.ask("GET", kept, token="", below="").body


def test_it_is_begun_with_the_token_and_what_is_wrong_is_said_then(tmp_path: Path) -> None:
    with Api(tmp_path) as api:
        assert api.ask("POST", "/export", {}, token="").status == 401
        assert api.ask("POST", "/export", {"query": "status:"}).json["code"] == "bad_query"
        assert api.ask("POST", "/export", {"format": "pdf"}).status == 400
        assert api.ask("GET", f"/downloads/{quote('ü')}", token="").status == 404


def test_what_nobody_fetches_in_time_is_gone_and_its_place_is_free() -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b""

    async def main() -> None:
        downloads = Downloads(waits=0)
        name = downloads.offer(content()).path.rpartition("/")[2]
        later = asyncio.Event()
        asyncio.get_running_loop().call_later(0.001, later.set)  # behind the other one
        await later.wait()
        with pytest.raises(NotFound):
            downloads.take(name)

    asyncio.run(main())
