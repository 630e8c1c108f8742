"""With CI set nothing may be skipped: what did not run proves nothing, and nobody looks for it in a green run."""

from __future__ import annotations

import os
import signal

import pytest

_skipped: dict[str, str] = {}
"""Why, by the name of the test or of the file that was skipped whole."""


def pytest_configure() -> None:
    # A shell that starts the run in the background has it ignore SIGINT and SIGQUIT, nohup has it ignore SIGHUP, and
    # the programs under test would inherit that: what is sent to end them would do nothing.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # Programs under test run at the same time, and the default is one port.
    os.environ["WIREGLASS_UI"] = "127.0.0.1:0"


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    # An expected failure is reported as skipped too, and did run.
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped[report.nodeid] = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note(report)


# Before the terminal's own, which prints the summary and the last line.
@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if in_ci() and _skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if in_ci() and _skipped:
        terminalreporter.section("skipped, which CI does not allow", red=True, bold=True)
        for name, reason in _skipped.items():
            terminalreporter.line(f"{name}: {reason}")
