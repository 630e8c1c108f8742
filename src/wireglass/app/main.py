"""The main process: from the start of the proxies to the last commit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from wireglass import __version__
from wireglass.app.given import in_use
from wireglass.app.home import Home, Port, Run
from wireglass.app.listen import listen_all
from wireglass.app.loop import new_loop
from wireglass.app.proxies import Proxies
from wireglass.app.report import Started, Stopped
from wireglass.capture import Recorder
from wireglass.errors import Interrupted, StoreError, StoreFull, UsageError
from wireglass.launch.trust import trusts_nobody_else
from wireglass.link import Start, writer_is_gone
from wireglass.listening import Mode
from wireglass.net import Authority, ClientCertificates, address_of, client_context, prepare_key_log, spawn
from wireglass.settings import Settings
from wireglass.store import open_store

_DRAIN = 5.0  # seconds that running exchanges are given at the end
_SILENT = 0.3  # seconds of waiting that need no word
_OLD_PROXY = 5.0  # seconds that the proxies of a killed main process are given to write their spool and leave

Say = Callable[[str], None]


def up(settings: Settings, *, started: Callable[[Started], None], notice: Say) -> Stopped:
    """Records until SIGINT or SIGTERM. ``notice`` is given lines for people while it runs. Raises UsageError and other
    WireglassErrors where it cannot start."""
    if sys.platform == "win32":
        raise UsageError("Recording does not work on Windows yet: the proxy inherits its sockets, which needs POSIX.")
    home = Home(settings.home)
    with home.lock():
        died = home.read_run() is not None
        home.remove_run()  # what listens on its port by now, while the lock is ours, may be anybody
        modes = (Mode(settings.listen), *settings.mode)
        listening = listen_all(modes, patience=_OLD_PROXY if died else 0.0)
        with contextlib.ExitStack() as opened:
            for _, sockets in listening:
                for sock in sockets:
                    opened.enter_context(sock)
            log = opened.enter_context(home.open_proxy_log())
            runner = opened.enter_context(asyncio.Runner(loop_factory=new_loop))
            try:
                return runner.run(_run(settings, home, listening, log, started, notice))
            except asyncio.CancelledError:
                raise KeyboardInterrupt from None  # Ctrl-C before there was anything to finish


async def _run(
    settings: Settings,
    home: Home,
    listening: list[tuple[Mode, list[socket.socket]]],
    log: BinaryIO,
    started: Callable[[Started], None],
    notice: Say,
) -> Stopped:
    loop = asyncio.get_running_loop()
    stop = _Stop()
    # What is wrong with files is an error now, not in a proxy process later.
    logged = prepare_key_log()
    client_context(settings.insecure)
    ClientCertificates(settings.client_cert)
    authority = Authority.load_or_create(home.ca)

    def on_trouble(trouble: str | None) -> None:
        if trouble is None:
            text = "The store can be written again: recording goes on."
        else:
            text = f"Not recording, traffic goes on: {trouble}"
        loop.call_soon_threadsafe(notice, text)

    store = open_store(home.store, on_trouble)
    try:
        recorder = Recorder(store)
        await asyncio.to_thread(_replay_spools, home.spool, recorder)
        home.remove_leftovers()
        store.fail_open(Interrupted.code, "Wireglass ended before the exchange did.")
        name = settings.session or _session_name(time.time())
        session = store.session(name, "proxy")
        sockets = [sock for _, of_mode in listening for sock in of_mode]
        bound = [sock.getsockname() for sock in sockets]
        ports = tuple(Port(address_of(of_mode[0].getsockname()), str(mode.target or "")) for mode, of_mode in listening)
        proxies = Proxies(
            store,
            recorder,
            sockets,
            Start(
                run=0,
                sessions=(session,),
                ca=str(home.ca),
                spool=str(home.spool),
                tmp=str(home.tmp),
                listeners=tuple((address[0], address[1]) for address in bound),
                insecure=settings.insecure,
                body_limit=settings.body_limit,
                allow_remote_loopback=settings.allow_remote_loopback,
                max_clients=settings.max_clients,
                insecure_hosts=settings.insecure_hosts,
                connect_timeout=settings.connect_timeout,
                response_timeout=settings.response_timeout,
                idle_timeout=settings.idle_timeout,
                head_timeout=settings.head_timeout,
                upstream=settings.upstream,
                no_proxy=settings.no_proxy,
                passthrough=settings.passthrough,
                auto_passthrough=settings.auto_passthrough,
                refuse=settings.refuse,
                client_cert=settings.client_cert,
                alt_svc=settings.alt_svc,
                targets=tuple(mode.target for mode, of_mode in listening for _ in of_mode),
                names=tuple(mode.listen.host for mode, of_mode in listening for _ in of_mode),
                proxy_auth=settings.proxy_auth,
            ),
            log,
            notice,
        )
        try:
            await proxies.start(settings.workers)
            address = ports[0].listen
            stop.may_cancel = False
            given = in_use(settings, name, os.environ)
            home.write_run(
                Run(
                    pid=os.getpid(),
                    listen=address,
                    started=time.time(),
                    version=__version__,
                    settings=given,
                    ports=ports,
                    proxy_auth=settings.proxy_auth,
                )
            )
            user = settings.proxy_auth.username if settings.proxy_auth else ""
            certificate = authority.certificate_path
            started(Started(address, home.path, name, certificate, settings.workers, ports, user))
            if logged is not None:
                notice(
                    f"SSLKEYLOGFILE is set: the keys of all TLS connections are written to {logged}. Who has that file "
                    "can read what was sent, wherever it was recorded."
                )
            if not settings.insecure and trusts_nobody_else(os.environ, authority.certificate_der()):
                notice(
                    "SSL_CERT_FILE and SSL_CERT_DIR name the certificate of this home alone: no server will verify. "
                    "They are for the programs that use the proxy; unset them here, and start again."
                )
            failure = await _first(stop.event, proxies.failed)
            if failure is not None:
                raise failure
            stop.event.clear()
            for sock in sockets:
                sock.close()  # while one process holds it, the system goes on queueing clients that nobody will accept
            patience = loop.call_later(
                _SILENT, notice, f"Finishing what is in flight, {_DRAIN:g} s at most; Ctrl-C again stops at once."
            )
            await proxies.drain(_DRAIN, hurry=stop.event)
            patience.cancel()
        finally:
            await proxies.close()
        with contextlib.suppress(StoreError):  # on_trouble has said why; the counts are worth more than the end time
            store.end_session(session)
        if log.seek(0, os.SEEK_END):
            notice(f"The proxy met a mistake in Wireglass and went on; please report it. Details: {log.name}")
    finally:
        await asyncio.to_thread(store.close)
        home.remove_run()
    counts = store.counts
    return Stopped(name, counts.exchanges, counts.body_bytes, counts.failed, counts.lost + proxies.not_kept)


def _session_name(now: float) -> str:
    """The local date and time, with the hundredths that tell two starts in one second apart."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + f".{int(now * 100) % 100:02d}"


class _Stop:
    """SIGINT and SIGTERM: while ``may_cancel``, the start is given up; afterwards ``event`` is set."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.may_cancel = True
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled)

    def _signalled(self) -> None:
        self.event.set()
        if self.may_cancel and self._task is not None:
            self._task.cancel()


async def _first(stop: asyncio.Event, failed: asyncio.Future[Exception]) -> Exception | None:
    async def stopped() -> None:
        await stop.wait()
        if not failed.done():
            failed.cancel()

    waiter = spawn(stopped())
    await asyncio.wait([failed])
    waiter.cancel()
    return None if failed.cancelled() else failed.result()


def _replay_spools(folder: Path, recorder: Recorder) -> None:
    """What the proxies of an earlier start could not hand over. Raises StoreFull, and nothing is lost."""
    deadline = time.monotonic() + _OLD_PROXY
    for spool in sorted(folder.glob("*.spool")):
        while not (gone := writer_is_gone(spool)) and time.monotonic() < deadline:
            time.sleep(0.02)
        if gone and not recorder.replay(spool):
            raise StoreFull(
                f"There is no room to take in what an earlier run has left in {spool}.",
                "Free some space on that disk, and start again.",
            )
