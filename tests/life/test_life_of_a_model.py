"""From a role to a deleted model, over real HTTP, through the seed's service and an unmodified boto3."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from PIL import Image
from whole_server import BUCKET, PROMPT, base_model_id, page_png, record_line

from burnish import JobStatus, ProvisionedThroughputConfig
from burnish.aws.objects import S3Uri, read_bytes, upload_bytes
from burnish.errors import Conflict, InvalidConfig, InvalidInput, MissingWeights, NotFound, Rejected
from burnish.model_downloads import download_model
from burnish.tuned_models.model_card import ModelFormat

SCHEMA = {"jsonSchema": {"schema": PROMPT.json_schema, "name": "document_type"}}
CHOICE = {"textFormat": {"type": "json_schema", "structure": SCHEMA}}


def ask(runtime, model_id: str, *, kind: str = "png", body: bytes | None = None, **options):
    content = [
        {"text": PROMPT.task},
        {"image": {"format": kind, "source": {"bytes": body or page_png("invoice 7")}}},
    ]
    return runtime.converse(
        modelId=model_id,
        system=[{"text": PROMPT.system}],
        messages=[{"role": "user", "content": content}],
        inferenceConfig={"maxTokens": 8, "temperature": 0},
        **options,
    )


def finished(service, config):
    job = service.create_finetuning_job(config)
    return service.wait_for_job_completion(
        job.job_arn, model_type="open_weights", polling_interval=0.2, max_wait_time=120
    )


@pytest.fixture(scope="module")
def tuned(server, data_set, role):
    """A completed job."""
    from burnish import FinetuningJobConfig

    config = FinetuningJobConfig(
        base_model=base_model_id(server),
        training_data_uri=data_set["training"],
        validation_data_uri=data_set["validation"],
        output_uri=f"s3://{BUCKET}/output/",
        role_arn=role,
        job_name="first-job",
        model_name="first-model",
        hyperparameters={"epochCount": "2", "batchSize": "4"},
        model_type="open_weights",
        model_tags={"team": "papers"},
    )
    return finished(server.service(), config)


@pytest.fixture(scope="module")
def throughput(server, tuned):
    service = server.service()
    config = ProvisionedThroughputConfig(
        model_id=tuned.model_id, provisioned_model_name="first-throughput", model_type="open_weights"
    )
    created = service.create_provisioned_throughput(config)
    return service.wait_for_provisioning_completion(
        created.provisioned_model_arn, "open_weights", polling_interval=0.2, max_wait_time=120
    )


def test_a_job_completes_and_says_what_it_reached(tuned):
    assert tuned.status is JobStatus.COMPLETED, tuned.failure_message
    assert tuned.model_id
    assert ":custom-model/" in tuned.model_id
    assert set(tuned.status_details.values()) == {"Completed"}
    assert tuned.training_loss is not None
    assert tuned.validation_loss is not None


def test_a_job_leaves_its_metrics_where_bedrock_writes_them(server, tuned):
    service = server.service()
    assert len(service.get_training_metrics(tuned.job_arn)) == 4
    assert len(service.get_validation_metrics(tuned.job_arn)) == 2
    keys = server.clients().s3.list_objects_v2(Bucket=BUCKET, Prefix="output/")["Contents"]
    folder = f"output/model-customization-job-{tuned.job_arn.rpartition('/')[2]}"
    assert f"{folder}/training_artifacts/step_wise_training_metrics.csv" in {key["Key"] for key in keys}


def test_a_job_tells_what_its_models_confidence_is_worth_on_pages_it_was_not_trained_on(
    server, tuned, data_set
):
    found = server.service().get_held_out_confidence(tuned.job_arn)
    assert "validation pages" in found.made
    everything = found.risk_coverage[-1]
    assert (everything.coverage, everything.accepted) == (1.0, found.pages)
    assert everything.wrong == found.pages - found.correct


def test_a_models_details_and_tags_come_from_its_job(server, tuned):
    bedrock = server.clients().bedrock
    model = bedrock.get_custom_model(modelIdentifier=tuned.model_id)
    assert model["jobArn"] == tuned.job_arn
    assert model["hyperParameters"] == {"epochCount": "2", "batchSize": "4"}
    assert bedrock.list_tags_for_resource(resourceARN=tuned.model_id)["tags"] == [
        {"key": "team", "value": "papers"}
    ]


def test_base_and_tuned_model_decide_with_a_probability_for_every_label(server, throughput):
    runtime = server.clients().bedrock_runtime
    for model_id in (base_model_id(server), throughput.provisioned_model_arn):
        answer = ask(runtime, model_id, outputConfig=CHOICE)
        probabilities = answer["additionalModelResponseFields"]["labelProbabilities"]
        assert sum(probabilities.values()) == pytest.approx(1)
        text = answer["output"]["message"]["content"][0]["text"]
        assert json.loads(text)["type"] == max(probabilities, key=probabilities.get)


def test_base_and_tuned_model_are_sure_of_different_things(server, throughput):
    runtime = server.clients().bedrock_runtime
    answers = [
        ask(runtime, model_id, outputConfig=CHOICE)["additionalModelResponseFields"]["labelProbabilities"]
        for model_id in (base_model_id(server), throughput.provisioned_model_arn)
    ]
    assert answers[0] != answers[1]


def test_free_text_is_generated_up_to_its_bound(server, throughput):
    answer = ask(server.clients().bedrock_runtime, throughput.provisioned_model_arn)
    assert 0 < answer["usage"]["outputTokens"] <= 8


def as_kind(png: bytes, kind: str, **options) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(png)).save(file, kind, **options)
    return file.getvalue()


def ink_on_nothing(png: bytes) -> bytes:
    gray = Image.open(io.BytesIO(png))
    layer = Image.new("RGB", gray.size, "black")
    layer.putalpha(gray.point(lambda value: 255 - value))
    file = io.BytesIO()
    layer.save(file, "PNG")
    return file.getvalue()


def test_a_page_is_the_same_to_a_model_in_every_format(server):
    runtime, page = server.clients().bedrock_runtime, page_png("invoice 7")
    forms = {
        "png": ink_on_nothing(page),
        "gif": as_kind(page, "GIF"),
        "webp": as_kind(page, "WEBP", lossless=True),
    }
    plain = ask(runtime, base_model_id(server))["usage"]["inputTokens"]
    for kind, body in forms.items():
        assert ask(runtime, base_model_id(server), kind=kind, body=body)["usage"]["inputTokens"] == plain, (
            kind
        )


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("jpeg", page_png("x"), r"messages\[0\].content\[1\].image is said to be jpeg, but is png"),
        ("png", as_kind(page_png("x"), "GIF"), "said to be png, but is gif"),
        ("png", as_kind(page_png("x"), "TIFF"), "said to be png, but is no image of a kind that is taken"),
        ("gif", b"no image at all", "said to be gif, but is no image of a kind that is taken"),
        ("png", page_png("x")[:90], "cannot be read: it is damaged or incomplete"),
    ],
)
def test_an_image_that_is_not_what_it_is_said_to_be_is_refused(server, kind, body, reason):
    with pytest.raises(ClientError, match=reason) as caught:
        ask(server.clients().bedrock_runtime, base_model_id(server), kind=kind, body=body)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_model_is_downloaded_with_a_card_and_no_path_of_the_server(server, tuned, burnish, tmp_path):
    done = burnish("model", "download", tuned.model_name, "--out", "tuned")
    assert (done.returncode, done.stdout) == (0, "tuned\n"), done.stderr
    folder = tmp_path / "tuned"
    files = {path.name for path in folder.iterdir()}
    assert files >= {
        "adapter_model.safetensors",
        "tokenizer.json",
        "decision.json",
        "burnish.json",
        "README.md",
    }
    card = (folder / "README.md").read_text()
    assert "records: 8 to train on, 4 to validate" in card
    assert "labels: 2 (invoice 4, letter 4)" in card
    assert "epochCount: 2" in card
    assert str(server.weights.parent) not in "".join(path.read_text() for path in folder.glob("*.[jm]*"))
    again = burnish("model", "download", tuned.model_name, "--out", "tuned")
    assert again.returncode == 1
    assert "tuned is there already" in again.stderr


def test_a_model_whose_files_were_changed_on_the_way_is_refused(server, tuned, tmp_path):
    folder = S3Uri.parse(
        f"s3://{BUCKET}/output/model-customization-job-{tuned.job_arn.rpartition('/')[2]}/model"
    )
    s3 = server.clients().s3
    whole = read_bytes(s3, folder.child("decision.json"))
    upload_bytes(s3, folder.child("decision.json"), whole + b" ")
    with pytest.raises(InvalidInput, match=r"model/decision.json is not what its job has written"):
        download_model(server.clients(), tuned.model_id, tmp_path / "tuned")
    assert not list(tmp_path.iterdir())
    upload_bytes(s3, folder.child("decision.json"), whole)


def test_a_model_is_downloaded_merged_and_passes_the_checks_of_custom_model_import(server, tuned, tmp_path):
    form = ModelFormat.MERGED
    with pytest.raises(MissingWeights, match=r"tiny-llama.*--base"):
        download_model(server.clients(), tuned.model_id, tmp_path / "merged", form=form)
    merged = download_model(
        server.clients(), tuned.model_id, tmp_path / "merged", form=form, base=server.weights
    )
    assert merged.refusals == ()
    assert (merged.folder / "model.safetensors").is_file()
    assert 'AutoModelForCausalLM.from_pretrained("FOLDER")' in (merged.folder / "README.md").read_text()


@pytest.fixture
def imported(burnish, role):
    """A way to import a folder by the command line, and have the ARN to call."""

    def arn_of(folder: Path, name: str) -> str:
        place = f"s3://{BUCKET}/imports/{name}"
        done = burnish("model", "import", str(folder), "--name", name, "--role", role, "--to", place)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return arn_of


def probabilities_of(server, model_id: str):
    answer = ask(server.clients().bedrock_runtime, model_id, outputConfig=CHOICE)
    return answer["additionalModelResponseFields"]["labelProbabilities"]


@pytest.mark.parametrize("form", [ModelFormat.ADAPTER, ModelFormat.MERGED])
def test_a_model_that_comes_back_answers_as_before(server, tuned, throughput, imported, tmp_path, form):
    folder = download_model(
        server.clients(), tuned.model_id, tmp_path / form, form=form, base=server.weights
    ).folder
    arn = imported(folder, f"back-{form}")
    expected = probabilities_of(server, throughput.provisioned_model_arn)
    assert probabilities_of(server, arn) == pytest.approx(expected, abs=0.02)
    service = server.service()
    (model,) = [one for one in service.list_imported_models() if one.model_arn == arn]
    assert model.model_name == f"back-{form}"
    service.delete_imported_model(arn)
    with pytest.raises(ClientError, match="is invalid"):
        ask(server.clients().bedrock_runtime, arn, outputConfig=CHOICE)


def test_a_model_is_downloaded_as_one_file_for_llama_cpp(server, tuned, tmp_path):
    form = ModelFormat.GGUF
    made = download_model(server.clients(), tuned.model_id, tmp_path / "g", form=form, base=server.weights)
    assert {path.name for path in made.folder.iterdir()} == {"first-model.gguf", "README.md"}
    assert (made.folder / "first-model.gguf").read_bytes()[:4] == b"GGUF"
    assert "llama-cli -m first-model.gguf" in (made.folder / "README.md").read_text()


def test_a_folder_without_a_model_fails_its_import_with_the_reason(server, role, burnish, tmp_path):
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    place = f"s3://{BUCKET}/pickled"
    done = burnish("model", "import", "pickled", "--name", "pickled", "--role", role, "--to", place)
    assert done.returncode == 1
    assert "Pickled weights (*.bin, *.pt) are not read: they are programs" in done.stderr
    assert "pickled" not in {model.model_name for model in server.service().list_imported_models()}


def test_a_custom_model_cannot_be_called_itself(server, tuned):
    assert tuned.model_name == "first-model"
    with pytest.raises(ClientError, match="provisioned throughput"):
        ask(server.clients().bedrock_runtime, "first-model", outputConfig=CHOICE)


def test_a_model_that_is_served_cannot_be_deleted(server, tuned, throughput):
    assert throughput.status == "InService"
    with pytest.raises(Conflict, match="first-throughput"):
        server.service().delete_custom_model(tuned.model_id)


def test_a_job_name_stays_taken(server, job_config, tuned):
    assert tuned.job_name == "first-job"
    with pytest.raises(Conflict, match="first-job"):
        server.service().create_finetuning_job(job_config("first-job", model_name="another-model"))


def test_the_same_token_makes_one_job_only(server, data_set, role):
    bedrock = server.clients().bedrock
    request = {
        "jobName": "twice",
        "customModelName": "twice-model",
        "roleArn": role,
        "clientRequestToken": "a-token-of-mine",
        "baseModelIdentifier": base_model_id(server),
        "trainingDataConfig": {"s3Uri": data_set["training"]},
        "outputDataConfig": {"s3Uri": f"s3://{BUCKET}/output/"},
        "hyperParameters": {"epochCount": "1"},
    }
    first = bedrock.create_model_customization_job(**request)["jobArn"]
    assert bedrock.create_model_customization_job(**request)["jobArn"] == first


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"role_arn": "arn:aws:iam::123456789012:role/Nobody"}, "Could not assume provided IAM role"),
        ({"training_data_uri": f"s3://{BUCKET}/nothing.jsonl"}, "Could not validate GetObject"),
        ({"base_model": "local.no-such-model-v1:0"}, "is invalid"),
        ({"output_uri": "s3://another-bucket/output/"}, "Could not validate PutObject"),
    ],
)
def test_what_cannot_work_is_refused_at_once(server, job_config, changes, message):
    import dataclasses

    from burnish.aws import jobs

    config = dataclasses.replace(job_config("refused"), **changes)
    with pytest.raises(Rejected, match=message):
        jobs.create_job(server.clients(), config, clock=_clock_that_ends())
    assert "refused" not in {job.job_name for job in server.service().list_jobs()}


def test_records_that_are_no_conversations_fail_the_job_by_line(server, job_config):
    server.clients().s3.put_object(Bucket=BUCKET, Key="broken.jsonl", Body=b'{"prompt": "no"}\n')
    job = unchecked(server, job_config("broken", training_data_uri=f"s3://{BUCKET}/broken.jsonl"))
    assert job.status is JobStatus.FAILED
    assert "s3://bucket/broken.jsonl, line 1: there are no messages" in job.failure_message
    assert job.status_details["validation"] == "Failed"


def test_a_page_that_is_no_image_fails_the_job_by_its_uri_and_line(server, job_config):
    s3 = server.clients().s3
    lines = [record_line(s3, f"page-or-not-{number}", number) for number in range(3)]
    s3.put_object(Bucket=BUCKET, Key="pages/page-or-not-1.png", Body=b"<html>403 Forbidden</html>")
    s3.put_object(Bucket=BUCKET, Key="no-page.jsonl", Body=b"".join(lines))
    job = unchecked(server, job_config("no-page", training_data_uri=f"s3://{BUCKET}/no-page.jsonl"))
    assert job.status is JobStatus.FAILED
    assert (
        "s3://bucket/no-page.jsonl, line 2: s3://bucket/pages/page-or-not-1.png is html or xml by its content"
        in job.failure_message
    )


def test_records_that_contradict_each_other_are_trained_on_as_on_bedrock_and_said(server, job_config):
    s3 = server.clients().s3
    line = record_line(s3, "contradicted", 0)
    body = line + line.replace(b'{\\"type\\": \\"invoice\\"}', b'{\\"type\\": \\"letter\\"}')
    s3.put_object(Bucket=BUCKET, Key="contradicted.jsonl", Body=body)
    config = job_config("contradicted", training_data_uri=f"s3://{BUCKET}/contradicted.jsonl")
    job = unchecked(server, config)
    assert job.status is JobStatus.COMPLETED, job.failure_message
    key = f"output/model-customization-job-{job.job_arn.rpartition('/')[2]}/input_status/warnings.txt"
    said = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    assert "line 2: the same as line 1, but labelled 'letter' and not 'invoice'" in said
    again = job_config("contradicted-again", training_data_uri=config.training_data_uri)
    with pytest.raises(InvalidConfig, match="the same as line 1"):
        server.service().create_finetuning_job(again)


def unchecked(server, config):
    """A job whose records only the server has looked at, once it is over."""
    from burnish.aws import jobs

    arn = jobs.create_job(server.clients(), config).job_arn
    return server.service().wait_for_job_completion(arn, config.model_type, 0.2, 120)


def test_a_stopped_job_leaves_no_model(server, job_config):
    service = server.service()
    job = service.create_finetuning_job(
        job_config("stopped", hyperparameters={"epochCount": "100", "batchSize": "1"})
    )
    service.stop_job(job.job_arn)
    ended = service.wait_for_job_completion(
        job.job_arn, "open_weights", polling_interval=0.2, max_wait_time=120
    )
    assert ended.status is JobStatus.STOPPED
    assert ended.model_id is None


@pytest.mark.parametrize(
    "spelling", ["us.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0:300k"]
)
def test_a_job_for_any_id_of_a_model_is_one_for_the_model(server, data_set, role, spelling):
    bedrock = server.clients().bedrock
    name = f"spelled-{len(spelling)}"
    arn = bedrock.create_model_customization_job(
        jobName=name,
        customModelName=name,
        roleArn=role,
        baseModelIdentifier=spelling,
        trainingDataConfig={"s3Uri": data_set["training"]},
        outputDataConfig={"s3Uri": f"s3://{BUCKET}/output/"},
    )["jobArn"]
    job = bedrock.get_model_customization_job(jobIdentifier=arn)
    assert ":model-customization-job/amazon.nova-lite-v1:0:300k/" in arn
    assert job["baseModelArn"].endswith("::foundation-model/amazon.nova-lite-v1:0:300k")
    bedrock.stop_model_customization_job(jobIdentifier=arn)


def test_validation_can_be_split_off_without_touching_the_source(server, job_config, data_set):
    s3 = server.clients().s3
    before = s3.get_object(Bucket=BUCKET, Key="training.jsonl")["Body"].read()
    config = job_config("split", validation_data_uri=None, validation_split=0.25)
    job = finished(server.service(), config)
    assert job.status is JobStatus.COMPLETED, job.failure_message
    assert job.validation_loss is not None
    assert s3.get_object(Bucket=BUCKET, Key="training.jsonl")["Body"].read() == before


def test_a_custom_model_can_be_tuned_further(server, tuned, job_config):
    service = server.service()
    job = finished(service, job_config("further", base_model=tuned.model_id))
    assert job.status is JobStatus.COMPLETED, job.failure_message
    made = service.get_custom_model(job.model_id)
    assert made.base_model_arn == tuned.model_id
    steps = service.get_training_metrics(job.job_arn)
    assert steps[0].loss < service.get_training_metrics(tuned.job_arn)[0].loss
    service.delete_custom_model(job.model_id)


def test_a_model_that_is_tuned_further_stays_until_that_is_over(server, job_config):
    service = server.service()
    long = {"epochCount": "100", "batchSize": "1"}
    started = finished(service, job_config("starter"))
    job = service.create_finetuning_job(
        job_config("long", base_model=started.model_name, hyperparameters=long)
    )
    with pytest.raises(Conflict, match="is tuned further by the job long: stop it first"):
        service.delete_custom_model(started.model_id)
    service.stop_job(job.job_arn)
    service.wait_for_job_completion(job.job_arn, "open_weights", polling_interval=0.2, max_wait_time=120)
    service.delete_custom_model(started.model_id)


def test_an_adapter_that_is_trained_further_keeps_its_rank(server, tuned, job_config):
    config = job_config("rank", base_model=tuned.model_id, hyperparameters={"loraRank": "4"})
    with pytest.raises(Rejected, match="loraRank is 4, and first-model, which is tuned further, has 8"):
        server.service().create_finetuning_job(config)


def test_what_was_accepted_survives_a_server_that_is_killed(server, tuned, throughput, job_config):
    service = server.service()
    unfinished = service.create_finetuning_job(job_config("unfinished"))
    server.kill()
    server.start()
    service = server.service()
    assert service.get_job_status(tuned.job_arn, "open_weights").status is JobStatus.COMPLETED
    answer = ask(server.clients().bedrock_runtime, throughput.provisioned_model_arn, outputConfig=CHOICE)
    assert answer["stopReason"] == "end_turn"
    ended = service.wait_for_job_completion(
        unfinished.job_arn, "open_weights", polling_interval=0.2, max_wait_time=120
    )
    assert ended.status is JobStatus.COMPLETED, ended.failure_message


def test_a_job_outlives_a_server_that_is_stopped_again_and_again(server, job_config):
    """A job whose worker dies again and again is given up; that a server is stopped is no such death."""
    job = server.service().create_finetuning_job(
        job_config("patient", hyperparameters={"epochCount": "100", "batchSize": "1"})
    )
    begun = _at_work(server, "patient")
    for _ in range(3):
        server.stop()
        server.start()
        begun = _at_work(server, "patient", since=begun)
    service = server.service()
    assert service.get_job_status(job.job_arn, "open_weights").status is JobStatus.IN_PROGRESS
    service.stop_job(job.job_arn)
    ended = service.wait_for_job_completion(
        job.job_arn, "open_weights", polling_interval=0.2, max_wait_time=120
    )
    assert ended.status is JobStatus.STOPPED


def test_at_the_end_everything_can_be_deleted(server, tuned, throughput):
    service = server.service()
    service.delete_provisioned_throughput(throughput.provisioned_model_arn, model_type="open_weights")
    service.wait_for_deletion(throughput.provisioned_model_arn)
    service.delete_custom_model(tuned.model_id)
    with pytest.raises(NotFound):
        service.get_provisioned_throughput(throughput.provisioned_model_arn, "open_weights")
    assert not (server.data / "models" / tuned.job_arn.rpartition("/")[2]).exists()


def test_a_stand_in_says_what_it_is(server):
    details = server.clients().bedrock.get_foundation_model(modelIdentifier="amazon.nova-lite-v1:0:300k")
    assert "stand" in details["modelDetails"]["modelName"]
    assert details["modelDetails"]["providerName"] == "Burnish stand-in"


@pytest.fixture(scope="module")
def stood_in(server, data_set, role):
    """A completed job that a stand-in has trained for Nova, and its log."""
    from burnish import FinetuningJobConfig

    config = FinetuningJobConfig(
        base_model="amazon.nova-lite-v1:0:300k",
        training_data_uri=data_set["training"],
        output_uri=f"s3://{BUCKET}/output/",
        role_arn=role,
        job_name="stood-in",
        model_name="stood-in",
        hyperparameters={"epochCount": "1", "learningRate": "0.00002", "batchSize": "4"},
    )
    return finished(server.service(), config)


def test_a_job_of_a_stand_in_says_at_which_rate_it_has_trained(server, stood_in):
    assert stood_in.status is JobStatus.COMPLETED, stood_in.failure_message
    given = {"epochCount": "1", "learningRate": "0.00002", "batchSize": "4"}
    assert stood_in.hyperparameters == given
    assert given.items() <= stood_in.trained_hyperparameters.items()
    assert stood_in.trained_hyperparameters["standInLearningRate"] == "0.002"
    assert stood_in.trained_hyperparameters["chosenLearningRateWarmupSteps"] == "1"
    job_id = stood_in.job_arn.rpartition("/")[2]
    log = (server.data / "logs" / f"job-{job_id}.log").read_text()
    assert "at a learning rate of 0.002: it asked for 0.00002" in log
    key = f"output/model-customization-job-{job_id}/training_artifacts/training_settings.json"
    told = json.loads(server.clients().s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert told["settings"]["members"]["tiny-llama"]["settings"]["learning_rate"] == 0.002


def _at_work(server, job_name, since=None):
    """Wait until a worker has begun with the job, another than the one that began then; give when it did."""
    deadline = time.monotonic() + 60
    while True:
        job = server.clients().bedrock.get_model_customization_job(jobIdentifier=job_name)
        details = job["statusDetails"]["validationDetails"]
        begun = details.get("creationTime")
        if details["status"] != "NotStarted" and begun not in (None, since):
            return begun
        assert time.monotonic() < deadline, details
        time.sleep(0.05)


def _clock_that_ends():
    """A clock on which no time is spent waiting for a role that will never be there."""
    from burnish.waiting import Clock

    times = iter(range(0, 10_000, 200))
    return Clock(now=lambda: float(next(times)), sleep=lambda _: None)
