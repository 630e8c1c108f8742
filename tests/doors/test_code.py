"""Generated code, run: what arrives is what was recorded. Method, target, headers and body, in each language whose tool
is here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.doors.code_cases import CASES, Case
from tests.doors.code_tools import TOOLS, Tool
from tests.peers.origin import Call, Origin

from wireglass.formats.code import BY_ID

OWN = {b"host", b"connection", b"content-length"}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.language)
def test_what_arrives_is_what_was_recorded(
    tool: Tool, tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = [name for name in tool.needs if shutil.which(name) is None]
    if missing:
        pytest.skip(f"without {', '.join(missing)}")
    unknown = set(tool.cannot) - {case.name for case in CASES}
    assert not unknown, f"no such cases: {unknown}"
    snippets = {}
    for number, case in enumerate(CASES):
        request = case.request(origin.url, number + 1)
        snippet = BY_ID[tool.language].snippet(request)
        text = snippet.text
        if case.name in tool.cannot:
            assert any(tool.cannot[case.name] in note for note in snippet.notes), snippet.notes
            continue
        if request.file:
            assert any(request.file in note for note in snippet.notes)
            saved = tmp_path / request.file
            saved.write_bytes(case.body)
            text = text.replace(request.file, str(saved))
        snippets[case.name] = text
    tool.start(tmp_path, snippets)
    faults = {case.name: _differences(tool, case, origin) for case in CASES if case.name in snippets}
    assert {name: found for name, found in faults.items() if found} == {}


def _differences(tool: Tool, case: Case, origin: Origin) -> list[str]:
    calls = [call for call in origin.calls if call.path.split("/")[1] == case.name]
    if len(calls) != 1:
        return [f"{len(calls)} requests"]
    return list(_compare(tool, case, calls[0]))


def _compare(tool: Tool, case: Case, call: Call) -> list[str]:
    found = []
    method = call.request.start.split(b" ")[0].decode()
    if method != case.method:
        found.append(f"method {method}")
    if call.request.target != case.target:
        found.append(f"target {call.request.target}")
    if call.request.body != case.body:
        found.append(f"body {call.request.body[:200]!r}")
    wanted: dict[bytes, list[bytes]] = {}
    for name, value in case.headers:
        if name.lower() not in (*OWN, b"accept-encoding"):
            wanted.setdefault(name.lower(), []).append(value)
    for name, values in wanted.items():
        sent = call.request.all(name.decode())
        if sent != values and not (tool.joins and sent == [b", ".join(values)]):
            found.append(f"{name.decode()}: {sent}")
    if not tool.types and b"content-type" not in wanted and call.request.get("content-type") is not None:
        found.append(f"has a type: {call.request.get('content-type')!r}")
    if b"elsewhere.test" in call.request.all("host"):
        found.append("another host")
    return found


def test_every_language_is_run_or_said_to_be_unverified() -> None:
    guide = (Path(__file__).parents[2] / "docs/guide/code.md").read_text()
    run = {tool.language for tool in TOOLS}
    for language in BY_ID.values():
        [line] = [line for line in guide.splitlines() if line.startswith(f"| `{language.id}` |")]
        assert ("unverified" in line) == (language.id not in run), line
