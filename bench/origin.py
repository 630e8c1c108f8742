"""nginx as the origin every proxy is measured against, and as the reverse proxy measured beside them.

Every response is unique: the body begins with nginx's ``$request_id`` and the request target, and a filler brings it to
one of six sizes, chosen by a hash of the request id.
"""

from __future__ import annotations

import hashlib
import shutil
import socket
import string
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from random import Random

import trustme

SIZES: tuple[tuple[int, int], ...] = ((30, 200), (30, 1_000), (20, 2_000), (12, 8_000), (5, 20_000), (3, 50_000))
"""(per cent of the responses, bytes of body)."""
PIECE = 4_000
"""nginx refuses a configuration token of more than 4096 bytes, so larger fillers are put together from pieces."""
BIG = 100_000_000
"""Bytes of the file at ``/-/big``."""
ENVELOPE = 110
"""Bytes of a body before its filler, about: id, target and punctuation."""

BASE = """
worker_processes 1;
daemon off;
master_process off;
pid {root}/{name}.pid;
error_log {root}/{name}.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {root}/{name}-body;
    proxy_temp_path {root}/{name}-proxy;
    fastcgi_temp_path {root}/{name}-fastcgi;
    uwsgi_temp_path {root}/{name}-uwsgi;
    scgi_temp_path {root}/{name}-scgi;
    keepalive_timeout 1h;
    sendfile on;
    keepalive_requests 1000000000;
    tcp_nodelay on;
{inside}
}}
"""


@dataclass
class Nginx:
    process: subprocess.Popen[bytes]
    plain: int
    """TCP port on 127.0.0.1."""
    tls: int
    """The same content over TLS; 0 if there is none."""
    certificates: Path | None = None
    """PEM of the certificate authority that signed the origin's certificate."""

    def requests(self) -> int:
        """How many requests this nginx has answered so far, by its own count, this question not counted."""
        connection = HTTPConnection("127.0.0.1", self.plain, timeout=10)
        connection.request("GET", "/-/status", headers={"Connection": "close"})
        text = connection.getresponse().read().decode()
        connection.close()
        self._asked += 1
        return int(text.split("requests")[1].split()[2]) - self._asked

    big: bytes = b""
    """SHA-256 of what is at ``/-/big``."""
    _asked: int = 0

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], name: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with code {process.returncode} before it listened on port {port}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{name} does not listen on port {port} after {seconds:.0f} s")


def version() -> str:
    shown = subprocess.run([_program(), "-v"], capture_output=True, text=True, check=True).stderr
    return shown.strip().rsplit("/", 1)[-1]


def start_origin(root: Path) -> Nginx:
    """Plain and TLS, with a certificate for ``localhost`` and 127.0.0.1 from a throw-away authority."""
    authority = trustme.CA()
    certificates = root / "origin-ca.pem"
    authority.cert_pem.write_to_path(str(certificates))
    leaf = authority.issue_cert("localhost", "127.0.0.1")
    leaf.private_key_and_cert_chain_pem.write_to_path(str(root / "origin.pem"))
    digest = hashlib.sha256()
    with (root / "big").open("wb") as big:
        for seed in range(BIG // 1_000_000):
            megabyte = Random(seed).randbytes(1_000_000)
            digest.update(megabyte)
            big.write(megabyte)
    plain, tls = free_port(), free_port()
    inside = f"""
    split_clients $request_id $size {{ {_shares()} }}
    map $size $filler {{ {_fillers()} }}
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {root}/origin.pem;
        ssl_certificate_key {root}/origin.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        {_pieces()}
        location = /-/status {{ stub_status; }}
        location /-/big {{ alias {root}/big; default_type application/octet-stream; }}
        location / {{
            default_type application/json;
            return 200 '{{"uri":"$request_uri","id":"$request_id","data":"$filler"}}';
        }}
    }}
"""
    return Nginx(_start(root, "origin", inside, plain), plain, tls, certificates, digest.digest())


def start_reverse(root: Path, origin: int) -> Nginx:
    """nginx between the load and the origin at port ``origin``, plain, with kept connections on both sides."""
    port = free_port()
    inside = f"""
    upstream origin {{ server 127.0.0.1:{origin}; keepalive 64; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
"""
    return Nginx(_start(root, "reverse", inside, port), port, 0)


def _program() -> str:
    found = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if found is None:
        raise RuntimeError("nginx is not installed; install it (Debian: apt-get install nginx-light) and run again")
    return found


def _start(root: Path, name: str, inside: str, port: int) -> subprocess.Popen[bytes]:
    path = root / f"{name}.conf"
    path.write_text(BASE.format(root=root, name=name, inside=inside))
    with (root / f"{name}.err").open("wb") as errors:
        process = subprocess.Popen([_program(), "-p", str(root), "-c", str(path)], stdout=errors, stderr=errors)
    wait_for_port(port, process, f"nginx ({path})")
    return process


def _shares() -> str:
    *most, (_, last) = SIZES
    return " ".join(f"{share}% {size};" for share, size in most) + f" * {last};"


def _pieces() -> str:
    letters = "".join(Random(1).choices(string.ascii_letters + string.digits, k=PIECE))
    lines = [f'set $whole "{letters}";']
    lines += [f'set $rest{size} "{letters[: _split(size)[1]]}";' for _, size in SIZES]
    return "\n        ".join(lines)


def _fillers() -> str:
    return " ".join(f'{size} "{"$whole" * _split(size)[0]}$rest{size}";' for _, size in SIZES)


def _split(size: int) -> tuple[int, int]:
    return divmod(max(size - ENVELOPE, 0), PIECE)
