"""What the server writes down about jobs, models and throughputs."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import msgspec
import pytest
from job_requests import JOB, MODEL, REQUEST

from burnish.errors import DiskFull
from burnish.server.job_input import KeptTag
from burnish.server.resources import CustomModel, Job
from burnish.server.selections import Selection
from burnish.server.store import Store, UnreadableRow

REGION = "us-east-1"


@pytest.fixture
def store(tmp_path):
    kept = Store(tmp_path)
    yield kept
    kept.close()


def a_job() -> Job:
    tagged = msgspec.structs.replace(REQUEST, custom_model_tags=(KeptTag(key="team", value="papers"),))
    return replace(JOB, request=tagged)


def test_a_completed_job_and_its_tagged_model_are_kept_together(store):
    job = a_job()
    store.add(job)
    assert store.complete(job, MODEL, training_loss=0.5)
    kept = store.find(Job, REGION, "a-job")
    assert (kept.status, kept.training_loss) == ("Completed", 0.5)
    assert store.tags_of(kept.model_arn) == {"team": "papers"}


def test_a_job_that_could_not_be_completed_leaves_no_model_in_the_way_of_the_next_attempt(store):
    job = a_job()
    store.add(job)
    with pytest.raises(sqlite3.OperationalError):
        store.complete(job, MODEL, no_such_column=1)
    assert store.find(CustomModel, REGION, "a-model") is None
    assert store.find(Job, REGION, "a-job").status == "InProgress"
    assert store.complete(job, MODEL, training_loss=0.5)


def test_a_job_that_was_asked_to_stop_keeps_no_model_however_late_that_was(store):
    job = a_job()
    store.add(job)
    store.change(Job, job.arn, status="Stopping")
    assert not store.complete(job, MODEL, training_loss=0.5)
    assert store.find(CustomModel, REGION, "a-model") is None
    assert store.find(Job, REGION, "a-job").status == "Stopping"


def test_a_job_that_completes_as_it_is_asked_to_stop_stays_complete(store):
    job = a_job()
    store.add(job)
    assert store.complete(job, MODEL)
    assert not store.change(Job, job.arn, expected={"status": "InProgress"}, status="Stopping")
    assert store.get(Job, job.arn).status == "Completed"


def test_each_attempt_has_a_higher_number_and_only_the_latest_completes(store):
    job = a_job()
    store.add(job)
    assert [store.begin_attempt(job.arn) for _ in range(3)] == [1, 2, 3]
    assert not store.complete(replace(job, attempts=2), MODEL)
    assert store.find(CustomModel, REGION, "a-model") is None
    assert store.complete(replace(job, attempts=3), MODEL)


def test_a_change_that_the_disk_has_no_room_for_leaves_the_store_usable(store):
    job = a_job()
    store.add(job)
    store.database.execute("pragma max_page_count = 1")
    with pytest.raises(DiskFull, match="free some"):
        store.change(Job, job.arn, failure_message="x" * 1_000_000)
    store.database.execute("pragma max_page_count = 1000000")
    assert store.change(Job, job.arn, failure_message="small")


def test_a_row_that_is_damaged_is_left_out_of_lists_and_named_when_it_is_meant(store):
    bad, good = a_job(), replace(a_job(), arn=a_job().arn.replace("abc", "xyz"), name="good")
    for job in (bad, good):
        store.add(job)
    store.database.execute("update jobs set request = 'no JSON' where arn = ?", bad.arn)
    assert store.page(Job, REGION, Selection(ascending=True), size=9) == [good]
    assert [one.name for one in store.references(Job, "InProgress")] == ["a-job", "good"]
    with pytest.raises(UnreadableRow, match=f"The row of {bad.arn} in state.sqlite3 is damaged"):
        store.get(Job, bad.arn)


def test_what_was_asked_for_with_a_token_is_found_by_it_after_a_restart(store, tmp_path):
    store.add(a_job(), token=("CreateModelCustomizationJob", "mine"))
    again = Store(tmp_path)
    assert again.made_for("CreateModelCustomizationJob", "mine") == a_job().arn
    assert again.made_for("CreateModelCustomizationJob", "another") is None
    again.close()


def test_a_resource_is_found_by_its_arn_its_name_and_its_id_as_they_are_written(store):
    job = a_job()
    store.add(job)
    assert [store.find(Job, REGION, known) for known in (job.arn, job.name, job.id)] == [job] * 3
    others = [job.arn.upper(), job.id.upper(), "a_job", "%", "%/%", job.id[1:], "", "l.m-v1:0/abc", "\x00"]
    assert [known for known in others if store.find(Job, REGION, known)] == []
    assert store.find(Job, "eu-west-1", job.arn) is None


def test_a_name_is_meant_before_an_id(store):
    job = a_job()
    store.add(job)
    namesake = replace(job, arn=job.arn[:-12] + "opqrstuvwxyz", name=job.id, model_name="another")
    store.add(namesake)
    assert store.find(Job, REGION, job.id) == namesake
