"""What the server says of a job while it runs: each thing once, and not every poll."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from job_requests import JOB

from burnish.server.forecast import JobPaces
from burnish.server.resources import JobPhase, unbegun_phases
from burnish.server.training.job_news import JobNews


@pytest.fixture
def said(caplog):
    """The messages so far."""
    caplog.set_level(logging.INFO, logger="burnish")
    return lambda: [record.message for record in caplog.records]


def job_in(name: str, **members):
    phase = JobPhase(status="InProgress", **members)
    return replace(JOB, phases={**unbegun_phases(), name: phase})


def test_each_phase_is_said_once_and_the_end_with_its_reason(said):
    news = JobNews()
    for name in ("validation", "validation", "dataProcessing", "training"):
        news.tell(job_in(name))
    failed = replace(JOB, status="Failed", failure_message="no pages", ended_at=JOB.created_at + 90)
    news.tell(failed)
    news.tell(failed)
    assert said() == [
        "Job a-job: checking records",
        "Job a-job: reading pages",
        "Job a-job: training",
        "Job a-job: failed after 90 s: no pages",
    ]


def test_a_training_is_told_of_now_and_then_with_its_loss_and_the_time_left(said):
    seconds = iter(range(10_000))
    now = [0.0]
    news = JobNews(JobPaces(lambda: now[0]), now=lambda: now[0])
    for step in range(1, 61):
        now[0] = float(next(seconds))
        news.tell(job_in("training", done=step, total=100, loss=1 / step))
    assert said() == [
        "Job a-job: training, 1 of 100 steps, loss 1.000",
        "Job a-job: training, 31 of 100 steps, loss 0.032, 69 s left",
    ]


def test_what_a_job_waits_for_is_said_when_it_begins_to_wait(said):
    news = JobNews()
    news.tell(job_in("training"))
    for _ in range(3):
        news.tell(replace(job_in("training"), waiting_for="for the S3 server to answer"))
    assert said()[1:] == ["Job a-job: it waits for the S3 server to answer"]


def test_a_completed_job_is_told_with_its_model_and_its_loss(said):
    news = JobNews()
    news.tell(job_in("training"))
    news.tell(replace(JOB, status="Completed", training_loss=0.25, ended_at=JOB.created_at + 600))
    assert said()[-1] == "Job a-job: completed after 10 min, training loss 0.250, model a-model"
