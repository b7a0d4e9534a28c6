"""Create, wait, deploy, delete, with faults at random places between client and server.

Never two resources for one request, never one that nobody knows of, never a bare stack trace. The suite makes
a few runs; BURNISH_FAULT_RUNS=500 makes as many as `benchmarks/README.md` reports.
"""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from faulty_proxy import FaultyProxy
from whole_server import BUCKET, base_model_id, record_line

from burnish import DeploymentType, FinetuningJobConfig, ModelFinetuningService
from burnish.aws import retries
from burnish.aws.clients import AccessKey, open_clients
from burnish.aws.objects import S3Uri, ensure_bucket, upload_bytes
from burnish.errors import BurnishError, NotFound, WaitTimeout
from burnish.server.credentials import credentials_at

RUNS = int(os.environ.get("BURNISH_FAULT_RUNS", "16"))
SHARE = 0.25
AT_ONCE = 4


@dataclass
class Run:
    """One life of a model through the proxy, and what its owner was told."""

    name: str
    outcome: str = ""
    errors: list[BaseException] = field(default_factory=list)


@pytest.fixture(scope="module")
def server(quick_server):
    return quick_server


@pytest.fixture(scope="module")
def proxy(server):
    proxy = FaultyProxy(server.url, share=SHARE, seed=0)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def prepared(server) -> dict[str, str]:
    """A role and a data set, made without faults."""
    s3 = server.clients().s3
    ensure_bucket(s3, BUCKET, region="us-east-1")
    upload_bytes(s3, S3Uri(BUCKET, "training.jsonl"), record_line(s3, "page", 0) * 8)
    role = server.service().create_or_update_model_customization_role(buckets=[BUCKET])
    return {"role_arn": role, "base_model": base_model_id(server)}


def service_behind(proxy, server) -> ModelFinetuningService:
    key = credentials_at(server.data)
    credentials = AccessKey(access_key_id=key.access_key, secret_access_key=key.secret_key)
    return ModelFinetuningService(
        clients=open_clients(region="us-east-1", endpoint_url=proxy.url, credentials=credentials)
    )


def live(run: Run, service: ModelFinetuningService, prepared: dict[str, str], proxy: FaultyProxy) -> None:
    """One life, from creation to deletion."""
    if "slow-role" in run.name:
        proxy.roles_not_ready[run.name] = 2
    config = FinetuningJobConfig(
        **prepared,
        job_name=run.name,
        model_name=run.name,
        training_data_uri=f"s3://{BUCKET}/training.jsonl",
        output_uri=f"s3://{BUCKET}/output/",
        model_type="open_weights",
    )
    job = service.create_finetuning_job(config)
    try:
        job = service.wait_for_job_completion(
            job.job_arn,
            "open_weights",
            polling_interval=0.1,
            max_wait_time=300,
            begin_within=3 if run.name.startswith("stuck") else 240,
        )
    except WaitTimeout:
        service.stop_job(job.job_arn)
        run.outcome = "stopped"
        return
    kind = DeploymentType.PROVISIONED if run.name.endswith("0") else None
    deployed = service.deploy_custom_model(job.model_id, run.name, deployment_type=kind, polling_interval=0.1)
    service.undeploy_custom_model(deployed.model_id)
    service.delete_custom_model(job.model_id)
    run.outcome = "done"


def attempt(name: str, server, proxy, prepared) -> Run:
    run = Run(name)
    try:
        live(run, service_behind(proxy, server), prepared, proxy)
    except BaseException as error:  # noqa: BLE001  # whatever comes out is what is looked at
        run.errors.append(error)
    return run


@pytest.fixture(scope="module")
def runs(server, proxy, prepared) -> list[Run]:
    usual = retries.DEFAULT_BACKOFF
    retries.DEFAULT_BACKOFF = retries.Backoff(first=0.02, longest=0.2)
    kinds = ("plain", "plain", "plain", "slow-role")
    names = [f"{kinds[number % 4]}-{number}" for number in range(RUNS - 1)] + ["stuck-1"]
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda name: attempt(name, server, proxy, prepared), names))
    finally:
        retries.DEFAULT_BACKOFF = usual


def test_faults_of_every_kind_were_met(runs, proxy):
    assert runs
    assert set(proxy.faults) >= {"none", "throttled", "failed after", "dropped before", "dropped after"}
    print(dict(proxy.faults), Counter(run.outcome or str(run.errors[0]) for run in runs))  # noqa: T201


def test_whatever_goes_wrong_is_said_in_our_own_words(runs):
    foreign = [run for run in runs if any(not isinstance(error, BurnishError) for error in run.errors)]
    assert [(run.name, run.errors) for run in foreign] == []


def test_nearly_every_run_comes_to_its_end(runs):
    failed = [(run.name, str(run.errors[0])) for run in runs if not run.outcome]
    assert len(failed) <= max(1, len(runs) // 50), failed


def test_a_job_that_never_begins_is_given_up_and_stopped(runs, server):
    stuck = next(run for run in runs if run.name == "stuck-1")
    assert stuck.outcome == "stopped", stuck.errors
    job = server.clients().bedrock.get_model_customization_job(jobIdentifier="stuck-1")
    assert job["status"] in ("Stopping", "Stopped")


def test_there_are_never_two_jobs_for_one_request(runs, server):
    names = Counter(job.job_name for job in server.service().list_jobs())
    assert set(names.values()) == {1}
    assert {run.name for run in runs if run.outcome} <= set(names)


def test_nothing_is_left_that_its_owner_was_not_told_of(runs, server):
    service = server.service()
    left = {
        *(item.deployment_name for item in service.list_custom_model_deployments()),
        *(item.provisioned_model_name for item in service.list_provisioned_throughputs()),
        *(model.model_name for model in service.list_custom_models()),
    }
    told = {run.name for run in runs if run.errors}
    assert left <= told
    for run in runs:
        if run.outcome == "done":
            with pytest.raises(NotFound):
                service.get_custom_model(run.name)
