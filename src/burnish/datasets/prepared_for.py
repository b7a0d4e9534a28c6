"""The model that a data set was prepared for: its records keep that model's rules, and maybe no other's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.datasets.provenance import manifest_with
from burnish.errors import InvalidConfig
from burnish.families import DatasetRules, base_model_of, family_of, model_id_of
from burnish.phrasing import Phrasing
from burnish.types import CustomizationType

if TYPE_CHECKING:
    from burnish.aws.clients import Client
    from burnish.configs import FinetuningJobConfig


def shared_id(model: str) -> str:
    """One id for all the ids of a base model: that with its context suffix, where a family lists it."""
    listed = base_model_of(model)
    return listed.id if listed else model_id_of(model)


def model_mismatch(s3: Client, config: FinetuningJobConfig, base_model: str) -> Phrasing | None:
    """Why a job's data set does not suit its model, and what to do; None where it does or nothing is known.

    Models with the same rules share data sets: the same model with another context, or two of one family.
    """
    validation = (config.validation_data_uri,) if config.validation_data_uri else ()
    found = manifest_with(s3, config.training_data_uri, validation)
    prepared_for = found.model if found else None
    if not prepared_for or config.customization_type is not CustomizationType.FINE_TUNING:
        return None
    theirs, ours = _rules_of(prepared_for), _rules_of(base_model)
    if not theirs or not ours or theirs == ours:
        return None
    model = shared_id(base_model)
    remedy = Phrasing(
        command=f"prepare it again, with `burnish prepare … --model {model}`",
        call="prepare it again, with its rules and model in the Preparation of `prepare_dataset()`",
    )
    return remedy.after(
        f"the data set was prepared for {prepared_for}, whose rules differ from those of {model}:"
    )


def require_match(s3: Client, config: FinetuningJobConfig) -> None:
    """Raise `InvalidConfig` where a job's data set does not suit its model."""
    if mismatch := model_mismatch(s3, config, config.base_model):
        raise InvalidConfig(f"The fine-tuning job {config.job_name!r}", [mismatch])


def _rules_of(model: str) -> DatasetRules | None:
    family = family_of(model)
    if family is None:
        return None
    listed = family.model(model_id_of(model))
    tuning = (listed.tunings if listed else family.usual_tunings).get(CustomizationType.FINE_TUNING)
    return tuning.rules if tuning else None
