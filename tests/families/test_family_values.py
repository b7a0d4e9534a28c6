"""The families as they are: ids that the API takes, defaults within their bounds, prices with a source."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import botocore.session
import pytest

import burnish
from burnish.errors import InvalidConfig
from burnish.families import (
    CustomizationType,
    RecordSchema,
    all_families,
    base_model_of,
    family_named,
    family_of,
    model_id_of,
)
from burnish.server.wire.patterns import satisfies

SHAPES = botocore.session.get_session().get_service_model("bedrock")
RUNTIME_SHAPES = botocore.session.get_session().get_service_model("bedrock-runtime")
MODELS = [(family, model) for family in all_families() for model in family.models]
TUNINGS = [
    (family.name, method, tuning)
    for family in all_families()
    for tunings in (family.usual_tunings, *(model.tunings for model in family.models))
    for method, tuning in tunings.items()
]
BY_ID = pytest.mark.parametrize(("family", "model"), MODELS, ids=[model.id for _, model in MODELS])


def admitted(shape: str, value: str, shapes=SHAPES) -> bool:
    return satisfies(shapes.shape_for(shape).metadata["pattern"], value)


def test_the_families_are_these():
    assert [family.name for family in all_families()] == ["nova", "claude", "llama", "titan", "open_weights"]


@BY_ID
def test_every_id_passes_the_patterns_of_the_api(family, model):
    assert admitted("BaseModelIdentifier", model.id)
    assert admitted("FoundationModelArn", f"arn:aws:bedrock:us-east-1::foundation-model/{model.id}")
    assert admitted("BrandedName", model.name)
    for name in model.inference_ids:
        assert admitted("ConversationalModelId", name, RUNTIME_SHAPES)


@BY_ID
def test_every_spelling_of_a_model_finds_it_and_its_family(family, model):
    arn = "arn:aws:bedrock:us-east-1"
    for name in model.ids:
        assert family_of(name) is family
        assert base_model_of(name) is model
        assert base_model_of(f"{arn}::foundation-model/{name}") is model
    assert base_model_of(f"{arn}:123456789012:custom-model/{model.id}/abcdefghijkl") is model


@BY_ID
def test_a_model_says_where_it_is_tuned_and_by_which_ways(family, model):
    assert model.regions <= {"us-east-1", "us-west-2"}
    # An own server is in no region of AWS.
    assert model.regions or family.name == "open_weights"
    assert CustomizationType.FINE_TUNING in model.tunings
    assert model.deployments


@BY_ID
def test_every_price_has_a_day_and_a_source(family, model):
    for price in model.prices.values():
        assert price.usd > 0
        assert date(2026, 1, 1) <= price.as_of <= date.today()
        assert price.source


@pytest.mark.parametrize(("owner", "method", "tuning"), TUNINGS)
def test_defaults_are_within_their_own_bounds(owner, method, tuning):
    assert tuning.problems_with(tuning.defaults(), owner=owner) == []


@pytest.mark.parametrize(("owner", "method", "tuning"), TUNINGS)
def test_limits_leave_something_to_train_on(owner, method, tuning):
    rules = tuning.rules
    assert 1 <= rules.min_records <= rules.max_records
    assert (rules.schema is RecordSchema.REINFORCEMENT) == (
        method is CustomizationType.REINFORCEMENT_FINE_TUNING
    )


@pytest.mark.parametrize(
    ("model", "method", "name", "low", "high"),
    [
        ("amazon.nova-2-lite-v1:0:256k", "REINFORCEMENT_FINE_TUNING", "batchSize", 16, 512),
        ("amazon.nova-2-lite-v1:0:256k", "REINFORCEMENT_FINE_TUNING", "epochCount", 1, 50),
        ("amazon.nova-2-lite-v1:0:256k", "REINFORCEMENT_FINE_TUNING", "learningRate", 1e-7, 1e-3),
        ("amazon.nova-2-lite-v1:0:256k", "REINFORCEMENT_FINE_TUNING", "trainingSamplePerPrompt", 2, 16),
        ("amazon.nova-2-lite-v1:0:256k", "REINFORCEMENT_FINE_TUNING", "evalInterval", 1, 100),
    ],
)
def test_bounds_that_the_api_itself_has_are_the_apis(model, method, name, low, high):
    members = SHAPES.shape_for("RFTHyperParameters").members
    bound = family_of(model).tuning(model, CustomizationType(method)).hyperparameters[name]
    assert (bound.low, bound.high) == (low, high)
    assert (members[name].metadata["min"], members[name].metadata["max"]) == (low, high)


def test_a_way_that_a_model_does_not_take_is_refused_with_those_it_does():
    with pytest.raises(InvalidConfig, match="cannot be tuned by DISTILLATION: it takes FINE_TUNING"):
        family_named("claude").tuning(
            "anthropic.claude-3-haiku-20240307-v1:0:200k", CustomizationType.DISTILLATION
        )


def test_a_model_that_nobody_can_tell_about_is_refused_with_those_that_are_known():
    with pytest.raises(InvalidConfig, match=re.escape("titan tunes amazon.titan-image-generator-v2:0")):
        family_named("titan").tuning("amazon.titan-text-premier-v1:0")


def test_a_newer_model_of_a_family_is_tuned_as_usual():
    assert family_of("amazon.nova-3-lite-v1:0:1m").name == "nova"
    assert "epochCount" in family_named("nova").tuning("amazon.nova-3-lite-v1:0:1m").defaults()


def test_an_unknown_family_is_never_a_default():
    with pytest.raises(InvalidConfig, match="it is not one of 'nova', 'claude'"):
        family_named("mistral")
    assert family_of("mistral.large-v1:0") is None


@pytest.mark.parametrize(
    ("identifier", "model_id"),
    [
        ("amazon.nova-lite-v1:0:300k", "amazon.nova-lite-v1:0:300k"),
        ("arn:aws:bedrock:us-east-1::foundation-model/a.b-v1:0", "a.b-v1:0"),
        ("arn:aws:bedrock:us-east-1:123456789012:custom-model/a.b-v1:0:8k/abcdefghijkl", "a.b-v1:0:8k"),
        ("my-custom-model", "my-custom-model"),
    ],
)
def test_the_model_in_an_arn(identifier, model_id):
    assert model_id_of(identifier) == model_id


def test_a_family_is_one_file_and_nothing_else_decides_by_its_name():
    """Outside its module a family's name may stand in words for people and in the seed's default, no more."""
    source = Path(burnish.__file__).parent
    decisions = re.compile(
        r"""(==|!=|\bin\b|\bis\b|\bif\b|startswith\(|case )[^#]*\b(nova|claude|llama|titan)\b"""
    )
    found = [
        f"{path.relative_to(source)}:{number}: {line.strip()}"
        for path in source.rglob("*.py")
        if path.parent.name != "families"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if decisions.search(line) and "samples" not in path.parts and not line.strip().startswith(("#", '"'))
    ]
    assert found == []
