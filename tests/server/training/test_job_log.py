"""The log that a job keeps in its output folder."""

from __future__ import annotations

import json
import logging

import pytest

from burnish.errors import NotFound
from burnish.policies.evaluation import Grants
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.training.job_log import JobLog

ALL = json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
URI = "s3://job-logs/output/job.log"


@pytest.fixture
def storage(object_store) -> RoleStorage:
    store, credentials, _ = object_store
    storage = RoleStorage(store.endpoint, credentials, Grants(identity=(ALL,)))
    if not storage.exists("s3://job-logs"):
        storage._client.create_bucket(Bucket="job-logs")
    return storage


@pytest.fixture
def log():
    """A logger of this test."""
    log = logging.getLogger("burnish.test-of-job-log")
    log.setLevel(logging.INFO)
    yield log
    log.handlers.clear()


def messages(storage: RoleStorage) -> list[str]:
    return [line.split(" ", 2)[2] for line in storage.read(URI).decode().splitlines()]


def test_what_was_logged_is_written_and_what_a_later_attempt_logs_follows(storage, log):
    first = JobLog(storage, URI)
    log.addHandler(first)
    log.info("step %d", 1)
    first.write()
    log.removeHandler(first)
    second = JobLog(storage, URI)
    second.resume()
    log.addHandler(second)
    log.warning("once\nmore")
    second.write()
    assert messages(storage) == ["INFO step 1", r"WARNING once\nmore"]


def test_tracebacks_stay_with_the_server(storage, log):
    job_log = JobLog(storage, URI)
    log.addHandler(job_log)
    try:
        raise ValueError("in /srv/burnish")
    except ValueError:
        log.exception("Failed")
    job_log.write()
    assert messages(storage) == ["ERROR Failed"]


def test_a_log_that_cannot_be_written_holds_up_nothing_and_is_written_later(storage, log, object_store):
    store, credentials, _ = object_store
    refused = RoleStorage(store.endpoint, credentials, Grants())
    job_log = JobLog(refused, "s3://job-logs/refused/job.log")
    log.addHandler(job_log)
    log.info("step 1")
    job_log.write()
    with pytest.raises(NotFound):
        storage.read("s3://job-logs/refused/job.log")
    job_log._storage = storage
    job_log.write()
    assert storage.read("s3://job-logs/refused/job.log").endswith(b"INFO step 1\n")
