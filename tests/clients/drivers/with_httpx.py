"""The plan by Python's httpx."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
from tests.clients.drivers.plan import (
    FIELDS,
    FILE_NAME,
    FILE_TYPE,
    answer,
    attempt,
    pattern,
    pieces,
    read_plan,
    report,
    whole,
)


def main() -> None:
    plan = read_plan()
    trust = ssl.create_default_context(cafile=plan["ca"])
    with httpx.Client(proxy=plan["proxy"], verify=trust, follow_redirects=True, timeout=30) as client:

        def ask(case: dict[str, Any]) -> dict[str, Any]:
            body: dict[str, Any] = {}
            if send := case["send"]:
                if send["how"] == "multipart":
                    body = {"data": FIELDS, "files": {"file": (FILE_NAME, pattern(send["size"]), FILE_TYPE)}}
                else:
                    body = {"content": pieces(send["size"]) if send["how"] == "chunked" else whole(send)}
            headers = [(name.encode(), value.encode("latin-1")) for name, value in case["headers"]]
            got = client.request(case["method"], case["url"], headers=headers, **body)
            return answer(case["name"], got.status_code, got.headers.multi_items(), got.content)

        report([attempt(case, ask) for case in plan["cases"]])


main()
