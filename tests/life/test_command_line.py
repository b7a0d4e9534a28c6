"""From documents to a model that answers, and to nothing left over, by the command line alone."""

from __future__ import annotations

import json

import pytest
from whole_server import base_model_id

NOVA = "amazon.nova-lite-v1:0:300k"


@pytest.fixture
def done(burnish):
    """Runs a command that must succeed, and gives what it printed."""

    def run(*words):
        ended = burnish(*words)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    return run


@pytest.fixture(autouse=True)
def files_for_mlflow(monkeypatch):
    """Its small package keeps runs in files only, and wants to be told that this is meant."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")


def test_a_whole_life_by_the_command_line(server, done, burnish, documents, tmp_path):
    model = base_model_id(server)
    done("prepare", "documents", "--to", "s3://papers/life", "--model", model)
    planned = done("job", "create", "s3://papers/life", "--model", model, "--name", "life", "--dry-run")
    assert '"jobName": "life"' in planned
    assert "clientRequestToken" not in planned
    assert "No jobs found in us-east-1." in burnish("job", "list", "--name", "life").stderr

    words = ("job", "create", "s3://papers/life", "--model", model, "--name", "life", "--wait", "--json")
    job = json.loads(done(*words, "--hyperparameter", "epochCount=1", "--hyperparameter", "batchSize=4"))
    assert job["status"] == "Completed"
    assert job["hyperparameters"]["epochCount"] == "1"
    assert "life" in done("job", "list", "--status", "Completed", "--name", "life")
    assert "status: Completed" in done("job", "show", "life")
    losses = json.loads(
        done("job", "metrics", job["job_arn"], "--json", "--tensorboard", "tb", "--mlflow", "mlruns")
    )
    assert [one["step"] for one in losses] == list(range(len(losses)))
    assert losses_in_tensorboard(tmp_path / "tb" / "training") == pytest.approx(
        [one["loss"] for one in losses]
    )
    assert losses_in_mlflow(tmp_path / "mlruns") == pytest.approx([one["loss"] for one in losses])

    planned = done("model", "deploy", "life", "--kind", "provisioned", "--dry-run")
    assert "CreateProvisionedModelThroughput" in planned
    assert '"provisionedModelName": "life"' in planned
    done("throughput", "create", "life", "life", "--wait")
    bills = json.loads(done("status", "--json"))
    assert {"throughput", "model"} <= {one["kind"] for one in bills}
    assert "burnish throughput delete life" in {one["to_end"] for one in bills}

    words = ("evaluate", "s3://papers/life", f"base={model}", "tuned=life", "--calibrate", "--out", "e")
    assert "base\t8" in done(*words, "--dry-run")
    said = done(*words, "--price", "tuned=0.1,0.2", "--job", "tuned=life")
    assert "Report: e/report.html" in said
    assert (tmp_path / "e" / "model-cards" / "tuned.md").read_text().count("epochCount") == 1
    assert "base\t0" in done(*words, "--dry-run")
    assert "Report: both/report.html" in done("compare", "e", "--out", "both")

    done("model", "undeploy", "life")
    done("model", "delete", job["model_id"].rpartition("/")[2])
    role = json.loads(done("role", "create", "--bucket", "papers", "--json"))["role_arn"]
    done("role", "delete", role)
    assert "life" not in done("model", "list", "--json")


def losses_in_tensorboard(folder):
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    (file,) = folder.iterdir()
    return [
        value.tensor.float_val[0] if value.HasField("tensor") else value.simple_value
        for event in EventFileLoader(str(file)).Load()
        for value in event.summary.value
        if value.tag == "loss"
    ]


def losses_in_mlflow(folder):
    from mlflow import MlflowClient

    client = MlflowClient(str(folder))
    (run,) = client.search_runs([client.get_experiment_by_name("burnish").experiment_id])
    return [one.value for one in client.get_metric_history(run.info.run_id, "training_loss")]


def test_a_dry_run_creates_nothing_and_says_what_it_would(server, burnish, done, documents):
    model = base_model_id(server)
    shown = burnish("prepare", "documents", "--to", "s3://dry/set", "--model", model, "--dry-run")
    assert "a\t6\t2\t2" in shown.stdout
    assert "Nothing was read or uploaded" in shown.stderr
    assert "dry" not in {one["Name"] for one in server.clients().s3.list_buckets()["Buckets"]}
    planned = burnish("role", "create", "--bucket", "papers", "--name", "Planned", "--dry-run")
    assert planned.stdout.startswith("The role 'Planneduseast1':\n  - create it")
    assert "Nothing was created." in planned.stderr
    request = json.loads(
        done(
            *("import", "create", "s3://papers/weights/", "mine"),
            *("--role", "arn:aws:iam::123456789012:role/R", "--dry-run", "--json"),
        )
    )
    assert request["importedModelName"] == "mine"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("job", "show", "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/x"), "job"),
        (("job", "create", "s3://papers/none", "--model", "m", "--name", "n"), "s3://papers/none"),
        (("job", "create", "s3://p/a.jsonl", "--model", NOVA, "--name", "n", "--tag", "x"), "name=value"),
        (("throughput", "update", "some"), "--name, --model or both"),
        (("model", "delete", "none-such"), "none-such"),
        (("evaluate", "s3://papers/x", "m", "--price", "m=1"), "two numbers of dollars"),
        (("evaluate", "s3://papers/x", "m", "--price", "other=1,1"), "the models are m"),
        (("compare", "nowhere"), "`burnish evaluate` makes one"),
    ],
)
def test_what_cannot_be_done_is_one_message_with_the_next_step(burnish, words, says):
    ended = burnish(*words)
    assert ended.returncode == 1
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
