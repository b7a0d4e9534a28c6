"""Misspelt models and regions, offline: each is told with the nearest known one, before anything is done."""

import pytest

OFFLINE = {
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_REGION": "us-east-1",
    # Nobody answers there, as nobody does without a network.
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
}
CUSTOM = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.fixture
def documents(tmp_path):
    """A dry run reads names only."""
    for number in range(6):
        page = tmp_path / "documents" / ("invoice", "letter")[number % 2] / f"{number}.png"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(b"a page")
    return tmp_path / "documents"


def commands(documents, model):
    return {
        "prepare": ("prepare", documents, "--to", "s3://papers/set", "--model", model, "--dry-run"),
        "check": ("check", "records.jsonl", "--model", model),
        "job create": ("job", "create", "s3://b-ucket/t.jsonl", "--model", model, "--name", "n", "--dry-run"),
        "job check": ("job", "check", "s3://b-ucket/t.jsonl", "--model", model, "--role", ROLE),
        "throughput create": ("throughput", "create", model, "n", "--dry-run"),
    }


@pytest.mark.parametrize("name", commands("", ""))
def test_a_misspelt_model_is_refused_with_the_nearest(burnish, documents, name):
    done = burnish(*commands(documents, "amazon.nova-light-v1:0")[name], **OFFLINE)
    assert done.returncode == 1
    assert "Did you mean 'amazon.nova-lite-v1:0'?" in done.stderr
    assert done.stdout == ""


DRY_RUNS = {
    "prepare": ("--to", "s3://papers/set", "--model", "amazon.nova-lite-v1:0", "--dry-run"),
    "throughput create": ("amazon.nova-lite-v1:0", "n", "--dry-run"),
    "deployment create": (CUSTOM, "n", "--dry-run"),
    "model deploy": (CUSTOM, "n", "--dry-run"),
    "import create": ("s3://b-ucket/w/", "n", "--role", ROLE, "--dry-run"),
    "job list": (),
    "status": (),
}


@pytest.mark.parametrize("name", DRY_RUNS)
def test_a_misspelt_region_of_aws_is_refused_with_the_nearest(burnish, documents, name):
    source = (documents,) if name == "prepare" else ()
    on_aws = {key: value for key, value in OFFLINE.items() if key != "AWS_ENDPOINT_URL"}
    done = burnish(*name.split(), *source, *DRY_RUNS[name], **on_aws | {"AWS_REGION": "eu-cental-9"})
    assert done.returncode == 1
    assert "Did you mean 'eu-central-1' or 'eu-central-2'?" in done.stderr
    assert done.stdout == ""
