"""A data folder under a whole server: closed to others, moved, backed up, and on a disk that fills up."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import stat
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from another_user import as_another_user, let_others_reach
from botocore.exceptions import ClientError
from whole_server import BUCKET, PROMPT, RunningServer, base_model_id, page_png

from burnish.aws.objects import S3Uri, ensure_bucket, upload_bytes
from burnish.server.disk_space import FULL
from burnish.waiting import wait_until

SCHEMA = {"jsonSchema": {"schema": PROMPT.json_schema, "name": "document_type"}}
#: What is written anew at each start, or for people.
PASSING = ("logs", "lock", "server.json", "cache", "mini.options", "snapshot")


@pytest.fixture(scope="module")
def server(quick_server) -> RunningServer:
    return quick_server


@pytest.fixture(scope="module")
def model(server, job_with_a_model) -> str:
    """The ARN of a custom model."""
    return job_with_a_model.model_id


@pytest.fixture(scope="module")
def job_with_a_model(server, data_set, role):
    from burnish import FinetuningJobConfig

    config = FinetuningJobConfig(
        base_model=base_model_id(server),
        training_data_uri=data_set["training"],
        output_uri=f"s3://{BUCKET}/output/",
        role_arn=role,
        job_name="papers",
        model_name="papers-model",
        hyperparameters={"epochCount": "1"},
        model_type="open_weights",
    )
    job = server.service().create_finetuning_job(config)
    return server.service().wait_for_job_completion(
        job.job_arn, "open_weights", polling_interval=0.1, max_wait_time=300
    )


def ask(server: RunningServer, model_arn: str) -> dict[str, float]:
    """What a model answers, once it is deployed."""
    deployed = server.service().deploy_custom_model(model_arn, "asked", polling_interval=0.1)
    answer = server.clients().bedrock_runtime.converse(
        modelId=deployed.model_id,
        messages=[{"role": "user", "content": [{"text": PROMPT.task}]}],
        outputConfig={"textFormat": {"type": "json_schema", "structure": SCHEMA}},
    )
    server.service().undeploy_custom_model(deployed.model_id)
    return answer["additionalModelResponseFields"]["labelProbabilities"]


ATTEMPTS: tuple[Callable[[Path], object], ...] = (
    os.listdir,
    Path.read_bytes,
    lambda path: path.open("ab").close(),
    lambda path: (path / "theirs").touch(),
    lambda path: path.chmod(0o777),
    lambda path: path.rename(path.with_name("theirs")),
    Path.rmdir,
    Path.unlink,
)


def succeeds(attempt: Callable[[Path], object], path: Path) -> bool:
    try:
        attempt(path)
    except OSError:
        return False
    return True


@pytest.mark.attack(
    "Files on disk",
    "another user of the machine reads, writes, renames and deletes everything that a running server keeps",
    "nothing of it succeeds; the server goes on",
)
def test_another_user_can_do_nothing_to_the_files_of_a_running_server(server, model, tmp_path):
    let_others_reach(server.data.parent)
    let_others_reach(tmp_path)
    tmp_path.chmod(0o777)
    (tmp_path / "for-all").touch()
    kept = [server.data, *server.data.rglob("*")]
    assert {"state.sqlite3", "adapter_model.safetensors", "objects.log"} <= {path.name for path in kept}

    def succeeding() -> str:
        tried = itertools.product(ATTEMPTS, [*kept, tmp_path / "for-all"])
        return " ".join(path.name for attempt, path in tried if succeeds(attempt, path))

    assert as_another_user(succeeding) == "for-all for-all"  # it is read and renamed
    assert server.service().get_custom_model(model).model_name == "papers-model"


def test_no_file_that_is_kept_names_the_place_of_the_folder(server, model):
    place = str(server.data).encode()
    naming = [
        path.relative_to(server.data)
        for path in server.data.rglob("*")
        if path.is_file() and place in path.read_bytes()
    ]
    assert [path for path in naming if not set(PASSING) & set(path.parts)] == []


@pytest.mark.attack(
    "Files on disk",
    "another user looks for a file of a working server that is open to him",
    "folders are 0700 and files 0600: jobs, objects, logs, keys",
)
def test_every_file_of_a_working_server_is_its_owners(server, model):
    paths = [server.data, *server.data.rglob("*")]
    open_to_others = [path for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    # SeaweedFS sets the permissions of one kind of file itself, which says how many copies a volume has.
    assert [path for path in open_to_others if path.suffix != ".vif"] == []
    assert any("objects" in path.parts for path in paths)


def test_a_backup_served_elsewhere_has_everything(server, model, burnish, tiny_weights, tmp_path):
    s3 = server.clients().s3
    page = page_png("an invoice")
    upload_bytes(s3, S3Uri(BUCKET, "pages/kept.png"), page)
    before = ask(server, model)
    ended = burnish("backup", tmp_path / "backup", "--data", server.data)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"{tmp_path / 'backup'}: ")
    assert "Requests to S3 waited for" in ended.stdout
    (tmp_path / "backup").rename(tmp_path / "moved")
    restored = RunningServer(tmp_path / "moved", tiny_weights)
    try:
        there = restored.clients()
        assert there.s3.get_object(Bucket=BUCKET, Key="pages/kept.png")["Body"].read() == page
        assert [job.job_name for job in restored.service().list_jobs()] == ["papers"]
        assert ask(restored, model) == pytest.approx(before, abs=1e-3)
        keys = [
            json.loads((data / "credentials.json").read_text()) for data in (server.data, tmp_path / "moved")
        ]
        assert keys[0] == keys[1]
        assert there.iam.list_roles()["Roles"]
    finally:
        restored.stop()


def test_models_whose_base_is_not_served_say_what_to_start_with(
    server, model, burnish, tiny_weights, tmp_path
):
    assert burnish("backup", tmp_path / "data", "--data", server.data).returncode == 0
    other = tmp_path / "other-llama"
    shutil.copytree(tiny_weights, other)
    restored = RunningServer(tmp_path / "data", other)
    try:
        with pytest.raises(Exception, match=r"needs the weights local\.tiny-llama-v1:0.*--model"):
            ask(restored, model)
        assert restored.service().get_custom_model(model).model_name == "papers-model"
    finally:
        restored.stop()


def codes(error: ClientError) -> tuple[str, int]:
    return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


def first_refusal(iam, trust: str) -> ClientError:
    """What creating roles ends with: what is free within the database's own files is used up first."""
    for number in range(2000):
        try:
            iam.create_role(RoleName=f"while-{number}", AssumeRolePolicyDocument=trust)
        except ClientError as error:
            return error
    raise AssertionError("the disk was never full")


