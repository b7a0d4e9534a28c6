"""Amazon Nova.

Bounds and limits: the Bedrock user guide, "Custom model hyperparameters" and "Prepare your training
datasets", and the Nova user guides; ``batchSize`` is in AWS's own recipe template only. Reserved words: the
Nova user guide, "Preparing data for fine-tuning Understanding models", and AWS's own validators, which look
for them in answers too. Those validators also say which keys, documents and formats are taken; that Nova 2
takes no WebP and no WebM is in its own user guide.
Reinforcement fine-tuning: bounds from the API's own shapes, defaults from AWS's recipe template.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from burnish.families.bounds import Bound, OneOf
from burnish.families.dataset_rules import DatasetRules, RecordSchema
from burnish.families.family import BaseModel, ModelFamily, Price, PriceUnit, Tuning
from burnish.families.image_tokens import ImageTokens
from burnish.types import CustomizationType, DeploymentType

_MIB = 2**20
_REGIONS = frozenset({"us-east-1"})
_DEPLOYMENTS = frozenset({DeploymentType.ON_DEMAND, DeploymentType.PROVISIONED})

_TEXT = DatasetRules(
    min_records=8,
    max_records=20_000,
    max_tokens=32_000,
    reserved_words=(
        *("User:", "Bot:", "Assistant:", "System:", "USER:", "BOT:", "ASSISTANT:", "SYSTEM:", "Thought:"),
        *("<image>", "<video>", "[EOS]", "<unk>"),
    ),
    takes_tools=True,
    key_punctuation="-_.",
    file_suffix=".jsonl",
)
_SEEING = replace(
    _TEXT,
    max_images=10,
    max_image_bytes=10 * _MIB,
    max_videos=1,
    max_video_bytes=50 * _MIB,
    max_documents=1,
    max_document_bytes=10 * _MIB,
)
_SEEING_2 = replace(
    _SEEING,
    min_records=200,
    # Not supported: an SDK of AWS drops them with a warning. Here they are refused, with the reason.
    max_validation_records=0,
    image_formats=("png", "jpeg", "gif"),
    video_formats=("mov", "mkv", "mp4"),
    takes_reasoning=True,
)
_HYPERPARAMETERS = {
    "epochCount": Bound(low=1, high=5, default="2", whole=True),
    "learningRate": Bound(low=1e-6, high=1e-4, default="0.00001"),
    "learningRateWarmupSteps": Bound(low=0, high=100, default="10", whole=True),
    "batchSize": Bound(low=1, high=64, default="1", whole=True),
}
_REINFORCEMENT = Tuning(
    hyperparameters={
        "epochCount": Bound(low=1, high=50, default="1", whole=True),
        "batchSize": Bound(low=16, high=512, default="128", whole=True),
        "learningRate": Bound(low=1e-7, high=1e-3, default="0.00001"),
        "maxPromptLength": Bound(low=1, high=2**31 - 1, default="8192", whole=True),
        "trainingSamplePerPrompt": Bound(low=2, high=16, default="8", whole=True),
        "inferenceMaxTokens": Bound(low=1, high=2**31 - 1, default="2048", whole=True),
        "reasoningEffort": OneOf(words=("low", "medium", "high"), default="medium"),
        "evalInterval": Bound(low=1, high=100, default="10", whole=True),
    },
    rules=DatasetRules(
        schema=RecordSchema.REINFORCEMENT,
        min_records=100,
        max_records=20_000,
        reserved_words=_TEXT.reserved_words,
    ),
)
_TUNINGS_2 = {
    CustomizationType.FINE_TUNING: Tuning(hyperparameters=_HYPERPARAMETERS, rules=_SEEING_2),
    CustomizationType.REINFORCEMENT_FINE_TUNING: _REINFORCEMENT,
}
_DISTILLATION = Tuning(rules=DatasetRules(min_records=100, max_validation_records=0, needs_answers=False))


def _tuned_on(rules: DatasetRules) -> dict[CustomizationType, Tuning]:
    return {
        CustomizationType.FINE_TUNING: Tuning(hyperparameters=_HYPERPARAMETERS, rules=rules),
        CustomizationType.DISTILLATION: _DISTILLATION,
    }


def _model(
    version: str,
    context: str,
    name: str,
    tunings: dict[CustomizationType, Tuning],
    *,
    max_output_tokens: int = 10_000,
    **usd: float,
) -> BaseModel:
    plain = f"amazon.nova-{version}-v1:0"
    prices = {PriceUnit[unit]: _price(amount) for unit, amount in usd.items()}
    return BaseModel(
        id=f"{plain}:{context}",
        name=f"Nova {name}",
        regions=_REGIONS,
        # Untuned it is called by its profile: the plain id is refused on demand in most regions, the one with
        # the context suffix always.
        inference_ids=(f"us.{plain}",),
        tunings=tunings,
        deployments=_DEPLOYMENTS,
        max_output_tokens=max_output_tokens,
        prices={PriceUnit.STORAGE_MONTH: _price(1.95), **prices},
    )


def _price(usd: float) -> Price:
    return Price(usd=usd, as_of=date(2026, 8, 2), source="AWS Price List, us-east-1")


NOVA = ModelFamily(
    name="nova",
    id_prefix="amazon.nova-",
    models=(
        _model(
            *("micro", "128k", "Micro", _tuned_on(_TEXT)),
            TRAINING_TOKENS=0.001,
            INPUT_TOKENS=0.000035,
            OUTPUT_TOKENS=0.00014,
        ),
        _model("lite", "300k", "Lite", _tuned_on(_SEEING)),
        _model("pro", "300k", "Pro", _tuned_on(_SEEING)),
        _model(
            *("2-lite", "256k", "2 Lite", _TUNINGS_2),
            max_output_tokens=65_536,
            TRAINING_TOKENS=0.00378,
            INPUT_TOKENS=0.0003,
            OUTPUT_TOKENS=0.0025,
            MODEL_UNIT_HOUR=60.5,
            MODEL_UNIT_HOUR_ONE_MONTH=55.0,
        ),
    ),
    usual_tunings=_tuned_on(_SEEING),
    usual_deployments=_DEPLOYMENTS,
    # The user guide's table goes from about 800 tokens for 900 x 450 pixels to 2,600 for 1,300 x 1,300, which
    # is 500 to 700 pixels each. Smaller images are enlarged.
    image_tokens=ImageTokens(pixels_per_token=500, least=1_300, likely_pixels_per_token=650),
)
