"""Fine-tuning jobs: customization jobs of the same queue, which train on files of this door."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
from starlette.responses import JSONResponse, Response

from burnish.disk import reporting_full_disk
from burnish.errors import InvalidRecords, NotFound
from burnish.families import RecordSchema
from burnish.json_lines import lines_in
from burnish.record_conversion import converted_lines
from burnish.server.openai import files
from burnish.server.openai.door import Ask, Backend, page
from burnish.server.openai.errors import RequestRefused, unsupported
from burnish.server.openai.job_events import checkpoints_of, events_of, id_of
from burnish.server.openai.model_names import custom_model_name, identifier_of, shown_name
from burnish.server.openai.requests import Hyperparameters, TuningRequest, read_request
from burnish.server.openai.step_losses import losses_so_far
from burnish.server.openai.tuning import hyperparameters_of
from burnish.server.wire.call import ServiceFault

PREFIX = "ftjob-"
MAX_METADATA = 16
_STATUSES = {"Completed": "succeeded", "Failed": "failed", "Stopped": "cancelled"}


class KeptRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a job was asked for that Bedrock's own job has no member for. Later versions read it."""

    training_file: str
    validation_file: str | None = None
    suffix: str | None = None
    seed: int | None = None
    metadata: dict[str, str] | None = None
    hyperparameters: dict[str, float] = {}


async def create(backend: Backend, ask: Ask) -> Response:
    """Start a job, whose files have been checked when they were uploaded."""
    asked = read_request(ask.body, TuningRequest)
    _check(asked)
    token = secrets.token_hex(8)
    name, model_name = PREFIX + token, custom_model_name(asked.suffix, token)
    request = {
        "jobName": name,
        "customModelName": model_name,
        "roleArn": backend.storage.role_arn,
        "baseModelIdentifier": identifier_of(asked.model, ask.caller),
        "trainingDataConfig": {"s3Uri": f"{backend.storage.job(name)}/training.jsonl"},
        "outputDataConfig": {"s3Uri": f"{backend.storage.job(name)}/output/"},
        "hyperParameters": hyperparameters_of(asked),
    }
    if asked.validation_file:
        uri = f"{backend.storage.job(name)}/validation.jsonl"
        request["validationDataConfig"] = {"validators": [{"s3Uri": uri}]}
    try:
        await _put_files(backend, ask, asked, name)
        await backend.storage.prepare_role(backend.handlers)
        await backend.call(ask.caller, "CreateModelCustomizationJob", request)
    except (RequestRefused, ServiceFault):
        await asyncio.to_thread(_remove_files, backend, name)
        raise
    return JSONResponse(await _described(backend, ask, name))


async def list_jobs(backend: Backend, ask: Ask) -> Response:
    """A page of the jobs, newest first, those made at the first door among them."""
    found = await backend.summaries(
        ask.caller, "ListModelCustomizationJobs", "modelCustomizationJobSummaries"
    )
    wanted = page([{"id": job["jobName"]} for job in found], ask, usual=20)
    told = msgspec.json.decode(bytes(wanted.body))
    told["data"] = [await _described(backend, ask, one["id"]) for one in told["data"]]
    return JSONResponse(told)


async def retrieve(backend: Backend, ask: Ask) -> Response:
    """A job as it is."""
    return JSONResponse(await _described(backend, ask, ask.named["job"]))


async def cancel(backend: Backend, ask: Ask) -> Response:
    """Stop a job, which leaves no model."""
    name = ask.named["job"]
    await backend.call(ask.caller, "StopModelCustomizationJob", {"jobIdentifier": name})
    return JSONResponse(await _described(backend, ask, name))


async def pause(_: Backend, ask: Ask) -> Response:
    """Refuse to pause: a job here trains, waits for its turn, or ends."""
    raise unsupported("pause", f"cancel {ask.named['job']}, or let it end")


async def resume(_: Backend, ask: Ask) -> Response:
    """Refuse to resume: no job is paused."""
    raise unsupported("resume", f"{ask.named['job']} cannot have been paused")


async def events(backend: Backend, ask: Ask) -> Response:
    """What has happened to a job, newest first."""
    job = await _job(backend, ask, ask.named["job"])
    model, storage = _model_name(job), backend.storage

    def told() -> list[Mapping[str, Any]]:
        so_far = () if model else losses_so_far(storage.data, id_of(job))
        return events_of(storage.objects, job, model, so_far=so_far)

    return page(await asyncio.to_thread(told), ask, usual=20)


async def checkpoints(backend: Backend, ask: Ask) -> Response:
    """The models that a job has made which can be called: the one at its end."""
    job = await _job(backend, ask, ask.named["job"])
    told = await asyncio.to_thread(checkpoints_of, backend.storage.objects, job, _model_name(job))
    return page(told, ask, usual=10)


