"""A job that really trains while its S3 server is gone: it waits, goes on and completes."""

from __future__ import annotations

import pytest
from job_place import JobPlace


@pytest.fixture
def place(tmp_path, tiny_weights, monkeypatch):
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))
    made = JobPlace(tmp_path, tiny_weights)
    yield made
    made.close()


@pytest.mark.attack(
    "Processes",
    "the S3 server is killed while a job trains",
    "the job stays InProgress, says what it waits for, and completes once the S3 server is back",
)
def test_a_job_waits_for_its_s3_server_and_then_completes(place):
    job = place.accept("patient", epochs=20)
    place.look(job, lambda job: job.phases["training"].status == "InProgress")
    place.objects.stop()
    assert place.problem_of(job) == "it waits for the S3 server to answer"
    place.start_objects()
    ended = place.look(job, lambda job: job.status != "InProgress")
    assert (ended.status, ended.attempts) == ("Completed", 1)
    assert not place.control.health.problems
    assert not (place.data / "jobs" / job.id).exists()
