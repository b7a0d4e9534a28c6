"""What a model was trained and validated with: pages and documents by which the same are known again.

A model is followed to the jobs that made it and to the custom models that it was tuned from. Where the
manifest of a job's data set is still there it tells pages and documents; else the records tell pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from burnish.aws.clients import Client, Clients
from burnish.aws.lineage import Training, lineage_of
from burnish.aws.objects import S3Uri, lines_of
from burnish.datasets.documents import Part
from burnish.datasets.manifest import Manifest, folder_of, kept_place
from burnish.datasets.provenance import manifest_with, read_if_there, tagged_place
from burnish.errors import InvalidInput, ServiceError
from burnish.records import exchange_of

#: How the pages of a data set are named: for what is in them.
_NAMED_FOR_CONTENT = re.compile(r"s3://.*/([0-9a-f]{64})\.png")


@dataclass
class Marks:
    """By what pages are known again."""

    #: Digests of documents, and of page images.
    documents: set[str] = field(default_factory=set)
    pages: set[str] = field(default_factory=set)
    #: The places of page images that are not named for their content.
    places: set[str] = field(default_factory=set)

    def add_part(self, manifest: Manifest, part: Part) -> None:
        """Mark the documents of a part and their pages."""
        members = [document for document in manifest.documents if document.part is part]
        self.documents |= {document.digest for document in members}
        self.pages |= {page.digest for document in members for page in document.pages}

    def add_places(self, places: Iterable[str]) -> None:
        """Mark the page images of records."""
        for place in places:
            if named := _NAMED_FOR_CONTENT.fullmatch(place):
                self.pages.add(named[1])
            else:
                self.places.add(place)


@dataclass
class KnownTraining:
    """What the trainings that made a model have seen, and sentences on what could not be learned."""

    trained: Marks = field(default_factory=Marks)
    validated: Marks = field(default_factory=Marks)
    doubts: list[str] = field(default_factory=list)
    #: Where the manifest lies that the last training was made with.
    manifest: S3Uri | None = None


def training_data_of(clients: Clients, model_arn: str) -> KnownTraining:
    """What a model has seen. Of a base model nothing is known, and nothing is said."""
    lineage = lineage_of(clients.bedrock, model_arn)
    data = KnownTraining(doubts=list(lineage.doubts))
    for training in lineage.trainings:
        _add_training(clients.s3, training, data)
    return data


def _add_training(s3: Client, training: Training, data: KnownTraining) -> None:
    if training.training_uri is None:
        data.doubts.append(f"the training data of {training.model_arn} is not a file of records")
        return
    manifest = _manifest_of(s3, training, training.training_uri, data)
    if manifest is None:
        data.doubts.append(
            f"there is no manifest for {training.training_uri}, so pages are recognized by their images "
            "only: a document that was scanned or rendered again is not recognized"
        )
    else:
        data.trained.add_part(manifest, Part.TRAIN)
        data.validated.add_part(manifest, Part.VALIDATION)
    # What a manifest lists is what is in its files.
    listed = {file.uri for file in manifest.files.values()} if manifest else set()
    if training.training_uri not in listed:
        _add_records(s3, training.training_uri, data.trained, data.doubts)
    for uri in set(training.validation_uris) - listed:
        _add_records(s3, uri, data.validated, data.doubts)


def _manifest_of(s3: Client, training: Training, training_uri: str, data: KnownTraining) -> Manifest | None:
    found, place = None, None
    if training.manifest:
        place = tagged_place(training.manifest, training_uri)
        found = read_if_there(s3, place)
    if found is None and (found := manifest_with(s3, training_uri, training.validation_uris)):
        place = kept_place(folder_of(training_uri), found)
    if found and data.manifest is None:
        data.manifest = place
    return found


def _add_records(s3: Client, uri: str, marks: Marks, doubts: list[str]) -> None:
    try:
        for asked in _asked_in(s3, uri):
            pages = [one for one in asked if one.startswith("s3://")]
            marks.add_places(pages)
            if not pages and (doubt := f"records of {uri} hold no pages to compare with") not in doubts:
                doubts.append(doubt)
    except (ServiceError, InvalidInput) as error:
        doubts.append(f"the records that it was trained or validated with cannot be read: {error.message}")


def _asked_in(s3: Client, uri: str) -> Iterator[tuple[str, ...]]:
    for number, line in enumerate(lines_of(s3, S3Uri.parse(uri)), 1):
        if line.strip():
            yield exchange_of(line, where=f"{uri}, line {number},").asked
