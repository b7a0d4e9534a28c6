"""`burnish status`: what is running or stored in the account, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from burnish.cli.options import AsJson
from burnish.cli.output import print_message, show_json, show_table

if TYPE_CHECKING:
    from burnish.families import PriceUnit
    from burnish.service import ModelFinetuningService


OWN_SERVER = "free, on your own server"


@dataclass(frozen=True, kw_only=True)
class Item:
    """A resource, how it is billed, and the command that ends that."""

    kind: str
    name: str
    status: str
    bill: str
    to_end: str


def status(*, as_json: AsJson = False) -> None:
    """List running jobs, models, deployments and throughput: what each costs, and how to end it."""
    from burnish.aws.clients import open_clients
    from burnish.running_server import problems_at
    from burnish.service import ModelFinetuningService

    clients = open_clients()
    items = list(_items(ModelFinetuningService(clients=clients)))
    if not clients.leads_to_aws:
        # List prices of AWS would be read as a bill.
        items = [replace(item, bill=OWN_SERVER) for item in items]
        for part, problem in problems_at(clients.bedrock.meta.endpoint_url).items():
            print_message(f"The server has a problem: {part}: {problem}")
    if as_json:
        show_json([asdict(item) for item in items])
    elif items:
        rows = [(item.kind, item.name, item.status, item.bill, item.to_end) for item in items]
        show_table(("kind", "name", "status", "billing", "to end it"), rows)
        if clients.leads_to_aws:
            print_message("These are list prices, which change: your AWS bill is what counts.")
    else:
        print_message(f"Nothing is running or incurring costs in {clients.region}.")


def _items(service: ModelFinetuningService) -> Iterable[Item]:
    """The resources, the most expensive kind first."""
    from burnish.families import PriceUnit
    from burnish.types import JobStatus

    for one in service.list_provisioned_throughputs():
        name = one.provisioned_model_name or one.provisioned_model_id
        price = _price(one.model_arn, PriceUnit.MODEL_UNIT_HOUR, per="hour, no commitment")
        bill = f"{price or 'per hour'} for each of {one.model_units or 1} units, idle or not"
        yield Item(
            kind="throughput",
            name=name,
            status=str(one.status),
            bill=bill,
            to_end=f"burnish throughput delete {name}",
        )
    for job in service.list_jobs(status=JobStatus.IN_PROGRESS):
        yield Item(
            kind="job",
            name=job.job_name,
            status=str(job.status),
            bill="per token trained on",
            to_end=f"burnish job stop {job.job_name}",
        )
    for deployed in service.list_custom_model_deployments():
        yield Item(
            kind="deployment",
            name=deployed.deployment_name or deployed.deployment_arn,
            status=str(deployed.status),
            bill="per token, nothing while idle",
            to_end=f"burnish deployment delete {deployed.deployment_name or deployed.deployment_arn}",
        )
    for model in service.list_custom_models():
        yield Item(
            kind="model",
            name=model.model_name,
            status="stored",
            bill=_price(model.base_model_arn, PriceUnit.STORAGE_MONTH, per=PriceUnit.STORAGE_MONTH)
            or "per month",
            to_end=f"burnish model delete {model.model_name}",
        )


def _price(model: str | None, unit: PriceUnit, *, per: str) -> str | None:
    """A list price, with the day on which it was read."""
    from burnish.families import base_model_of

    listed = base_model_of(model) if model else None
    price = listed.prices.get(unit) if listed else None
    return f"${price.usd:,.2f} ({price.as_of.isoformat()}) {per}" if price else None
