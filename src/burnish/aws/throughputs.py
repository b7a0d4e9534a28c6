"""Provisioned throughput: dedicated capacity for a model, billed by the hour until it is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Unpack

from burnish.aws.clients import Client, new_token
from burnish.aws.idempotency import create_once, differing, log_reuse, require_same
from burnish.aws.jobs import tags_for
from burnish.aws.retries import call, call_deletion, newest_first, without_empty
from burnish.aws.states import state_of, weights_of
from burnish.configs import ProvisionedThroughputConfig
from burnish.errors import Conflict, InvalidConfig
from burnish.families import model_id_of
from burnish.phrasing import Phrasing
from burnish.types import ProvisionedThroughputResult, ProvisioningStatus
from burnish.waiting import Polling, wait_until


def request_for(config: ProvisionedThroughputConfig, *, token: str) -> dict[str, Any]:
    """The arguments of CreateProvisionedModelThroughput. What is not given is left out."""
    return without_empty(
        {
            "clientRequestToken": token,
            "modelUnits": config.model_units,
            "provisionedModelName": config.provisioned_model_name,
            "modelId": config.model_id,
            "commitmentDuration": config.commitment_duration,
            "tags": tags_for(config.tags),
        }
    )


def result_of(response: Mapping[str, Any]) -> ProvisionedThroughputResult:
    """The throughput in an answer of GetProvisionedModelThroughput, or in a summary of the list."""
    return ProvisionedThroughputResult(
        provisioned_model_arn=response["provisionedModelArn"],
        status=state_of(
            ProvisioningStatus,
            response.get("status", ""),
            what=f"provisioned throughput {response['provisionedModelArn']!r}",
        ),
        provisioned_model_name=response.get("provisionedModelName"),
        model_arn=response.get("modelArn"),
        model_units=response.get("modelUnits"),
        creation_time=response.get("creationTime"),
        last_modified_time=response.get("lastModifiedTime"),
        failure_message=response.get("failureMessage"),
        weights=weights_of(response),
    )


def create_throughput(bedrock: Client, config: ProvisionedThroughputConfig) -> ProvisionedThroughputResult:
    """A throughput that is being created, or was by the same request before. It is billed from then on.

    Raises `Conflict` where the name belongs to another one.
    """
    return create_once(
        bedrock.create_provisioned_model_throughput,
        f"create the provisioned throughput {config.provisioned_model_name!r}",
        # Fresh, and not derived as for a job: what is deleted can be made again under its name, and with an
        # old token the service would take that for a repetition and make nothing.
        request_for(config, token=new_token()),
        made=lambda response: ProvisionedThroughputResult(
            provisioned_model_arn=response["provisionedModelArn"],
            status=ProvisioningStatus.CREATING,
            provisioned_model_name=config.provisioned_model_name,
            model_units=config.model_units,
        ),
        find=lambda: get_throughput(bedrock, config.provisioned_model_name),
        is_reusable=lambda found: _is_reusable(config, found),
    )


def get_throughput(bedrock: Client, provisioned_model: str) -> ProvisionedThroughputResult:
    """The throughput of this ARN or name as it is now. A failed one is a result like any other."""
    action = f"describe the provisioned throughput {provisioned_model!r}"
    return result_of(
        call(bedrock.get_provisioned_model_throughput, action, provisionedModelId=provisioned_model)
    )


def list_throughputs(
    bedrock: Client,
    *,
    status: ProvisioningStatus | None = None,
    model_arn: str | None = None,
    name_contains: str | None = None,
) -> Iterator[ProvisionedThroughputResult]:
    """The throughputs of the account in this region, newest first: everything that is billed by the hour."""
    summaries = newest_first(
        bedrock.list_provisioned_model_throughputs,
        "list the provisioned throughputs",
        "provisionedModelSummaries",
        statusEquals=status,
        modelArnEquals=model_arn,
        nameContains=name_contains,
    )
    return map(result_of, summaries)


def update_throughput(
    bedrock: Client, provisioned_model: str, *, name: str | None = None, model: str | None = None
) -> None:
    """Rename a throughput, or have it answer with another model of the same base; its units stay."""
    desired = {"desiredProvisionedModelName": name, "desiredModelId": model}
    given: dict[str, Any] = {member: value for member, value in desired.items() if value is not None}
    action = f"update the provisioned throughput {provisioned_model!r}"
    if not given:
        raise InvalidConfig(f"The request to {action}", ["nothing would change: give a name or a model"])
    call(
        bedrock.update_provisioned_model_throughput,
        action,
        provisionedModelId=provisioned_model,
        **given,
    )


def wait_for_throughput(
    bedrock: Client, provisioned_model: str, **polling: Unpack[Polling[ProvisionedThroughputResult]]
) -> ProvisionedThroughputResult:
    """The throughput once nothing is under way: in service, or failed. Raises `WaitTimeout`."""
    return wait_until(
        lambda: get_throughput(bedrock, provisioned_model),
        lambda throughput: throughput.status.is_final,
        **polling,
    )


def delete_throughput(bedrock: Client, provisioned_model: str) -> None:
    """Delete a throughput, which ends its bill."""
    call_deletion(
        bedrock.delete_provisioned_model_throughput,
        f"delete the provisioned throughput {provisioned_model!r}",
        provisionedModelId=provisioned_model,
    )


def _is_reusable(config: ProvisionedThroughputConfig, found: ProvisionedThroughputResult) -> bool:
    name = config.provisioned_model_name
    # A base model may be asked for by its id, and is told by its ARN.
    model = found.model_arn if config.model_id.startswith("arn:") else model_id_of(found.model_arn or "")
    properties = [
        ("the model", model, config.model_id),
        ("model units", found.model_units, config.model_units),
    ]
    remedy = Phrasing(
        command=f"Choose another name, or delete it first: `burnish throughput delete {name}`.",
        call=f"Choose another name, or delete it first: `delete_provisioned_throughput({name!r})`.",
    )
    require_same(f"The {found},", differing(properties), remedy)
    if found.status is ProvisioningStatus.FAILED:
        raise Conflict(f"The {found}, has this name.", remedy=remedy, code="NameTaken")
    billing = Phrasing(
        command=f"It is billed by the hour until you delete it: `burnish throughput delete {name}`.",
        call=f"It is billed by the hour until you delete it: `delete_provisioned_throughput({name!r})`.",
    )
    log_reuse(found, billing)
    return True
