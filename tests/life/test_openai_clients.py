"""The unmodified `openai` client at the second door: only its base URL and its key are the server's."""

from __future__ import annotations

import base64
import http.client
import json
import math
import socket
import subprocess
import sys
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from whole_server import PROMPT, RunningServer, base_model_id, page_png

from burnish.server.door.bodies import MAX_BODY, MIB

try:
    import openai
except ImportError:  # the attacks are listed all the same: the whole module cannot be skipped
    openai = None
pytestmark = pytest.mark.skipif(openai is None, reason="the openai client is not installed")

ENDED = ("succeeded", "failed", "cancelled")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "document_type", "schema": json.loads(PROMPT.json_schema), "strict": True},
}


def asked(number: int) -> list[dict]:
    """The messages of a question about a page, whose image is in the text."""
    label = PROMPT.labels[number % 2]
    image = base64.b64encode(page_png(f"{label} {number}")).decode()
    page = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}
    return [
        {"role": "system", "content": PROMPT.system},
        {"role": "user", "content": [{"type": "text", "text": PROMPT.task}, page]},
    ]


def example(number: int) -> dict:
    answer = json.dumps({"type": PROMPT.labels[number % 2]})
    return {"messages": [*asked(number), {"role": "assistant", "content": answer}]}


def lines_of(records: list[dict]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def bearer_key(server, user: str, policy: str) -> str:
    command = ["keys", "create", user, "--bearer", "--policy", policy, "--data", str(server.data), "--json"]
    told = subprocess.run(
        [sys.executable, "-m", "burnish.cli", *command], capture_output=True, text=True, check=True
    ).stdout
    return json.loads(told)["AWS_BEARER_TOKEN_BEDROCK"]


def client_with(server, key: str):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)


def once(client, job, statuses: tuple[str, ...]):
    """A job as it is once it has one of the statuses."""
    deadline = time.monotonic() + 240
    while job.status not in statuses:
        assert job.status not in ENDED, job
        assert time.monotonic() < deadline, job
        time.sleep(0.3)
        job = client.fine_tuning.jobs.retrieve(job.id)
    return job


@pytest.fixture(scope="module")
def client(server):
    return client_with(server, bearer_key(server, "jane", ADMINISTRATOR))


@pytest.fixture(scope="module")
def tuned(client, server) -> SimpleNamespace:
    """A job that has been followed to its end, and the file that it was given."""
    body = lines_of([example(number) for number in range(8)])
    file = client.files.create(file=("pages.jsonl", body), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model=base_model_id(server),
        training_file=file.id,
        validation_file=file.id,
        suffix="pages",
        seed=7,
        metadata={"team": "documents"},
        method={
            "type": "supervised",
            "supervised": {
                "hyperparameters": {"n_epochs": 1, "batch_size": 4, "learning_rate_multiplier": "auto"}
            },
        },
    )
    ended = once(client, job, ENDED)
    return SimpleNamespace(created=job, job=ended, file=file, body=body)


def test_before_the_first_upload_there_are_no_files(client, server):
    assert client.files.list().data == []
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.create(model=base_model_id(server), training_file=f"file-{'0' * 32}")


@pytest.mark.attack(
    "OpenAI's API",
    "a file whose name is a path",
    "the name is told as it was and names nothing on the server, where the file lies under its id",
)
def test_a_file_is_kept_byte_for_byte_until_it_is_deleted(client):
    body = lines_of(
        [{"messages": [{"role": "user", "content": "é?"}, {"role": "assistant", "content": "!"}]}]
    )
    file = client.files.create(file=("../../etc/passwd", body), purpose="fine-tune")
    assert client.files.content(file.id).read() == body
    assert client.files.retrieve(file.id).bytes == len(body)
    assert file.id in [one.id for one in client.files.list(limit=1)]
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)


