"""All stages in this process, one department after another: what the DAGs do, without a scheduler."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.commit import commit
from pipeline.hub import Hub
from pipeline.land import land
from pipeline.link import link
from pipeline.publish import publish
from pipeline.report import report
from pipeline.standardise import standardise
from pipeline.survive import survive
from pipeline.validate import validate
from schemas.errors import CityhubError


def run_all(hub: Hub, departments: Iterable[str]) -> list[CityhubError]:
    """Run every department, then the city and its report; return the errors of departments that failed."""
    failures = run_to_published(hub, departments)
    report(hub)
    return failures


def run_to_published(hub: Hub, departments: Iterable[str]) -> list[CityhubError]:
    """Run every department and publish the city; return the errors of departments that failed.

    A department that fails never stops the city: its records stay as they were, and the ledger says why.
    """
    failures: list[CityhubError] = []
    for department in departments:
        try:
            land(hub, department)
            standardise(hub, department)
            validate(hub, department)
            commit(hub, department)
        except CityhubError as error:
            failures.append(error)
    link(hub)
    survive(hub)
    publish(hub)
    return failures
