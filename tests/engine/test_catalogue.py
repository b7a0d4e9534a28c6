"""The catalogue: ids that pass Bedrock's own patterns, stand-ins that say so."""

from __future__ import annotations

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.engine.catalogue import (
    DEFAULT_MODEL,
    MINILM,
    PAGE_FEATURES,
    Catalogue,
    open_model,
    pool_of,
    requested_models,
    served_models,
)
from burnish.families import family_named
from burnish.server.wire.patterns import satisfies

SHAPES = botocore.session.get_session().get_service_model("bedrock")
RUNTIME_SHAPES = botocore.session.get_session().get_service_model("bedrock-runtime")
OTHER = open_model("somebody/Other_Model.v2")
POOL = pool_of(DEFAULT_MODEL, PAGE_FEATURES)
CATALOGUE = Catalogue(models=(DEFAULT_MODEL, OTHER, POOL, PAGE_FEATURES))

SOURCES = [
    "HuggingFaceTB/SmolLM2-135M-Instruct",
    "somebody/Model_with.Dots-And__more",
    "/models/on/disk/",
    "x" * 200,
    "somebody/" + "long-" * 20,
    "名前/模型",
    "---",
    "HuggingFaceTB/SmolLM2-135M-Instruct + page-features",
]


def fits(shape_name: str, value: str, shapes=SHAPES) -> bool:
    """Whether the API's own shape admits a value."""
    bounds = shapes.shape_for(shape_name).metadata
    long_enough = bounds.get("min", 0) <= len(value) <= bounds.get("max", 2048)
    return long_enough and satisfies(bounds["pattern"], value)


def assert_usable_in_the_api(model_id: str) -> None:
    arn = f"arn:aws:bedrock:us-east-1::foundation-model/{model_id}"
    for shape in ("BaseModelIdentifier", "ModelIdentifier", "BedrockModelId"):
        assert fits(shape, model_id), shape
    for shape in ("BaseModelIdentifier", "ModelIdentifier", "FoundationModelArn"):
        assert fits(shape, arn), shape
    assert fits("ConversationalModelId", model_id, RUNTIME_SHAPES)
    tuned = f"arn:aws:bedrock:us-east-1:123456789012:custom-model/{model_id}/abcdefghijkl"
    assert fits("CustomModelArn", tuned)
    assert fits("ModelIdentifier", tuned)


@pytest.mark.parametrize("source", SOURCES)
def test_the_id_of_any_model_passes_the_patterns_of_the_api(source):
    assert_usable_in_the_api(open_model(source).id)


@given(source=st.text(min_size=1, max_size=100))
def test_the_id_of_any_text_passes_the_patterns_of_the_api(source):
    assert_usable_in_the_api(open_model(source).id)


def test_the_patterns_refuse_what_they_should():
    assert not fits("BaseModelIdentifier", "local.Upper_case v1:0")


def test_the_id_comes_from_the_name_of_the_weights():
    assert open_model("HuggingFaceTB/SmolLM2-135M-Instruct").id == "local.smollm2-135m-instruct-v1:0"


@pytest.mark.parametrize("model", CATALOGUE.foundation_models(), ids=lambda model: model.id)
def test_every_listed_model_has_a_name_and_a_provider_that_the_api_admits(model):
    assert fits("BrandedName", model.shown_name)
    assert fits("BrandedName", model.provider)
    assert fits("FoundationModelArn", model.arn("us-east-1"))


def test_a_stand_in_says_so_and_the_open_models_do_not():
    for model in CATALOGUE.foundation_models():
        assert ("standin" in model.shown_name) is model.is_stand_in
        assert ("stand-in" in model.provider) is model.is_stand_in


def test_the_ids_of_nova_are_answered_by_a_pool():
    for nova in family_named("nova").models:
        for model_id in nova.ids:
            found = CATALOGUE.find(model_id)
            assert found.is_stand_in
            assert found.weights == POOL


def test_without_a_pool_they_are_answered_by_the_first_model_that_writes_text():
    nova = family_named("nova").models[0].id
    assert Catalogue(models=(PAGE_FEATURES, OTHER, DEFAULT_MODEL)).find(nova).weights == OTHER
    assert Catalogue(models=(PAGE_FEATURES,)).find(nova) is None


def test_a_pool_has_an_id_that_names_its_members_and_a_source_that_means_it():
    assert POOL.id == "local.smollm2-135m-instruct-with-page-features-v1:0"
    assert open_model(POOL.source) == POOL
    assert [member.slug for member in POOL.members] == ["smollm2-135m-instruct", "page-features"]


def test_a_server_offers_a_pool_of_each_model_that_writes_whatever_comes_first():
    assert served_models((DEFAULT_MODEL,)) == (DEFAULT_MODEL, POOL, PAGE_FEATURES)
    offered = served_models((OTHER, DEFAULT_MODEL))
    assert offered == (OTHER, DEFAULT_MODEL, pool_of(OTHER, PAGE_FEATURES), POOL, PAGE_FEATURES)
    assert served_models((PAGE_FEATURES,)) == (PAGE_FEATURES,)
    assert served_models((POOL,)) == (POOL, PAGE_FEATURES)


def test_the_sentence_encoder_is_offered_where_its_weights_are_and_where_it_is_asked_for():
    offered = (DEFAULT_MODEL, POOL, PAGE_FEATURES)
    assert served_models((DEFAULT_MODEL,), is_here=lambda model: model == MINILM) == (*offered, MINILM)
    assert served_models((MINILM,)) == (MINILM, PAGE_FEATURES)


def test_a_model_is_asked_for_by_any_of_its_names_and_the_default_one_by_none():
    assert requested_models(("minilm-l6", MINILM.source, OTHER.source)) == (MINILM, OTHER)
    assert requested_models(()) == (DEFAULT_MODEL,)


def test_what_writes_no_text_stands_in_for_nothing():
    catalogue = Catalogue(models=(MINILM, PAGE_FEATURES))
    assert [model.id for model in catalogue.foundation_models()] == [MINILM.id, PAGE_FEATURES.id]


def test_what_learns_from_other_records_is_not_stood_in_for():
    assert CATALOGUE.find("anthropic.claude-3-haiku-20240307-v1:0:200k") is None
    assert CATALOGUE.find("amazon.titan-embed-image-v1:0") is None
    assert CATALOGUE.find("meta.llama3-3-70b-instruct-v1:0:128k").is_stand_in


def test_a_model_is_found_by_its_id_and_by_its_arn_in_any_region():
    for model in CATALOGUE.foundation_models():
        assert CATALOGUE.find(model.id) == model
        assert CATALOGUE.find(model.arn("eu-west-1")) == model


def test_a_model_that_is_not_there_is_not_found():
    assert CATALOGUE.find("amazon.titan-text-v1") is None
    assert CATALOGUE.find("") is None


def test_a_model_that_is_not_there_is_suggested_by_the_nearest_id():
    assert CATALOGUE.suggestion("amazon.nova-light-v1:0") == " Did you mean 'amazon.nova-lite-v1:0'?"
    arn = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-light-v1:0"
    assert CATALOGUE.suggestion(arn) == CATALOGUE.suggestion("amazon.nova-light-v1:0")
    assert CATALOGUE.suggestion("gpt") == ""