def test_a_file_larger_than_other_bodies_is_kept_and_given_back(client):
    answer = {"role": "assistant", "content": "!"}
    line = lines_of([{"messages": [{"role": "user", "content": "word " * 200_000}, answer]}])
    body = line * (MAX_BODY // len(line) + 1)
    file = client.files.create(file=("large.jsonl", body), purpose="fine-tune")
    assert file.bytes == len(body) > MAX_BODY
    assert client.files.content(file.id).read() == body
    client.files.delete(file.id)


@pytest.mark.attack(
    "OpenAI's API", "a file of more than 512 MiB", "413 that names the limit, once its length is announced"
)
def test_a_file_that_is_too_large_is_refused_with_the_limit(client, server):
    place = urlsplit(server.url)
    lines = [
        "POST /v1/files HTTP/1.1",
        f"Host: {place.netloc}",
        f"Authorization: Bearer {client.api_key}",
        "Content-Type: multipart/form-data; boundary=x",
        f"Content-Length: {600 * MIB}",
    ]
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        error = json.load(answer)["error"]
    assert (answer.status, error["type"]) == (413, "invalid_request_error")
    assert "larger than 537,919,488 bytes" in error["message"]


@pytest.mark.attack(
    "OpenAI's API", "a file with lines that are no records", "400 that names the line and the field"
)
@pytest.mark.parametrize(
    ("second", "named"),
    [
        ({"messages": [{"role": "user", "content": "?"}]}, "must end with the assistant's answer"),
        ({"messages": [{"role": "user", "content": "?", "weight": 1}]}, "unknown field `weight`"),
        ({"messages": [{"role": "user", "content": 1}]}, "$.messages[0].content"),
        ({"messages": [], "tools": []}, "unknown field `tools`"),
    ],
)
def test_a_file_with_a_bad_line_is_refused_with_the_line_and_the_field(client, second, named):
    with pytest.raises(openai.BadRequestError) as refused:
        client.files.create(file=("bad.jsonl", lines_of([example(0), second])), purpose="fine-tune")
    assert "bad.jsonl, line 2" in refused.value.message
    assert named in refused.value.message
    assert (refused.value.param, refused.value.code) == ("file", "invalid_file_format")


def test_a_job_trains_and_says_what_it_was_asked_for(client, server, tuned):
    assert tuned.created.status in ("queued", "validating_files", "running")
    job = tuned.job
    assert job.status == "succeeded", job.error
    assert job.fine_tuned_model.startswith(f"ft:{base_model_id(server)}:")
    assert job.fine_tuned_model.split(":")[-2] == "pages"
    assert (job.training_file, job.validation_file) == (tuned.file.id, tuned.file.id)
    assert (job.seed, job.metadata) == (7, {"team": "documents"})
    assert job.method.supervised.hyperparameters.n_epochs == 1
    assert job.method.supervised.hyperparameters.learning_rate_multiplier == "auto"
    assert job.id in [one.id for one in client.fine_tuning.jobs.list(limit=1)]
    # The other door has the same job.
    told = server.clients().bedrock.get_model_customization_job(jobIdentifier=job.id)
    assert told["hyperParameters"] == {"epochCount": "1", "batchSize": "4", "seed": "7"}


def test_events_have_the_losses_of_its_steps_and_the_model_that_it_made(client, tuned):
    events = list(client.fine_tuning.jobs.list_events(tuned.job.id, limit=3))
    messages = [event.message for event in events]
    assert messages[0] == "The job has successfully completed"
    assert messages[1] == f"New fine-tuned model created: {tuned.job.fine_tuned_model}"
    assert messages[-1] == f"Created fine-tuning job: {tuned.job.id}"
    losses = [event.data["train_loss"] for event in events if event.type == "metrics"]
    assert len(losses) == 2
    assert all(loss > 0 for loss in losses)


def test_its_checkpoint_is_the_model_at_the_end(client, tuned):
    (checkpoint,) = client.fine_tuning.jobs.checkpoints.list(tuned.job.id).data
    assert checkpoint.fine_tuned_model_checkpoint == tuned.job.fine_tuned_model
    assert checkpoint.step_number == 2
    assert checkpoint.metrics.valid_loss > 0


def test_the_tuned_model_decides_on_a_label_without_a_deployment(client, tuned):
    answer = client.chat.completions.create(
        model=tuned.job.fine_tuned_model,
        messages=asked(0),
        response_format=SCHEMA,
        logprobs=True,
        top_logprobs=2,
        max_completion_tokens=64,
    )
    (choice,) = answer.choices
    label = json.loads(choice.message.content)["type"]
    (token,) = choice.logprobs.content
    assert token.token == label
    assert token.logprob == token.top_logprobs[0].logprob
    assert sum(math.exp(one.logprob) for one in token.top_logprobs) == pytest.approx(1)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_stream_says_what_the_whole_answer_says(client, tuned):
    question = {
        "model": tuned.job.fine_tuned_model,
        "messages": [{"role": "user", "content": "Which page?"}],
        "max_tokens": 8,
        "temperature": 0,
    }
    whole = client.chat.completions.create(**question)
    chunks = list(
        client.chat.completions.create(**question, stream=True, stream_options={"include_usage": True})
    )
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == whole.choices[0].message.content
    assert chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason == "length"
    assert chunks[-1].usage == whole.usage


def test_the_models_of_both_doors_are_listed(client, server, tuned):
    names = [model.id for model in client.models.list()]
    assert {base_model_id(server), tuned.job.fine_tuned_model} <= set(names)
    assert client.models.retrieve(tuned.job.fine_tuned_model).id == tuned.job.fine_tuned_model
    with pytest.raises(openai.PermissionDeniedError, match="no fine-tuned model"):
        client.models.delete(base_model_id(server))


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format.type"),
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"seed": 1, "temperature": 1}, "seed"),
        ({"max_tokens": 1_000_000}, "max_tokens"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(client, server, changed, param):
    question = {"model": base_model_id(server), "messages": [{"role": "user", "content": "?"}], **changed}
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**question)
    assert refused.value.param == param
    assert refused.value.request_id.startswith("req_")


