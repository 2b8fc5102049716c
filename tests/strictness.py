"""A pytest plugin: what is skipped is said loudly, and with CITYHUB_NO_SKIPS=1 a skipped test fails the run."""

from __future__ import annotations

import os

import pytest

NO_SKIPS = "CITYHUB_NO_SKIPS"


def _skipped(config: pytest.Config) -> list[pytest.TestReport | pytest.CollectReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return []
    return [report for report in reporter.stats.get("skipped", []) if not hasattr(report, "wasxfail")]


def _is_strict() -> bool:
    return os.environ.get(NO_SKIPS, "") not in ("", "0")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn a green run with a skipped test into a red one where skips are forbidden."""
    if _is_strict() and exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print each skipped test with its reason, above pytest's own closing line."""
    skipped = _skipped(config)
    if not skipped:
        return
    verdict = "counted as failures" if _is_strict() else f"NOT TESTED HERE ({NO_SKIPS}=1 makes these failures)"
    terminalreporter.section(f"{len(skipped)} skipped: {verdict}", red=True, bold=True)
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line(f"{report.nodeid}: {reason}", red=True)
