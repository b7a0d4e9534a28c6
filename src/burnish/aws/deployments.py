"""Custom model deployments: a custom model on demand, billed by the token and not while it is idle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Unpack

from burnish.aws.clients import Client, new_token
from burnish.aws.idempotency import create_once, differing, log_reuse, require_same
from burnish.aws.jobs import tags_for
from burnish.aws.retries import call, call_deletion, newest_first, without_empty
from burnish.aws.states import state_of, weights_of
from burnish.configs import CustomModelDeploymentConfig
from burnish.errors import Conflict, InvalidConfig
from burnish.families import DeploymentType, family_of, model_id_of
from burnish.phrasing import Phrasing
from burnish.types import CustomModelDeploymentResult, DeploymentStatus
from burnish.waiting import Polling, wait_until


def request_for(config: CustomModelDeploymentConfig, *, token: str) -> dict[str, Any]:
    """The arguments of CreateCustomModelDeployment. What is not given is left out."""
    return without_empty(
        {
            "clientRequestToken": token,
            "modelDeploymentName": config.deployment_name,
            "modelArn": config.model_id,
            "description": config.description,
            "tags": tags_for(config.tags),
        }
    )


def result_of(response: Mapping[str, Any]) -> CustomModelDeploymentResult:
    """The deployment in an answer of GetCustomModelDeployment, or in a summary of the list."""
    arn = response["customModelDeploymentArn"]
    return CustomModelDeploymentResult(
        deployment_arn=arn,
        status=state_of(
            DeploymentStatus, response.get("status", ""), what=f"custom model deployment {arn!r}"
        ),
        # The one in the answer about a deployment, the other in a list.
        deployment_name=response.get("modelDeploymentName") or response.get("customModelDeploymentName"),
        model_arn=response.get("modelArn"),
        creation_time=response.get("createdAt"),
        failure_message=response.get("failureMessage"),
        last_updated_time=response.get("lastUpdatedAt"),
        update_status=response.get("updateDetails", {}).get("updateStatus"),
        weights=weights_of(response),
    )


def create_deployment(bedrock: Client, config: CustomModelDeploymentConfig) -> CustomModelDeploymentResult:
    """A deployment that is being created, or that the same request has created before.

    Raises `InvalidConfig` for a model that has none, and `Conflict` where the name belongs to another one.
    """
    _require_on_demand(config)
    return create_once(
        bedrock.create_custom_model_deployment,
        f"create the custom model deployment {config.deployment_name!r}",
        # Fresh, and not derived as for a job: what is deleted can be made again under its name, and with an
        # old token the service would take that for a repetition and make nothing.
        request_for(config, token=new_token()),
        made=lambda response: CustomModelDeploymentResult(
            deployment_arn=response["customModelDeploymentArn"],
            status=DeploymentStatus.CREATING,
            deployment_name=config.deployment_name,
            model_arn=config.model_id,
        ),
        find=lambda: get_deployment(bedrock, config.deployment_name),
        is_reusable=lambda found: _is_reusable(config, found),
    )


def get_deployment(bedrock: Client, deployment: str) -> CustomModelDeploymentResult:
    """The deployment of this ARN or name as it is now. A failed one is a result like any other."""
    action = f"describe the custom model deployment {deployment!r}"
    return result_of(
        call(bedrock.get_custom_model_deployment, action, customModelDeploymentIdentifier=deployment)
    )


def list_deployments(
    bedrock: Client,
    *,
    status: DeploymentStatus | None = None,
    model_arn: str | None = None,
    name_contains: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Iterator[CustomModelDeploymentResult]:
    """The deployments of the account in this region, newest first, read page by page."""
    summaries = newest_first(
        bedrock.list_custom_model_deployments,
        "list the custom model deployments",
        "modelDeploymentSummaries",
        statusEquals=status,
        modelArnEquals=model_arn,
        nameContains=name_contains,
        createdAfter=created_after,
        createdBefore=created_before,
    )
    return map(result_of, summaries)


def update_deployment(bedrock: Client, deployment: str, *, model_arn: str) -> None:
    """Have a deployment answer with another custom model of the same base. The old one does until then."""
    call(
        bedrock.update_custom_model_deployment,
        f"update the custom model deployment {deployment!r}",
        customModelDeploymentIdentifier=deployment,
        modelArn=model_arn,
    )


def wait_for_deployment(
    bedrock: Client, deployment: str, **polling: Unpack[Polling[CustomModelDeploymentResult]]
) -> CustomModelDeploymentResult:
    """The deployment once nothing is under way: active, or failed. Raises `WaitTimeout`."""
    return wait_until(lambda: get_deployment(bedrock, deployment), lambda found: found.is_settled, **polling)


def delete_deployment(bedrock: Client, deployment: str) -> None:
    """Delete a deployment. Its model stays."""
    call_deletion(
        bedrock.delete_custom_model_deployment,
        f"delete the custom model deployment {deployment!r}",
        customModelDeploymentIdentifier=deployment,
    )


def _is_reusable(config: CustomModelDeploymentConfig, found: CustomModelDeploymentResult) -> bool:
    differences = differing([("the model", found.model_arn, config.model_id)])
    name = config.deployment_name
    choice = "Choose another name, or switch it to this model"
    update = Phrasing(
        command=f"{choice}: `burnish deployment update {name} --model {config.model_id}`.",
        call=f"{choice}: `update_custom_model_deployment({name!r}, model_arn={config.model_id!r})`.",
    )
    require_same(f"The {found},", differences, update)
    if found.status is DeploymentStatus.FAILED:
        delete = Phrasing(
            command=f"Delete it first: `burnish deployment delete {name}`.",
            call=f"Delete it first: `delete_custom_model_deployment({name!r})`.",
        )
        raise Conflict(f"The {found}, has this name.", remedy=delete, code="NameTaken")
    wait = Phrasing(
        command=f"Wait until it answers: `burnish deployment wait {name}`.",
        call=f"Wait until it answers: `wait_for_deployment({name!r})`.",
    )
    log_reuse(found, wait)
    return True


def _require_on_demand(config: CustomModelDeploymentConfig) -> None:
    family = family_of(config.model_id)
    base = model_id_of(config.model_id)
    if family and DeploymentType.ON_DEMAND not in family.deployments(base):
        remedy = Phrasing(
            command="use `burnish throughput create`, which is billed by the hour",
            call="use `create_provisioned_throughput()`, which is billed by the hour",
        )
        problem = remedy.after(f"models tuned from {base} cannot be deployed on demand:")
        raise InvalidConfig(f"The custom model deployment {config.deployment_name!r}", [problem])
