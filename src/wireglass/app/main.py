"""The main process: from the start of the proxies to the last commit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from asyncio import run_coroutine_threadsafe
from collections.abc import Callable
from typing import BinaryIO

from wireglass import __version__
from wireglass.app.doors import RunningDoors
from wireglass.app.given import in_use
from wireglass.app.home import Home, Port, Run, new_token
from wireglass.app.indexing import Indexing
from wireglass.app.keeping import Keeping
from wireglass.app.launching import Launching
from wireglass.app.leftovers import OLD_PROXY, take_in
from wireglass.app.listen import listen_all
from wireglass.app.loop import new_loop
from wireglass.app.proxies import Proxies
from wireglass.app.redaction import redaction_key, rules_of
from wireglass.app.report import Started, Stopped
from wireglass.app.serving import Behind, api_served
from wireglass.app.signals import Signals
from wireglass.app.ui import ListeningUi, listen_ui
from wireglass.capture import LocalControl, Recorder, Sessions
from wireglass.errors import Interrupted, StoreError, UsageError
from wireglass.launch.trust import trusts_nobody_else
from wireglass.link import Start
from wireglass.listening import Mode
from wireglass.model import Retention, Session, SessionOptions
from wireglass.net import Authority, ClientCertificates, address_of, client_context, prepare_key_log, spawn
from wireglass.settings import Settings
from wireglass.store import Reader, open_store

_DRAIN = 5.0  # seconds that running exchanges are given at the end
_TOLD = 10.0  # seconds in which the proxies are told of a session: two, or the loop is busy or at its end
_SILENT = 0.3  # seconds of waiting that need no word

Say = Callable[[str], None]


def up(
    settings: Settings, *, started: Callable[[Started], None], notice: Say, signals: Signals | None = None
) -> Stopped:
    """Records until SIGINT or SIGTERM. ``notice`` is given lines for people while it runs; ``signals`` go on to be
    counted when it has ended. Raises UsageError and other WireglassErrors where it cannot start."""
    if sys.platform == "win32":
        raise UsageError("Recording does not work on Windows yet: the proxy inherits its sockets, which needs POSIX.")
    home = Home(settings.home)
    with home.lock():
        died = home.read_run() is not None
        home.remove_run()  # what listens on its port by now, while the lock is ours, may be anybody
        patience = OLD_PROXY if died else 0.0
        modes = (Mode(settings.listen), *settings.mode)
        listening = listen_all(modes, patience=patience)
        with contextlib.ExitStack() as opened:
            for _, sockets in listening:
                for sock in sockets:
                    opened.enter_context(sock)
            ui = listen_ui(settings.ui, patience=patience, remote=settings.ui_remote)
            for sock in ui.sockets:
                opened.enter_context(sock)
            log = opened.enter_context(home.open_log("proxy.log"))
            indexer_log = opened.enter_context(home.open_log("indexer.log"))
            runner = opened.enter_context(asyncio.Runner(loop_factory=new_loop))
            if signals is None:
                signals = opened.enter_context(Signals())
            signals.begin()
            try:
                return runner.run(_run(settings, home, listening, ui, (log, indexer_log), started, notice, signals))
            except asyncio.CancelledError:
                raise KeyboardInterrupt from None  # Ctrl-C before there was anything to finish
            finally:
                signals.listen(None)  # before the loop is closed


async def _run(
    settings: Settings,
    home: Home,
    listening: list[tuple[Mode, list[socket.socket]]],
    ui: ListeningUi,
    logs: tuple[BinaryIO, BinaryIO],
    started: Callable[[Started], None],
    notice: Say,
    signals: Signals,
) -> Stopped:
    loop = asyncio.get_running_loop()
    stop = _Stop(signals)
    log, indexer_log = logs
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
        await asyncio.to_thread(take_in, home, store)
        sessions = Sessions()
        control = LocalControl(store, home.store, sessions)
        name = "" if settings.no_session else _begin_session(control, settings, home).name
        ports = tuple(Port(address_of(of_mode[0].getsockname()), str(mode.target or "")) for mode, of_mode in listening)
        proxies = Proxies(
            store,
            Recorder(store, sessions),
            _start(settings, home, sessions.recording),
            log,
            notice,
        )
        sessions.announce = lambda recording: _tell(proxies, recording, loop)
        doors = RunningDoors(proxies, listening)
        certificate = authority.certificate_path
        launch = Launching(home, doors, certificate, settings.proxy_auth)
        kept = Retention(settings.retention_age, settings.retention_count, settings.retention_size)
        keeping = Keeping(store, kept, lambda: proxies.not_kept)
        beside = contextlib.AsyncExitStack()
        beside.push_async_callback(keeping.close)
        beside.push_async_callback(launch.close)
        try:
            token = new_token()
            await beside.enter_async_context(
                api_served(
                    ui.sockets, Behind(home, store, control, doors, launch, settings, token, certificate), notice
                )
            )
            await proxies.start(settings.workers)
            address = ports[0].listen
            stop.may_cancel = False
            run = Run(
                pid=os.getpid(),
                listen=address,
                started=time.time(),
                version=__version__,
                token=token,
                settings=in_use(settings, name, os.environ),
                ports=ports,
                ui=ui.address,
                proxy_auth=settings.proxy_auth,
            )
            home.write_run(run)
            user = settings.proxy_auth.username if settings.proxy_auth else ""
            started(
                Started(
                    address,
                    home.path,
                    name,
                    certificate,
                    settings.workers,
                    ports,
                    user,
                    ui.address,
                    ui.is_elsewhere,
                    token,
                )
            )
            beside.push_async_callback(Indexing(home.path, indexer_log, notice).close)
            if ui.warning:
                notice(ui.warning)
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
            doors.close()
            await launch.close()
            patience = loop.call_later(
                _SILENT, notice, f"Finishing what is in flight, {_DRAIN:g} s at most; Ctrl-C again stops at once."
            )
            await proxies.drain(_DRAIN, hurry=stop.event)
            patience.cancel()
        finally:
            await proxies.close()
            await beside.aclose()
            with contextlib.suppress(StoreError):  # on_trouble has said why; the counts are worth more than the end
                for id in sessions.running:
                    store.set_session_state(id, "ended")
        if log.seek(0, os.SEEK_END):
            notice(f"The proxy met a mistake in Wireglass and went on; please report it. Details: {log.name}")
    finally:
        await asyncio.to_thread(store.close)
        home.remove_run()
    counts = store.counts
    return Stopped(name, counts.exchanges, counts.body_bytes, counts.failed, counts.lost + proxies.not_kept)


def _tell(proxies: Proxies, recording: tuple[int, ...], loop: asyncio.AbstractEventLoop) -> None:
    """On another thread than the loop's."""
    try:
        run_coroutine_threadsafe(proxies.record(recording), loop).result(_TOLD)
    except TimeoutError:
        raise Interrupted(
            f"The proxies were not told within {_TOLD:g} s: the capture is overloaded, or about to stop.", "Try again."
        ) from None


