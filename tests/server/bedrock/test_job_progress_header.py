"""How far a job is, in a header of its description, as our own client reads it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from job_requests import JOB

from burnish.aws.states import progress_of
from burnish.server.arns import id_in
from burnish.server.resources import JobPhase, unbegun_phases
from burnish.types import JobProgress


@pytest.fixture
def progress(control, region):
    """What the client makes of the answer about a job with these phases."""

    def told(**phases):
        arn = region.arn("model-customization-job/local.m-v1:0")
        job = replace(
            JOB,
            arn=arn,
            region=region.name,
            name=f"job-{id_in(arn)}",
            model_name=f"model-{id_in(arn)}",
            phases={**unbegun_phases(), **phases},
        )
        control.store.add(job)
        answer = region.answer("GetModelCustomizationJob", jobIdentifier=job.arn)
        return progress_of({"ResponseMetadata": {"HTTPHeaders": getattr(answer, "headers", {})}})

    return told


def test_the_phase_in_progress_is_told_with_its_steps_and_loss(progress):
    done = JobPhase(status="Completed", done=24, total=24)
    training = JobPhase(status="InProgress", done=12, total=60, loss=1.25)
    told = progress(validation=done, dataProcessing=done, training=training)
    assert told == JobProgress(done=12, total=60, loss=1.25)
    assert str(told) == "12 of 60, loss 1.250"


def test_nothing_is_told_before_it_is_counted_and_after_the_end(progress):
    assert progress() is None
    assert progress(training=JobPhase(status="InProgress")) is None
    assert progress(training=JobPhase(status="Completed", done=60, total=60, loss=0.1)) is None
