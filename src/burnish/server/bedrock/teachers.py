"""Teachers of distillations: models of this server, or others that it was told where to ask."""

from __future__ import annotations

from burnish.engine.inference_messages import ModelPlace
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import invalid, not_found
from burnish.server.bedrock.places import batch_place, place_of
from burnish.server.job_folder.attempt_input import RemoteTeacher
from burnish.server.resources import CustomModel, Job


def endpoint_for(control: Control, region: str, identifier: str) -> str | None:
    """Where a job's teacher is asked; None where this server has it. A fault where nobody is known to.

    Where there is an endpoint, a stand-in is no teacher: its id means the model that it is not.
    """
    base = control.catalogue.find(identifier)
    is_here = (base and not base.is_stand_in) or control.store.find(CustomModel, region, identifier)
    if control.teacher_endpoint and not is_here:
        return control.teacher_endpoint.url
    base_id, _ = batch_place(control, region, identifier)
    answering = control.catalogue.find(base_id)
    if answering and not answering.weights.writes_text:
        raise invalid(f"The teacher {identifier} writes no text: choose a language model")
    return None


def teacher_of(control: Control, job: Job) -> ModelPlace | RemoteTeacher | None:
    """What answers the prompts of a distillation; None for other jobs.

    A fault where the model was deleted, or this start of the server has other models or another endpoint.
    """
    teacher, url = job.request.teacher, job.request.teacher_endpoint
    if teacher is None:
        return None
    if url is None:
        return place_of(control, job.region, teacher.teacher_model_identifier)
    endpoint = control.teacher_endpoint
    if endpoint is None or endpoint.url != url:
        raise not_found(
            f"The teacher of the job {job.name} is asked at {url}: start the server with --teacher-endpoint "
            f"{url}"
        )
    return RemoteTeacher(
        model=teacher.teacher_model_identifier,
        url=url,
        region=endpoint.region,
        profile=endpoint.profile,
        max_prompts=endpoint.max_prompts,
    )
