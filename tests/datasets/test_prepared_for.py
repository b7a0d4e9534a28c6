import json

import pytest
from page_files import write_folder

from burnish.aws.objects import S3Uri, read_bytes
from burnish.configs import FinetuningJobConfig
from burnish.datasets.manifest import read_manifest
from burnish.datasets.prepare import prepare_dataset
from burnish.datasets.prepared import Destination, Preparation
from burnish.datasets.prepared_for import model_mismatch, require_match
from burnish.datasets.sources import read_folder
from burnish.datasets.splitting import SplitPlan
from burnish.errors import InvalidConfig, NotFound
from burnish.families import family_of

LITE = "amazon.nova-lite-v1:0"
PLAN = SplitPlan(test_share=0.2, validation_share=0.2)


@pytest.fixture
def prepared(s3, s3_folder, tmp_path, monkeypatch):
    """Prepares a data set, for a model by its id, or without one as earlier versions did."""
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))

    def run(model: str | None):
        return prepare_dataset(
            read_folder(write_folder(tmp_path / "documents", {"invoice": 6, "letter": 6})),
            s3=s3,
            destination=Destination(bucket=s3_folder.bucket, prefix=s3_folder.key, owner="123456789012"),
            preparation=Preparation(rules=family_of(LITE).tuning(LITE).rules, model=model, plan=PLAN),
        )

    return run


def job_on(dataset, model: str, **options) -> FinetuningJobConfig:
    return FinetuningJobConfig(
        base_model=model,
        model_type=family_of(model).name,
        training_data_uri=dataset.train_uri,
        output_uri="s3://bucket/output/",
        role_arn="arn:aws:iam::123456789012:role/Jobs",
        job_name="job",
        model_name="model",
        **options,
    )


def test_a_job_for_a_model_with_other_rules_is_refused_with_what_to_do(s3, prepared):
    job = job_on(prepared(LITE), "amazon.nova-micro-v1:0")
    with pytest.raises(
        InvalidConfig, match=r"prepared for amazon\.nova-lite-v1:0:300k.*`prepare_dataset"
    ) as said:
        require_match(s3, job)
    assert "`burnish prepare … --model amazon.nova-micro-v1:0:128k`" in said.value.in_terminal


@pytest.mark.parametrize(
    "model",
    [LITE, f"{LITE}:300k", f"arn:aws:bedrock:us-east-1::foundation-model/{LITE}", "amazon.nova-pro-v1:0"],
)
def test_models_with_the_same_rules_share_a_data_set(s3, prepared, model):
    require_match(s3, job_on(prepared(LITE), model))


def test_a_data_set_that_names_no_model_suits_any(s3, prepared):
    dataset = prepared(None)
    assert model_mismatch(s3, job_on(dataset, "amazon.nova-micro-v1:0"), "amazon.nova-micro-v1:0") is None


def test_records_without_a_manifest_suit_any_model(s3, prepared):
    dataset = prepared(LITE)
    s3.delete_object(
        Bucket=S3Uri.parse(dataset.manifest_uri).bucket, Key=S3Uri.parse(dataset.manifest_uri).key
    )
    elsewhere = job_on(dataset, "amazon.nova-micro-v1:0", validation_data_uri="s3://bucket/another.jsonl")
    assert model_mismatch(s3, elsewhere, "amazon.nova-micro-v1:0") is None


def test_a_manifest_without_a_model_keeps_the_bytes_by_which_it_is_named(s3, prepared):
    uri = S3Uri.parse(prepared(None).manifest_uri)
    assert "model" not in json.loads(read_bytes(s3, uri))
    assert json.loads(read_bytes(s3, S3Uri.parse(prepared(LITE).manifest_uri)))["model"] == f"{LITE}:300k"


def test_what_is_no_data_set_says_what_to_give(s3, s3_folder):
    with pytest.raises(NotFound, match="There is no data set at") as said:
        read_manifest(s3, s3_folder.child("nothing"))
    assert said.value.in_terminal.endswith("Give the folder or manifest that `burnish prepare` has written.")
