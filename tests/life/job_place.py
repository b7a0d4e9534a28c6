"""Jobs that really train, in one process with their server's queue, beside a real S3 server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import psutil
from whole_server import BUCKET, record_line

from burnish.aws.clients import AccessKey as Key
from burnish.aws.clients import open_clients
from burnish.aws.objects import S3Uri, ensure_bucket, upload_bytes
from burnish.engine.catalogue import Catalogue, open_model
from burnish.server.bedrock.control import Control
from burnish.server.credentials import load_or_create_credentials
from burnish.server.iam.entity_policies import put_policy
from burnish.server.iam.roles import create_role, role_in
from burnish.server.iam.store import IamStore
from burnish.server.job_folder.paths import job_folder
from burnish.server.job_input import JobRequest, S3Data
from burnish.server.resources import CustomModel, Job
from burnish.server.s3.object_store import start_object_store
from burnish.server.store import Store
from burnish.server.training.job_lock import running_holder
from burnish.server.training.job_queue import JobQueue
from burnish.server.training.process_launcher import ProcessLauncher
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


class JobPlace:
    """The jobs of a data folder with an S3 server that a test stops and starts."""

    def __init__(self, data, weights, *, is_restored: bool = False) -> None:
        self.data = data
        self.weights = weights
        self.credentials = load_or_create_credentials(data)
        self.start_objects()
        iam = IamStore(data)
        if not is_restored:
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
        self.queue = JobQueue(self.control, ProcessLauncher())
        if not is_restored:
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

    def ended(self, job: Job) -> Job:
        """The job once it is over."""
        return self.look(job, lambda job: job.status not in ("InProgress", "Stopping"))

    def worker_of(self, job: Job) -> psutil.Process | None:
        """The process that trains a job, where one does."""
        return running_holder(job_folder(self.data, job.id).lock)

    def model_of(self, job: Job) -> dict[str, bytes]:
        """The files of the model that a job has made, by their names."""
        model = self.store.get(CustomModel, job.model_arn or "")
        assert model
        folder = model.adapter_in(self.data)
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }

    def vanish(self) -> None:
        """End as a server that is killed; the kernel ends its workers."""
        for worker in filter(None, map(self.worker_of, self.store.every(Job))):
            worker.kill()
        self.store.close()
        self.control.iam.close()

    def open(self) -> None:
        """Begin again as a server that starts on the same data folder."""
        self.control = replace(self.control, store=Store(self.data), iam=IamStore(self.data))
        self.store = self.control.store
        self.queue = JobQueue(self.control, ProcessLauncher())

    def close(self) -> None:
        self.queue.end_workers()
        self.objects.stop()
        self.store.close()
        self.control.iam.close()


def allow_all(iam: IamStore) -> None:
    """A role that may do everything with objects."""
    trust = {"AssumeRolePolicyDocument": TRUST}
    policy = {"PolicyName": "all", "PolicyDocument": ALL}
    for operation, given in ((create_role, trust), (partial(put_policy, role_in), policy)):
        parameters = {"RoleName": "Tuner", **given}
        operation(iam, Call(service="iam", operation="", parameters=parameters, caller=CALLER))
