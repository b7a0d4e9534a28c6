"""A job that really trains while its S3 server is gone: it waits, goes on and completes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from whole_server import BUCKET, record_line

from burnish.aws.clients import AccessKey as Key
from burnish.aws.clients import open_clients
from burnish.aws.objects import S3Uri, ensure_bucket, upload_bytes
from burnish.engine.catalogue import Catalogue, open_model
from burnish.server.bedrock.control import Control
from burnish.server.credentials import load_or_create_credentials
from burnish.server.iam.roles import create_role, put_role_policy
from burnish.server.iam.store import IamStore
from burnish.server.job_input import JobRequest, S3Data
from burnish.server.resources import Job
from burnish.server.s3.object_store import start_object_store
from burnish.server.store import Store
from burnish.server.training.job_queue import JobQueue
from burnish.server.wire.call import Call, Identity
from burnish.waiting import wait_until

MODEL = open_model("tiny")
ROLE = "arn:aws:iam::123456789012:role/Tuner"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "bedrock.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)
ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
)
CALLER = Identity(account_id="123456789012", access_key="", region="us-east-1")


class Place:
    """The jobs of a data folder with an S3 server that a test stops and starts."""

    def __init__(self, data, weights) -> None:
        self.data = data
        self.credentials = load_or_create_credentials(data)
        self.start_objects()
        iam = IamStore(data)
        allow_all(iam)
        self.control = Control(
            data=data,
            store=Store(data),
            iam=iam,
            catalogue=Catalogue(models=(MODEL,)),
            weights={MODEL.id: weights},
            credentials=self.credentials,
            objects_endpoint=self.objects.endpoint,
        )
        self.store = self.control.store
        self.queue = JobQueue(self.control)
        self.upload()

    def start_objects(self) -> None:
        self.objects = start_object_store(self.data, self.credentials)

    def upload(self) -> None:
        key = Key(access_key_id=self.credentials.access_key, secret_access_key=self.credentials.secret_key)
        s3 = open_clients(region="us-east-1", endpoint_url=self.objects.endpoint, credentials=key).s3
        ensure_bucket(s3, BUCKET, region="us-east-1")
        lines = [record_line(s3, f"page-{number}", number) for number in range(6)]
        upload_bytes(s3, S3Uri(BUCKET, "training.jsonl"), b"".join(lines))

    def accept(self, name: str, *, epochs: int) -> Job:
        job = Job(
            arn=f"arn:aws:bedrock:us-east-1:123456789012:model-customization-job/{MODEL.id}/{name:x<12}",
            region="us-east-1",
            name=name,
            model_name=f"{name}-model",
            base_model_id=MODEL.id,
            request=JobRequest(
                role_arn=ROLE,
                base_model_identifier=MODEL.id,
                training_data_config=S3Data(s3_uri=f"s3://{BUCKET}/training.jsonl"),
                output_data_config=S3Data(s3_uri=f"s3://{BUCKET}/output/"),
            ),
            hyperparameters={"epochCount": str(epochs), "batchSize": "1"},
        )
        self.store.add(job)
        return job

    def look(self, job: Job, until: Callable[[Job], Any]) -> Job:
        """The job once something holds for it, looked after until then."""

        def seen() -> Job:
            asyncio.run(self.queue.look_after())
            found = self.store.get(Job, job.arn)
            assert found
            assert found.status != "Failed", found.failure_message
            return found

        return wait_until(seen, until, interval=0.05, timeout=120)

    def problem_of(self, job: Job) -> str:
        """What the server's health says of a job, once it says something."""
        problems = self.control.health.problems
        self.look(job, lambda _: problems)
        return problems[f"job {job.name}"]

    def close(self) -> None:
        self.queue.end_workers()
        self.objects.stop()
        self.store.close()
        self.control.iam.close()


def allow_all(iam: IamStore) -> None:
    """A role that may do everything with objects."""
    trust = {"AssumeRolePolicyDocument": TRUST}
    policy = {"PolicyName": "all", "PolicyDocument": ALL}
    for operation, given in ((create_role, trust), (put_role_policy, policy)):
        parameters = {"RoleName": "Tuner", **given}
        operation(iam, Call(service="iam", operation="", parameters=parameters, caller=CALLER))


@pytest.fixture
def place(tmp_path, tiny_weights, monkeypatch):
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))
    made = Place(tmp_path, tiny_weights)
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
    assert not (place.data / "jobs" / f"{job.id}.lock").exists()