def _check(asked: TuningRequest) -> None:
    if asked.method and asked.method.type != "supervised":
        raise unsupported(
            f"method.type {asked.method.type}",
            "models here learn from answers, and not from preferences or rewards. Use supervised, with the "
            "answers that are preferred",
        )
    if asked.method and asked.hyperparameters:
        raise RequestRefused(
            "hyperparameters is the older place of method.supervised.hyperparameters: give one of them",
            param="hyperparameters",
        )
    if len(asked.metadata or ()) > MAX_METADATA:
        raise RequestRefused(f"metadata may have {MAX_METADATA} pairs", param="metadata")
    for key, value in (asked.metadata or {}).items():
        if len(key) > 64 or len(value) > 512:
            raise RequestRefused(
                "metadata has keys of up to 64 and values of up to 512 characters", param="metadata"
            )


async def _put_files(backend: Backend, ask: Ask, asked: TuningRequest, name: str) -> None:
    """Put what a job needs beside its output: its request, and its records as those of Bedrock."""
    for part, file_id in (("training", asked.training_file), ("validation", asked.validation_file)):
        if file_id:
            told = await files.described(backend, ask, file_id)
            await asyncio.to_thread(_convert, backend, file_id, str(told["filename"]), name, part)
    kept = KeptRequest(
        training_file=asked.training_file,
        validation_file=asked.validation_file,
        suffix=asked.suffix,
        seed=asked.seed,
        metadata=asked.metadata,
        hyperparameters=asked.tuning.given,
    )
    uri = f"{backend.storage.job(name)}/request.json"
    await asyncio.to_thread(backend.storage.objects.write, uri, msgspec.json.encode(kept))


def _remove_files(backend: Backend, name: str) -> None:
    """Remove what was put for a job that is not to be."""
    folder, objects = backend.storage.job(name), backend.storage.objects
    with suppress(NotFound):  # the bucket, where nothing was ever uploaded
        for path in objects.names(folder):
            objects.delete(f"{folder}/{path}")


def _convert(backend: Backend, file_id: str, shown: str, name: str, part: str) -> None:
    folder = backend.storage.job(name)

    def store_image(image: bytes, kind: str) -> str:
        uri = f"{folder}/media/{hashlib.sha256(image).hexdigest()}.{kind}"
        backend.storage.objects.write(uri, image)
        return uri

    data = backend.storage.data
    try:
        lines = lines_in(files.chunks_of(backend, file_id))
        # On disk: it may be larger than memory.
        with reporting_full_disk(data), tempfile.TemporaryFile(dir=data) as converted:
            converted.writelines(
                converted_lines(lines, to=RecordSchema.CONVERSATION, name=shown, store_image=store_image)
            )
            converted.seek(0)
            backend.storage.objects.write(f"{folder}/{part}.jsonl", converted)
    except InvalidRecords as error:
        raise RequestRefused(str(error), param=f"{part}_file", code="invalid_file_format") from error


async def _job(backend: Backend, ask: Ask, name: str) -> Mapping[str, Any]:
    return await backend.call(ask.caller, "GetModelCustomizationJob", {"jobIdentifier": name})


async def _described(backend: Backend, ask: Ask, name: str) -> dict[str, Any]:
    job = await _job(backend, ask, name)
    kept = await asyncio.to_thread(_kept_of, backend, job)
    used = {one: kept.hyperparameters.get(one, "auto") for one in Hyperparameters.__struct_fields__}
    failure = {"code": "job_failed", "message": job["failureMessage"], "param": None}
    ended = job["endTime"]
    return {
        "id": job["jobName"],
        "object": "fine_tuning.job",
        "created_at": int(job["creationTime"].timestamp()),
        "error": failure if job["failureMessage"] else None,
        "fine_tuned_model": _model_name(job),
        "finished_at": int(ended.timestamp()) if ended else None,
        "hyperparameters": used,
        "method": {"type": "supervised", "supervised": {"hyperparameters": used}},
        "model": job["baseModelArn"].rpartition("/")[2],
        "organization_id": backend.storage.account_id,
        "result_files": [],
        "seed": kept.seed or 0,
        "status": _status(job),
        "trained_tokens": None,
        "training_file": kept.training_file,
        "validation_file": kept.validation_file,
        "metadata": kept.metadata,
        "integrations": None,
        "estimated_finish": None,
    }


def _kept_of(backend: Backend, job: Mapping[str, Any]) -> KeptRequest:
    """What a job was asked for; of one of the first door, which has no such file, where its data are."""
    name = job["jobName"]
    try:
        if not name.startswith(PREFIX):
            raise NotFound(name)
        body = backend.storage.objects.read(f"{backend.storage.job(name)}/request.json")
    except NotFound:
        validators = (job.get("validationDataConfig") or {}).get("validators") or [{}]
        return KeptRequest(
            training_file=job["trainingDataConfig"]["s3Uri"],
            validation_file=validators[0].get("s3Uri"),
        )
    return msgspec.json.decode(body, type=KeptRequest)


def _status(job: Mapping[str, Any]) -> str:
    """OpenAI's word for how far a job is. One that is to stop runs until it has."""
    if ended := _STATUSES.get(job["status"]):
        return ended
    phases = {name: phase["status"] for name, phase in job["statusDetails"].items()}
    if set(phases.values()) == {"NotStarted"}:
        return "queued"
    return "validating_files" if phases["validationDetails"] == "InProgress" else "running"


def _model_name(job: Mapping[str, Any]) -> str | None:
    return shown_name(job["outputModelArn"], job["outputModelName"]) if job["outputModelArn"] else None
