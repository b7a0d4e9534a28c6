"""What calls of Bedrock and Bedrock Runtime need to be allowed: the action and resources of each operation.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from burnish.policies.evaluation import BEDROCK
from burnish.policies.patterns import Context, context_of
from burnish.server.bedrock.control import Control
from burnish.server.resources import CustomModel, Deployment, ImportedWeights, ImportJob, Job, Row, Throughput
from burnish.server.wire.access import Access, Permissions, tag_context
from burnish.server.wire.call import Call

INVOKE, INVOKE_STREAMED = "InvokeModel", "InvokeModelWithResponseStream"
#: Operations that are another's action.
_ACTIONS = {"Converse": INVOKE, "ConverseStream": INVOKE_STREAMED}
#: The parameters that name what an operation is about.
_NAMES: Mapping[str, str] = {
    "GetModelCustomizationJob": "jobIdentifier",
    "StopModelCustomizationJob": "jobIdentifier",
    "GetModelImportJob": "jobIdentifier",
    "GetModelInvocationJob": "jobIdentifier",
    "StopModelInvocationJob": "jobIdentifier",
    "GetEvaluationJob": "jobIdentifier",
    "StopEvaluationJob": "jobIdentifier",
    "GetCustomModel": "modelIdentifier",
    "DeleteCustomModel": "modelIdentifier",
    "GetImportedModel": "modelIdentifier",
    "DeleteImportedModel": "modelIdentifier",
    "GetFoundationModel": "modelIdentifier",
    "CreateProvisionedModelThroughput": "modelId",
    "GetProvisionedModelThroughput": "provisionedModelId",
    "UpdateProvisionedModelThroughput": "provisionedModelId",
    "DeleteProvisionedModelThroughput": "provisionedModelId",
    "CreateCustomModelDeployment": "modelArn",
    "GetCustomModelDeployment": "customModelDeploymentIdentifier",
    "UpdateCustomModelDeployment": "customModelDeploymentIdentifier",
    "DeleteCustomModelDeployment": "customModelDeploymentIdentifier",
    "GetInferenceProfile": "inferenceProfileIdentifier",
    "TagResource": "resourceARN",
    "UntagResource": "resourceARN",
    "ListTagsForResource": "resourceARN",
    "Converse": "modelId",
    "ConverseStream": "modelId",
    "InvokeModel": "modelId",
    "InvokeModelWithResponseStream": "modelId",
    "CountTokens": "modelId",
}
#: What else an operation is about: a second resource that its caller must have the action on.
_FURTHER_NAMES: Mapping[str, str] = {
    "UpdateProvisionedModelThroughput": "desiredModelId",
    "UpdateCustomModelDeployment": "modelArn",
}
#: Operations with which a role is handed to Bedrock.
_PASSING = (
    "CreateModelCustomizationJob",
    "CreateModelImportJob",
    "CreateModelInvocationJob",
    "CreateEvaluationJob",
)
_TAGS = ("tags", "jobTags", "customModelTags", "importedModelTags", "modelTags")

#: The resources that there can be under a name, by what the identifier of an operation is called.
_ANY_MODEL: tuple[type, ...] = (CustomModel, ImportedWeights, Throughput, Deployment)
_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "jobIdentifier": ((Job, ImportJob), "model-customization-job"),
    "modelIdentifier": ((CustomModel, ImportedWeights), "foundation-model"),
    "modelId": (_ANY_MODEL, "foundation-model"),
    "desiredModelId": (_ANY_MODEL, "foundation-model"),
    "modelArn": ((CustomModel,), "custom-model"),
    "provisionedModelId": ((Throughput,), "provisioned-model"),
    "customModelDeploymentIdentifier": ((Deployment,), "custom-model-deployment"),
    "inferenceProfileIdentifier": ((), "inference-profile"),
    "resourceARN": ((), "*"),
}


def bedrock_permissions(control: Control) -> Permissions:
    """What each operation of Bedrock needs that is about one resource, or that passes a role.

    All others, such as lists, need their action on every resource.
    """
    of_runtime = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", "CountTokens")
    operations = {*_NAMES, *_PASSING, "BatchDeleteEvaluationJob"}
    return {
        ("bedrock-runtime" if operation in of_runtime else "bedrock", operation): partial(_needs, control)
        for operation in operations
    }


def _needs(control: Control, call: Call) -> Iterator[Access]:
    action = f"bedrock:{_ACTIONS.get(call.operation, call.operation)}"
    context = _tags_given(call)
    for resource in _resources(control, call):
        of_resource = {
            f"aws:ResourceTag/{key}": value for key, value in control.store.tags_of(resource).items()
        }
        yield Access(action=action, resource=resource, context={**context, **context_of(of_resource)})
    yield from objects_needed(call)
    if call.operation in _PASSING:
        passed = context_of({"iam:PassedToService": BEDROCK})
        yield Access(action="iam:PassRole", resource=call.parameters["roleArn"], context=passed)


def objects_needed(call: Call) -> Iterator[Access]:
    """The objects that a request to a model names: a model reads what its caller may read, and no more."""
    for uri in _objects_in(_said(call)):
        yield Access(action="s3:GetObject", resource=f"arn:aws:s3:::{uri.removeprefix('s3://')}")


def _said(call: Call) -> object:
    """What a call says, also where that is a document in a model family's own format."""
    body = call.parameters.get("body")
    if not isinstance(body, bytes | str):
        return call.parameters
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # the operation itself says what is wrong with it
        return None


