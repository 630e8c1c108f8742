"""schemathesis plays against the published document: whatever is sent, what comes back is as documented, and no 5xx."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.api.served import TOKEN, Api

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"

# What a schema cannot say makes valid data refused: the query language, media types, that one of two must be given.
EXCLUDED = "positive_data_acceptance"


def test_schemathesis(tmp_path: Path) -> None:
    with Api(tmp_path) as api:
        for number in range(5):
            api.exchange(f"http://a.test/{number}", response=b"text", request=b'{"a": 1}')
        api.control.pause_session(api.session.id)
        done = subprocess.run(
            [
                SCHEMATHESIS,
                "run",
                f"{api.origin}/api/openapi.json",
                "--header",
                f"Authorization: Bearer {TOKEN}",
                "--exclude-checks",
                EXCLUDED,
                "--phases",
                "coverage,fuzzing,stateful",
                "--max-examples",
                "3",
                "--generation-database",
                "none",
                "--seed",
                "1",
                "--no-color",
                "--continue-on-failure",
            ],
            capture_output=True,
            text=True,
            timeout=280,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
        assert api.notices == []
