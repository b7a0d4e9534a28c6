"""The seed document's own snippets, as written, and upstream's scripts: only endpoint and key are set."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path
from types import ModuleType

import boto3
import pytest
import upstream_scripts
from whole_server import BUCKET, page_png, write_data_set

from burnish.aws.objects import S3Uri, read_bytes
from burnish.server.credentials import credentials_at

DOCUMENT = Path(__file__).parents[2].parent / "shared" / "seed" / "model-finetuning-service.md"


@pytest.fixture(scope="module")
def data_set(server) -> dict[str, str]:
    """As many records that a split leaves those that Nova needs."""
    return write_data_set(server.clients().s3, training=12)


@pytest.fixture
def environment(server, monkeypatch):
    key = credentials_at(server.data)
    settings = {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def snippets(heading: str) -> str:
    """The first Python block below a heading of the document."""
    if not DOCUMENT.exists():
        pytest.skip(f"the seed document is not beside this checkout: {DOCUMENT}")
    section = DOCUMENT.read_text().partition(f"# {heading}\n")[2]
    return re.search(r"```python\n(.*?)```", section, re.DOTALL).group(1)


def wait_until_completed(service, job_arn: str) -> None:
    """The document looks once a minute; the test would rather not."""
    while not (job := service.get_job_status(job_arn, model_type="nova")).status.is_final:
        time.sleep(0.2)
    assert job.status == "Completed", job.failure_message


@pytest.mark.filterwarnings("error::DeprecationWarning:snippets")
@pytest.mark.parametrize("path", ["idp_common.model_finetuning", "burnish"])
def test_the_snippets_run_unchanged(path, server, environment, data_set, role):
    assert role.endswith("useast1")
    _bedrock_finetuning_role(server)
    world = ModuleType("snippets").__dict__
    world |= {"boto3": boto3, "model_name": f"served-from-{path.partition('.')[0]}".replace("_", "-")}
    run = lambda heading: exec(_unlike_before(snippets(heading), path), world)  # noqa: E731, S102
    run("Initializing the Service")
    run("Creating a Fine-tuning Job with Separate Validation Data")
    run("Creating a Fine-tuning Job with Automatic Data Splitting")
    for result in ("job_result", "job_result_auto_split"):
        wait_until_completed(world["finetuning_service"], world[result].job_arn)
    run("Monitoring Job Status")
    assert world["final_status"].model_id
    run("Creating Provisioned Throughput")
    assert world["final_throughput_status"].status == "InService"
    run("Cleanup Resources")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_upstreams_scripts_complete(server, environment, data_set, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    s3, uri = server.clients().s3, S3Uri.parse(data_set["training"])
    before = read_bytes(s3, uri)
    job, throughput = tmp_path / "job.json", tmp_path / "throughput.json"
    role = upstream_scripts.create_role()
    arn = upstream_scripts.create_job(str(uri), role, job, job_name="my-job")
    assert read_bytes(s3, uri) == before
    assert f"{uri} stays as it is" in caplog.text
    done = upstream_scripts.job_status(arn)
    assert (done.status.value, done.failure_reason) == ("Completed", None)
    assert done.training_data_uri != str(uri)
    assert done.output_uri == f"s3://{BUCKET}/output/"
    served = upstream_scripts.create_throughput(job, "my-provisioned-model", throughput)
    assert upstream_scripts.throughput_status(served.provisioned_model_arn).status == "InService"
    assert upstream_scripts.list_throughputs() == ["my-provisioned-model"]
    assert upstream_scripts.classify(served.provisioned_model_arn, page_png("invoice"))
    assert upstream_scripts.delete_throughput(served.provisioned_model_arn) == {}


def _unlike_before(code: str, path: str) -> str:
    """The snippet from the import path under test; names stay taken, so a second run needs others."""
    code = code.replace("from idp_common.model_finetuning import", f"from {path} import")
    suffix = "" if path != "burnish" else "-again"
    return re.sub(r'(job_name|model_name)="([a-z-]+)"', rf'\1="\2{suffix}"', code)


def _bedrock_finetuning_role(server) -> None:
    """The role that the document's ARNs name, as its own reader would have made it."""
    from burnish.aws.role_policies import JobScope, RoleNeeds
    from burnish.aws.roles import create_or_update_model_customization_role

    clients = server.clients()
    create_or_update_model_customization_role(
        clients.iam,
        role_name="BedrockFinetuningRole",
        needs=RoleNeeds(buckets=(BUCKET,)),
        scope=JobScope(account_id="123456789012", region="us-east-1"),
    )
