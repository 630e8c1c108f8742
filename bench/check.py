"""Is everything that was sent in Wireglass's store? Read through the command, as anybody would."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import msgspec


class Row(msgspec.Struct):
    """What is looked at of a line of ``wireglass ls --json``."""

    id: int
    url: str
    status: int | None
    state: str
    response_size: int


class Verdict(msgspec.Struct):
    sent: int
    answered_by_origin: int
    stored: int
    sampled: int
    faults: list[str]

    def line(self) -> str:
        fine = "all there" if not self.faults else "NOT RIGHT: " + "; ".join(self.faults)
        return (
            f"{self.sent:,} sent, {self.answered_by_origin:,} answered by the origin, {self.stored:,} in the store, "
            f"{self.sampled} bodies compared: {fine}"
        )


def check(command: Path, home: Path, sent: Mapping[str, int], answered_by_origin: int, seed: int = 1) -> Verdict:
    """``sent`` maps a prefix of request targets to how many were sent below it, counting from 0.

    Every single target must be in the store once, done, with status 200; of a sample the body must be the one of
    that target, of the size the row says.
    """
    missing = {f"{prefix}/{number}" for prefix, count in sent.items() for number in range(count)}
    total = len(missing)
    faults: list[str] = []
    sample: list[tuple[int, str, int]] = []
    random = Random(seed)
    stored = 0
    with subprocess.Popen(
        [command, "ls", "--json", "--limit", str(2 * total + 1000), "--home", home], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        decode = msgspec.json.Decoder(Row).decode
        for line in process.stdout:
            row = decode(line)
            path = urlsplit(row.url).path
            if path not in missing:
                continue
            missing.remove(path)
            stored += 1
            if row.state != "done" or row.status != 200:
                faults.append(f"{path} is {row.state} with status {row.status}")
            if random.random() < 20 / total:
                sample.append((row.id, path, row.response_size))
    if missing:
        faults.append(f"{len(missing)} are missing, such as {min(missing)}")
    if answered_by_origin != total:
        faults.append(f"the origin counts {answered_by_origin}")
    for number, path, size in sample:
        body = subprocess.run(
            [command, "show", str(number), "--response-body", "--raw", "--home", home], capture_output=True, check=True
        ).stdout
        if len(body) != size or not re.match(rb'\{"uri":"%s","id":"[0-9a-f]{32}"' % re.escape(path.encode()), body):
            faults.append(f"the body of {path} ({len(body)} bytes of {size}) begins {body[:80]!r}")
    return Verdict(total, answered_by_origin, stored, len(sample), faults[:5])