def _objects_in(value: object) -> Iterator[str]:
    """The URIs of the objects in S3 that a request to a model has for its images and documents."""
    inner: Iterable[object] = ()
    if isinstance(value, Mapping):
        location = value.get("s3Location")
        if isinstance(location, Mapping) and isinstance(location.get("uri"), str):
            yield location["uri"]
        inner = value.values()
    elif isinstance(value, list | tuple):
        inner = value
    for one in inner:
        yield from _objects_in(one)


def _resources(control: Control, call: Call) -> Iterator[str]:
    given, caller = call.parameters, call.caller
    if call.operation == "CreateModelCustomizationJob":
        # The model that is tuned, and the model to come, of which the ARN is not known yet.
        yield arn_of(control, call, "modelId", given["baseModelIdentifier"])
        yield f"arn:aws:bedrock:{caller.region}:{caller.account_id}:custom-model/*"
    elif call.operation == "CreateModelInvocationJob":
        yield arn_of(control, call, "modelId", given["modelId"])
        yield f"arn:aws:bedrock:{caller.region}:{caller.account_id}:model-invocation-job/*"
    elif call.operation == "CreateEvaluationJob":
        yield f"arn:aws:bedrock:{caller.region}:{caller.account_id}:evaluation-job/*"
    elif call.operation == "BatchDeleteEvaluationJob":
        yield from given["jobIdentifiers"]
    elif call.operation in _NAMES:
        for names in (_NAMES, _FURTHER_NAMES):
            member = names.get(call.operation)
            if member and given.get(member):
                yield arn_of(control, call, member, given[member])
    else:
        yield "*"


def arn_of(control: Control, call: Call, member: str, identifier: str) -> str:
    """The ARN of what a request names; where there is no such thing, the ARN that it would have."""
    if identifier.startswith("arn:"):
        return identifier
    kinds, otherwise = _KINDS[member]
    caller = call.caller
    for kind in kinds:
        if found := _found(control, kind, caller.region, identifier):
            return found
    owner = "" if otherwise == "foundation-model" else caller.account_id
    return f"arn:aws:bedrock:{caller.region}:{owner}:{otherwise}/{identifier}"


def _found(control: Control, kind: type[Row], region: str, identifier: str) -> str | None:
    row = control.store.find(kind, region, identifier)
    return row.arn if row else None


def _tags_given(call: Call) -> Context:
    given = [tag for name in _TAGS for tag in call.parameters.get(name) or ()]
    keys = call.parameters.get("tagKeys") or ()
    of_keys = context_of({"aws:TagKeys": keys}) if keys else {}
    return {**tag_context(given, key="key", value="value"), **of_keys}
