"""The proxy process: ``python -m wireglass.app.worker LINK LISTENER…`` with inherited descriptors.

Started by the main process and by nobody else. It ends when it is drained, or when the link breaks: then the main
process is dead, and everything unacknowledged is in the spool before this process leaves.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import sys
from pathlib import Path

from wireglass.app.loop import new_loop
from wireglass.link import Drain, LinkSink, Ready, Start
from wireglass.net import Authority, Dialler, Pool, ServerContexts, client_context
from wireglass.proxy import Service

_DESCRIPTORS = 65536


async def _run(link: socket.socket, listeners: list[socket.socket]) -> None:
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
    pool = Pool(Dialler(client_context(settings.insecure)))
    contexts = ServerContexts(Authority.load_or_create(Path(settings.ca)), Path(settings.tmp))
    service = Service(
        sink,
        pool,
        contexts,
        settings.listeners,
        insecure=settings.insecure,
        allow_remote_loopback=settings.allow_remote_loopback,
    )
    for sock in listeners:
        await service.serve(sock)
    sink.send(Ready())
    seconds = await end
    if seconds is None:
        service.abort()
    else:
        await service.drain(seconds)
        await sink.drained()
    sink.close()


def _allow_many_sockets() -> None:
    """The usual soft limit of 1024 descriptors is for programs that use select(); a request takes two sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    # A service manager's SIGTERM reaches all processes; the main process tells us when and how to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _allow_many_sockets()
    link, *listeners = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    for sock in (link, *listeners):
        sock.setblocking(False)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_run(link, listeners))


if __name__ == "__main__":
    main()
