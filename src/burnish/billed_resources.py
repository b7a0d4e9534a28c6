"""What is running or stored in an account, what each costs, and the command that ends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burnish.families import PriceUnit
    from burnish.service import ModelFinetuningService

OWN_SERVER = "free, on your own server"


@dataclass(frozen=True, kw_only=True)
class BilledResource:
    """A resource, how it is billed, and the command that ends that."""

    kind: str
    name: str
    status: str
    bill: str
    to_end: str


def billed_resources(service: ModelFinetuningService, *, leads_to_aws: bool) -> list[BilledResource]:
    """The resources of an account in a region, the most expensive kind first."""
    found = list(_at_list_prices(service))
    # List prices of AWS would be read as a bill.
    return found if leads_to_aws else [replace(one, bill=OWN_SERVER) for one in found]


def _at_list_prices(service: ModelFinetuningService) -> Iterator[BilledResource]:
    from burnish.families import PriceUnit
    from burnish.types import JobStatus

    for one in service.list_provisioned_throughputs():
        name = one.provisioned_model_name or one.provisioned_model_id
        price = hourly_price(one.model_arn) or "per hour"
        bill = f"{price} for each of {one.model_units or 1} units, idle or not"
        yield BilledResource(
            kind="throughput",
            name=name,
            status=str(one.status),
            bill=bill,
            to_end=f"burnish throughput delete {name}",
        )
    for job in service.list_jobs(status=JobStatus.IN_PROGRESS):
        yield BilledResource(
            kind="job",
            name=job.job_name,
            status=str(job.status),
            bill="per token trained on",
            to_end=f"burnish job stop {job.job_name}",
        )
    for deployed in service.list_custom_model_deployments():
        yield BilledResource(
            kind="deployment",
            name=deployed.deployment_name or deployed.deployment_arn,
            status=str(deployed.status),
            bill="per token, nothing while idle",
            to_end=f"burnish deployment delete {deployed.deployment_name or deployed.deployment_arn}",
        )
    for model in service.list_custom_models():
        yield BilledResource(
            kind="model",
            name=model.model_name,
            status="stored",
            bill=_price(model.base_model_arn, PriceUnit.STORAGE_MONTH, per=PriceUnit.STORAGE_MONTH)
            or "per month",
            to_end=f"burnish model delete {model.model_name}",
        )


def hourly_price(model: str | None) -> str | None:
    """The list price of a model unit of provisioned throughput; None where none is known."""
    from burnish.families import PriceUnit

    return _price(model, PriceUnit.MODEL_UNIT_HOUR, per="hour, no commitment")


def _price(model: str | None, unit: PriceUnit, *, per: str) -> str | None:
    """A list price, with the day on which it was read."""
    from burnish.families import base_model_of

    listed = base_model_of(model) if model else None
    price = listed.prices.get(unit) if listed else None
    return f"${price.usd:,.2f} ({price.as_of.isoformat()}) {per}" if price else None
