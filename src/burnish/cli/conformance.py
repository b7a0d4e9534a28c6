"""`burnish conformance`: how much of AWS's behaviour a server has."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from burnish.cli.options import AsJson, option
from burnish.cli.output import print_message, show_json, show_table
from burnish.errors import BurnishError, ServiceError

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.conformance.running import ExaminedCheck

BASE_MODEL = "amazon.nova-micro-v1:0:128k"
MODEL = "amazon.nova-micro-v1:0"


def conformance(
    *,
    endpoint: Annotated[str | None, Parameter(help="The server's URL; by default the environment's.")] = None,
    region: Annotated[str | None, Parameter(help="The region; by default the environment's.")] = None,
    base_model: Annotated[str, Parameter(help="A base model to tune.")] = BASE_MODEL,
    model: Annotated[str, Parameter(help="A model to call.")] = MODEL,
    billed: Annotated[bool, option("On AWS, run what costs money as well.")] = False,
    name: Annotated[str, Parameter(help="What the server is called in the results.")] = "server",
    as_json: AsJson = False,
) -> None:
    """Check how much of AWS's behaviour a server has. Exits with 1 if a check fails.

    Makes what it needs there, under names that begin with conformance-, and deletes it at the end.
    """
    from burnish.aws.clients import open_clients
    from burnish.conformance.running import run_suite
    from burnish.conformance.subject import Subject

    clients = open_clients(region=region, endpoint_url=endpoint)
    _require_answer(clients)
    subject = Subject(clients=clients, endpoint_url=endpoint, base_model=base_model, model=model)
    try:
        results = run_suite(subject, is_billed=billed, on_result=_show_progress)
    finally:
        for left in subject.clean_up():
            print_message(f"Not deleted: {left}")
    _show(results, name=name, as_json=as_json)


def _require_answer(clients: Clients) -> None:
    """Raise `CannotConnect` where nobody answers: each check would say so."""
    with suppress(ServiceError):  # an answer all the same
        print_message(f"Examining {clients.bedrock.meta.endpoint_url} as {clients.caller_arn}")


def _show_progress(result: ExaminedCheck) -> None:
    print_message(f"{result.outcome}: {result.service} {result.operation}: {result.statement}")


def _show(results: list[ExaminedCheck], *, name: str, as_json: bool) -> None:
    counts = Counter(str(one.outcome) for one in results)
    if as_json:
        date = datetime.now(UTC).date().isoformat()
        show_json({"server": name, "date": date, "checks": [asdict(one) for one in results]})
    else:
        rows = [
            (one.service, one.operation, one.statement, str(one.outcome), one.detail)
            for one in results
            if one.outcome != "passed"
        ]
        show_table(("service", "operation", "what AWS does", "outcome", "detail"), rows)
    print_message(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
    if counts["failed"]:
        raise BurnishError(f"{counts['failed']} of {len(results)} checks failed")
