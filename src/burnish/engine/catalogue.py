"""Which open models there are, and the Bedrock-shaped ids under which they answer. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from burnish.families import CustomizationType, RecordSchema, all_families, family_of
from burnish.families.open_weights import OPEN_WEIGHTS, PAGE_FEATURES_ID
from burnish.suggestions import did_you_mean


@dataclass(frozen=True, kw_only=True)
class OpenModel:
    """An open model: ``source`` is a folder of weights, a name on the Hugging Face hub, or a built-in one."""

    id: str
    name: str
    source: str


def open_model(source: str) -> OpenModel:
    """The model of a source, with an id that passes every one of Bedrock's patterns.

    ``HuggingFaceTB/SmolLM2-135M-Instruct`` becomes ``local.smollm2-135m-instruct-v1:0``: one dot only,
    which is all that some of the patterns allow.
    """
    name = source.rstrip("/").rpartition("/")[2]
    if source == PAGE_FEATURES.source:
        return PAGE_FEATURES
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or "model"
    return OpenModel(id=f"{OPEN_WEIGHTS.id_prefix}{slug}-v1:0", name=name, source=source)


#: Counted features and small regressions: there are no weights to fetch.
PAGE_FEATURES = OpenModel(id=PAGE_FEATURES_ID, name="Page features", source="page-features")
DEFAULT_MODEL = open_model("HuggingFaceTB/SmolLM2-135M-Instruct")


def served_models(sources: Sequence[str]) -> tuple[OpenModel, ...]:
    """The models that a server offers which is started with these sources: page features always."""
    asked = tuple(dict.fromkeys(map(open_model, sources))) or (DEFAULT_MODEL,)
    return asked if PAGE_FEATURES in asked else (*asked, PAGE_FEATURES)


def foundation_model_arn(region: str, model_id: str) -> str:
    """The ARN of a base model in a region. Foundation models belong to no account."""
    return f"arn:aws:bedrock:{region}::foundation-model/{model_id}"


@dataclass(frozen=True, kw_only=True)
class FoundationModel:
    """A base model as the server lists it. A stand-in answers under the id of a model that it is not."""

    id: str
    weights: OpenModel
    is_stand_in: bool = False

    def arn(self, region: str) -> str:
        """The model's ARN in a region."""
        return foundation_model_arn(region, self.id)

    @property
    def tuned_id(self) -> str:
        """The id of what is tuned: an id for inference (``us.…``) is no model, and stands in no job's ARN."""
        family = family_of(self.id)
        listed = family.model(self.id) if family else None
        return listed.id if listed else self.id

    @property
    def shown_name(self) -> str:
        """At most 20 characters, as the API allows; a stand-in says so."""
        name = self.weights.name.removesuffix("-Instruct")
        return f"{name[:11]} standin" if self.is_stand_in else name[:20]

    @property
    def provider(self) -> str:
        """Who made the weights, or that they stand in for another model."""
        if self.is_stand_in:
            return "Burnish stand-in"
        return "Burnish" if self.weights == PAGE_FEATURES else "Open weights"


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The base models of one server: its open models, and the stand-ins for Amazon's ids."""

    models: tuple[OpenModel, ...]

    def foundation_models(self) -> list[FoundationModel]:
        """Every base model that answers here, the server's own first."""
        own = [FoundationModel(id=model.id, weights=model) for model in self.models]
        # Who asks a closed model may ask anything: what answers in its place has to write text.
        able = [model for model in self.models if model != PAGE_FEATURES]
        return own + [
            FoundationModel(id=name, weights=model, is_stand_in=True)
            for model in able[:1]
            for name in stand_in_ids()
        ]

    def find(self, identifier: str) -> FoundationModel | None:
        """The base model of an id or an ARN, or None."""
        model_id = identifier.rpartition("foundation-model/")[2]
        return next((model for model in self.foundation_models() if model.id == model_id), None)

    def suggestion(self, identifier: str) -> str:
        """A question with the id that was probably meant, to add to a message; empty where none is near."""
        model_id = identifier.rpartition("foundation-model/")[2]
        return did_you_mean(model_id, (model.id for model in self.foundation_models()))


def stand_in_ids() -> list[str]:
    """Ids of closed models that are answered by an open one, so that code written for them runs here.

    Only of those that learn from conversations, which is what the open models here learn from.
    """
    closed = (model for family in all_families() if family != OPEN_WEIGHTS for model in family.models)
    return [
        name
        for model in closed
        if (tuning := model.tunings.get(CustomizationType.FINE_TUNING))
        and tuning.rules.schema is RecordSchema.CONVERSATION
        for name in model.ids
    ]