def status_of(url: str) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:  # noqa: S310  our own server
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.attack(
    "Files on disk",
    "the disk is filled up under a working server",
    "what must be written is refused with the declared error; reading goes on, the server can stop, and "
    "freed space ends it",
)
def test_a_full_disk_refuses_what_must_be_written_and_nothing_else(tiny_disk, tiny_weights, capfd):
    server = RunningServer(
        tiny_disk.path / "data", tiny_weights, environment={"BURNISH_CACHE": "/nonexistent"}
    )
    clients = server.clients()
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "bedrock.amazonaws.com"},
                "Action": "sts:AssumeRole",
            },
        }
    )
    ensure_bucket(clients.s3, BUCKET, region="us-east-1")
    upload_bytes(clients.s3, S3Uri(BUCKET, "page"), b"a page")
    clients.iam.create_role(RoleName="before", AssumeRolePolicyDocument=trust)
    tiny_disk.fill()
    refusal = first_refusal(clients.iam, trust)
    assert codes(refusal) == ("ServiceFailure", 500)
    assert "disk of this server's data folder is full: free some space" in str(refusal)
    with pytest.raises(ClientError) as refused:
        clients.bedrock.create_model_customization_job(
            jobName="job",
            customModelName="model",
            roleArn="arn:aws:iam::123456789012:role/before",
            baseModelIdentifier=base_model_id(server),
            trainingDataConfig={"s3Uri": f"s3://{BUCKET}/page"},
            outputDataConfig={"s3Uri": f"s3://{BUCKET}/output"},
        )
    assert codes(refused.value) == ("InternalServerException", 500)
    with pytest.raises(ClientError) as refused:
        clients.s3.put_object(Bucket=BUCKET, Key="another", Body=b"a page")
    assert codes(refused.value) == ("InsufficientStorage", 507)
    assert clients.iam.list_roles()["Roles"][0]["RoleName"] == "before"
    degraded = wait_until(
        lambda: status_of(server.url), lambda found: found[0] == 503, interval=0.1, timeout=60
    )
    assert degraded[1] == {"status": "degraded", "problems": {"disk": FULL}}
    assert clients.bedrock.list_model_customization_jobs()["modelCustomizationJobSummaries"] == []
    assert clients.s3.get_object(Bucket=BUCKET, Key="page")["Body"].read() == b"a page"
    tiny_disk.free()
    clients.iam.create_role(RoleName="afterwards", AssumeRolePolicyDocument=trust)
    upload_bytes(clients.s3, S3Uri(BUCKET, "another"), b"a page")
    tiny_disk.fill()
    server.stop()
    assert server.process.returncode in (0, -15)
    said = capfd.readouterr().err
    assert "shutdown failed" not in said
    assert "Traceback" not in said
    assert not (server.data / "server.json").exists()
