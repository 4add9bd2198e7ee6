"""
A pytest plugin: a skipped test fails.

A test that skips itself where something is missing looks green where it proves nothing. What cannot run here must not
be collected here, by a marker that the stage of `make test` selects, visibly.
"""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} skipped itself, which no test of this suite may do ({reason})"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} skipped itself while it was collected"
    return report
