"""Model families: base models, how each can be tuned and served, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from burnish.errors import InvalidConfig
from burnish.families.bounds import Hyperparameter
from burnish.families.dataset_rules import DatasetRules
from burnish.families.image_tokens import ImageTokens
from burnish.suggestions import did_you_mean
from burnish.types import CustomizationType, DeploymentType


class PriceUnit(StrEnum):
    """What a price is for."""

    TRAINING_TOKENS = "1,000 training tokens, each epoch"
    STORAGE_MONTH = "a custom model and month"
    INPUT_TOKENS = "1,000 input tokens of a custom model, on demand"
    OUTPUT_TOKENS = "1,000 output tokens of a custom model, on demand"
    MODEL_UNIT_HOUR = "a model unit and hour, no commitment"
    MODEL_UNIT_HOUR_ONE_MONTH = "a model unit and hour, committed for one month"


@dataclass(frozen=True, kw_only=True)
class Price:
    """A price in US dollars on a given day. Prices change: it is an order of magnitude, not a quote."""

    usd: float
    as_of: date
    source: str


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """One way to tune a model: its hyperparameters, and the rules of its data."""

    hyperparameters: Mapping[str, Hyperparameter] = field(default_factory=dict)
    rules: DatasetRules = field(default_factory=DatasetRules)

    def defaults(self) -> dict[str, str]:
        """Every hyperparameter with the value used when none is given."""
        return {name: one.default for name, one in self.hyperparameters.items()}

    def problems_with(self, values: Mapping[str, object], *, owner: str) -> list[str]:
        """Everything that is wrong with these hyperparameters of ``owner``; empty where nothing is."""
        problems = []
        for name, value in values.items():
            if name not in self.hyperparameters:
                known = sorted(self.hyperparameters)
                unknown = f"{name} is not a hyperparameter of {owner}: it has {', '.join(known)}"
                suggestion = did_you_mean(name, known)
                problems.append(f"{unknown}.{suggestion}" if suggestion else unknown)
            elif not isinstance(value, str):
                problems.append(f"{name} is {value!r}: write it as a string, {str(value)!r}")
            elif problem := self.hyperparameters[name].problem(name, value):
                problems.append(problem)
        return problems


@dataclass(frozen=True, kw_only=True)
class BaseModel:
    """A base model, by the id that a customization job takes, context suffix included."""

    id: str
    name: str
    #: Where it can be tuned.
    regions: frozenset[str] = frozenset()
    #: The ids under which the untuned model answers Converse.
    inference_ids: tuple[str, ...] = ()
    tunings: Mapping[CustomizationType, Tuning]
    deployments: frozenset[DeploymentType] = frozenset({DeploymentType.PROVISIONED})
    #: The longest answer that can be asked for; None where that is not known.
    max_output_tokens: int | None = None
    prices: Mapping[PriceUnit, Price] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that means this model: with its context suffix, without, and for inference."""
        # An id has two colons only with a context suffix, as in ``….v1:0:300k``.
        plain = self.id.rpartition(":")[0] if self.id.count(":") > 1 else self.id
        return tuple(dict.fromkeys((self.id, plain, *self.inference_ids)))


@dataclass(frozen=True, kw_only=True)
class ModelFamily:
    """Base models that are tuned in much the same way."""

    name: str
    #: Ids that begin like this belong to the family even when the model is not listed.
    id_prefix: str
    models: tuple[BaseModel, ...] = ()
    #: How unlisted models are tuned: newer ones, or your own. Empty where that cannot be known.
    usual_tunings: Mapping[CustomizationType, Tuning] = field(default_factory=dict)
    usual_deployments: frozenset[DeploymentType] = frozenset({DeploymentType.PROVISIONED})
    #: Whether a server may have models of it that no version of Burnish can list: anybody's own weights.
    has_unlisted: bool = False
    #: What a page image takes, where models are asked about pages.
    image_tokens: ImageTokens = field(default_factory=ImageTokens)

    def claims(self, model_id: str) -> bool:
        """Whether a base model's id, with or without a region before it (``us.``), is of this family."""
        # An inference profile puts its region before the id.
        return model_id.startswith(self.id_prefix) or model_id.partition(".")[2].startswith(self.id_prefix)

    def model(self, model_id: str) -> BaseModel | None:
        """The listed model with this id, in any of its spellings."""
        return next((model for model in self.models if model_id in model.ids), None)

    def tuning(self, model_id: str, method: CustomizationType = CustomizationType.FINE_TUNING) -> Tuning:
        """How a model is tuned. Raises `InvalidConfig`, naming the methods that it supports."""
        model = self.model(model_id)
        tunings = model.tunings if model else self.usual_tunings
        if method not in tunings:
            ways = f"it takes {', '.join(tunings)}" if tunings else f"{self.name} tunes {self._listed()}"
            raise InvalidConfig(
                f"The customization of {model_id!r}", [f"it cannot be tuned by {method}: {ways}"]
            )
        return tunings[method]

    def deployments(self, model_id: str) -> frozenset[DeploymentType]:
        """The ways to deploy a model that was tuned from this one."""
        model = self.model(model_id)
        return model.deployments if model else self.usual_deployments

    def _listed(self) -> str:
        return ", ".join(model.id for model in self.models) or "no model"
