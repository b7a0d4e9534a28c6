"""Meta's Llama.

Bounds and limits: the Bedrock user guide, "Custom model hyperparameters" and "Prepare your training
datasets".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from burnish.families.bounds import Bound
from burnish.families.dataset_rules import DatasetRules, RecordSchema
from burnish.families.family import BaseModel, ModelFamily, Price, PriceUnit, Tuning
from burnish.families.image_tokens import ImageTokens
from burnish.types import CustomizationType, DeploymentType

_REGIONS = frozenset({"us-west-2"})
_CONVERSATION = DatasetRules(
    min_records=100, max_records=10_000, max_validation_records=1_000, max_tokens=16_000, max_system_texts=1
)
_PROMPT_COMPLETION = replace(_CONVERSATION, schema=RecordSchema.PROMPT_COMPLETION)
_SEEING = replace(_CONVERSATION, max_images=None, max_image_bytes=10 * 2**20, image_sides=(10, 8192))
_SEEING_90B = replace(_SEEING, max_tokens=10_000)
_PRICE_LIST = "AWS Price List, us-west-2"


def _tuned_on(rules: DatasetRules) -> dict[CustomizationType, Tuning]:
    return {
        CustomizationType.FINE_TUNING: Tuning(
            hyperparameters={
                "epochCount": Bound(low=1, high=10, default="5", whole=True),
                "batchSize": Bound(low=1, high=1, default="1", whole=True),
                "learningRate": Bound(low=5e-6, high=0.1, default="0.0001"),
            },
            rules=rules,
        )
    }


def _model(version: str, size: str, rules: DatasetRules) -> BaseModel:
    plain = f"meta.llama{version.replace('.', '-')}-{size.lower()}-instruct-v1:0"
    return BaseModel(
        id=f"{plain}:128k",
        name=f"Llama {version} {size}",
        regions=_REGIONS,
        inference_ids=(f"us.{plain}",),
        tunings=_tuned_on(rules),
        max_output_tokens=8_192,
    )


LLAMA = ModelFamily(
    name="llama",
    id_prefix="meta.llama",
    models=(
        _model("3.1", "8B", _PROMPT_COMPLETION),
        _model("3.1", "70B", _PROMPT_COMPLETION),
        _model("3.2", "1B", _CONVERSATION),
        _model("3.2", "3B", _CONVERSATION),
        _model("3.2", "11B", _SEEING),
        _model("3.2", "90B", _SEEING_90B),
        replace(
            _model("3.3", "70B", _CONVERSATION),
            deployments=frozenset({DeploymentType.ON_DEMAND, DeploymentType.PROVISIONED}),
            prices={
                PriceUnit.TRAINING_TOKENS: Price(usd=0.0033, as_of=date(2026, 8, 2), source=_PRICE_LIST),
                PriceUnit.INPUT_TOKENS: Price(usd=0.00072, as_of=date(2026, 8, 2), source=_PRICE_LIST),
                PriceUnit.OUTPUT_TOKENS: Price(usd=0.00072, as_of=date(2026, 8, 2), source=_PRICE_LIST),
            },
        ),
    ),
    usual_tunings=_tuned_on(_CONVERSATION),
    # At most two by two tiles of 560 pixels, each 1,601 tokens.
    image_tokens=ImageTokens(pixels_per_token=2**40, least=4 * 1_601, likely_pixels_per_token=400),
)
