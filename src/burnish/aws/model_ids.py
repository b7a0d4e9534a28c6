"""The ``modelId`` for inference calls: the one place that knows which of a model's many names answers."""

from __future__ import annotations

from burnish.aws.clients import Client
from burnish.aws.endpoints import endpoint_to_call
from burnish.aws.identifiers import is_name
from burnish.families import base_model_of


def model_id_to_call(bedrock: Client, model: str) -> str:
    """The ``modelId`` under which a model answers Converse and InvokeModel.

    A base model answers under the id of its inference profile, where it has one, and never under the id with
    the context suffix, which is for tuning only. A custom model answers through its deployment or its
    throughput, which both may be given by name: see `endpoint_to_call`. Anything else, such as a deployment's
    own ARN, is returned unchanged.
    """
    if ":custom-model/" in model or is_name(model):
        return endpoint_to_call(bedrock, model)
    base = base_model_of(model)
    if base is None:
        return model.rpartition("foundation-model/")[2]
    return base.inference_ids[0] if base.inference_ids else base.id
