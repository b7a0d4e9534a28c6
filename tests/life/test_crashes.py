"""Whatever is killed and whenever: what was accepted is there, once, and every job ends.

``BURNISH_KILLS=200 python -m pytest tests/life/test_crashes.py -s`` is the long run; its figures stand in
``docs/durability.md``.
"""

from __future__ import annotations

import os
import sys
import time

import psutil
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from crashes import (
    CrashRun,
    Customer,
    check_objects,
    check_what_was_accepted,
    listed,
    strays_of,
    summary_of,
)
from whole_server import BUCKET, base_model_id

KILLS = int(os.environ.get("BURNISH_KILLS", "8"))
SEED = int(os.environ.get("BURNISH_KILLS_SEED", "12"))
SECONDS_TO_END = 600


@pytest.fixture
def job(server, data_set, role):
    """The request for a small job of a name."""

    def request(name: str) -> dict:
        return {
            "jobName": name,
            "customModelName": f"{name}-model",
            "roleArn": role,
            "baseModelIdentifier": base_model_id(server),
            "trainingDataConfig": {"s3Uri": data_set["training"]},
            "outputDataConfig": {"s3Uri": f"s3://{BUCKET}/output/"},
            "hyperParameters": {"epochCount": "2", "batchSize": "4"},
        }

    return request


@pytest.mark.attack(
    "Processes",
    "the server, its S3 child, workers, the inference process and their guards are killed or stopped, "
    "at random moments, while a client works",
    "what was accepted is listed, once; objects are whole; every job ends; no process, port or lock is left",
)
def test_nothing_accepted_is_lost_whatever_is_killed(server, job):
    run = CrashRun(server, seed=SEED)
    with Customer(server, job, seed=SEED) as customer:
        for _ in range(KILLS):
            run.strike()
            check_what_was_accepted_once_it_answers(server, customer.ledger)
    assert not customer.unexpected
    ledger = customer.ledger
    sys.stdout.write(summary_of(run, ledger) + "\n")
    jobs = once_all_have_ended(server)
    assert {job["status"] for job in jobs} <= {"Completed"}, [
        job for job in jobs if job["status"] != "Completed"
    ]
    check_what_was_accepted(server, ledger)
    check_objects(server, ledger)
    models = listed(server, "list_custom_models", "modelSummaries")
    assert len(models) == len(jobs)
    ports = ports_of(server)
    server.stop()
    assert_nothing_is_left(server, ports)


def check_what_was_accepted_once_it_answers(server, ledger):
    deadline = time.monotonic() + 120
    known = type(ledger)(jobs=dict(ledger.jobs), deployments=dict(ledger.deployments))
    while True:
        try:
            return check_what_was_accepted(server, known)
        except (BotoCoreError, ClientError):  # it is stopped, or on its way up
            assert time.monotonic() < deadline
            time.sleep(0.2)


def once_all_have_ended(server):
    deadline = time.monotonic() + SECONDS_TO_END
    while True:
        jobs = listed(server, "list_model_customization_jobs", "modelCustomizationJobSummaries")
        if not any(job["status"] == "InProgress" for job in jobs):
            return jobs
        assert time.monotonic() < deadline, [job for job in jobs if job["status"] == "InProgress"]
        time.sleep(0.5)


def ports_of(server):
    return {
        connection.laddr.port
        for process in strays_of(server)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def assert_nothing_is_left(server, ports):
    deadline = time.monotonic() + 30
    while left := strays_of(server):
        assert time.monotonic() < deadline, [process.cmdline() for process in left]
        time.sleep(0.1)
    listening = {c.laddr.port for c in psutil.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert not ports & listening
    server.start()
    server.stop()
