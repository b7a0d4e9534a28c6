"""The manifest: one file that describes a data set completely. Without it the data set does not exist.

It is written last, and atomically, so that an interrupted preparation leaves no half data set. Inference
reads the prompt back from here, so that it is exactly the one that was trained on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import msgspec

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, read_bytes, size_of, upload_bytes
from burnish.datasets.documents import Part
from burnish.datasets.pages import Rendering
from burnish.errors import InvalidRecords, NotFound
from burnish.extraction_prompts import ExtractionPrompt, Prompt
from burnish.phrasing import Phrasing
from burnish.records import ClassificationPrompt

FILE_NAME = "manifest.json"
#: The folder of the manifests that are named for their content.
KEPT = "manifests"
SCHEMA_VERSION = "burnish-dataset-1"


class DatasetFile(msgspec.Struct, frozen=True, kw_only=True):
    """A JSONL file of records."""

    uri: str
    sha256: str
    records: int


class ManifestPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page. ``uri`` is None for one that is in no record: it is the same as one before, or one too many."""

    uri: str | None
    digest: str
    width: int
    height: int


class ManifestDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document: where it went, and which others it is a copy of (those of the same group)."""

    name: str
    digest: str
    label: str
    part: Part
    group: str
    pages: list[ManifestPage]
    #: What is to be read off it, where fields are extracted.
    fields: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """What is not used, and why."""

    name: str
    reason: str


class SplitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How the documents were split."""

    seed: int
    test_share: float
    validation_share: float
    per_label: int | None
    copies: str


class PromptFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about every page."""

    labels: list[str]
    descriptions: dict[str, str]
    system: str
    task: str
    #: Of the answer, where fields are extracted; then there are no labels.
    json_schema: str | msgspec.UnsetType = msgspec.UNSET


class LabelDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has decided about a document; ``after`` is None where it is to be left out."""

    document: str
    digest: str
    by: str
    at: datetime
    before: str | None
    after: str | None


