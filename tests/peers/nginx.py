"""nginx as an origin: a real server with an access log of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

from tests.peers.waiting import wait_for

CONFIG = """
worker_processes 1;
daemon off;
master_process off;
pid {root}/pid;
error_log {root}/error.log;
events {{ worker_connections 256; }}
http {{
    log_format witness '$request_method $scheme $request_uri $status $body_bytes_sent';
    access_log {root}/access.log witness;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        location /files/ {{ root {root}; }}
        location /packed/ {{ root {root}; gzip on; gzip_min_length 1; gzip_types *; }}
        location / {{ default_type application/json; return 200 '{{"uri":"$request_uri","id":"$request_id"}}'; }}
    }}
}}
"""


class Nginx:
    """Files below ``root/files`` are served; anything else is answered with the target and a request id."""

    def __init__(self, root: Path, certificate: Path) -> None:
        self.root = root
        (root / "files").mkdir(parents=True)
        (root / "packed").mkdir()
        program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
        assert program, "nginx is not installed (Debian: apt-get install nginx-light)"
        # nginx cannot be given port 0; the sockets are open together, so that the two differ.
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
            plain, tls = one.getsockname()[1], two.getsockname()[1]
        config = root / "nginx.conf"
        config.write_text(CONFIG.format(root=root, plain=plain, tls=tls, certificate=certificate))
        with (root / "output").open("wb") as output:
            self.process = subprocess.Popen([program, "-p", root, "-c", config], stdout=output, stderr=output)
        self.url = f"http://127.0.0.1:{plain}"
        self.tls_url = f"https://localhost:{tls}"
        wait_for(lambda: self._listens(plain), f"nginx on port {plain}")

    def log(self) -> list[str]:
        """``METHOD scheme target status bytes`` of each answered request."""
        return (self.root / "access.log").read_text().splitlines()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def _listens(self, port: int) -> bool:
        assert self.process.poll() is None, (self.root / "output").read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True
