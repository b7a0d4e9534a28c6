"""Amazon Titan: the models that can still be tuned, which make or embed images.

Bounds: the Bedrock user guide, "Custom model hyperparameters". Their data sets are pairs of images and
captions; no limits on their number were found.
"""

from __future__ import annotations

from collections.abc import Mapping

from burnish.families.bounds import Bound, Hyperparameter
from burnish.families.dataset_rules import DatasetRules, RecordSchema
from burnish.families.family import BaseModel, ModelFamily, Tuning
from burnish.types import CustomizationType

_REGIONS = frozenset({"us-east-1", "us-west-2"})
_CAPTIONS = DatasetRules(schema=RecordSchema.IMAGE_CAPTION, max_validation_records=0, max_images=1)
# The words differ in their capital: each model takes its own spelling only.
_IMAGE_GENERATOR = {
    "stepCount": Bound(low=10, high=40_000, default="auto", whole=True, words=("auto",)),
    "batchSize": Bound(low=8, high=192, default="8", whole=True),
    "learningRate": Bound(low=1e-7, high=1, default="0.00001"),
}
_EMBEDDINGS = {
    "epochCount": Bound(low=1, high=100, default="Auto", whole=True, words=("Auto",)),
    "batchSize": Bound(low=256, high=9216, default="576", whole=True),
    "learningRate": Bound(low=5e-8, high=1, default="0.00005"),
}


def _model(model_id: str, name: str, hyperparameters: Mapping[str, Hyperparameter]) -> BaseModel:
    tuning = Tuning(hyperparameters=hyperparameters, rules=_CAPTIONS)
    return BaseModel(
        id=model_id, name=name, regions=_REGIONS, tunings={CustomizationType.FINE_TUNING: tuning}
    )


TITAN = ModelFamily(
    name="titan",
    id_prefix="amazon.titan-",
    models=(
        _model("amazon.titan-image-generator-v2:0", "Titan Image Generator", _IMAGE_GENERATOR),
        _model("amazon.titan-embed-image-v1:0", "Titan MM Embeddings", _EMBEDDINGS),
    ),
)
