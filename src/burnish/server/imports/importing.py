"""An import on its way: fetched, checked, loaded, and then called complete. Done anew after a restart."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from burnish.disk import reporting_full_disk
from burnish.engine.catalogue import OpenModel
from burnish.engine.fingerprints import fingerprint_of_tensors, sum_of
from burnish.engine.kind_files import members_of
from burnish.errors import (
    BurnishError,
    CannotStart,
    DiskFull,
    InvalidInput,
    ServiceUnavailable,
)
from burnish.server.arns import new_arn
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.places import imported_place
from burnish.server.bedrock.role_access import role_storage
from burnish.server.disk_space import FULL, has_room
from burnish.server.imports.checks import check_files, json_in
from burnish.server.imports.taken_files import MOST_OBJECTS, taken_files
from burnish.server.inference.process import InferenceProcess
from burnish.server.job_files import models_folder
from burnish.server.resources import ImportedWeights, ImportJob
from burnish.server.wire.call import Identity, ServiceFault
from burnish.tuned_models.model_manifest import FILE_NAME, ModelManifest, read_manifest

MAX_MESSAGE_LENGTH = 2048
WEIGHTS = "weights"
#: What is wrong with the server, and passes: the import waits for it.
_FAULTS_OF_THE_SERVER = (CannotStart, DiskFull, ServiceUnavailable)
#: How architectures of transformers are called that write text.
_WRITERS = ("ForCausalLM", "ForConditionalGeneration")

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Brought:
    """What was fetched: an architecture, and of tuned models the base model that they need."""

    architecture: str
    weights_id: str | None = None


async def import_model(control: Control, inference: InferenceProcess, job: ImportJob) -> None:
    """Take an import as far as it goes, and write down how it ended. Raises what is the server's fault."""
    folder = models_folder(control.data, job.id)
    try:
        brought = await asyncio.to_thread(_fetched, control, job, folder / WEIGHTS)
        model = _model(control, job, folder / WEIGHTS, brought)
        await inference.load(imported_place(control, model))
    except _FAULTS_OF_THE_SERVER:
        raise
    except (BurnishError, ServiceFault) as error:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        _fail(control, job, str(error))
    else:
        control.store.complete_import(job, model)
        log.info("Import %s: complete, %s", job.name, model.architecture)


def _fail(control: Control, job: ImportJob, message: str) -> None:
    control.store.change(
        ImportJob,
        job.arn,
        expected={"status": "InProgress"},
        status="Failed",
        failure_message=message[:MAX_MESSAGE_LENGTH],
        ended_at=time.time(),
    )
    log.info("Import %s: failed: %s", job.name, message)


def _model(control: Control, job: ImportJob, folder: Path, brought: _Brought) -> ImportedWeights:
    caller = Identity(account_id=job.arn.split(":")[4], access_key="", region=job.region)
    return ImportedWeights(
        arn=new_arn(caller, "imported-model"),
        region=job.region,
        name=job.model_name,
        job_arn=job.arn,
        architecture=brought.architecture,
        folder=folder.relative_to(control.data).as_posix(),
        weights_id=brought.weights_id,
    )


def _fetched(control: Control, job: ImportJob, folder: Path) -> _Brought:
    """Fetch a model into a folder, check it, and say what it is. Raises `BurnishError`."""
    storage = role_storage(control, job.role_arn, job.arn)
    sizes = taken_files(storage.sizes(job.uri, most=MOST_OBJECTS))
    if not has_room(control.data, sum(sizes.values())):
        raise DiskFull(FULL)
    shutil.rmtree(folder, ignore_errors=True)
    with reporting_full_disk(folder.parent.parent):
        for name in sizes:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            storage.fetch(f"{job.uri.rstrip('/')}/{name}", folder / name)
    check_files(folder)
    if (folder / "config.json").is_file():
        return _weights(folder)
    return _tuned(control, folder)


def _weights(folder: Path) -> _Brought:
    architecture = str(json_in(folder / "config.json")["architectures"][0])
    if not architecture.endswith(_WRITERS):
        raise InvalidInput(f"{architecture} writes no text, and nothing can be asked of it untuned")
    return _Brought(architecture=architecture)


def _tuned(control: Control, folder: Path) -> _Brought:
    """What a server of Burnish has handed out, verified, where this one has the weights that it needs."""
    if not (folder / FILE_NAME).is_file():
        raise InvalidInput(
            f"there is neither config.json, of a whole model, nor {FILE_NAME}, which `burnish model "
            "download` writes: merge an adapter of another program into its base model, and import that"
        )
    manifest = read_manifest((folder / FILE_NAME).read_bytes())
    for name, expected in manifest.files.items():
        if not (folder / name).is_file() or sum_of(folder / name) != expected:
            raise InvalidInput(f"{name} is missing, or not as {FILE_NAME} says: upload the model again")
    unnamed = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if unnamed := unnamed - {FILE_NAME, *manifest.files}:
        raise InvalidInput(f"{min(unnamed)} is not among the files of {FILE_NAME}: upload the model again")
    model = next((one for one in control.catalogue.models if _is_base(one, manifest)), None)
    needed = ", ".join(base.source for base in manifest.bases)
    if model is None:
        raise InvalidInput(
            f"it was tuned from {needed}, which this server was not started with: start it with --model for "
            "that, or import the model merged"
        )
    _require_same_weights(control.weights[model.id], manifest)
    return _Brought(architecture=f"tuned from {model.id}", weights_id=model.id)


def _is_base(model: OpenModel, manifest: ModelManifest) -> bool:
    """Whether a model was tuned from this one. Of a pool's members some may have taken no part."""
    members = {one.slug: one.known_as for one in model.members or (model,)}
    needed = {base.name: base.source for base in manifest.bases}
    is_pool = any(base.folder for base in manifest.bases)
    return is_pool == bool(model.members) and bool(needed) and needed.items() <= members.items()


def _require_same_weights(weights: Path, manifest: ModelManifest) -> None:
    members = members_of(weights)
    for base in manifest.bases:
        if fingerprint_of_tensors(members.get(base.name, weights)) != base.fingerprint:
            raise InvalidInput(
                f"the weights of {base.source} are others here than those that it was tuned from: import the "
                "model merged"
            )
