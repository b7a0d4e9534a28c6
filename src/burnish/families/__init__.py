"""Model families as values: their base models, how each is tuned and served, and what that costs.

A family is one module with one constant; `registry` finds them, those of other packages as well.
"""

from __future__ import annotations

from burnish.families.bounds import Bound, Hyperparameter, OneOf
from burnish.families.dataset_rules import DatasetRules, RecordSchema
from burnish.families.family import (
    BaseModel,
    ModelFamily,
    Price,
    PriceUnit,
    Tuning,
)
from burnish.families.image_tokens import ImageTokens
from burnish.families.registry import (
    all_families,
    base_model_of,
    family_named,
    family_of,
    model_id_of,
)
from burnish.types import CustomizationType, DeploymentType

__all__ = [
    "BaseModel",
    "Bound",
    "CustomizationType",
    "DatasetRules",
    "DeploymentType",
    "Hyperparameter",
    "ImageTokens",
    "ModelFamily",
    "OneOf",
    "Price",
    "PriceUnit",
    "RecordSchema",
    "Tuning",
    "all_families",
    "base_model_of",
    "family_named",
    "family_of",
    "model_id_of",
]