def _start(settings: Settings, home: Home, sessions: tuple[int, ...]) -> Start:
    """What all proxies are told, but for their own run."""
    return Start(
        run=0,
        sessions=sessions,
        ca=str(home.ca),
        spool=str(home.spool),
        tmp=str(home.tmp),
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
        postman_headers=settings.postman_headers,
        proxy_auth=settings.proxy_auth,
        redaction=rules_of(settings) if settings.redact_at_rest else None,
        redaction_key=redaction_key(home) if settings.redact_at_rest else b"",
    )


def _begin_session(control: LocalControl, settings: Settings, home: Home) -> Session:
    """Goes on with the options that a session of this name had."""
    options = SessionOptions()
    if settings.session:
        with Reader(home.store) as reader:
            options = next((one.options for one in reader.sessions() if one.name == settings.session), options)
    return control.start_session(settings.session or "", "proxy", options)


class _Stop:
    """SIGINT and SIGTERM: while ``may_cancel``, the start is given up, by the first of them alone: another one must not
    keep what has begun from being ended. Afterwards ``event`` is set."""

    def __init__(self, signals: Signals) -> None:
        self.event = asyncio.Event()
        self.may_cancel = True
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        signals.listen(lambda: loop.call_soon_threadsafe(self._signalled))

    def _signalled(self) -> None:
        self.event.set()
        if self.may_cancel and self._task is not None:
            self.may_cancel = False
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
