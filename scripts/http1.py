"""Write docs/reference/http1.md from the cases of the tests; with ``--check`` say whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.wire.cases import IN_ORDER, REQUESTS, RESPONSES, SMUGGLED, InOrder, Refused, Response  # noqa: E402

from wireglass.wire.leniency import LENIENCIES  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "http1.md"

_SHOWN = 60  # characters of the bytes of a case
_START = (
    b"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n",
    b"POST http://a.example/ HTTP/1.1\r\nHost: a.example\r\n",
)


def page() -> str:
    lines = [
        "# HTTP/1: what is refused, what is accepted\n",
        "<!-- Made by scripts/http1.py from tests/wire/cases.py: do not edit. -->\n",
        "Every line is a test, at the parser and through the program.\n",
        "## Requests\n",
        "Answered with 400 and the reason, recorded with the error kind `malformed_request` and the bytes received,",
        "and the connection is closed. Nothing is sent to a server; of a request that turns out to be malformed inside",
        "its body, the server gets no end. `…` stands for a request line and Host that are in order.\n",
        "| Case | Bytes | RFC |",
        "|---|---|---|",
        *(f"| {_cell(case.name)} | {_bytes(_request(case))} | {case.rfc} |" for case in REQUESTS),
        "",
        "A head that has no end is refused after a minute (`--head-timeout`). Of a bad trailer nothing is sent on, and",
        "of a good one nothing is merged into the head.\n",
        "What is in order, however it looks, is accepted, and leaves in the one form that every parser reads alike:\n",
        "| Case | Bytes | Sent on | RFC |",
        "|---|---|---|---|",
        *(f"| {_cell(case.name)} | {_bytes(_request(case))} | {_bytes(case.sent)} | {case.rfc} |" for case in IN_ORDER),
        "",
        "## Responses\n",
        "What Chrome accepts is accepted, named in the record as `lenient: NAME`, and passed on in the one form that",
        "every parser reads alike. The server's connection is closed after it, unless the last column says yes.\n",
        "| Leniency | What is accepted | RFC | Chromium 156 | Passed on | Connection kept |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{one.name}` | {_cell(one.accepts)} | {one.rfc} | {_cell(one.chrome)} | {_cell(one.passed_on)} "
            f"| {'yes' if one.keeps else 'no'} |"
            for one in LENIENCIES
        ),
        "",
        "The cases, each tried with Chromium 156 where the last column says what it does. `…` stands for",
        "`HTTP/1.1 200 OK`. What is refused is answered with 502, or broken off where the client has a head already.\n",
        "| Case | Bytes | RFC | Wireglass | Chromium 156 |",
        "|---|---|---|---|---|",
        *(
            f"| {_cell(case.name)} | {_bytes(_response(case))} | {case.rfc} | {_verdict(case)} | {_cell(case.chrome)} |"
            for case in RESPONSES
        ),
        "",
    ]
    return "\n".join(lines)


def _request(case: Refused | InOrder) -> bytes:
    data = case.data.removesuffix(SMUGGLED)
    for start in _START:
        if data.startswith(start) and len(data) > len(start) + 2:
            return b"\xe2\x80\xa6 " + data.removeprefix(start)
    return data


def _response(case: Response) -> bytes:
    start = b"HTTP/1.1 200 OK\r\n"
    return b"\xe2\x80\xa6 " + case.data.removeprefix(start) if case.data.startswith(start) else case.data


def _verdict(case: Response) -> str:
    if case.refused:
        return f"refused, `{case.kind}`"
    return "accepted: " + ", ".join(f"`{one.name}`" for one in case.lenient) if case.lenient else "accepted"


def _bytes(data: bytes) -> str:
    """Escaped and cut, for a cell of the table."""
    if not data:
        return "nothing"
    dots = data.startswith(b"\xe2\x80\xa6 ")
    text = repr(data.removeprefix(b"\xe2\x80\xa6 "))[2:-1].replace("|", "\\|").replace("`", "'")
    cut = text if len(text) <= _SHOWN else text[:_SHOWN].rstrip("\\") + " …"
    return f"{'… ' if dots else ''}`{cut}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        if PAGE.exists() and PAGE.read_text("utf-8") == page():
            return 0
        print(f"{PAGE} is out of date: run `python scripts/http1.py`")
        return 1
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
