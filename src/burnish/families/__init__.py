"""Model families as values: which base models there are and what may be set when tuning them.

A family is one module with one constant. `family_named` finds it by the ``model_type`` of a config,
`family_of` by a base model's id or ARN.
"""

from __future__ import annotations

from burnish.errors import InvalidConfig
from burnish.families.family import BaseModel, Bound, ModelFamily
from burnish.families.nova import NOVA
from burnish.families.open_weights import OPEN_WEIGHTS

__all__ = [
    "FAMILIES",
    "NOVA",
    "OPEN_WEIGHTS",
    "BaseModel",
    "Bound",
    "ModelFamily",
    "family_named",
    "family_of",
]

FAMILIES: tuple[ModelFamily, ...] = (NOVA, OPEN_WEIGHTS)


def family_named(name: str) -> ModelFamily:
    """The family of this name. Raises `InvalidConfig` naming those there are: never a default."""
    for family in FAMILIES:
        if family.name == name:
            return family
    known = ", ".join(repr(family.name) for family in FAMILIES)
    raise InvalidConfig(f"The model type {name!r}", [f"it is not one of {known}"])


def family_of(base_model: str) -> ModelFamily | None:
    """The family that a base model's id or ARN belongs to, or None where no family claims it."""
    model_id = base_model.rpartition("foundation-model/")[2]
    return next((family for family in FAMILIES if family.claims(model_id)), None)
