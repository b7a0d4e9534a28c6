"""Custom model deployments, on demand. One is active when its model has been loaded and can answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from burnish.server.arns import new_arn
from burnish.server.bedrock.control import Control, found, kept, made_before, moment, require_settled
from burnish.server.bedrock.faults import conflict, invalid
from burnish.server.bedrock.paging import page_of
from burnish.server.resources import CustomModel, Deployment
from burnish.server.wire.call import Call

log = logging.getLogger(__name__)

WHAT = "model deployment"
#: For the API a deployment is active while its model is being replaced, and when that has failed.
ACTIVE = ("Active", "Updating", "UpdateFailed")
UPDATE_STATUS = {"Updating": "Updating", "Active": "UpdateCompleted", "UpdateFailed": "UpdateFailed"}


async def create(control: Control, call: Call) -> Mapping[str, Any]:
    """Accept a deployment; the supervisor loads its model."""
    asked = call.parameters
    if earlier := made_before(control, call):
        return {"customModelDeploymentArn": earlier}
    name = asked["modelDeploymentName"]
    if control.store.find(Deployment, call.caller.region, name):
        # No ConflictException, which the operation does not declare: clients would not know it.
        raise invalid(f"The model deployment name {name} is in use: choose another")
    model = found(control, CustomModel, call, asked["modelArn"])
    deployment = Deployment(
        arn=new_arn(call.caller, "custom-model-deployment"),
        region=call.caller.region,
        name=name,
        model_arn=model.arn,
        description=asked.get("description"),
    )
    arn = kept(control, call, deployment)
    log.info("Deployment %s: created, loading the model %s", name, model.name)
    return {"customModelDeploymentArn": arn}


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """A deployment as it is."""
    item = _found(control, call)
    return {
        **_described(item),
        "modelDeploymentName": item.name,
        "description": item.description,
        "updateDetails": _update_details(item),
    }


async def list_deployments(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of deployments, newest first."""
    asked = call.parameters
    status = asked.get("statusEquals")
    filters = {
        "status": ACTIVE if status == "Active" else status,
        "model_arn": asked.get("modelArnEquals"),
    }
    page, token = page_of(control, Deployment, call, filters)
    summaries = [{**_described(item), "customModelDeploymentName": item.name} for item in page]
    return {"modelDeploymentSummaries": summaries, "nextToken": token}


async def update(control: Control, call: Call) -> Mapping[str, Any]:
    """Have a deployment answer with another model of the same base. The present one answers until then."""
    item = _found(control, call)
    # Of these operations only deleting declares a ConflictException.
    require_settled(item, WHAT, invalid)
    model = found(control, CustomModel, call, call.parameters["modelArn"])
    present = control.store.find(CustomModel, item.region, item.model_arn)
    if present and model.base_model_id != present.base_model_id:
        raise invalid(f"{model.arn} is not a model of {present.base_model_id}, which this deployment serves")
    control.store.change(Deployment, item.arn, status="Updating", next_model_arn=model.arn)
    return {"customModelDeploymentArn": item.arn}


async def delete(control: Control, call: Call) -> Mapping[str, Any]:
    """Delete a deployment."""
    item = _found(control, call)
    require_settled(item, WHAT, conflict)
    control.store.remove(item)
    log.info("Deployment %s: deleted", item.name)
    return {}


def _found(control: Control, call: Call) -> Deployment:
    return found(control, Deployment, call, call.parameters["customModelDeploymentIdentifier"])


def _update_details(item: Deployment) -> dict[str, Any] | None:
    if item.next_model_arn is None:
        return None
    return {"modelArn": item.next_model_arn, "updateStatus": UPDATE_STATUS[item.status]}


def _described(item: Deployment) -> dict[str, Any]:
    return {
        "customModelDeploymentArn": item.arn,
        "modelArn": item.model_arn,
        "createdAt": moment(item.created_at),
        "lastUpdatedAt": moment(item.modified_at),
        "status": "Active" if item.status in ACTIVE else item.status,
        "failureMessage": item.failure_message,
    }
