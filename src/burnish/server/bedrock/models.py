"""Custom models: what jobs have made."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from typing import Any

from burnish.engine.catalogue import foundation_model_arn
from burnish.server.arns import id_in
from burnish.server.bedrock import jobs
from burnish.server.bedrock.control import Control, found, moment
from burnish.server.bedrock.faults import conflict
from burnish.server.bedrock.paging import page_of
from burnish.server.job_files import models_folder
from burnish.server.resources import CustomModel, Deployment, Job, Row, Throughput
from burnish.server.selections import Selection
from burnish.server.wire.call import Call

#: What serves a model is named up to this many of each kind when it keeps the model from being deleted.
MAX_NAMED = 5
FROM_JOB = (
    "hyperParameters",
    "trainingDataConfig",
    "validationDataConfig",
    "outputDataConfig",
    "trainingMetrics",
    "validationMetrics",
    "customizationConfig",
    "customizationType",
)


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """A custom model, with what its job was given and reached."""
    model = found(control, CustomModel, call, call.parameters["modelIdentifier"])
    job = found(control, Job, call, model.job_arn)
    described = jobs.described(job)
    return {
        **_outline(model),
        **{name: described.get(name) for name in FROM_JOB},
        "jobName": job.name,
        "jobArn": job.arn,
        "modelKmsKeyArn": jobs.key_arn(job),
        "baseModelArn": _direct_base(job) or described["baseModelArn"],
    }


async def list_models(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of custom models, newest first."""
    page, token = page_of(control, CustomModel, call, {"base_model_id": _wanted_base(call)})
    owner = {"ownerAccountId": control.credentials.account_id}
    summaries = [{**_summary(model), **_kind_of(control, model), **owner} for model in page]
    return {"modelSummaries": summaries, "nextToken": token}


async def delete(control: Control, call: Call) -> Mapping[str, Any]:
    """Delete a model and its adapter. Refused while it is served, or tuned further."""
    model = found(control, CustomModel, call, call.parameters["modelIdentifier"])
    if serving := _serving(control, model):
        raise conflict(f"The model {model.name} is served by {', '.join(serving)}: delete that first")
    if job := control.store.job_tuning(model.arn):
        raise conflict(f"The model {model.name} is tuned further by the job {job.name}: stop it first")
    # First the row: what a crash in between leaves is files without a model, and never a model without files.
    control.store.remove(model)
    made = models_folder(control.data, id_in(model.job_arn))
    await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)
    return {}


def _serving(control: Control, model: CustomModel) -> list[str]:
    """What answers with a model, or is about to."""
    present, coming = {"model_arn": model.arn}, {"next_model_arn": model.arn, "status": "Updating"}
    throughputs = _first(control, Throughput, model.region, present)
    deployments = [
        *_first(control, Deployment, model.region, present),
        *_first(control, Deployment, model.region, coming),
    ]
    return [
        *(f"the throughput {item.name}" for item in throughputs),
        *(f"the deployment {item.name}" for item in deployments),
    ]


def _first(control: Control, kind: type[Row], region: str, members: Mapping[str, str]) -> list[Row]:
    return control.store.page(kind, region, Selection(members=members, ascending=True), size=MAX_NAMED)


def _wanted_base(call: Call) -> str | tuple[()] | None:
    """The id of the base model that a list asks for; none of any name where nothing can be listed."""
    asked = call.parameters
    if asked.get("modelStatus") not in (None, "Active"):
        return ()
    arns = {asked[name] for name in ("baseModelArnEquals", "foundationModelArnEquals") if asked.get(name)}
    prefix = foundation_model_arn(call.caller.region, "")
    if len(arns) > 1 or not all(arn.startswith(prefix) for arn in arns):
        return ()
    return next((str(arn).removeprefix(prefix) for arn in arns), None)


def _direct_base(job: Job) -> str | None:
    """The custom model that a job tuned further, by its ARN; also one that was deleted since."""
    base = job.request.base_model_identifier
    return base if ":custom-model/" in base else None


def _outline(model: CustomModel) -> dict[str, Any]:
    """What lists say of a model, and what is said of it alone."""
    return {
        "modelArn": model.arn,
        "modelName": model.name,
        "creationTime": moment(model.created_at),
        "modelStatus": "Active",
    }


def _kind_of(control: Control, model: CustomModel) -> dict[str, Any]:
    """How a model was customized, as its job says."""
    job = control.store.get(Job, model.job_arn)
    return {"customizationType": job.request.customization_type} if job else {}


def _summary(model: CustomModel) -> dict[str, Any]:
    return {
        **_outline(model),
        "baseModelArn": foundation_model_arn(model.region, model.base_model_id),
        "baseModelName": model.base_model_id.partition(":")[0],
    }
