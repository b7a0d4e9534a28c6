"""The kinds of models that there are, and which one a folder of weights is of. Imports nothing heavy.

A folder of Hugging Face's layout says by its ``config.json`` what it is. One that Burnish has made itself
says so in a file of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.engine.pages import Reading
from burnish.engine.tunable_model import TunableModel, TunedModel
from burnish.errors import ModelFailed
from burnish.reading import WHOLE_PAGE

#: In a folder of weights that Burnish has made: the kind.
KIND_FILE = "kind.json"
#: In the folder of a tuned model: what it is given of each page.
READING_FILE = "reading.json"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of model: its name, what its base models are given of each page, and how one is loaded."""

    name: str
    reading: Reading
    load: Callable[[Path], TunableModel]


def _load_language_model(weights: Path) -> TunableModel:
    from burnish.engine.language_model.tunable import TunableLanguageModel

    return TunableLanguageModel(weights)


def _load_page_features(weights: Path) -> TunableModel:
    from burnish.engine.page_features_model import TunablePageFeatures

    return TunablePageFeatures(weights)


LANGUAGE_MODEL = Kind(name="language-model", reading=Reading(), load=_load_language_model)
PAGE_FEATURES = Kind(
    name="page-features",
    reading=Reading(text=WHOLE_PAGE, brightness=True),
    load=_load_page_features,
)
KINDS = {kind.name: kind for kind in (LANGUAGE_MODEL, PAGE_FEATURES)}


def kind_of(weights: Path) -> Kind:
    """The kind of the model in a folder of weights. Raises `ModelFailed` where there is none of that name."""
    path = weights / KIND_FILE
    if not path.is_file():
        return LANGUAGE_MODEL
    try:
        return KINDS[json.loads(path.read_text(encoding="utf-8"))["kind"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFailed(
            f"{path} names no kind of model that this version knows ({error}): update Burnish, or remove the "
            "folder and start the server again"
        ) from error


def write_kind(kind: Kind, weights: Path) -> None:
    """Write into a folder of weights which kind of model it is."""
    (weights / KIND_FILE).write_text(json.dumps({"kind": kind.name}), encoding="utf-8")


def save_tuned(model: TunedModel, folder: Path) -> None:
    """Write a tuned model into an empty folder, with what it is to be given of each page."""
    model.save(folder)
    (folder / READING_FILE).write_bytes(msgspec.json.encode(model.reading))


def reading_of(weights: Path, tuned: Path | None) -> Reading:
    """What a model is to be given of each page. Raises `ModelFailed` where its file is damaged."""
    path = tuned / READING_FILE if tuned else None
    if path is None or not path.exists():  # as with models of earlier versions
        return kind_of(weights).reading
    try:
        return msgspec.json.decode(path.read_bytes(), type=Reading)
    except msgspec.DecodeError as error:
        raise ModelFailed(
            f"{path} is damaged ({error}): put back a copy from a backup that `burnish backup` has made"
        ) from error
