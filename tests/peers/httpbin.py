"""httpbin, served by waitress in a process of its own: a real Python server behind HTTP/1.1."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.peers.waiting import wait_for

PROGRAM = """
import sys, waitress.server
from httpbin import app
server = waitress.server.create_server(app, host="127.0.0.1", port=0, threads=8)
open(sys.argv[1] + ".new", "w").write(str(server.effective_port))
import os; os.replace(sys.argv[1] + ".new", sys.argv[1])
server.run()
"""


class Httpbin:
    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        port_file, output = root / "port", root / "output"
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", PROGRAM, port_file], stdout=file, stderr=file
            )

        def listening() -> bool:
            assert self.process.poll() is None, output.read_text()
            return port_file.exists()

        wait_for(listening, "httpbin", 30)
        self.url = f"http://127.0.0.1:{port_file.read_text()}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
