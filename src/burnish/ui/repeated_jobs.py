"""A job that has ended, run again: a form with all that it was given, and the config that the form makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from burnish.aws.base_models import family_claiming
from burnish.aws.clients import Clients
from burnish.configs import FinetuningJobConfig
from burnish.families import family_named, model_id_of

#: What somebody may change, by its name in the config, with what a form calls it.
TEXTS = {
    "job_name": "Name of the job",
    "model_name": "Name of its model",
    "base_model": "Base model",
    "training_data_uri": "Training data",
    "validation_data_uri": "Validation data",
    "output_uri": "Output",
    "role_arn": "Role",
}
MAY_BE_EMPTY = "validation_data_uri"
_PREFIX = "hyperparameter-"


@dataclass(frozen=True, kw_only=True)
class RepeatedField:
    """A field of the form: its name, what it is called, and what stands in it."""

    name: str
    title: str
    value: str

    @property
    def is_long(self) -> bool:
        """Whether what stands in it may be longer than a name: an address or an ARN."""
        return self.name in TEXTS and not self.name.endswith("_name")

    @property
    def is_required(self) -> bool:
        """Whether it must not be left empty."""
        return self.name in TEXTS and self.name != MAY_BE_EMPTY


def text_fields(config: FinetuningJobConfig, form: Mapping[str, str]) -> list[RepeatedField]:
    """Names, data and role, as the config has them, or the form where it was filled in."""
    return [
        RepeatedField(name=name, title=title, value=form.get(name, getattr(config, name) or ""))
        for name, title in TEXTS.items()
    ]


def hyperparameter_fields(config: FinetuningJobConfig, form: Mapping[str, str]) -> list[RepeatedField]:
    """A field for each hyperparameter of the base model; one that was left to the service is empty."""
    tuning = family_named(config.model_type).tuning(model_id_of(config.base_model), config.customization_type)
    names = [*config.hyperparameters, *(set(tuning.hyperparameters) - set(config.hyperparameters))]
    given = {name: config.hyperparameters.get(name, "") for name in sorted(names)}
    return [
        RepeatedField(name=_PREFIX + name, title=name, value=form.get(_PREFIX + name, value))
        for name, value in given.items()
    ]


def config_from(
    clients: Clients, form: Mapping[str, str], config: FinetuningJobConfig
) -> FinetuningJobConfig:
    """The config with what the form says. Raises `InvalidConfig` with all that cannot work."""
    texts: dict[str, Any] = {name: form[name].strip() for name in TEXTS if name in form}
    if texts.get(MAY_BE_EMPTY) == "":
        texts |= {MAY_BE_EMPTY: None}
    hyperparameters = {
        name.removeprefix(_PREFIX): value.strip()
        for name, value in form.items()
        if name.startswith(_PREFIX) and value.strip()
    }
    family = family_claiming(clients, texts.get("base_model") or config.base_model)
    return replace(config, **texts, hyperparameters=hyperparameters, model_type=family.name)
