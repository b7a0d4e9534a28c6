"""Bedrock's control plane: what this server answers, by operation.

Each operation is a function of the `Control` and a `Call`; they live with what they are about:
`jobs`, `models`, `throughputs`, `deployments`, `foundation_models`, `tagging`.
"""

from __future__ import annotations

from functools import partial

from burnish.server.bedrock import deployments, foundation_models, jobs, models, tagging, throughputs
from burnish.server.bedrock.answering import telling_weights
from burnish.server.bedrock.control import Control
from burnish.server.wire.call import Handler

OPERATIONS = {
    "CreateModelCustomizationJob": jobs.create,
    "GetModelCustomizationJob": jobs.get,
    "ListModelCustomizationJobs": jobs.list_jobs,
    "StopModelCustomizationJob": jobs.stop,
    "GetCustomModel": models.get,
    "ListCustomModels": models.list_models,
    "DeleteCustomModel": models.delete,
    "CreateProvisionedModelThroughput": throughputs.create,
    "GetProvisionedModelThroughput": telling_weights(throughputs.get),
    "ListProvisionedModelThroughputs": throughputs.list_throughputs,
    "UpdateProvisionedModelThroughput": throughputs.update,
    "DeleteProvisionedModelThroughput": throughputs.delete,
    "CreateCustomModelDeployment": deployments.create,
    "GetCustomModelDeployment": telling_weights(deployments.get),
    "ListCustomModelDeployments": deployments.list_deployments,
    "UpdateCustomModelDeployment": deployments.update,
    "DeleteCustomModelDeployment": deployments.delete,
    "GetFoundationModel": telling_weights(foundation_models.get),
    "ListFoundationModels": foundation_models.list_models,
    "TagResource": tagging.tag,
    "UntagResource": tagging.untag,
    "ListTagsForResource": tagging.list_tags,
}


def control_handlers(control: Control) -> dict[tuple[str, str], Handler]:
    """The handlers of all operations of the control plane that this server answers."""
    return {("bedrock", name): partial(operation, control) for name, operation in OPERATIONS.items()}
