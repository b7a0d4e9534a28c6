"""Inference profiles: the ids with a region before them, listed and found by id and ARN."""

from __future__ import annotations

import pytest

from burnish.engine.inference_messages import ModelPlace
from burnish.server.bedrock.places import callable_place
from burnish.server.wire.call import ServiceFault

LITE = "us.amazon.nova-lite-v1:0"


def test_a_profile_is_found_by_its_id_and_by_its_arn(region):
    found = region.answer("GetInferenceProfile", inferenceProfileIdentifier=LITE)
    arn = f"arn:aws:bedrock:{region.name}:123456789012:inference-profile/{LITE}"
    assert found["inferenceProfileArn"] == arn
    assert found["inferenceProfileName"] == "US Nova Lite"
    assert found["models"] == [
        {"modelArn": f"arn:aws:bedrock:{region.name}::foundation-model/amazon.nova-lite-v1:0"}
    ]
    assert region.answer("GetInferenceProfile", inferenceProfileIdentifier=arn) == found


def test_a_profile_is_called_by_its_arn_as_by_its_id(region):
    by_id = callable_place(region.control, region.name, LITE)
    arn = f"arn:aws:bedrock:{region.name}:123456789012:inference-profile/{LITE}"
    assert isinstance(by_id, ModelPlace)
    assert callable_place(region.control, region.name, arn) == by_id


def test_profiles_are_listed_page_by_page(region):
    whole = region.answer("ListInferenceProfiles")["inferenceProfileSummaries"]
    assert LITE in {one["inferenceProfileId"] for one in whole}
    assert all(one["inferenceProfileId"].startswith("us.") for one in whole)
    first = region.answer("ListInferenceProfiles", maxResults=len(whole) - 1)
    rest = region.answer("ListInferenceProfiles", maxResults=len(whole) - 1, nextToken=first["nextToken"])
    assert first["inferenceProfileSummaries"] + rest["inferenceProfileSummaries"] == whole
    assert rest["nextToken"] is None
    assert region.answer("ListInferenceProfiles", typeEquals="APPLICATION")["inferenceProfileSummaries"] == []


@pytest.mark.parametrize("identifier", ["amazon.nova-lite-v1:0", "us.amazon.nova-x-v1:0"])
def test_what_is_no_profile_is_not_found(region, identifier):
    with pytest.raises(ServiceFault, match="ResourceNotFoundException"):
        region.answer("GetInferenceProfile", inferenceProfileIdentifier=identifier)


def test_every_model_of_the_server_is_available(region):
    found = region.answer("GetFoundationModelAvailability", modelId="amazon.nova-lite-v1:0")
    assert found["authorizationStatus"] == "AUTHORIZED"
    assert found["agreementAvailability"] == {"status": "AVAILABLE"}
    with pytest.raises(ServiceFault, match="ResourceNotFoundException"):
        region.answer("GetFoundationModelAvailability", modelId="amazon.nova-x-v1:0")
