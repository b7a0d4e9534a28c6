"""Which open models there are, and the Bedrock-shaped ids under which they answer. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from burnish.families import CustomizationType, RecordSchema, all_families, family_of
from burnish.families.open_weights import MINILM_ID, OPEN_WEIGHTS, PAGE_FEATURES_ID
from burnish.suggestions import did_you_mean

#: What ids of inference profiles begin with.
PROFILE_PREFIX = "us."


@dataclass(frozen=True, kw_only=True)
class OpenModel:
    """An open model: ``source`` is a folder of weights, a name on the Hugging Face hub, or a built-in one.

    A pool is several of these at once: its source names those of its ``members``, joined by `JOINED`. What a
    model writes, learns from and ignores, and how many tokens it takes at once, only the weights tell of one
    that is not built in: `burnish.engine.weights.as_prepared`.
    """

    id: str
    name: str
    source: str
    writes_text: bool = True
    ignored_hyperparameters: tuple[str, ...] = ()
    members: tuple[OpenModel, ...] = ()
    #: Whether it can be pre-trained further.
    learns_plain_text: bool = True
    #: Of what writes text; None where its weights do not say.
    context_length: int | None = field(default=None, compare=False)

    @property
    def slug(self) -> str:
        """The id without what all ids have in common, fit for a folder's name."""
        return self.id.removeprefix(OPEN_WEIGHTS.id_prefix).removesuffix(_VERSION)

    @property
    def known_as(self) -> str:
        """The source as other machines know it: of a folder its name, without where it lies."""
        return self.name if Path(self.source).is_absolute() or Path(self.source).is_dir() else self.source

    @property
    def short_name(self) -> str:
        """At most 20 characters, as the API allows."""
        name = self.name.removesuffix("-Instruct")
        return f"{self.members[0].short_name[:13]} pooled" if self.members else name[:20]

    def applicable(self, hyperparameters: Mapping[str, str]) -> dict[str, str]:
        """Those hyperparameters that the model does not ignore."""
        return {
            name: value for name, value in hyperparameters.items() if name not in self.ignored_hyperparameters
        }


def open_model(source: str) -> OpenModel:
    """The model of a source, with an id that passes every one of Bedrock's patterns.

    ``HuggingFaceTB/SmolLM2-135M-Instruct`` becomes ``local.smollm2-135m-instruct-v1:0``: one dot only,
    which is all that some of the patterns allow.
    """
    if source in _BUILT_IN:
        return _BUILT_IN[source]
    if JOINED in source:
        return pool_of(*map(open_model, source.split(JOINED)))
    name = source.rstrip("/").rpartition("/")[2]
    return OpenModel(id=_id_named(name), name=name, source=source)


def pool_of(first: OpenModel, *others: OpenModel) -> OpenModel:
    """A pool of models: ``local.smollm2-135m-instruct-with-page-features-v1:0``."""
    members = (first, *others)
    # Hyperparameters are meant for the member that writes: others choose their own.
    writer = next((member for member in members if member.writes_text), first)
    name = f"{first.name} with {' and '.join(other.name for other in others)}"
    return OpenModel(
        id=_id_named(name),
        name=name,
        source=JOINED.join(member.source for member in members),
        writes_text=writer.writes_text,
        ignored_hyperparameters=writer.ignored_hyperparameters,
        members=members,
        # All but one of its members learn from labels.
        learns_plain_text=False,
        context_length=writer.context_length,
    )


def pooled(model: OpenModel) -> OpenModel:
    """What decides best of all that a server offers of a model: its pool, where it writes text."""
    return pool_of(model, *POOLED_WITH) if model.writes_text and not model.members else model


