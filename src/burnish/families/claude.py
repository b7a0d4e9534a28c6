"""Anthropic's Claude, as far as Bedrock tunes it.

Bounds and limits: the Bedrock user guide, "Custom model hyperparameters" and "Prepare your training
datasets". Reserved words, and three characters a token: AWS's own validator.
"""

from __future__ import annotations

from burnish.families.bounds import Bound
from burnish.families.dataset_rules import DatasetRules, RecordSchema
from burnish.families.family import BaseModel, ModelFamily, Tuning
from burnish.families.image_tokens import ImageTokens
from burnish.types import CustomizationType

_TUNINGS = {
    CustomizationType.FINE_TUNING: Tuning(
        hyperparameters={
            "epochCount": Bound(low=1, high=10, default="2", whole=True),
            "batchSize": Bound(low=4, high=256, default="32", whole=True),
            "learningRateMultiplier": Bound(low=0.1, high=2, default="1"),
            "earlyStoppingThreshold": Bound(low=0, high=0.1, default="0.001"),
            "earlyStoppingPatience": Bound(low=1, high=10, default="2", whole=True),
        },
        rules=DatasetRules(
            schema=RecordSchema.CLAUDE_MESSAGES,
            min_records=32,
            max_records=10_000,
            min_validation_records=32,
            max_validation_records=1_000,
            max_tokens=32_000,
            characters_per_token=3,
            reserved_words=("\nHuman:", "\nAssistant:"),
        ),
    )
}

CLAUDE = ModelFamily(
    name="claude",
    id_prefix="anthropic.claude-",
    models=(
        BaseModel(
            id="anthropic.claude-3-haiku-20240307-v1:0:200k",
            name="Claude 3 Haiku",
            regions=frozenset({"us-west-2"}),
            inference_ids=("us.anthropic.claude-3-haiku-20240307-v1:0",),
            tunings=_TUNINGS,
            max_output_tokens=4_096,
        ),
    ),
    # A token for 750 pixels; larger images are reduced first.
    image_tokens=ImageTokens(pixels_per_token=700, least=200, likely_pixels_per_token=750),
)
