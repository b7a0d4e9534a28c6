"""Settings for all jobs of a caller: aliases of base models, and default hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from burnish.configs import FinetuningJobConfig, wrong_family
from burnish.errors import InvalidConfig
from burnish.families import DatasetRules, Tuning, base_model_of, family_named, model_id_of
from burnish.types import CustomizationType


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Short names for base models, and the hyperparameters used where a job gives none."""

    base_models: Mapping[str, str] = field(default_factory=dict)
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    #: Those of single models, by short name or id; they go before the ones above.
    model_hyperparameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ResolvedSettings:
    """The base model and hyperparameters of a job, after settings and defaults are applied, and its rules."""

    base_model_id: str
    rules: DatasetRules
    hyperparameters: Mapping[str, str]


def settings_from(config: Mapping[str, Any] | None) -> Settings:
    """The settings under ``model_finetuning`` of a configuration; empty ones where there are none.

    A base model is a string, or a mapping that holds one under ``id``. Hyperparameters stand under
    ``default``, or under a model's short name or id.
    """
    section = (config or {}).get("model_finetuning") or {}
    models = section.get("base_models") or {}
    hyperparameters = section.get("hyperparameters") or {}
    return Settings(
        base_models={alias: _model_id(alias, model) for alias, model in models.items()},
        hyperparameters=dict(hyperparameters.get("default") or {}),
        model_hyperparameters={
            name: dict(values or {}) for name, values in hyperparameters.items() if name != "default"
        },
    )


def resolve_settings(config: FinetuningJobConfig, settings: Settings) -> ResolvedSettings:
    """The base model and hyperparameters of a job.

    A value comes from the job itself, else from the model's own settings, else from those for all models. In
    supervised fine-tuning what nobody gives is left to the service, which may choose it from the data; other
    ways have other hyperparameters, to which settings do not apply, and get the family's defaults.
    Raises `InvalidConfig` with every problem at once.
    """
    family = family_named(config.model_type)
    base_model_id = _with_context_suffix(settings.base_models.get(config.base_model, config.base_model))
    tuning = family.tuning(model_id_of(base_model_id), config.customization_type)
    values = {
        **_defaults(tuning, config),
        **_set_for(config, base_model_id, settings),
        **config.hyperparameters,
    }
    problems = [*wrong_family(base_model_id, family), *tuning.problems_with(values, owner=family.name)]
    if problems:
        raise InvalidConfig(f"The fine-tuning job {config.job_name!r}", problems)
    return ResolvedSettings(base_model_id=base_model_id, rules=tuning.rules, hyperparameters=values)


def _defaults(tuning: Tuning, config: FinetuningJobConfig) -> dict[str, str]:
    return {} if config.customization_type is CustomizationType.FINE_TUNING else tuning.defaults()


def _set_for(config: FinetuningJobConfig, base_model_id: str, settings: Settings) -> dict[str, str]:
    # A learning rate that was chosen for fine-tuning would be wrong, or refused, elsewhere.
    if config.customization_type is not CustomizationType.FINE_TUNING:
        return {}
    return {
        **settings.hyperparameters,
        **settings.model_hyperparameters.get(model_id_of(base_model_id), {}),
        **settings.model_hyperparameters.get(config.base_model, {}),
    }


def _with_context_suffix(base_model: str) -> str:
    """The same model with the context suffix, which customization jobs require and inference does not accept.

    A custom model, which may be tuned further, stays as it is.
    """
    model = base_model_of(base_model)
    if model is None or "custom-model/" in base_model:
        return base_model
    return base_model.removesuffix(model_id_of(base_model)) + model.id


def _model_id(alias: str, model: str | Mapping[str, str]) -> str:
    found = model if isinstance(model, str) else model.get("id")
    if not found:
        raise InvalidConfig(
            f"The base model {alias!r} of the configuration", ["it has no id: give an id or an ARN"]
        )
    return found
