"""The kinds of models that there are, and which one a folder of weights is of. Imports nothing heavy.

A folder of Hugging Face's layout says by its ``config.json`` what it is. One that Burnish has made itself
says so in a file of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

from burnish.engine.kind_files import KindFile, kind_file, members_of, unknown_kind, write_kind_file
from burnish.engine.pages import Reading, united
from burnish.engine.tunable_model import TunableModel, TunedModel
from burnish.errors import ModelFailed
from burnish.pages.reading import WHOLE_PAGE

#: In the folder of a tuned model: what it is given of each page.
READING_FILE = "reading.json"

#: Base models by their folders of weights.
BaseModels: TypeAlias = dict[Path, TunableModel]


@dataclass(frozen=True, kw_only=True)
class ModelKind:
    """A kind of model: its name, what its base models are given of each page, and how one is loaded.

    What follows is said to pools (`burnish.engine.pool.members.PoolMember`), but for the hyperparameters of
    open models that mean nothing to this kind: a job does not list these.
    """

    name: str
    reading: Reading
    load: Callable[[Path], TunableModel]
    ignored_hyperparameters: tuple[str, ...] = ()
    writes_text: bool = True
    learns_plain_text: bool = False
    tunes_further: bool = True
    answers_out_of_fold: bool = False


def _load_language_model(weights: Path) -> TunableModel:
    from burnish.engine.language_model.tunable import TunableLanguageModel

    return TunableLanguageModel(weights)


def _load_vision_language_model(weights: Path) -> TunableModel:
    from burnish.engine.vision_language.tunable import TunableVisionLanguageModel

    return TunableVisionLanguageModel(weights)


def _load_page_features(weights: Path) -> TunableModel:
    from burnish.engine.page_features_model import TunablePageFeatures

    return TunablePageFeatures(weights)


def _load_sentence_encoder(weights: Path) -> TunableModel:
    from burnish.engine.sentence_encoder.tunable import TunableEncoder

    return TunableEncoder(weights)


def _load_pool(weights: Path) -> TunableModel:
    return _pool_of(weights, {})


LANGUAGE_MODEL = ModelKind(
    name="language-model", reading=Reading(), load=_load_language_model, learns_plain_text=True
)
VISION_LANGUAGE = ModelKind(
    name="vision-language",
    reading=Reading(text=None, image=True),
    load=_load_vision_language_model,
    ignored_hyperparameters=("lineDropout", "pageTokens"),
)
PAGE_FEATURES = ModelKind(
    name="page-features",
    reading=Reading(text=WHOLE_PAGE, appearance=True),
    load=_load_page_features,
    writes_text=False,
    tunes_further=False,
    answers_out_of_fold=True,
)
SENTENCE_ENCODER = ModelKind(
    name="sentence-encoder",
    reading=Reading(text=WHOLE_PAGE),
    load=_load_sentence_encoder,
    ignored_hyperparameters=("learningRateWarmupSteps", "lineDropout", "pageTokens"),
    writes_text=False,
    tunes_further=False,
    answers_out_of_fold=True,
)
#: What its base models are given of each page depends on their members: `reading_of`.
POOL = ModelKind(name="pool", reading=Reading(), load=_load_pool)
KINDS = {kind.name: kind for kind in (LANGUAGE_MODEL, VISION_LANGUAGE, PAGE_FEATURES, SENTENCE_ENCODER, POOL)}

#: Architectures of transformers that read a text at once, without what they may carry on top.
ENCODERS = frozenset(
    {"Albert", "Bert", "DebertaV2", "DistilBert", "Electra", "MPNet", "ModernBert", "Roberta", "XLMRoberta"}
)


def kind_of(weights: Path) -> ModelKind:
    """The kind of the model in a folder of weights. Raises `ModelFailed` where there is none of that name."""
    said = kind_file(weights)
    try:
        return KINDS[said.kind] if said else _kind_by_config(weights)
    except KeyError as error:
        raise unknown_kind(weights, error) from error


def _kind_by_config(weights: Path) -> ModelKind:
    """The kind that ``config.json`` tells. What writes text, and has a part that sees, is given images."""
    try:
        config = msgspec.json.decode((weights / "config.json").read_bytes(), type=_HuggingFaceConfig)
    except (OSError, msgspec.DecodeError):
        return LANGUAGE_MODEL  # loading it says what is missing or damaged
    names = config.architectures or ()
    if config.vision_config is not None and any(name.endswith("ForConditionalGeneration") for name in names):
        return VISION_LANGUAGE
    bodies = {re.sub(r"Model$|For(?!CausalLM)\w+$", "", name) for name in names}
    return SENTENCE_ENCODER if bodies & ENCODERS else LANGUAGE_MODEL


class _HuggingFaceConfig(msgspec.Struct):
    """What a ``config.json`` says of the kind of model."""

    architectures: list[str] | None = None
    vision_config: dict[str, object] | None = None


def write_kind(kind: ModelKind, weights: Path) -> None:
    """Write into a folder of weights which kind of model it is."""
    write_kind_file(KindFile(kind=kind.name), weights)


def write_pool(members: Mapping[str, Path], weights: Path) -> None:
    """Write into a folder of weights that it is a pool, and where the weights of its members are."""
    folders = {name: str(folder) for name, folder in members.items()}
    write_kind_file(KindFile(kind=POOL.name, members=folders), weights)


def loaded(weights: Path, bases: BaseModels) -> TunableModel:
    """The base model in a folder of weights, loaded into ``bases`` unless it is there.

    The members of a pool are shared with whatever else has their weights.
    """
    if weights not in bases:
        kind = kind_of(weights)
        bases[weights] = _pool_of(weights, bases) if kind == POOL else kind.load(weights)
    return bases[weights]


def save_tuned(model: TunedModel, folder: Path) -> None:
    """Write a tuned model into an empty folder, with what it is to be given of each page."""
    model.save(folder)
    (folder / READING_FILE).write_bytes(msgspec.json.encode(model.reading))


def reading_of(weights: Path, tuned: Path | None) -> Reading:
    """What a model is to be given of each page. Raises `ModelFailed` where its file is damaged."""
    path = tuned / READING_FILE if tuned else None
    if path is None or not path.exists():  # as with models of earlier versions
        folders = members_of(weights).values() or (weights,)
        return united([kind_of(folder).reading for folder in folders])
    try:
        return msgspec.json.decode(path.read_bytes(), type=Reading)
    except msgspec.DecodeError as error:
        raise ModelFailed(
            f"{path} is damaged ({error}): put back a copy from a backup that `burnish backup` has made"
        ) from error


def _pool_of(weights: Path, bases: BaseModels) -> TunableModel:
    from burnish.engine.pool.members import PoolMember
    from burnish.engine.pool.tunable import TunablePool

    members = []
    for name, folder in members_of(weights).items():
        kind = kind_of(folder)
        members.append(
            PoolMember(
                name=name,
                model=loaded(folder, bases),
                reading=kind.reading,
                writes_text=kind.writes_text,
                tunes_further=kind.tunes_further,
                answers_out_of_fold=kind.answers_out_of_fold,
            )
        )
    return TunablePool(members)
