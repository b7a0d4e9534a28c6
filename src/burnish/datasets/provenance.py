"""Provenance tags, which record the data set of a job: an evaluation must know which pages a model saw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from burnish.aws.objects import S3Uri, list_objects
from burnish.datasets.documents import Part
from burnish.datasets.manifest import FILE_NAME, KEPT, Manifest, folder_of, kept_place, read_manifest
from burnish.errors import BurnishError
from burnish.names import BASE_MODEL_TAG, MANIFEST_TAG

if TYPE_CHECKING:
    from burnish.aws.clients import Client
    from burnish.configs import FinetuningJobConfig

#: What Bedrock takes as the value of a tag: less than it takes as the URI of records.
_TAG_VALUE = re.compile(r"[a-zA-Z0-9\s._:/=+@-]{0,256}")


def with_provenance(s3: Client, config: FinetuningJobConfig) -> FinetuningJobConfig:
    """The config with tags, on job and model, that name its data set and the custom model that it tunes.

    Where the training data is no file of a data set there is none to name.
    """
    tags = {}
    if MANIFEST_TAG not in config.job_tags and (found := manifest_of(s3, config)):
        tags[MANIFEST_TAG] = tag_for(found)
    if "custom-model/" in config.base_model:
        tags[BASE_MODEL_TAG] = config.base_model
    # Tags that the user gave come last: they are meant.
    return replace(
        config,
        job_tags={**tags, **config.job_tags},
        model_tags={**tags, **_ours(config), **config.model_tags},
    )


def tag_for(place: S3Uri) -> str:
    """A manifest's place as the value of a tag; its name alone where the place has other characters."""
    whole = str(place)
    return whole if _TAG_VALUE.fullmatch(whole) else place.key.rpartition("/")[2]


def tagged_place(value: str, training_uri: str) -> S3Uri:
    """The place of the manifest that a tag names, of a job with this training data."""
    if value.startswith("s3://"):
        return S3Uri.parse(value)
    return folder_of(training_uri).child(f"{KEPT}/{value}")


def manifest_of(s3: Client, config: FinetuningJobConfig) -> S3Uri | None:
    """Where the manifest stays that a job's files are of; None where they are of none."""
    validation = (config.validation_data_uri,) if config.validation_data_uri else ()
    found = manifest_with(s3, config.training_data_uri, validation)
    return kept_place(folder_of(config.training_data_uri), found) if found else None


def manifest_with(s3: Client, training_uri: str, validation_uris: tuple[str, ...]) -> Manifest | None:
    """The manifest in the folder of some records that they are of; None where there is none to be read."""
    try:
        beside = (read_if_there(s3, place) for place in _manifests_beside(s3, training_uri))
        return next((one for one in beside if one and _is_of(one, training_uri, validation_uris)), None)
    except BurnishError:  # the folder may not be listed
        return None


def read_if_there(s3: Client, place: S3Uri) -> Manifest | None:
    """The manifest at a place; None where there is none that can be read."""
    try:
        return read_manifest(s3, place)
    except BurnishError:
        return None


def _manifests_beside(s3: Client, training_uri: str) -> Iterator[S3Uri]:
    folder = folder_of(training_uri)
    yield folder.child(FILE_NAME)
    yield from list_objects(s3, folder.child(f"{KEPT}/"))


def _is_of(manifest: Manifest, training_uri: str, validation_uris: tuple[str, ...]) -> bool:
    uris = {part: file.uri for part, file in manifest.files.items()}
    return uris.get(Part.TRAIN) == training_uri and set(validation_uris) <= {uris.get(Part.VALIDATION)}


def _ours(config: FinetuningJobConfig) -> dict[str, str]:
    return {name: config.job_tags[name] for name in (MANIFEST_TAG, BASE_MODEL_TAG) if name in config.job_tags}
