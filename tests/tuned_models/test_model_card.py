"""The card that a model leaves the machine with."""

from __future__ import annotations

from msgspec.structs import replace

from burnish.tuned_models.model_card import ModelFormat, model_card
from burnish.tuned_models.model_manifest import BaseWeights, ModelManifest, TrainingFigures

SMOL = BaseWeights(
    name="smol", source="HuggingFaceTB/SmolLM2-135M-Instruct", kind="language-model", fingerprint="0f"
)
FEATURES = BaseWeights(name="page-features", source="page-features", kind="page-features")
FIGURES = TrainingFigures(
    training_records=8,
    validation_records=4,
    labels={"invoice": 4, "letter <b>": 4},
    hyperparameters={"epochCount": "2"},
    training_loss=0.25,
)
MANIFEST = ModelManifest(
    model_name="papers",
    kind="language-model",
    base_model_id="local.smollm2-135m-instruct-v1:0",
    bases=(SMOL,),
    figures=FIGURES,
    files={},
)


def test_a_card_tells_base_model_figures_confidence_licence_and_loading():
    card = model_card(MANIFEST, None, form=ModelFormat.ADAPTER)
    for part in (
        "base_model:\n- HuggingFaceTB/SmolLM2-135M-Instruct\nlicense: apache-2.0\nlibrary_name: peft",
        "records: 8 to train on, 4 to validate",
        r"labels: 2 (invoice 4, letter \<b\> 4)",
        "training loss, at the last step: 0.2500 nats",
        "no page was held out",
        'PeftModel.from_pretrained(base, "FOLDER")',
    ):
        assert part in card


def test_a_card_says_whom_the_model_stood_in_for():
    nova = replace(MANIFEST, base_model_id="amazon.nova-lite-v1:0:300k")
    assert "stood in for amazon.nova-lite-v1:0:300k" in model_card(nova, None, form=ModelFormat.MERGED)
    assert "stood in" not in model_card(MANIFEST, None, form=ModelFormat.MERGED)


def test_a_pools_card_shows_the_folder_of_the_member_that_has_an_adapter():
    pool = replace(MANIFEST, kind="pool", bases=(replace(SMOL, folder="smol"), FEATURES))
    card = model_card(pool, None, form=ModelFormat.ADAPTER)
    assert 'PeftModel.from_pretrained(base, "FOLDER/smol")' in card
    assert "and page-features (page-features)" in card


def test_the_licence_of_another_base_model_is_where_that_is():
    other = replace(MANIFEST, bases=(replace(SMOL, source="someone/model"),))
    card = model_card(other, None, form=ModelFormat.ADAPTER)
    assert "license: other" in card
    assert "see https://huggingface.co/someone/model" in card
