"""``wireglass run``"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

import click

from wireglass.app.home import Home
from wireglass.cli import text
from wireglass.cli.hint import with_hints
from wireglass.cli.options import capture_options, check, home_option
from wireglass.errors import WireglassError

_FAILED = 125  # of ours, as env(1) and timeout(1) have it: codes below are the command's
_NOT_EXECUTABLE = 126
_NOT_FOUND = 127

# What a terminal sends to its whole foreground group, and so to the command without us.
_OF_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_FORWARDED = (*_OF_TERMINAL, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


@click.command(
    context_settings={"allow_interspersed_args": False},
    epilog="""\b
Examples:
  wireglass run curl https://example.com/
  wireglass run -- python app.py --verbose
  wireglass run --insecure-hosts dev.local -- npm test
  wireglass run bash                        a shell in which everything is recorded
\b
Exit codes: the command's own, 128+N if signal N ended it;
125 nothing can be recorded, the command was not started; 126 it cannot be executed;
127 it was not found; 2 wrong usage.""",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something fails.")
@home_option
@capture_options
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND [ARGUMENT]...")
@click.pass_context
def command(context: click.Context, /, home: Home, quiet: bool, words: tuple[str, ...], **flags: str | None) -> None:
    """Run COMMAND so that its HTTP and HTTPS traffic is recorded.

    It gets the environment that programs need to use the proxy and to trust its certificate, and nothing else changes
    for it: terminal, pipes and signals are its own. If Wireglass does not run in this home yet, it does so until
    COMMAND has ended, with the settings given here; a capture that runs keeps its own."""
    if not words:
        raise click.UsageError("Name the command to run: wireglass run COMMAND.", context)
    check(flags)

    def say(line: str) -> None:
        if not quiet:
            _say(with_hints(line, home.path))

    code, refusal = _why_not_executable(words[0], os.environ)
    if code:
        _say(refusal)
        context.exit(code)
    try:
        code = _run(home, flags, words, say)
    except WireglassError as error:
        _say(with_hints(error.line(), home.path))
        code = _FAILED
    context.exit(code)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # a closed standard error must not change the command's exit code
        text.say(line)


def _run(home: Home, flags: Mapping[str, str | None], words: Sequence[str], say: Callable[[str], None]) -> int:
    # Imported here: --help and the reference page need not load the store and cryptography.
    from wireglass.app.companion import capture
    from wireglass.launch import environment, trust

    if Path(words[0]).name in ("node", "nodejs") and _node_takes_proxy(words[0]) is False:
        say(
            "This Node does not take a proxy from the environment, so its requests are not recorded: that needs "
            "Node 22.21+ or 24+, or undici's ProxyAgent in the program."
        )
    with capture(home.path, say=say, flags=flags) as running:
        if running.ignored:
            _say(running.ignored)  # with --quiet as well: something does not happen that was asked for
        named = environment.named_bundles(os.environ)
        trusted = trust.prepare(home.trust, running.ca_certificate, named)
        if trusted.left_out:
            say(f"{trusted.left_out} of this system's root certificates are not valid, and Java is not given them.")
        facts = environment.Facts(
            home.path, running.address, trusted.bundle, trusted.java_store, running.run.proxy_auth
        )
        return _attend(words, environment.apply(environment.changes(facts, os.environ), os.environ))


def _attend(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the command in our own process group, with our terminal, descriptors and signals; gives its exit code."""
    with _forwarding() as attend:
        try:
            # Descriptors: a shell's <(…) and 3<file are the command's; our own are closed by exec (PEP 446).
            process = subprocess.Popen(words, env=environ, close_fds=False)  # noqa: S603 - what we are asked for
        except OSError as error:
            _say(f"{words[0]} cannot be executed: {error.strerror}.")
            return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        attend(process)
        code = process.wait()
    return 128 - code if code < 0 else code


@contextlib.contextmanager
def _forwarding() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """While the block lasts, signals that reach us alone go on to the process that the given function is told, those
    that came before as well."""
    early: list[int] = []
    child: list[subprocess.Popen[bytes]] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        if not child:
            early.append(number)
        elif number not in _OF_TERMINAL or not _in_foreground():
            child[0].send_signal(number)

    def attend(process: subprocess.Popen[bytes]) -> None:
        child.append(process)
        for number in early:
            process.send_signal(number)

    # One that is ignored (nohup, a background job of sh) stays so, for the command as well.
    before = {number: signal.getsignal(number) for number in _FORWARDED}
    caught = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in caught:
        signal.signal(number, forward)
    try:
        yield attend
    finally:
        for number in caught:
            signal.signal(number, before[number])


def _in_foreground() -> bool:
    """Whether the terminal sends us its signals: then the command, which is in our process group, has had it too."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _why_not_executable(word: str, environ: Mapping[str, str]) -> tuple[int, str]:
    """The exit code a shell has for a command that it cannot start, and why; (0, "") for one that is there."""
    if shutil.which(word):
        return 0, ""
    folders = [""] if os.sep in word else os.get_exec_path(environ)
    for path in (Path(folder, word) for folder in folders):
        if path.is_dir() and os.sep in word:
            return _NOT_EXECUTABLE, f"{word} is a folder, not a program."
        if path.is_file():
            return _NOT_EXECUTABLE, f"{path} is not executable. Try chmod +x, or name the program that reads it."
    where = "there is no such file" if os.sep in word else "it is not in the PATH"
    return _NOT_FOUND, f"The command {word} was not found: {where}."


def _node_takes_proxy(node: str) -> bool | None:
    from wireglass.launch.environment import node_takes_proxy

    try:
        done = subprocess.run(  # noqa: S603 - the command itself, which is going to run anyway
            [node, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return node_takes_proxy(done.stdout)
