"""`burnish job metrics`: how far the confidence of a job's model is to be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.cli.output import print_message, print_result, show_json, show_table

if TYPE_CHECKING:
    from burnish.calibration.held_out_confidence import HeldOutConfidence, Risk

NOT_TOLD = (
    "The job does not tell how far its model's confidence is to be trusted: it is not done, held out no "
    "page, or ran on Amazon Bedrock."
)
COLUMNS = ("coverage", "threshold", "accepted", "wrong", "risk", "95 % interval")


def show_confidence(found: HeldOutConfidence | None, *, as_json: bool) -> None:
    """Write what is known of the confidence: in sentences, the risk at several coverages, or as JSON."""
    if as_json:
        show_json(found)
    elif found is None:
        print_message(NOT_TOLD)
    else:
        for line in found.lines():
            print_result(line)
        show_table(COLUMNS, map(_row, found.risk_coverage))


def tell_confidence(found: HeldOutConfidence | None) -> None:
    """Write it as a message beside a result, where it is known."""
    for line in found.lines() if found else ():
        print_message(line)


def _row(one: Risk) -> tuple[str, ...]:
    low, high = one.risk_interval
    return (
        *(f"{one.coverage:.0%}", f"{one.threshold:.2f}", str(one.accepted), str(one.wrong)),
        *(f"{one.risk:.1%}", f"{low:.1%} to {high:.1%}"),
    )
