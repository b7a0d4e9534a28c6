"""Running the suite: what came of each check."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from burnish.conformance import customization, identity, inference, objects, serving
from burnish.conformance.check import Check
from burnish.conformance.expectations import FAILURES, is_unanswered
from burnish.conformance.subject import Subject

#: Every check, by service.
SUITE: tuple[Check, ...] = (
    *customization.bedrock,
    *serving.bedrock,
    *inference.runtime,
    *objects.s3,
    *identity.iam,
    *identity.sts,
)


class CheckOutcome(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    #: The server has no such operation, or none of those that the check needs first.
    NOT_ANSWERED = "not answered"
    #: It costs money on AWS, and nobody said that it may.
    NOT_RUN = "not run"


@dataclass(frozen=True, kw_only=True)
class ExaminedCheck:
    """What came of one check; ``detail`` says why it did not pass."""

    service: str
    operation: str
    statement: str
    outcome: CheckOutcome
    detail: str = ""


def run_suite(
    subject: Subject,
    *,
    is_billed: bool = False,
    checks: Iterable[Check] = SUITE,
    on_result: Callable[[ExaminedCheck], None] = lambda _: None,
) -> list[ExaminedCheck]:
    """What came of each check, in the suite's order. On AWS, what costs money runs only if ``is_billed``."""
    found = []
    for check in checks:
        outcome, detail = _examined(check, subject, may_bill=is_billed or not subject.clients.leads_to_aws)
        found.append(
            ExaminedCheck(
                service=check.service,
                operation=check.operation,
                statement=check.statement,
                outcome=outcome,
                detail=detail,
            )
        )
        on_result(found[-1])
    return found


def _examined(check: Check, subject: Subject, *, may_bill: bool) -> tuple[CheckOutcome, str]:
    if check.is_billed and not may_bill:
        return CheckOutcome.NOT_RUN, "it costs money on AWS: --billed runs it"
    try:
        check.run(subject)
    except FAILURES as error:
        outcome = CheckOutcome.NOT_ANSWERED if is_unanswered(error) else CheckOutcome.FAILED
        return outcome, str(error) or repr(error)
    return CheckOutcome.PASSED, ""
