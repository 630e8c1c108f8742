"""The proxy process: ``python -m wireglass.app.worker LINK DOORS`` with inherited descriptors.

Started by the main process and by nobody else. It ends when it is drained, or when the link breaks: then the main
process is dead, and everything unacknowledged is in the spool before this process leaves.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path

from wireglass.app.descriptors import raise_limit, share_out
from wireglass.app.listening import Listening
from wireglass.app.loop import new_loop
from wireglass.launch.certificates import CaCertificate
from wireglass.launch.site import CaSite
from wireglass.link import Drain, LinkSink, OpenDoor, Ready, Start
from wireglass.model import Sink
from wireglass.net import (
    Authority,
    ClientCertificates,
    Dialler,
    Pool,
    Proxies,
    ServerContexts,
    UnverifiedHosts,
    client_context,
)
from wireglass.policy import why_refused
from wireglass.proxy import Door, Interception, ProxyAuth, Service
from wireglass.wire.target import make_origin

_THIS_MACHINE = "127.0.0.1"


async def _run(link: socket.socket, channel: socket.socket, files: int | None) -> None:
    loop = asyncio.get_running_loop()
    start: asyncio.Future[Start] = loop.create_future()
    end: asyncio.Future[float | None] = loop.create_future()

    def on_control(control: Start | Drain) -> None:
        if isinstance(control, Start):
            start.set_result(control)
        elif not end.done():
            end.set_result(control.seconds)
        else:
            service.abort()

    def on_lost() -> None:
        start.cancel()
        if not end.done():
            end.set_result(None)

    sink = LinkSink(on_control, on_lost)
    await loop.create_connection(lambda: sink, sock=link)
    try:
        settings = await start
    except asyncio.CancelledError:
        return  # the main process died before it said what to do
    listening = Listening(channel, settings.doors)
    dialler = Dialler(
        client_context(settings.insecure),
        timeout=settings.connect_timeout,
        unverified=UnverifiedHosts(settings.insecure_hosts) if settings.insecure_hosts else None,
        certificates=ClientCertificates(settings.client_cert) if settings.client_cert else None,
        refuse=settings.refuse,
        proxies=_proxies(settings, listening),
        check_proxy=lambda address, port: why_refused(
            _THIS_MACHINE,
            _THIS_MACHINE,
            address,
            port,
            listeners=listening.addresses,
            own_addresses=dialler.own_addresses,
        ),
    )
    places = share_out(files, settings.max_clients)
    pool = Pool(dialler, total=places.upstreams)
    authority = Authority.load_or_create(Path(settings.ca))
    contexts = ServerContexts(authority, Path(settings.tmp))
    service = Service(
        _redacted(sink, settings),
        pool,
        contexts,
        listening.addresses,
        response_timeout=settings.response_timeout,
        idle_timeout=settings.idle_timeout,
        head_timeout=settings.head_timeout,
        allow_remote_loopback=settings.allow_remote_loopback,
        max_clients=places.clients,
        limit_hint=places.hint,
        site=CaSite(CaCertificate(authority.certificate_pem())),
        interception=Interception(settings.passthrough, settings.refuse, auto=settings.auto_passthrough),
        keeps_alt_svc=settings.alt_svc == "keep",
        postman_headers=settings.postman_headers,
    )
    auth = ProxyAuth(settings.proxy_auth) if settings.proxy_auth is not None else None
    listening.begin(service, lambda opened: _door(opened, auth), lambda: sink.send(Ready()))
    seconds = await end
    listening.end()
    if seconds is None:
        service.abort()
    else:
        await service.drain(seconds)
        await sink.drained()
    sink.close()


def _redacted(sink: LinkSink, settings: Start) -> Sink:
    if settings.redaction is None:
        return sink
    from wireglass.capture.redacting import RedactingSink
    from wireglass.redact import Redactor  # its expressions take 0.2 s to compile, which most need not wait for

    return RedactingSink(sink, Redactor(settings.redaction, settings.redaction_key))


def _door(opened: OpenDoor, auth: ProxyAuth | None) -> Door:
    target = opened.target
    if target is None:
        return Door(auth=auth)
    http2 = target.scheme == "h2c"
    origin = make_origin("http" if http2 else target.scheme, target.host, target.port)
    return Door(origin, http2=http2, names=(opened.name.lower(),))


def _proxies(settings: Start, listening: Listening) -> Proxies | None:
    if settings.upstream is None:
        return None
    return Proxies(settings.upstream, settings.no_proxy, must_look_up=listening.is_delicate)


def main() -> None:
    # A service manager's SIGTERM reaches all processes; the main process tells us when and how to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    files = raise_limit()
    link, channel = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    for sock in (link, channel):
        sock.setblocking(False)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_run(link, channel, files))


if __name__ == "__main__":
    main()