def test_a_conversation_that_does_not_fit_is_refused_by_the_code_that_clients_shorten_it_for(client, server):
    with pytest.raises(openai.BadRequestError, match="the model's context is 4096 tokens") as refused:
        client.chat.completions.create(
            model=base_model_id(server), messages=[{"role": "user", "content": "word " * 5000}]
        )
    assert (refused.value.code, refused.value.param) == ("context_length_exceeded", "messages")


@pytest.mark.attack("OpenAI's API", "ids and suffixes that are paths", "404 or 400; nothing is looked up")
def test_jobs_of_unknown_files_models_and_names_are_refused(client, server, tuned):
    create = client.fine_tuning.jobs.create
    with pytest.raises(openai.NotFoundError, match="no file"):
        create(model=base_model_id(server), training_file="file-../../secret")
    # Of a family that is known: its files have been put when the first door refuses it.
    with pytest.raises(openai.BadRequestError, match="no-such-v1"):
        create(model="local.no-such-v1:0", training_file=tuned.file.id)
    with pytest.raises(openai.BadRequestError, match="no-such-model"):
        create(model="no-such-model", training_file=tuned.file.id)
    with pytest.raises(openai.BadRequestError, match="does not support metadata"):
        client.fine_tuning.jobs.list(metadata={"team": "documents"})
    with pytest.raises(openai.BadRequestError, match="suffix"):
        create(model=base_model_id(server), training_file=tuned.file.id, suffix="../x")
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.retrieve("ftjob-unknown")
    with pytest.raises(openai.BadRequestError, match=r"method\.type dpo: .* Use supervised"):
        create(model=base_model_id(server), training_file=tuned.file.id, method={"type": "dpo", "dpo": {}})
    with pytest.raises(openai.BadRequestError, match="does not support pause"):
        client.fine_tuning.jobs.pause(tuned.job.id)
    with pytest.raises(openai.BadRequestError, match="is Completed"):
        client.fine_tuning.jobs.cancel(tuned.job.id)


@pytest.mark.attack("OpenAI's API", "no key, or one that does not hold", "401, before the body is read")
def test_a_key_that_does_not_hold_reaches_nothing(server):
    for key in ("sk-unknown", "ABSKbm90LWEta2V5OnNlY3JldA=="):
        with pytest.raises(openai.AuthenticationError) as refused:
            client_with(server, key).models.list()
        assert refused.value.code == "invalid_api_key"
    without = httpx.get(f"{server.url}/v1/models")
    assert (without.status_code, without.json()["error"]["code"]) == (401, "missing_api_key")


