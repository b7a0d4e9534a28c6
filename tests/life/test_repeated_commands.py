"""A command that died, or whose answer was lost, is run again: it goes on, and nothing is paid twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from faulty_proxy import FaultyProxy
from whole_server import BUCKET, base_model_id, record_line

from burnish import CustomModelDeploymentConfig, FinetuningJobConfig, ProvisionedThroughputConfig
from burnish.aws import deployments, jobs, retries, throughputs
from burnish.aws.clients import AccessKey, open_clients
from burnish.aws.objects import S3Uri, ensure_bucket, upload_bytes
from burnish.errors import Conflict, ServiceUnavailable
from burnish.server.credentials import credentials_at
from burnish.types import JobStatus


class AnswerLoser(FaultyProxy):
    """Passes the first request on, and loses its answer."""

    def draw(self) -> str | None:
        self.faults["any"] += 1
        return "dropped after" if self.faults["any"] == 1 else None


@pytest.fixture(scope="module")
def server(quick_server):
    return quick_server


@pytest.fixture(scope="module")
def config(server) -> FinetuningJobConfig:
    s3 = server.clients().s3
    ensure_bucket(s3, BUCKET, region="us-east-1")
    upload_bytes(s3, S3Uri(BUCKET, "training.jsonl"), record_line(s3, "page", 0) * 8)
    return FinetuningJobConfig(
        base_model=base_model_id(server),
        role_arn=server.service().create_or_update_model_customization_role(buckets=[BUCKET]),
        job_name="papers",
        model_name="papers",
        training_data_uri=f"s3://{BUCKET}/training.jsonl",
        output_uri=f"s3://{BUCKET}/output/",
        model_type="open_weights",
    )


@pytest.fixture(scope="module")
def made(server, config):
    """A job that has completed."""
    service = server.service()
    started = service.create_finetuning_job(config)
    return service.wait_for_job_completion(started.job_arn, "open_weights", polling_interval=0.1)


@pytest.fixture
def impatient(server, monkeypatch):
    """Clients that ask once, by a way on which the first answer is lost."""
    monkeypatch.setattr(retries, "DEFAULT_BACKOFF", retries.Backoff(attempts=1))
    proxy = AnswerLoser(server.url, share=0, seed=0)
    key = credentials_at(server.data)
    credentials = AccessKey(access_key_id=key.access_key, secret_access_key=key.secret_key)
    yield open_clients(region="us-east-1", endpoint_url=proxy.url, credentials=credentials)
    proxy.close()


def jobs_named(server, name: str) -> list[str]:
    return [job.job_arn for job in server.service().list_jobs(name_contains=name)]


def test_a_job_that_is_created_again_is_the_same_job(server, config, made, caplog):
    again = server.service().create_finetuning_job(config)
    assert (again.job_arn, again.status, again.model_id) == (made.job_arn, "Completed", made.model_id)
    assert jobs_named(server, "papers") == [made.job_arn]
    assert f"`deploy_custom_model({made.model_id!r}, name)`" in caplog.text


def test_a_job_with_other_inputs_says_what_differs(server, config, made):
    with pytest.raises(Conflict, match=r"epochCount is '.*', and not '7' as requested.*'papers-2' is free"):
        server.service().create_finetuning_job(replace(config, hyperparameters={"epochCount": "7"}))


def test_a_split_that_is_made_again_is_the_same_job_too(server, config):
    upload_bytes(
        server.clients().s3,
        S3Uri(BUCKET, "to-split.jsonl"),
        b"".join(record_line(server.clients().s3, f"split-{number}", number) for number in range(8)),
    )
    split = replace(
        config,
        job_name="split",
        model_name="split",
        training_data_uri=f"s3://{BUCKET}/to-split.jsonl",
        validation_split=0.25,
    )
    first, second = (server.service().create_finetuning_job(split) for _ in range(2))
    assert first.job_arn == second.job_arn


@pytest.mark.attack(
    "Connections", "the answer to a creation is lost and the command run again", "one job, paid once"
)
def test_a_job_whose_answer_was_lost_is_found_by_the_next_try(server, config, impatient):
    lost = replace(config, job_name="lost", model_name="lost")
    with pytest.raises(ServiceUnavailable, match="It was created nevertheless: the fine-tuning job 'lost'"):
        jobs.create_job(impatient, lost)
    again = jobs.create_job(impatient, lost)
    assert jobs_named(server, "lost") == [again.job_arn]


def test_a_deployment_whose_answer_was_lost_is_found_by_the_next_try(server, made, impatient, caplog):
    wanted = CustomModelDeploymentConfig(model_id=made.model_id, deployment_name="papers")
    with pytest.raises(ServiceUnavailable, match="It was created nevertheless"):
        deployments.create_deployment(impatient.bedrock, wanted)
    again = deployments.create_deployment(impatient.bedrock, wanted)
    assert [one.deployment_arn for one in server.service().list_custom_model_deployments()] == [
        again.deployment_arn
    ]
    assert "and is reused" in caplog.text
    another = "1" if made.model_id.endswith("0") else "0"
    other = replace(wanted, model_id=made.model_id[:-1] + another)
    with pytest.raises(Conflict, match="has this name but differs: the model is"):
        deployments.create_deployment(impatient.bedrock, other)


def test_a_throughput_is_never_billed_twice(server, made, impatient):
    wanted = ProvisionedThroughputConfig(model_id=made.model_id, provisioned_model_name="papers")
    with pytest.raises(ServiceUnavailable, match="It was created nevertheless"):
        throughputs.create_throughput(impatient.bedrock, wanted)
    again = throughputs.create_throughput(impatient.bedrock, wanted)
    assert [one.provisioned_model_arn for one in server.service().list_provisioned_throughputs()] == [
        again.provisioned_model_arn
    ]
    with pytest.raises(Conflict, match=r"model units is 1, and not 2 as requested.*delete it first"):
        throughputs.create_throughput(impatient.bedrock, replace(wanted, model_units=2))


def heed_interrupts() -> None:
    """Where this runs in a shell's background, interrupts are ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_killed_command_that_waits_is_run_again_and_goes_on(server, config, tmp_path):
    key = credentials_at(server.data)
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key,
        "AWS_REGION": "us-east-1",
    }
    create = (config.training_data_uri, "--model", config.base_model, "--name", "stuck-papers")
    words = [sys.executable, "-m", "burnish.cli", "job", "create", *create, "--role", config.role_arn]

    def again(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*words, *more], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )

    with subprocess.Popen(
        [*words, "--wait"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
        preexec_fn=heed_interrupts,
    ) as waiting:
        for line in waiting.stderr:
            if "waiting" in line:
                break
        waiting.send_signal(signal.SIGINT)
        _, said = waiting.communicate(timeout=60)
    assert waiting.returncode == -signal.SIGINT
    assert "Still running: `burnish job wait stuck-papers` follows it" in said

    (arn,) = jobs_named(server, "stuck-papers")
    repeated = again("--json")
    assert json.loads(repeated.stdout)["job_arn"] == arn
    assert "and is reused. `burnish job wait stuck-papers` follows it." in repeated.stderr
    server.service().stop_job(arn)
    server.service().wait_for_job_completion(arn, "open_weights", polling_interval=0.1)
    refused = again()
    assert refused.returncode == 1
    assert f"{JobStatus.STOPPED}, cannot be resumed" in refused.stderr
    assert "'stuck-papers-2' is free" in refused.stderr
    assert jobs_named(server, "stuck-papers") == [arn]
