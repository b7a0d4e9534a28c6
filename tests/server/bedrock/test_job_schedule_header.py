"""When jobs begin and end, in headers of what is said of one and of many, as our own client reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from job_requests import JOB

from burnish.aws.states import schedule_of, told_of
from burnish.server.arns import id_in
from burnish.server.job_folder.paths import job_folder
from burnish.server.resources import Job, JobPhase, unbegun_phases
from burnish.server.wire.call import ServiceFault
from burnish.types import JobProgress, JobSchedule

KEEP = {"x-burnish-keep-model": "true"}
TRAINING = {"training": JobPhase(status="InProgress", done=12, total=60, loss=1.25)}


@pytest.fixture
def add(control, region):
    """A way to have a job of the region, waiting or at work."""

    def added(*, at_work: bool = False, **members: Any) -> Job:
        arn = region.arn("model-customization-job/local.m-v1:0")
        number = id_in(arn)
        names = {"name": f"job-{number}", "model_name": f"model-{number}"}
        job = replace(JOB, arn=arn, region=region.name, created_at=float(number), **names, **members)
        control.store.add(job)
        if at_work:
            control.forecast.at_work |= {job.arn}
        return job

    yield added
    for reference in control.store.references(Job, "InProgress", "Stopping"):
        control.store.change(Job, reference.arn, status="Failed")
    control.forecast.at_work = frozenset()
    control.forecast._made_at = float("-inf")


def response(answer: Any) -> dict[str, Any]:
    headers = getattr(answer, "headers", {})
    assert all(value.isascii() for value in headers.values())
    return {"ResponseMetadata": {"HTTPHeaders": headers}}


def test_a_job_that_waits_tells_its_place_and_its_problem_in_any_language(control, region, add):
    first, second = add(), add()
    control.health.report(f"job {second.name}", "es wartet auf die Prüfung")
    told = [
        schedule_of(response(region.answer("GetModelCustomizationJob", jobIdentifier=job.arn)))
        for job in (first, second)
    ]
    assert told == [
        JobSchedule(position=1, begins_in=0.0),
        JobSchedule(position=2, problem="es wartet auf die Prüfung"),
    ]


def test_a_list_tells_progress_and_schedule_of_each_unfinished_job(region, add):
    working, waiting = add(at_work=True, phases={**unbegun_phases(), **TRAINING}), add()
    over = add(status="Completed")
    page = response(region.answer("ListModelCustomizationJobs"))
    assert told_of(page, working.arn) == {
        "progress": JobProgress(done=12, total=60, loss=1.25),
        "schedule": JobSchedule(),
    }
    assert told_of(page, waiting.arn) == {"progress": None, "schedule": JobSchedule(position=1)}
    assert told_of(page, over.arn) == {"progress": None, "schedule": None}


def test_a_job_that_trains_is_asked_to_end_with_its_model_also_twice(control, region, add):
    job = add(at_work=True, phases={**unbegun_phases(), **TRAINING})
    for _ in range(2):
        region.answer("StopModelCustomizationJob", own_headers=KEEP, jobIdentifier=job.arn)
    kept = control.store.get(Job, job.arn)
    assert (kept.status, kept.ends_early) == ("InProgress", True)
    region.answer("StopModelCustomizationJob", jobIdentifier=job.arn)
    assert control.store.get(Job, job.arn).status == "Stopping"


def test_a_job_that_has_learned_nothing_yet_goes_on_and_one_with_a_checkpoint_ends(control, region, add):
    job = add(phases={**unbegun_phases(), "validation": JobPhase(status="InProgress")})
    with pytest.raises(ServiceFault, match="has not begun to train, and has no model to keep"):
        region.answer("StopModelCustomizationJob", own_headers=KEEP, jobIdentifier=job.arn)
    kept = control.store.get(Job, job.arn)
    assert (kept.status, kept.ends_early) == ("InProgress", False)
    (job_folder(control.data, job.id).checkpoints / "member" / "step-3").mkdir(parents=True)
    region.answer("StopModelCustomizationJob", own_headers=KEEP, jobIdentifier=job.arn)
    assert control.store.get(Job, job.arn).ends_early


def test_a_job_that_is_over_cannot_keep_its_model(region, add):
    job = add(status="Stopped")
    with pytest.raises(ServiceFault, match="is Stopped: only a job in progress can be stopped"):
        region.answer("StopModelCustomizationJob", own_headers=KEEP, jobIdentifier=job.arn)
