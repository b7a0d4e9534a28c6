"""What answers for a model: its deployments and provisioned throughputs, as lines of a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from burnish.billed_resources import OWN_SERVER, hourly_price
from burnish.service import ModelFinetuningService


@dataclass(frozen=True, kw_only=True)
class ModelEndpoint:
    """A deployment or a throughput: what it answers for, and what that costs."""

    arn: str
    name: str
    kind: str
    model_arn: str | None
    status: str
    bill: str
    since: datetime | None
    failure_message: str | None

    @property
    def answers(self) -> bool:
        """Whether it can be asked now."""
        return self.status in ("Active", "InService")


def model_endpoints(service: ModelFinetuningService, *, leads_to_aws: bool) -> list[ModelEndpoint]:
    """All that answers in an account and region, what is billed by the hour first."""
    return [*_throughputs(service, leads_to_aws), *_deployments(service, leads_to_aws)]


def _throughputs(service: ModelFinetuningService, leads_to_aws: bool) -> Iterator[ModelEndpoint]:
    for one in service.list_provisioned_throughputs():
        units = one.model_units or 1
        price = hourly_price(one.model_arn) or "billed by the hour"
        yield ModelEndpoint(
            arn=one.provisioned_model_arn,
            name=one.provisioned_model_name or one.provisioned_model_id,
            kind="provisioned throughput",
            model_arn=one.model_arn,
            status=str(one.status),
            bill=f"{price} for each of {units} units, idle or not" if leads_to_aws else OWN_SERVER,
            since=one.creation_time,
            failure_message=one.failure_message,
        )


def _deployments(service: ModelFinetuningService, leads_to_aws: bool) -> Iterator[ModelEndpoint]:
    for one in service.list_custom_model_deployments():
        yield ModelEndpoint(
            arn=one.deployment_arn,
            name=one.deployment_name or one.deployment_arn.rpartition("/")[2],
            kind="on-demand deployment",
            model_arn=one.model_arn,
            status=str(one.status),
            bill="per token, nothing while idle" if leads_to_aws else OWN_SERVER,
            since=one.creation_time,
            failure_message=one.failure_message,
        )
