"""nghttpd, the HTTP/2 server of nghttp2: what a good server does, to hold the tables of cases against."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from tests.peers.installed import installed
from tests.peers.waiting import wait_for

TEXT = b"The text that nghttpd answers GET with.\n"


class Nghttpd:
    """GET of anything below ``/files`` is answered with its file, POST with what was sent. In clear without a
    certificate, which is a PEM with its key."""

    def __init__(self, root: Path, certificate: Path | None = None) -> None:
        files = root / "files"
        files.mkdir(parents=True)
        (files / "text").write_bytes(TEXT)
        program = installed("nghttpd")
        # It cannot be given port 0.
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        keys = ["--no-tls"] if certificate is None else []
        command = [program, *keys, "--address=127.0.0.1", "--echo-upload", f"--htdocs={root}", str(port)]
        command += [str(certificate)] * 2 if certificate else []
        self._output = root / "output"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.authority = f"localhost:{port}" if certificate else f"127.0.0.1:{port}"
        self.path = "/files/text"
        wait_for(lambda: self._listens(port), f"nghttpd on port {port}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def _listens(self, port: int) -> bool:
        assert self.process.poll() is None, self._output.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            return False
        return True
