"""Provisioned throughputs. One is in service when its model has been loaded and can answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from burnish.engine.catalogue import foundation_model_arn
from burnish.server.arns import new_arn
from burnish.server.bedrock.control import Control, found, kept, made_before, moment, require_settled
from burnish.server.bedrock.faults import conflict, invalid, not_found
from burnish.server.bedrock.paging import page_of
from burnish.server.resources import CustomModel, Throughput
from burnish.server.wire.call import Call

log = logging.getLogger(__name__)

WHAT = "provisioned throughput"


async def create(control: Control, call: Call) -> Mapping[str, Any]:
    """Accept a throughput; the supervisor loads its model."""
    asked = call.parameters
    if earlier := made_before(control, call):
        return {"provisionedModelArn": earlier}
    _check_name(control, call, asked["provisionedModelName"])
    model_arn, base_model_id = _served(control, call, asked["modelId"])
    throughput = Throughput(
        arn=new_arn(call.caller, "provisioned-model"),
        region=call.caller.region,
        name=asked["provisionedModelName"],
        model_arn=model_arn,
        base_model_id=base_model_id,
        units=asked["modelUnits"],
        commitment=asked.get("commitmentDuration"),
    )
    arn = kept(control, call, throughput)
    log.info("Throughput %s: created, loading its model", throughput.name)
    return {"provisionedModelArn": arn}


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """A throughput as it is."""
    return _described(found(control, Throughput, call, call.parameters["provisionedModelId"]))


async def list_throughputs(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of throughputs, newest first."""
    asked = call.parameters
    filters = {"status": asked.get("statusEquals"), "model_arn": asked.get("modelArnEquals")}
    page, token = page_of(control, Throughput, call, filters)
    return {"provisionedModelSummaries": [_described(item) for item in page], "nextToken": token}


async def update(control: Control, call: Call) -> Mapping[str, Any]:
    """Rename a throughput, or have it serve another model of the same base."""
    asked = call.parameters
    throughput = found(control, Throughput, call, asked["provisionedModelId"])
    # Of these operations only deleting declares a ConflictException.
    require_settled(throughput, WHAT, invalid)
    changes: dict[str, Any] = {}
    if name := asked.get("desiredProvisionedModelName"):
        _check_name(control, call, name, besides=throughput.arn)
        changes["name"] = name
    if model := asked.get("desiredModelId"):
        model_arn, base_model_id = _served(control, call, model)
        if base_model_id != throughput.base_model_id:
            raise invalid(
                f"{model} is not a model of {throughput.base_model_id}, which this throughput serves"
            )
        changes |= {"model_arn": model_arn, "status": "Updating"}
    if changes:
        control.store.change(Throughput, throughput.arn, **changes)
    return {}


async def delete(control: Control, call: Call) -> Mapping[str, Any]:
    """Delete a throughput."""
    throughput = found(control, Throughput, call, call.parameters["provisionedModelId"])
    require_settled(throughput, WHAT, conflict)
    control.store.remove(throughput)
    log.info("Throughput %s: deleted", throughput.name)
    return {}


def _check_name(control: Control, call: Call, name: str, *, besides: str | None = None) -> None:
    other = control.store.find(Throughput, call.caller.region, name)
    if other and other.arn != besides:
        # No ConflictException, which neither creating nor updating one declares: clients would not know it.
        raise invalid(f"The provisioned model name {name} is in use: choose another")


def _served(control: Control, call: Call, identifier: str) -> tuple[str, str]:
    """The ARN and the base model's id of a custom model or a base model."""
    if model := control.store.find(CustomModel, call.caller.region, identifier):
        return model.arn, model.base_model_id
    if base := control.catalogue.find(identifier):
        return base.arn(call.caller.region), base.id
    raise not_found(
        f"There is no model {identifier!r} on this server.{control.catalogue.suggestion(identifier)}"
    )


def _described(item: Throughput) -> dict[str, Any]:
    return {
        "modelUnits": item.units,
        "desiredModelUnits": item.units,
        "provisionedModelName": item.name,
        "provisionedModelArn": item.arn,
        "modelArn": item.model_arn,
        "desiredModelArn": item.model_arn,
        "foundationModelArn": foundation_model_arn(item.region, item.base_model_id),
        "status": item.status,
        "creationTime": moment(item.created_at),
        "lastModifiedTime": moment(item.modified_at),
        "failureMessage": item.failure_message,
        "commitmentDuration": item.commitment,
    }
