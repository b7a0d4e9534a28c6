"""Custom models: what jobs have made."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from typing import Any

from burnish.server.bedrock import jobs
from burnish.server.bedrock.control import Control, found, moment
from burnish.server.bedrock.paging import page_of
from burnish.server.job_files import models_folder
from burnish.server.store import CustomModel, Deployment, Job, Throughput
from burnish.server.wire.call import Call, ServiceFault

FROM_JOB = (
    "hyperParameters",
    "trainingDataConfig",
    "validationDataConfig",
    "outputDataConfig",
    "trainingMetrics",
    "validationMetrics",
)


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """A custom model, with what its job was given and reached."""
    model = found(control, CustomModel, call, call.parameters["modelIdentifier"])
    job = found(control, Job, call, model.job_arn)
    described = await jobs.get(
        control,
        Call(
            service=call.service,
            operation="GetModelCustomizationJob",
            parameters={"jobIdentifier": job.arn},
            caller=call.caller,
        ),
    )
    return {
        **{name: described[name] for name in FROM_JOB},
        "modelArn": model.arn,
        "modelName": model.name,
        "jobName": job.name,
        "jobArn": job.arn,
        "baseModelArn": _direct_base(job) or described["baseModelArn"],
        "customizationType": "FINE_TUNING",
        "creationTime": moment(model.created_at),
        "modelStatus": "Active",
    }


async def list_models(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of custom models, newest first."""
    asked = call.parameters
    bases = {asked.get("baseModelArnEquals"), asked.get("foundationModelArnEquals")} - {None}

    def keep(model: CustomModel) -> bool:
        return (not bases or bases == {_base_arn(model)}) and asked.get("modelStatus") in (None, "Active")

    page, token = page_of(control.store.all(CustomModel, call.caller.region), asked, keep)
    account = control.credentials.account_id
    return {"modelSummaries": [_summary(control, model, account) for model in page], "nextToken": token}


async def delete(control: Control, call: Call) -> Mapping[str, Any]:
    """Delete a model and its adapter. Refused while it is served, or tuned further."""
    model = found(control, CustomModel, call, call.parameters["modelIdentifier"])
    if serving := _serving(control, model):
        raise ServiceFault(
            "ConflictException",
            f"The model {model.name} is served by {', '.join(serving)}: delete that first",
        )
    if job := _tuned_further_by(control, model):
        raise ServiceFault(
            "ConflictException",
            f"The model {model.name} is tuned further by the job {job.name}: stop it first",
        )
    control.store.remove(model)
    made = models_folder(control.data, model.job_arn.rpartition("/")[2])
    await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)
    return {}


def _serving(control: Control, model: CustomModel) -> list[str]:
    """What answers with a model, or is about to."""
    throughputs = [
        f"the throughput {item.name}"
        for item in control.store.all(Throughput, model.region)
        if item.model_arn == model.arn
    ]
    return throughputs + [
        f"the deployment {item.name}"
        for item in control.store.all(Deployment, model.region)
        if item.model_arn == model.arn or (item.status == "Updating" and item.next_model_arn == model.arn)
    ]


def _tuned_further_by(control: Control, model: CustomModel) -> Job | None:
    unfinished = control.store.with_status(Job, "InProgress", "Stopping")
    return next((job for job in unfinished if job.request["baseModelIdentifier"] == model.arn), None)


def _direct_base(job: Job) -> str | None:
    """The custom model that a job tuned further, by its ARN; also one that was deleted since."""
    base = str(job.request["baseModelIdentifier"])
    return base if ":custom-model/" in base else None


def _base_arn(model: CustomModel) -> str:
    return f"arn:aws:bedrock:{model.region}::foundation-model/{model.base_model_id}"


def _summary(control: Control, model: CustomModel, account: str) -> dict[str, Any]:
    return {
        "modelArn": model.arn,
        "modelName": model.name,
        "creationTime": moment(model.created_at),
        "baseModelArn": _base_arn(model),
        "baseModelName": model.base_model_id.partition(":")[0],
        "customizationType": "FINE_TUNING",
        "ownerAccountId": account,
        "modelStatus": "Active",
    }
