"""The plan by Python's requests."""

from __future__ import annotations

from typing import Any

import requests
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
    session = requests.Session()
    session.proxies = {"http": plan["proxy"], "https": plan["proxy"]}

    def ask(case: dict[str, Any]) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if send := case["send"]:
            if send["how"] == "multipart":
                body = {"data": FIELDS, "files": {"file": (FILE_NAME, pattern(send["size"]), FILE_TYPE)}}
            else:
                body = {"data": pieces(send["size"]) if send["how"] == "chunked" else whole(send)}
        # requests sends header values that are text as Latin-1 (http.client.putheader).
        headers = {name: value.encode("latin-1") for name, value in case["headers"]}
        # It follows the redirects of a HEAD only when told to.
        got = session.request(
            case["method"], case["url"], headers=headers, timeout=30, verify=plan["ca"], allow_redirects=True, **body
        )
        return answer(case["name"], got.status_code, list(got.raw.headers.iteritems()), got.content)

    report([attempt(case, ask) for case in plan["cases"]])


main()