class DatasetLineage(msgspec.Struct, frozen=True, kw_only=True):
    """The version that a data set was made from, by its place and its digest, and the decisions since."""

    parent: str
    parent_sha256: str
    decisions: list[LabelDecision]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A data set."""

    schema_version: str = SCHEMA_VERSION
    burnish: str = msgspec.field(default_factory=lambda: version("burnish"))
    source: str
    #: The base model that the records were made and checked for. Absent from those of earlier versions, whose
    #: bytes must stay the same: their digests are their names.
    model: str | msgspec.UnsetType = msgspec.UNSET
    rendering: Rendering
    split: SplitFacts
    prompt: PromptFacts
    files: dict[Part, DatasetFile]
    documents: list[ManifestDocument]
    dropped: list[Dropped]
    #: Of a version that was made from another. Absent from all others, for the same reason as the model.
    lineage: DatasetLineage | msgspec.UnsetType = msgspec.UNSET

    @property
    def has_fields(self) -> bool:
        """Whether fields are to be extracted; else there are labels."""
        return self.prompt.json_schema is not msgspec.UNSET

    def page_prompt(self) -> Prompt:
        """What a model that was trained on this data set is to be asked about a page."""
        schema = self.prompt.json_schema
        if isinstance(schema, str):
            return ExtractionPrompt(json_schema=schema, trained_task=self.prompt.task)
        return self.classification_prompt()

    def classification_prompt(self) -> ClassificationPrompt:
        """What a model is to be asked. Raises `InvalidRecords` for a data set of fields."""
        if self.has_fields:
            raise InvalidRecords(
                "The data set is for extracting fields, and has no labels to choose from: ask the model "
                "through Converse, with the schema of the manifest in outputConfig"
            )
        return ClassificationPrompt(
            labels=tuple(self.prompt.labels),
            descriptions=dict(self.prompt.descriptions),
            trained_task=self.prompt.task,
        )

    def pages_of(self, part: Part) -> list[tuple[ManifestDocument, ManifestPage]]:
        """The pages of a part that have a record, with their documents."""
        return [
            (document, page)
            for document in self.documents
            if document.part is part
            for page in document.pages
            if page.uri
        ]

    def records_of(self, part: Part) -> list[tuple[ManifestDocument, tuple[ManifestPage, ...]]]:
        """The records of a part: each a document, and the pages of it that a model is asked about together.

        For labels that is one page, for fields all pages of the document that are used.
        """
        if not self.has_fields:
            return [(document, (page,)) for document, page in self.pages_of(part)]
        whole = [
            (document, tuple(page for page in document.pages if page.uri))
            for document in self.documents
            if document.part is part
        ]
        return [(document, pages) for document, pages in whole if pages]


class _Versioned(msgspec.Struct):
    schema_version: str


def write_manifest(s3: Client, folder: S3Uri, manifest: Manifest) -> S3Uri:
    """Write the manifest, and return its URI. The same data set gives the same bytes.

    A second copy is named for its content. It survives when another data set is prepared into the same
    folder, and models that were trained on this one are still evaluated with it.
    """
    uri, kept, body = folder.child(FILE_NAME), kept_place(folder, manifest), _bytes_of(manifest)
    # The copy first: the manifest must never name a data set whose copy is missing.
    if size_of(s3, kept) != len(body):
        upload_bytes(s3, kept, body, content_type="application/json")
    upload_bytes(s3, uri, body, content_type="application/json")
    return uri


def kept_place(folder: S3Uri, manifest: Manifest) -> S3Uri:
    """Where a manifest stays, named for its content, in the folder of its data set."""
    return folder.child(f"{KEPT}/{sha256(_bytes_of(manifest)).hexdigest()[:16]}.json")


def folder_of(place: S3Uri | str) -> S3Uri:
    """The folder of the data set whose folder, manifest or records are at a place."""
    uri = S3Uri.parse(place) if isinstance(place, str) else place
    if not uri.key.endswith((".json", ".jsonl")):
        return replace(uri, key=uri.key.rstrip("/"))
    folder, _, name = uri.key.rpartition("/")
    above, _, last = folder.rpartition("/")
    is_kept = last == KEPT and name.endswith(".json") and name != FILE_NAME
    return replace(uri, key=above if is_kept else folder)


def _bytes_of(manifest: Manifest) -> bytes:
    # Deterministic: its digest names the copy that is kept, and a job's tag names that.
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"


def manifest_pieces(
    head: Manifest, documents: Iterable[ManifestDocument], dropped: Iterable[Dropped]
) -> Iterator[bytes]:
    """The bytes of a manifest, piece by piece, with the documents and what is dropped in place of none.

    They are those that `write_manifest` writes, which has all of it in memory.
    """
    empty = _bytes_of(msgspec.structs.replace(head, documents=[], dropped=[]))
    before, between, after = empty.split(b"[]")[-3:]
    yield empty[: len(empty) - len(b"[]".join((before, between, after)))] + before
    yield from _array_pieces(documents)
    yield between
    yield from _array_pieces(dropped)
    yield after


def _array_pieces(items: Iterable[ManifestDocument | Dropped]) -> Iterator[bytes]:
    opening = b"[\n  "
    for one in items:
        text = msgspec.json.format(msgspec.json.encode(one, order="deterministic"), indent=1)
        yield opening + text.replace(b"\n", b"\n  ")
        opening = b",\n  "
    yield b"[]" if opening.startswith(b"[") else b"\n ]"


_PREPARE_FIRST = Phrasing(
    command="Give the folder or manifest that `burnish prepare` has written.",
    call="Give the folder or manifest that `prepare_dataset()` has written.",
)


def read_manifest(s3: Client, uri: S3Uri | str) -> Manifest:
    """The manifest at a place, or in the folder of a data set. Raises `InvalidRecords` for what is none."""
    place = S3Uri.parse(uri) if isinstance(uri, str) else uri
    if not place.key.endswith(".json"):
        place = place.child(FILE_NAME)
    try:
        body = read_bytes(s3, place)
    except NotFound as error:
        raise NotFound(f"There is no data set at {folder_of(place)}.", remedy=_PREPARE_FIRST) from error
    try:
        # First its version: another one may have other members.
        found = msgspec.json.decode(body, type=_Versioned).schema_version
        if found == SCHEMA_VERSION:
            return msgspec.json.decode(body, type=Manifest)
    except msgspec.DecodeError as error:
        raise InvalidRecords(f"{place} is not the manifest of a data set: {error}") from error
    raise InvalidRecords(
        f"{place} is a manifest of the kind {found!r}, and this version of Burnish reads {SCHEMA_VERSION!r}: "
        "use the version that wrote it, or prepare the data set again"
    )