def _id_named(name: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or "model"
    return f"{OPEN_WEIGHTS.id_prefix}{slug}{_VERSION}"


#: Between the sources of a pool's members.
JOINED = " + "
_VERSION = "-v1:0"
#: Counted features and small regressions: there are no weights to fetch.
PAGE_FEATURES = OpenModel(
    id=PAGE_FEATURES_ID, name="Page features", source="page-features", writes_text=False
)
#: A sentence encoder. Optional: its weights may be neither on this machine nor to be fetched.
MINILM = OpenModel(
    id=MINILM_ID,
    name="MiniLM-L6",
    source="sentence-transformers/all-MiniLM-L6-v2",
    writes_text=False,
)
#: By what names them: a short word, and for MiniLM its name on the hub.
_BUILT_IN = {PAGE_FEATURES.source: PAGE_FEATURES, "minilm-l6": MINILM, MINILM.source: MINILM}
DEFAULT_MODEL = open_model("HuggingFaceTB/SmolLM2-135M-Instruct")
#: What every model that writes is pooled with, in what stands in for closed models.
POOLED_WITH = (PAGE_FEATURES,)


def requested_models(sources: Sequence[str]) -> tuple[OpenModel, ...]:
    """The models of these sources, each once; without any, the default one."""
    return tuple(dict.fromkeys(map(open_model, sources))) or (DEFAULT_MODEL,)


def served_models(
    asked: Sequence[OpenModel], *, is_here: Callable[[OpenModel], bool] = lambda model: False
) -> tuple[OpenModel, ...]:
    """The models that a server offers which is asked for these.

    Beside them those that need no weights, MiniLM where its weights are on this machine, as ``is_here``
    tells, and a pool of each model that writes. Of each, and not of the first alone: a model tuned from a
    pool is answered in whatever order the server is started with them.
    """
    pools = [pooled(model) for model in asked if model.writes_text and not model.members]
    optional = [MINILM] if is_here(MINILM) else []
    return tuple(dict.fromkeys((*asked, *pools, PAGE_FEATURES, *optional)))


def foundation_model_arn(region: str, model_id: str) -> str:
    """The ARN of a base model in a region. Foundation models belong to no account."""
    return f"arn:aws:bedrock:{region}::foundation-model/{model_id}"


def inference_profile_arn(region: str, account_id: str, profile_id: str) -> str:
    """The ARN of an inference profile, which belongs to an account."""
    return f"arn:aws:bedrock:{region}:{account_id}:inference-profile/{profile_id}"


def _model_id_in(identifier: str) -> str:
    """The id of a base model or a profile, which may be given by its ARN."""
    return identifier.rpartition("foundation-model/")[2].rpartition("inference-profile/")[2]


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
    def is_profile(self) -> bool:
        """Whether its id is that of an inference profile, which leads to a model of several regions."""
        return self.id.startswith(PROFILE_PREFIX)

    @property
    def model_name(self) -> str:
        """What the model is called that its id is of."""
        family = family_of(self.id)
        listed = family.model(self.id) if family else None
        return listed.name if listed else self.weights.name

    @property
    def shown_name(self) -> str:
        """At most 20 characters, as the API allows; a stand-in says so."""
        name = self.weights.short_name
        return f"{name[:12]} standin" if self.is_stand_in else name

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
        return own + [
            FoundationModel(id=name, weights=model, is_stand_in=True)
            for model in self._standing_in()
            for name in stand_in_ids()
        ]

    def _standing_in(self) -> tuple[OpenModel, ...]:
        """The model that answers for closed ones: a pool where there is one, for it decides best."""
        # Who asks a closed model may ask anything: what answers in its place has to write text.
        able = [model for model in self.models if model.writes_text]
        return tuple(sorted(able, key=lambda model: not model.members)[:1])

    def find(self, identifier: str) -> FoundationModel | None:
        """The base model of an id or an ARN, or None."""
        return self._by_id.get(_model_id_in(identifier))

    @cached_property
    def _by_id(self) -> Mapping[str, FoundationModel]:
        """Every base model by its id; of two with one id the server's own."""
        return {model.id: model for model in reversed(self.foundation_models())}

    def suggestion(self, identifier: str) -> str:
        """A question with the id that was probably meant, to add to a message; empty where none is near."""
        model_id = _model_id_in(identifier)
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
