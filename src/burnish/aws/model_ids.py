"""The ``modelId`` for inference calls: the one place that knows which of a model's many names answers."""

from __future__ import annotations

from burnish.aws import deployments, throughputs
from burnish.aws.clients import Client
from burnish.errors import NotFound
from burnish.families import base_model_of
from burnish.phrasing import Phrasing
from burnish.types import DeploymentStatus, ProvisioningStatus


def model_id_to_call(bedrock: Client, model: str) -> str:
    """The ``modelId`` under which a model answers Converse and InvokeModel.

    A base model answers under the id of its inference profile, where it has one, and never under the id with
    the context suffix, which is for tuning only. A custom model answers through its deployment, else through
    its throughput; raises `NotFound` if it has neither. Anything else, such as a deployment's own ARN, is
    returned unchanged.
    """
    if ":custom-model/" in model:
        return _endpoint_of(bedrock, model)
    base = base_model_of(model)
    if base is None:
        return model.rpartition("foundation-model/")[2]
    return base.inference_ids[0] if base.inference_ids else base.id


def _endpoint_of(bedrock: Client, model_arn: str) -> str:
    # Never the model's own ARN: Converse takes only what serves it.
    active = deployments.list_deployments(bedrock, status=DeploymentStatus.ACTIVE, model_arn=model_arn)
    # On demand first, as `deploying` prefers it.
    for deployment in active:
        return deployment.deployment_arn
    in_service = throughputs.list_throughputs(
        bedrock, status=ProvisioningStatus.IN_SERVICE, model_arn=model_arn
    )
    for throughput in in_service:
        return throughput.provisioned_model_arn
    raise NotFound(
        f"Nothing answers for the custom model {model_arn!r}.",
        remedy=Phrasing(
            command=f"Deploy it with `burnish model deploy {model_arn} NAME`.",
            call=f"Deploy it with `deploy_custom_model({model_arn!r}, name)`.",
        ),
    )
