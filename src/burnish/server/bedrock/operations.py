"""Bedrock's control plane: what this server answers, by operation.

Each operation is a function of the `Control` and a `Call`; they live with what they are about:
`jobs`, `models`, `throughputs`, `deployments`, `imports`, `imported_models`, `invocation_jobs`,
`evaluation_jobs`, `invocation_logging`, `foundation_models`, `inference_profiles`, `tagging`.
"""

from __future__ import annotations

from functools import partial

from burnish.server.bedrock import (
    deployments,
    evaluation_jobs,
    foundation_models,
    imported_models,
    imports,
    inference_profiles,
    invocation_jobs,
    invocation_logging,
    jobs,
    models,
    tagging,
    throughputs,
)
from burnish.server.bedrock.answering import telling_weights
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.tagging import with_checked_tags
from burnish.server.wire.call import Handler

OPERATIONS = {
    "CreateModelCustomizationJob": with_checked_tags(jobs.create),
    "GetModelCustomizationJob": jobs.get,
    "ListModelCustomizationJobs": jobs.list_jobs,
    "StopModelCustomizationJob": jobs.stop,
    "GetCustomModel": models.get,
    "ListCustomModels": models.list_models,
    "DeleteCustomModel": models.delete,
    "CreateProvisionedModelThroughput": with_checked_tags(throughputs.create),
    "GetProvisionedModelThroughput": telling_weights(throughputs.get),
    "ListProvisionedModelThroughputs": throughputs.list_throughputs,
    "UpdateProvisionedModelThroughput": throughputs.update,
    "DeleteProvisionedModelThroughput": throughputs.delete,
    "CreateCustomModelDeployment": with_checked_tags(deployments.create),
    "GetCustomModelDeployment": telling_weights(deployments.get),
    "ListCustomModelDeployments": deployments.list_deployments,
    "UpdateCustomModelDeployment": deployments.update,
    "DeleteCustomModelDeployment": deployments.delete,
    "CreateModelImportJob": with_checked_tags(imports.create),
    "GetModelImportJob": imports.get,
    "ListModelImportJobs": imports.list_jobs,
    "GetImportedModel": telling_weights(imported_models.get),
    "ListImportedModels": imported_models.list_models,
    "DeleteImportedModel": imported_models.delete,
    "CreateModelInvocationJob": with_checked_tags(invocation_jobs.create),
    "GetModelInvocationJob": invocation_jobs.get,
    "ListModelInvocationJobs": invocation_jobs.list_jobs,
    "StopModelInvocationJob": invocation_jobs.stop,
    "CreateEvaluationJob": with_checked_tags(evaluation_jobs.create),
    "GetEvaluationJob": evaluation_jobs.get,
    "ListEvaluationJobs": evaluation_jobs.list_jobs,
    "StopEvaluationJob": evaluation_jobs.stop,
    "BatchDeleteEvaluationJob": evaluation_jobs.batch_delete,
    "GetFoundationModel": telling_weights(foundation_models.get),
    "GetFoundationModelAvailability": foundation_models.get_availability,
    "ListFoundationModels": foundation_models.list_models,
    "GetInferenceProfile": inference_profiles.get,
    "ListInferenceProfiles": inference_profiles.list_profiles,
    "GetModelInvocationLoggingConfiguration": invocation_logging.get,
    "PutModelInvocationLoggingConfiguration": invocation_logging.put,
    "DeleteModelInvocationLoggingConfiguration": invocation_logging.delete,
    "TagResource": with_checked_tags(tagging.tag),
    "UntagResource": tagging.untag,
    "ListTagsForResource": tagging.list_tags,
}


def control_handlers(control: Control) -> dict[tuple[str, str], Handler]:
    """The handlers of all operations of the control plane that this server answers."""
    return {("bedrock", name): partial(operation, control) for name, operation in OPERATIONS.items()}
