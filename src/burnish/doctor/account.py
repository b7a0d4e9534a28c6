"""Where API calls go from this shell, as whom, and whether they are answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from burnish.aws.clients import open_clients
from burnish.aws.retries import call
from burnish.doctor.check_results import CheckResult, note, ok, problem
from burnish.errors import BurnishError, InvalidConfig
from burnish.phrasing import in_terminal

if TYPE_CHECKING:
    from burnish.aws.clients import Clients

_SUBJECT = "account"
#: Signatures are refused beyond this.
MAX_SKEW_SECONDS = 300
NOWHERE = 'aws configure, for Amazon Bedrock; eval "$(burnish env)", for a server of your own'


def check_account(clients: Clients | None = None) -> Iterator[CheckResult]:
    """The region, the identity, the clock, and whether models can be listed."""
    clients = clients or open_clients()
    try:
        region = clients.region
    except InvalidConfig:
        yield note(_SUBJECT, "no region is set: calls go nowhere", remedy=NOWHERE)
        return
    place = "Amazon Bedrock" if clients.leads_to_aws else clients.bedrock.meta.endpoint_url
    yield ok(_SUBJECT, f"calls go to {place}, region {region}")
    try:
        answer = call(clients.sts.get_caller_identity, "ask whose credentials these are")
        yield ok(_SUBJECT, f"as {answer['Arn']}")
        yield check_clock(answer)
        models = call(clients.bedrock.list_foundation_models, "list the base models")["modelSummaries"]
        yield check_models(models, region)
    except BurnishError as error:
        yield problem(_SUBJECT, error.message, remedy=in_terminal(error.remedy or NOWHERE))


def check_clock(answer: dict[str, Any]) -> CheckResult:
    """Whether this machine's clock agrees with the service's, by the date of one of its responses."""
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    if not said:
        return note("clock", "the service does not say its time")
    skew = abs((datetime.now(UTC) - parsedate_to_datetime(said)).total_seconds())
    if skew > MAX_SKEW_SECONDS:
        says = (
            f"differs from the service's by {skew:,.0f} s: signatures are refused beyond {MAX_SKEW_SECONDS} s"
        )
        return problem("clock", says, remedy="Set this machine's clock, for example by NTP")
    return ok("clock", "agrees with the service's")


def check_models(models: list[dict[str, Any]], region: str) -> CheckResult:
    """How many of the base models that the account sees can be fine-tuned in the region."""
    tunable = sum("FINE_TUNING" in one.get("customizationsSupported", ()) for one in models)
    if not tunable:
        says = f"none of {len(models)} base models can be fine-tuned in {region}"
        return problem(
            "models", says, remedy="Set AWS_REGION to a region with models that can be, such as us-east-1"
        )
    return ok("models", f"{tunable} of {len(models)} base models can be fine-tuned")