@pytest.mark.attack(
    "OpenAI's API",
    "a user asks for files, jobs and models that the user's policies do not allow",
    "403 that names the action, as at the Bedrock API",
)
def test_a_users_policies_hold_at_this_door_too(server, client, tuned, tmp_path):
    policy = tmp_path / "policy.json"
    allowed = ["bedrock:CallWithBearerToken", "bedrock:ListFoundationModels", "bedrock:ListCustomModels"]
    statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    reader = client_with(server, bearer_key(server, "reader", str(policy)))
    assert tuned.job.fine_tuned_model in [model.id for model in reader.models.list()]
    for attempt, action in (
        (lambda: reader.files.retrieve(tuned.file.id), "s3:GetObject"),
        (lambda: reader.files.delete(tuned.file.id), "s3:DeleteObject"),
        (lambda: reader.fine_tuning.jobs.retrieve(tuned.job.id), "bedrock:GetModelCustomizationJob"),
        (
            lambda: reader.chat.completions.create(model=tuned.job.fine_tuned_model, messages=asked(0)),
            "bedrock:InvokeModel",
        ),
    ):
        with pytest.raises(openai.PermissionDeniedError, match=action):
            attempt()


@pytest.mark.attack(
    "OpenAI's API",
    "bodies that are no forms or too large, JSON that is cut off, deep, not UTF-8 or has members twice",
    "an error of 4xx in OpenAI's shape",
)
@pytest.mark.parametrize(
    ("path", "kind", "body", "status"),
    [
        ("files", "multipart/form-data; boundary=x", b"no parts", 400),
        ("files", "multipart/form-data", b"--x\r\n", 400),
        ("files", "application/json", b"{}", 400),
        ("fine_tuning/jobs", "application/json", b"x" * (33 * 2**20), 413),
        ("chat/completions", "application/json", b"{", 400),
        ("chat/completions", "application/json", b"[" * 100_000, 400),
        ("chat/completions", "application/json", b'{"model": "a", "model": "b"}', 400),
        ("chat/completions", "application/json", b"\xff", 400),
        ("fine_tuning/jobs/..%2f..%2fx/cancel", "application/json", b"", 404),
        ("embeddings", "application/json", b"{}", 404),
    ],
)
def test_what_cannot_be_read_is_an_error_in_openais_shape(client, path, kind, body, status):
    answer = httpx.post(
        f"{client.base_url}{path}",
        content=body,
        headers={"Authorization": f"Bearer {client.api_key}", "Content-Type": kind},
    )
    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_a_running_job_that_is_cancelled_ends_without_a_model(client, server):
    texts = [{"role": "user", "content": "Which page?"}, {"role": "assistant", "content": "letter"}]
    body = lines_of([{"messages": texts}] * 300)
    file = client.files.create(file=("texts.jsonl", body), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model=base_model_id(server), training_file=file.id, hyperparameters={"n_epochs": 5, "batch_size": 1}
    )
    once(client, job, ("running",))
    assert client.fine_tuning.jobs.cancel(job.id).id == job.id
    ended = once(client, job, ("cancelled",))
    assert (ended.fine_tuned_model, ended.error) == (None, None)
    assert ended.finished_at >= ended.created_at
    assert client.fine_tuning.jobs.list_events(job.id).data[0].message == "The job was cancelled"
    assert client.fine_tuning.jobs.checkpoints.list(job.id).data == []


def test_a_restored_backup_has_the_files_and_the_jobs(client, server, tuned, burnish, tiny_weights, tmp_path):
    ended = burnish("backup", tmp_path / "backup", "--data", server.data)
    assert ended.returncode == 0, ended.stderr
    restored = RunningServer(tmp_path / "backup", tiny_weights)
    try:
        there = client_with(restored, client.api_key)
        assert there.files.content(tuned.file.id).read() == tuned.body
        assert there.files.list().data == client.files.list().data
        assert there.fine_tuning.jobs.retrieve(tuned.job.id) == tuned.job
    finally:
        restored.stop()


def test_a_tuned_model_can_be_deleted(client, tuned):
    assert client.models.delete(tuned.job.fine_tuned_model).deleted
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve(tuned.job.fine_tuned_model)
