"""Every client over HTTP and HTTPS: the record equals the origin's own log of bytes, entry by entry, and so does what
the client says it got."""

from __future__ import annotations

from collections import defaultdict
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.clients.answers import furnish
from tests.clients.cases import AGAIN, plan
from tests.clients.comparing import (
    client_against_witness,
    record_against_plan,
    record_against_witness,
    witness_against_plan,
)
from tests.clients.programs import CLIENTS, Client, Workshop, drive
from tests.doors.conftest import Authority
from tests.peers.installed import installed
from tests.peers.origin import Origin
from tests.peers.program import Wireglass
from tests.peers.waiting import wait_for
from tests.peers.witness import seen_by

from wireglass.model import Record
from wireglass.store import Reader


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_matrix(wireglass: Wireglass, workshop: Workshop, authority: Authority, client: Client, scheme: str) -> None:
    for program in client.needs:
        installed(program)
    # A name over TLS and an address without, so that both are seen.
    name = "localhost" if scheme == "https" else "127.0.0.1"
    prefix = f"{client.name}-{scheme}"
    differences: dict[str, list[str]] = defaultdict(list)
    with Origin(authority.server_context() if scheme == "https" else None) as origin:
        furnish(origin)
        base = f"{scheme}://{name}:{origin.port}"
        cases = plan(prefix, base, client.cases())
        answers = drive(client, workshop, cases, f"{base}/page?id={prefix}-page")
        seen = seen_by(origin)
    assert [answer.name for answer in answers] == [case.name for case in cases]
    assert seen, f"nothing came to the origin; the client said {answers[0].error}"
    with Reader(wireglass.home / "store") as reader:
        records = recorded(reader, f"{base}/", set(seen))
        # No browser or run-time has told anybody else of us.
        assert {row.host.rpartition(":")[0] or row.host for row in reader.page(100_000)} <= {"127.0.0.1", "localhost"}
        for id, one in seen.items():
            differences[id] += record_against_witness(records[id], one, reader, base)
    for case, answer in zip(cases, answers, strict=True):
        id = f"{prefix}-{case.name}"
        if id not in seen:
            differences[id] += ["never came to the origin", *([answer.error] if answer.error else [])]
            continue
        last = seen.get(f"{id}.2", seen[id])
        differences[id] += witness_against_plan(case, seen[id])
        differences[id] += record_against_plan(records[id], case)
        differences[id] += client_against_witness(answer, case, last, client)
        followed = f"{id}.2" in seen
        if followed != case.name.startswith("redirect-") and not (case.name in client.stays and not followed):
            differences[id].append(f"redirect {'followed' if followed else 'not followed'}")
    lines = [f"{id}: {difference}" for id, found in differences.items() for difference in found]
    assert not lines, "\n" + "\n".join(lines)
    used = {end.number for id in AGAIN if (end := records[f"{prefix}-{id}"].detail.client)}
    assert 1 <= len(used) <= client.connections, f"{len(AGAIN)} requests over connections {used}"
    cookies = seen[f"{prefix}-cookies-back"].request.get("cookie")
    assert sorted((cookies or b"").split(b"; ")) == ([b"a=1", b"b=two"] if client.keeps_cookies else [b""])


def recorded(reader: Reader, base: str, ids: set[str]) -> dict[str, Record]:
    """The ended records of the URLs below ``base`` by their id: as many as the origin saw, and each once."""

    def look() -> dict[str, Record] | None:
        rows = [row for row in reader.page(10_000) if row.url.startswith(base)]
        if len(rows) < len(ids) or any(row.state == "open" for row in rows):
            return None
        found = {parse_qs(urlsplit(row.url).query)["id"][0]: reader.get(row.id) for row in rows}
        assert len(found) == len(rows), "an exchange is recorded twice"
        assert found.keys() == ids, f"recorded and not seen, or seen and not recorded: {found.keys() ^ ids}"
        return found

    return wait_for(look, f"{len(ids)} records of {base}")
