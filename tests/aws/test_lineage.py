"""The lineage of a custom model: trainings are followed to the base model, and unknowns are listed."""

from datetime import UTC, datetime

from burnish.aws.lineage import lineage_of

ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012"
BASE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k"
FIRST, SECOND = (f"{ACCOUNT}:custom-model/amazon.nova-lite-v1:0:300k/{end * 12}" for end in "ab")
JOB = f"{ACCOUNT}:model-customization-job/amazon.nova-lite-v1:0:300k/cccccccccccc"
WHEN = datetime(2026, 1, 2, tzinfo=UTC)


def model(bedrock, arn, **members):
    answer = {"modelArn": arn, "modelName": "mine", "creationTime": WHEN, "baseModelArn": BASE, "jobArn": JOB}
    answer["trainingDataConfig"] = {"s3Uri": f"s3://papers/{arn[-1]}.jsonl"}
    bedrock.add_response("get_custom_model", answer | members, {"modelIdentifier": arn})


def tags(bedrock, **values):
    found = [{"key": f"burnish:{name.replace('_', '-')}", "value": value} for name, value in values.items()]
    bedrock.add_response("list_tags_for_resource", {"tags": found}, {"resourceARN": JOB})


def trainings(found):
    return [(one.model_arn, one.training_uri) for one in found.trainings]


def test_a_base_model_has_no_training_of_ours(client, bedrock):
    assert lineage_of(client, BASE).trainings == lineage_of(client, BASE).doubts == ()


def test_a_model_is_followed_by_what_the_service_says(client, bedrock):
    model(bedrock, SECOND, baseModelArn=FIRST)
    tags(bedrock, manifest="s3://papers/manifests/abc.json")
    model(bedrock, FIRST, validationDataConfig={"validators": [{"s3Uri": "s3://papers/v.jsonl"}]})
    tags(bedrock)
    found = lineage_of(client, SECOND)
    assert trainings(found) == [(SECOND, "s3://papers/b.jsonl"), (FIRST, "s3://papers/a.jsonl")]
    assert [one.manifest for one in found.trainings] == ["s3://papers/manifests/abc.json", None]
    assert [one.validation_uris for one in found.trainings] == [(), ("s3://papers/v.jsonl",)]
    assert found.doubts == ()


def test_a_model_is_followed_by_our_tag_where_the_service_names_the_base_model_only(client, bedrock):
    model(bedrock, SECOND)
    tags(bedrock, base_model=FIRST)
    model(bedrock, FIRST)
    tags(bedrock)
    assert [name for name, _ in trainings(lineage_of(client, SECOND))] == [SECOND, FIRST]


def test_what_may_not_be_looked_at_is_a_doubt(client, bedrock):
    bedrock.add_client_error("get_custom_model", "AccessDeniedException", http_status_code=403)
    (doubt,) = lineage_of(client, FIRST).doubts
    assert doubt.startswith(f"what {FIRST} was trained on is not known: Could not describe the custom model")
    model(bedrock, FIRST)
    bedrock.add_client_error("list_tags_for_resource", "AccessDeniedException", http_status_code=403)
    found = lineage_of(client, FIRST)
    assert len(found.trainings) == 1
    assert "which data set" in found.doubts[0]


def test_a_model_of_no_job_of_ours_is_a_doubt(client, bedrock):
    imported = f"{ACCOUNT}:imported-model/abcdefghijkl"
    (doubt,) = lineage_of(client, imported).doubts
    assert doubt == f"what the imported model {imported} was trained on is not known"
