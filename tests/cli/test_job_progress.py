from datetime import UTC, datetime, timedelta

import pytest

from burnish.cli.job_progress import show_job
from burnish.cli.plain_display import PlainDisplay
from burnish.job_standing import outlook
from burnish.types import FinetuningJobResult, JobProgress, JobSchedule, JobStatus

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def job(status=JobStatus.IN_PROGRESS, phases=("NotStarted", "NotStarted", "NotStarted"), **members):
    names = ("validation", "data processing", "training")
    return FinetuningJobResult(
        job_arn="arn:job",
        job_name="papers",
        status=status,
        creation_time=BEGAN,
        status_details=dict(zip(names, phases, strict=True)),
        **members,
    )


def shown(capsys, *jobs):
    display = PlainDisplay()
    for one in jobs:
        show_job(one, display)
    return [line.split(" s  ")[1] for line in capsys.readouterr().err.splitlines()]


def test_on_aws_each_phase_is_shown_and_no_count_is_invented(capsys):
    polls = [
        job(),
        job(phases=("InProgress", "NotStarted", "NotStarted")),
        job(phases=("Completed", "InProgress", "NotStarted")),
        job(phases=("Completed", "Completed", "InProgress")),
        job(phases=("Completed", "Completed", "InProgress")),
    ]
    assert shown(capsys, *polls) == ["queued", "validation", "data processing", "training"]


def test_a_server_of_ones_own_tells_steps_and_loss(capsys):
    training = job(
        phases=("Completed", "Completed", "InProgress"), progress=JobProgress(done=12, total=60, loss=1.25)
    )
    reading = job(phases=("Completed", "InProgress", "NotStarted"), progress=JobProgress(done=3, total=24))
    assert shown(capsys, reading, training) == ["3/24 reading pages", "12/60 training, loss 1.250"]


def test_a_server_of_ones_own_tells_when_a_job_begins_and_ends(capsys):
    waiting = job(schedule=JobSchedule(position=2, begins_in=720.0, ends_in=1260.0))
    training = job(
        phases=("Completed", "Completed", "InProgress"),
        progress=JobProgress(done=12, total=60, loss=1.25),
        schedule=JobSchedule(ends_in=240.0),
    )
    assert outlook(training) == "training 12 of 60, about 4 min left"
    queued = "waiting, 2nd in the queue, begins in about 12 min, ends in about 21 min"
    assert outlook(waiting) == queued
    assert shown(capsys, waiting) == [queued]


def test_a_job_that_begins_is_told_without_a_count_and_one_on_aws_is_not_told_at_all():
    assert outlook(job(schedule=JobSchedule())) == "time left unknown"
    reading = job(phases=("Completed", "InProgress", "NotStarted"), schedule=JobSchedule())
    assert outlook(reading) == "reading pages, time left unknown"
    assert outlook(job()) == ""


@pytest.mark.parametrize(
    ("position", "said"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (22, "22nd"),
        (113, "113th"),
    ],
)
def test_places_in_the_queue_are_said_as_people_say_them(position, said):
    assert str(JobSchedule(position=position)) == f"waiting, {said} in the queue, begins unknown"


def test_a_job_that_is_over_is_shown_with_its_time_and_losses(capsys):
    done = job(
        status=JobStatus.COMPLETED,
        phases=("Completed",) * 3,
        end_time=BEGAN + timedelta(minutes=12),
        training_loss=0.31,
        validation_loss=0.42,
    )
    assert shown(capsys, done) == ["Completed after 12 min, training loss 0.310, validation loss 0.420"]
