"""Tries the proxy as a client does, and looks at who has its port. Blocking; each step has a time limit."""

from __future__ import annotations

import base64
import contextlib
import http.client
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from wireglass.launch.doctor import Answer, Trip
from wireglass.listening import Credentials
from wireglass.proxy.site import HOST

PATH = "/wireglass-doctor/"
"""By which the requests made here are known in the record."""

_LIMIT = 5.0  # seconds for each wait
_LARGEST = 65536  # bytes of an answer that are read; a certificate has one kilobyte
_CERTIFICATE = "/ca.pem"


def ask_port(host: str, port: int) -> Answer:
    """Asks the port itself for the certificate of its CA."""
    connection = http.client.HTTPConnection(host, port, timeout=_LIMIT)
    try:
        connection.connect()
    except OSError as error:
        return Answer("refused", detail=_reason(error))
    try:
        status, body = _get(connection, _CERTIFICATE)
    except http.client.HTTPException as error:
        return Answer("other", detail=f"its answer is not HTTP: {type(error).__name__}")
    except OSError as error:
        return Answer("silent", detail=_reason(error))
    if status != 200 or b"BEGIN CERTIFICATE" not in body:
        return Answer("other", detail=f"it answers {status} to a question for our certificate")
    return Answer("site", body)


def over_http(host: str, port: int, login: Credentials | None = None) -> tuple[Trip, str]:
    """A request to a server of our own on loopback; the URL by which it is recorded. ``login`` is the proxy's."""
    with _origin() as (authority, word):
        url = f"http://{authority}{PATH}{word}"
        return _trip(http.client.HTTPConnection(host, port, timeout=_LIMIT), url, word.encode(), login), url


def over_https(host: str, port: int, ca: bytes) -> Trip:
    """A request in a TLS tunnel, which the proxy ends with a leaf certificate that ``ca`` (DER) must have signed.

    To its own page: that needs no server whose certificate the proxy would have to trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ca)
    connection = http.client.HTTPSConnection(host, port, timeout=_LIMIT, context=context)
    connection.set_tunnel(HOST, 443)
    return _trip(connection, _CERTIFICATE, b"BEGIN CERTIFICATE")


def _trip(connection: http.client.HTTPConnection, url: str, mark: bytes, login: Credentials | None = None) -> Trip:
    """``mark``: what the right answer holds."""
    begun = time.monotonic()
    try:
        status, body = _get(connection, url, login)
    except (OSError, http.client.HTTPException) as error:
        return Trip(passed=False, detail=_reason(error))
    if status == 200 and mark in body:
        return Trip(passed=True, detail=f"{(time.monotonic() - begun) * 1000:.0f} ms")
    first_line = body.decode("utf-8", "replace").partition("\n")[0][:200]
    return Trip(passed=False, detail=f"the answer was {status} {first_line}")


def _get(connection: http.client.HTTPConnection, url: str, login: Credentials | None = None) -> tuple[int, bytes]:
    headers = {"User-Agent": "wireglass-doctor"}
    if login is not None:
        pair = f"{login.username}:{login.password}".encode()
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
    with contextlib.closing(connection):
        connection.request("GET", url, headers=headers)
        response = connection.getresponse()
        return response.status, response.read(_LARGEST)


def port_is_free(host: str, port: int) -> bool:
    """Whether it could be listened on; binds it for a moment and lets go. Port 0 is always free."""
    family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(where)
            sock.listen(1)
        except OSError:
            return False
    return True


def owner_of_port(port: int) -> str:
    """Who listens there: ``the Wireglass of HOME (pid N)``, or ``name (pid N)`` of another process; empty where the
    system does not say, as macOS and Linux do not about other users' processes."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.laddr and connection.laddr.port == port and connection.pid:
                return _wireglass(connection.pid) or process(connection.pid)
    except psutil.Error:
        pass
    return ""


def _wireglass(pid: int) -> str:
    """Its main process keeps ``lock`` in its home open, and ends the proxies, which hold the port as well."""
    with contextlib.suppress(psutil.Error):
        found = psutil.Process(pid)
        for each in filter(None, (found, found.parent())):
            for file in each.open_files():
                path = Path(file.path)
                if path.name == "lock" and (path.parent / "run.json").exists():
                    return f"the Wireglass of {path.parent} (pid {each.pid})"
    return ""


def process(pid: int) -> str:
    """``name (pid N)``; without the name where it is gone or hidden."""
    with contextlib.suppress(psutil.Error):
        return f"{psutil.Process(pid).name()} (pid {pid})"
    return f"process {pid}"


@contextlib.contextmanager
def _origin() -> Iterator[tuple[str, str]]:
    """A server for one request on a free port of loopback: its authority, and the word it answers with."""
    word = secrets.token_hex(8)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_LIMIT)

        def serve() -> None:
            with contextlib.suppress(OSError):  # nobody came, or left: the asking side says so
                sock, _ = server.accept()
                with sock:
                    sock.settimeout(_LIMIT)
                    head = b""
                    while b"\r\n\r\n" not in head and (data := sock.recv(4096)):
                        head += data
                    lines = ("HTTP/1.1 200 OK", "Content-Type: text/plain", f"Content-Length: {len(word)}", "", word)
                    sock.sendall("\r\n".join(lines).encode())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", word
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)  # wakes accept()
            thread.join(_LIMIT)


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not from this home's CA: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return f"no answer within {_LIMIT:g} s"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
