from datetime import UTC, datetime

import pytest

from burnish.aws.base_models import (
    base_model_problem,
    list_base_models,
    require_base_model,
    require_model_to_serve,
)
from burnish.errors import InvalidConfig

NOVA = "amazon.nova-lite-v1:0"
CUSTOM = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-99-v1:0/abcdefghijkl"


def offering(bedrock, *model_ids):
    summaries = [
        {"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{one}", "modelId": one}
        for one in model_ids
    ]
    bedrock.add_response("list_foundation_models", {"modelSummaries": summaries})


@pytest.mark.parametrize(
    "model",
    [
        NOVA,
        f"{NOVA}:300k",
        f"us.{NOVA}",
        f"arn:aws:bedrock:us-east-1::foundation-model/{NOVA}",
        CUSTOM,
    ],
)
def test_a_listed_model_or_a_custom_one_is_not_looked_up(clients, bedrock, model):
    assert base_model_problem(clients, model) is None


def test_a_model_that_is_newer_than_this_version_is_the_service_s(clients, bedrock):
    offering(bedrock, NOVA, "amazon.nova-9-lite-v1:0")
    assert base_model_problem(clients, "amazon.nova-9-lite-v1:0") is None


def test_a_profile_of_another_region_is_its_model_s(clients, bedrock):
    offering(bedrock, NOVA, "amazon.nova-9-lite-v1:0")
    assert base_model_problem(clients, "eu.amazon.nova-9-lite-v1:0") is None


def test_a_model_that_the_service_does_not_have_is_refused_with_the_nearest(clients, bedrock):
    offering(bedrock, "local.smollm2-135m-instruct-v1:0", NOVA)
    with pytest.raises(InvalidConfig, match=r"no such base model\. Did you mean 'amazon\.nova-lite-v1:0'\?"):
        require_base_model(clients, "amazon.nova-light-v1:0")


def test_a_model_of_one_s_own_server_is_looked_up_too(clients, bedrock):
    offering(bedrock, "local.smollm2-135m-instruct-v1:0", NOVA)
    problem = base_model_problem(clients, "local.smolm2-135m-instruct-v1:0")
    assert problem.endswith("Did you mean 'local.smollm2-135m-instruct-v1:0'?")


def test_a_custom_model_is_tuned_further_by_its_name(clients, bedrock):
    offering(bedrock, NOVA)
    bedrock.add_response(
        "get_custom_model",
        {"modelArn": CUSTOM, "modelName": "starter", "creationTime": datetime(2026, 11, 27, tzinfo=UTC)},
        {"modelIdentifier": "starter"},
    )
    assert base_model_problem(clients, "starter") is None


def test_a_name_that_no_custom_model_has_is_refused(clients, bedrock):
    offering(bedrock, NOVA)
    bedrock.add_client_error("get_custom_model", "ResourceNotFoundException")
    assert base_model_problem(clients, "starter").startswith("the service has no such base model.")


@pytest.mark.parametrize("refusal", ["AccessDeniedException", "ResourceNotFoundException"])
def test_where_the_service_does_not_say_the_families_lists_decide(clients, bedrock, refusal):
    bedrock.add_client_error("list_foundation_models", refusal)
    problem = base_model_problem(clients, "amazon.nova-light-v1:0")
    assert problem.endswith("the service could not be asked. Did you mean 'amazon.nova-lite-v1:0'?")


def test_where_nobody_answers_a_family_that_lists_none_may_have_any(clients):
    assert base_model_problem(clients, "local.my-own-v1:0") is None
    assert "Did you mean" in base_model_problem(clients, "amazn.nova-lite-v1:0")


def test_what_is_served_may_be_a_custom_model_by_name(clients, bedrock):
    require_model_to_serve(clients, "papers")
    require_model_to_serve(clients, CUSTOM)
    offering(bedrock, NOVA)
    with pytest.raises(InvalidConfig, match="Did you mean"):
        require_model_to_serve(clients, "amazon.nova-light-v1:0")


def test_base_models_are_listed_with_what_can_be_done_with_each(bedrock):
    summary = {
        "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{NOVA}",
        "modelId": NOVA,
        "modelName": "Nova Lite",
        "inputModalities": ["TEXT", "IMAGE"],
        "customizationsSupported": ["FINE_TUNING"],
    }
    asked = {"byCustomizationType": "FINE_TUNING"}
    bedrock.add_response("list_foundation_models", {"modelSummaries": [summary]}, asked)
    [model] = list_base_models(bedrock.client, customization="FINE_TUNING")
    assert (model.model_id, model.model_name) == (NOVA, "Nova Lite")
    assert (model.input_modalities, model.customizations) == (("TEXT", "IMAGE"), ("FINE_TUNING",))
    assert model.inference_types == ()
