"""The seed document's own snippets, as written, with nothing set but an endpoint and credentials."""

from __future__ import annotations

import re
import time
from pathlib import Path
from types import ModuleType

import boto3
import pytest
from whole_server import BUCKET

from burnish.server.credentials import credentials_at

DOCUMENT = Path(__file__).parents[2].parent / "shared" / "seed" / "model-finetuning-service.md"


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


def wait_until_over(service, job_arn: str) -> None:
    """The document looks once a minute; the test would rather not."""
    while not service.get_job_status(job_arn, model_type="nova").status.is_final:
        time.sleep(0.2)


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
        wait_until_over(world["finetuning_service"], world[result].job_arn)
    run("Monitoring Job Status")
    assert world["final_status"].status == "Completed", world["final_status"].failure_message
    assert world["final_status"].model_id
    run("Creating Provisioned Throughput")
    assert world["final_throughput_status"].status == "InService"
    run("Cleanup Resources")


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
