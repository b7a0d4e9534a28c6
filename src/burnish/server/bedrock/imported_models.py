"""Imported models: called by their own ARN, without a deployment."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from typing import Any

from burnish.server.arns import id_in
from burnish.server.bedrock.control import Control, found, moment
from burnish.server.bedrock.imports import source_of
from burnish.server.bedrock.paging import page_of
from burnish.server.job_files import models_folder
from burnish.server.resources import ImportedWeights, ImportJob
from burnish.server.wire.call import Call


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """An imported model, with where it came from."""
    model = found(control, ImportedWeights, call, call.parameters["modelIdentifier"])
    job = found(control, ImportJob, call, model.job_arn)
    described = {
        "jobArn": job.arn,
        "jobName": job.name,
        "modelDataSource": source_of(job),
        "modelKmsKeyArn": job.key_arn,
    }
    return {**_outline(model), **described}


async def list_models(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of imported models, newest first."""
    page, token = page_of(control, ImportedWeights, call, {})
    return {"modelSummaries": [_outline(model) for model in page], "nextToken": token}


async def delete(control: Control, call: Call) -> Mapping[str, Any]:
    """Delete an imported model and its weights."""
    model = found(control, ImportedWeights, call, call.parameters["modelIdentifier"])
    # First the row: what a crash in between leaves is files without a model, and never a model without files.
    control.store.remove(model)
    folder = models_folder(control.data, id_in(model.job_arn))
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return {}


def _outline(model: ImportedWeights) -> dict[str, Any]:
    return {
        "modelArn": model.arn,
        "modelName": model.name,
        "creationTime": moment(model.created_at),
        "modelArchitecture": model.architecture,
        "instructSupported": True,
    }
