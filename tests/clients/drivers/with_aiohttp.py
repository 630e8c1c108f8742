"""The plan by Python's aiohttp."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from tests.clients.drivers.plan import (
    FIELDS,
    FILE_NAME,
    FILE_TYPE,
    answer,
    failed,
    pattern,
    pieces,
    read_plan,
    report,
    whole,
)
from yarl import URL


async def upload(size: int) -> AsyncIterator[bytes]:
    for piece in pieces(size):
        yield piece


async def main() -> None:
    plan = read_plan()
    trust = ssl.create_default_context(cafile=plan["ca"])
    # Without `unsafe` it keeps no cookies of a server known by its address only.
    jar = aiohttp.CookieJar(unsafe=True)
    timeout = aiohttp.ClientTimeout(total=30)

    async def ask(session: aiohttp.ClientSession, case: dict[str, Any]) -> dict[str, Any]:
        data: Any = None
        if send := case["send"]:
            data = upload(send["size"]) if send["how"] == "chunked" else whole(send)
            if send["how"] == "multipart":
                data = aiohttp.FormData(FIELDS)
                data.add_field("file", pattern(send["size"]), filename=FILE_NAME, content_type=FILE_TYPE)
        headers = [tuple(pair) for pair in case["headers"]]
        async with session.request(
            case["method"],
            URL(case["url"]),
            headers=headers,
            data=data,
            proxy=plan["proxy"],
            ssl=trust,
            expect100=case["expect"],
        ) as got:
            return answer(case["name"], got.status, list(got.headers.items()), await got.read())

    answers = []
    old = aiohttp.ClientSession(timeout=timeout, version=aiohttp.HttpVersion10)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as session, old:
        for case in plan["cases"]:
            try:
                answers.append(await ask(old if case["http10"] else session, case))
            except Exception as error:
                answers.append(failed(case, error))
    report(answers)


asyncio.run(main())
