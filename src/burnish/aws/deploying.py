"""Deploying a custom model: on demand where its family supports that, otherwise or on request provisioned.

On-demand deployments cost nothing while idle. Provisioned throughput is billed by the hour until it is
deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from burnish.aws import deployments, throughputs
from burnish.aws.clients import Client
from burnish.aws.endpoints import endpoint_to_delete
from burnish.aws.identifiers import ResourceKind, arn_of
from burnish.aws.states import wait_until_gone
from burnish.configs import CustomModelDeploymentConfig, ProvisionedThroughputConfig
from burnish.errors import JobFailed
from burnish.families import DeploymentType, family_of, model_id_of
from burnish.phrasing import Phrasing
from burnish.types import (
    CustomModelDeploymentResult,
    DeploymentStatus,
    ProvisionedThroughputResult,
    ProvisioningStatus,
)
from burnish.waiting import Clock


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A custom model that answers. ``model_id`` is what to pass as ``modelId`` to call it."""

    model_id: str
    name: str
    kind: DeploymentType


def deployment_type_for(model_arn: str) -> DeploymentType:
    """The default for a custom model: on demand, which is free while idle, where its family supports that."""
    family = family_of(model_arn)
    if family is None or DeploymentType.ON_DEMAND in family.deployments(model_id_of(model_arn)):
        return DeploymentType.ON_DEMAND
    return DeploymentType.PROVISIONED


def deploy(
    bedrock: Client,
    model: str,
    name: str,
    *,
    kind: DeploymentType | None = None,
    tags: Mapping[str, str] | None = None,
    interval: float = 30,
    timeout: float = 3600,
    clock: Clock | None = None,
) -> Deployed:
    """Deploy a custom model, given by name or ARN, and wait until it answers.

    Raises `JobFailed` with the service's reason. After a timeout or a failure the deployment still exists:
    `undeploy` removes it.
    """
    model_arn = arn_of(bedrock, ResourceKind.MODEL, model)
    kind = kind or deployment_type_for(model_arn)
    wait: Callable[..., CustomModelDeploymentResult | ProvisionedThroughputResult]
    if kind is DeploymentType.ON_DEMAND:
        on_demand = CustomModelDeploymentConfig(model_id=model_arn, deployment_name=name, tags=tags or {})
        model_id = deployments.create_deployment(bedrock, on_demand).deployment_arn
        wait = deployments.wait_for_deployment
    else:
        provisioned = ProvisionedThroughputConfig(
            model_id=model_arn, provisioned_model_name=name, tags=tags or {}
        )
        model_id = throughputs.create_throughput(bedrock, provisioned).provisioned_model_arn
        wait = throughputs.wait_for_throughput
    found = wait(bedrock, model_id, interval=interval, timeout=timeout, clock=clock)
    if found.status in (DeploymentStatus.FAILED, ProvisioningStatus.FAILED):
        raise JobFailed(f"The {str(found).rstrip('.')}.", remedy=_deletion_of(model_id))
    return Deployed(model_id=model_id, name=name, kind=kind)


def _deletion_of(model_id: str) -> Phrasing:
    return Phrasing(
        command=f"Delete it before you retry: `burnish model undeploy {model_id}`.",
        call=f"Delete it before you retry: `undeploy_custom_model({model_id!r})`.",
    )


def undeploy(bedrock: Client, given: str, *, timeout: float = 600, clock: Clock | None = None) -> None:
    """Delete a deployment or throughput, and return once it is gone and no longer billed.

    It is given by name or ARN, or by its model, if that has no other.
    """
    model_id = endpoint_to_delete(bedrock, given)
    is_provisioned = ":provisioned-model/" in model_id
    delete = throughputs.delete_throughput if is_provisioned else deployments.delete_deployment
    get: Callable[..., object] = throughputs.get_throughput if is_provisioned else deployments.get_deployment
    delete(bedrock, model_id)
    wait_until_gone(lambda: get(bedrock, model_id), timeout=timeout, clock=clock)
