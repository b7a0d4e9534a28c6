"""Every resource is found by its name, the id at the end of its ARN, or its ARN."""

import pytest

from burnish.aws.identifiers import ResourceKind, arn_of
from burnish.errors import InvalidConfig, NotFound

ARN = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
MODEL = {"modelArn": ARN, "modelName": "papers", "creationTime": "2026-01-02T00:00:00Z"}
SUMMARY = MODEL | {
    "baseModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k",
    "baseModelName": "amazon.nova-lite-v1",
}


def unknown_by_name(bedrock, present):
    bedrock.add_client_error("get_custom_model", "ResourceNotFoundException", "none", 404)
    bedrock.add_response("list_custom_models", {"modelSummaries": present})


def test_a_name_becomes_the_arn(client, bedrock):
    bedrock.add_response("get_custom_model", MODEL, {"modelIdentifier": "papers"})
    assert arn_of(client, ResourceKind.MODEL, "papers") == ARN


def test_an_id_becomes_the_arn(client, bedrock):
    unknown_by_name(bedrock, [SUMMARY])
    assert arn_of(client, ResourceKind.MODEL, "abcdefghijkl") == ARN


def test_an_arn_is_not_looked_up(client, bedrock):
    assert arn_of(client, ResourceKind.MODEL, ARN) == ARN


def test_the_arn_of_another_kind_is_refused_with_the_command_that_lists_the_right_ones(client, bedrock):
    with pytest.raises(InvalidConfig, match=r"\(custom model\): see `list_jobs\(\)`") as error:
        arn_of(client, ResourceKind.JOB, ARN)
    assert "(custom model): see `burnish job list`" in error.value.in_terminal


def test_an_unknown_name_is_answered_with_the_most_similar_one(client, bedrock):
    unknown_by_name(bedrock, [SUMMARY])
    with pytest.raises(
        NotFound, match=r"No custom model in us-east-1 is called 'papres'\. Did you mean 'pap"
    ):
        arn_of(client, ResourceKind.MODEL, "papres")


def test_a_name_like_no_other_is_answered_with_the_command_that_lists_them(client, bedrock):
    unknown_by_name(bedrock, [SUMMARY])
    with pytest.raises(NotFound, match=r"is called 'zebra'\. List them") as error:
        arn_of(client, ResourceKind.MODEL, "zebra")
    assert error.value.in_terminal.endswith("List them with `burnish model list`.")


def test_what_cannot_be_a_name_is_unknown_like_any_other(client, bedrock):
    bedrock.add_client_error("get_custom_model", "ValidationException", "does not match the pattern", 400)
    bedrock.add_response("list_custom_models", {"modelSummaries": []})
    with pytest.raises(NotFound, match=r"is called 'no\.name'"):
        arn_of(client, ResourceKind.MODEL, "no.name")
