"""Launchers, and attempts that they have started."""

from __future__ import annotations

import json
import uuid

import pytest
from job_requests import JOB
from launched_attempts import PATH, Launchers, prepare, ray_launchers

from burnish.server.capacity import Share
from burnish.server.cluster import ray_attempt
from burnish.server.job_folder.paths import JobFolder
from burnish.server.training import process_launcher
from burnish.server.training.launcher import LaunchedAttempt
from burnish.server.training.process_launcher import ProcessLauncher

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "bedrock.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}
ONE_THREAD = Share(threads=1)


@pytest.fixture
def folder(tmp_path) -> JobFolder:
    # A name of its own: to a cluster that several tests share, the name of a job and its attempts are one.
    return JobFolder(tmp_path / "jobs" / f"job{uuid.uuid4().hex[:9]}")


@pytest.fixture
def processes(monkeypatch) -> Launchers:
    """Launchers of processes on this machine."""
    monkeypatch.setenv("PYTHONPATH", PATH)
    monkeypatch.setattr(process_launcher, "WORKER", "scripted_worker")
    return Launchers(new=ProcessLauncher)


@pytest.fixture
def cluster(served, ray_cluster, monkeypatch) -> Launchers:
    """Launchers of a real cluster."""
    monkeypatch.setattr(ray_attempt, "EVERY_SECONDS", 0.2)
    iam = served.client("iam")
    arn = JOB.request.role_arn
    if served.iam.role_by_arn(arn) is None:
        iam.create_role(RoleName=arn.rpartition("/")[2], AssumeRolePolicyDocument=json.dumps(TRUST))
    return ray_launchers(served, ray_cluster)


@pytest.fixture
def launchers(processes) -> Launchers:
    """The launchers that a test is about; those of processes, where it does not say."""
    return processes


@pytest.fixture
def start(launchers, folder):
    """A way to start an attempt that does as its script says."""
    started: list[LaunchedAttempt] = []

    def begin(*, attempt: int = 1, share: Share = ONE_THREAD, **script: object) -> LaunchedAttempt:
        prepare(folder, attempt, **script)
        log = folder.path / "logs" / "job.log"
        launched = launchers.new().start(folder, attempt=attempt, share=share, log=log)
        started.append(launched)
        return launched

    yield begin
    for launched in started:
        launched.stop()
