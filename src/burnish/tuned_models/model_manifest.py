"""What the files of a tuned model are, as its job leaves them in its output, from where it is downloaded."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from burnish.errors import InvalidInput

#: The one pattern of modules that adapters of encoders leave out. Any other is somebody else's, and a slow
#: one would hold up whoever loads it.
EXCLUDED_MODULES = r".*pooler.*"
FILE_NAME = "burnish.json"
#: The folder of the files, under the folder of a job's artefacts.
FOLDER_NAME = "model"
#: In the folder of merged weights: what Burnish knows of the answers, for whoever imports them.
ANSWERS = "burnish"
#: A file in a folder of a model: no part of its path is hidden or leads out.
FILE_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,3}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,199}")
_SHA_256 = re.compile(r"[0-9a-f]{64}")


class BaseWeights(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Weights that a model was tuned from. ``source`` is a name on the Hugging Face hub, or a folder's name.

    ``fingerprint`` is of the tensors; empty where there are none. ``folder`` is where what was learned lies:
    a sub-folder for a pool's member, else empty.
    """

    name: str
    source: str
    kind: str
    fingerprint: str = ""
    folder: str = ""


class TrainingFigures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a model was trained on, and what that came to. Labels are counted where all answers name one."""

    training_records: int
    validation_records: int
    labels: Mapping[str, int] = {}
    hyperparameters: Mapping[str, str] = {}
    training_loss: float | None = None
    validation_loss: float | None = None


class ModelManifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A tuned model: its kind, what it was tuned from and on, and its files with their SHA-256."""

    model_name: str
    kind: str
    base_model_id: str
    bases: tuple[BaseWeights, ...]
    figures: TrainingFigures
    files: Mapping[str, str]
    layout: int = 1

    def as_file(self) -> bytes:
        """It as JSON, for people as well."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)


def read_manifest(body: bytes) -> ModelManifest:
    """What a job has written. Raises `InvalidInput` where it is something else, or names files elsewhere."""
    try:
        found = msgspec.json.decode(body, type=ModelManifest)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"{FILE_NAME} is not what Burnish writes: {error}") from error
    if found.layout != 1:
        raise InvalidInput(f"{FILE_NAME} has the layout {found.layout}, of a later version: update Burnish")
    if not found.files:
        raise InvalidInput(f"{FILE_NAME} names no files: there is no model without any")
    folders = [base.folder for base in found.bases if base.folder]
    for path in (*found.files, *folders):
        if not FILE_PATH.fullmatch(path):
            raise InvalidInput(f"{FILE_NAME} names {path!r}, which is no place inside of a model's folder")
    for text in (name for base in found.bases for name in (base.name, base.source, base.kind)):
        if not _NAME.fullmatch(text):  # these are written into commands and code to copy
            raise InvalidInput(f"{FILE_NAME} names {text!r}, which is no name of a model")
    if not all(map(_SHA_256.fullmatch, found.files.values())):
        raise InvalidInput(f"{FILE_NAME} has checksums that are none")
    return found
