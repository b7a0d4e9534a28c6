"""Where labelled documents come from.

A source is a value with one method, `Source.read`. Whatever it is, what it gives are files on this machine
with a label each: those of S3 and of Hugging Face are copied into the cache once. `source_named` finds the
source that a text on the command line means.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

from burnish.datasets.documents import Documents, with_held_out
from burnish.datasets.sources.field_sources import FieldsSource
from burnish.datasets.sources.folders import FolderSource
from burnish.datasets.sources.hugging_face import HuggingFaceSource
from burnish.datasets.sources.hugging_face_fields import HuggingFaceFieldsSource
from burnish.datasets.sources.label_studio import LabelStudioSource
from burnish.datasets.sources.label_studio_fields import LabelStudioFieldsSource
from burnish.datasets.sources.layouts import Layout
from burnish.datasets.sources.manifests import SUFFIXES as MANIFEST_SUFFIXES
from burnish.datasets.sources.manifests import ManifestSource
from burnish.datasets.sources.s3_fields import S3FieldsSource
from burnish.datasets.sources.s3_prefixes import S3Source
from burnish.errors import InvalidDocuments

__all__ = [
    "FieldsSource",
    "FolderSource",
    "HuggingFaceFieldsSource",
    "HuggingFaceSource",
    "LabelStudioFieldsSource",
    "LabelStudioSource",
    "Layout",
    "ManifestSource",
    "S3FieldsSource",
    "S3Source",
    "Source",
    "fields_source_named",
    "read_documents",
    "read_folder",
    "source_named",
]


class Source(Protocol):
    """Labelled documents from somewhere.

    ``read`` gives them in the order of their names, every file once, with what is left out and why; nothing
    is dropped in silence. It raises `InvalidDocuments` where there is nothing to read, saying how to lay it
    out. The same documents give the same answer every time.
    """

    def read(self) -> Documents:
        """The documents."""
        ...


def source_named(text: str) -> Source:
    """The source that a text means: ``s3://…``, ``hf:name``, a folder, or a CSV, TSV, JSONL or JSON file."""
    if text.startswith("s3://"):
        return S3Source(uri=text)
    if text.startswith("hf:"):
        return HuggingFaceSource(name=text.removeprefix("hf:"))
    path = Path(text)
    if path.suffix.lower() in MANIFEST_SUFFIXES:
        return ManifestSource(path=path)
    if path.suffix.lower() == ".json":
        return LabelStudioSource(path=path)
    # What `save_to_disk` leaves beside a data set. Read as a folder, its arrow files would be no documents.
    if path.is_dir() and (path / "dataset_info.json").is_file():
        return HuggingFaceSource(name=text)
    if path.is_file():
        raise InvalidDocuments(
            f"{text!r} cannot be read as documents: give a folder with a sub-folder for each type, a .csv or "
            ".jsonl with the columns path and label, a .json export of Label Studio, s3://bucket/prefix, or "
            "hf:name. For extraction, a folder with a JSON file beside each document, or a column fields"
        )
    return FolderSource(path=path)


def fields_source_named(text: str) -> Source:
    """The source of documents with fields that a text means, as `source_named` finds one of labels."""
    source = source_named(text)
    match source:
        case S3Source():
            return S3FieldsSource(uri=source.uri)
        case HuggingFaceSource():
            return HuggingFaceFieldsSource(name=source.name)
        case LabelStudioSource():
            return LabelStudioFieldsSource(path=source.path)
        case _:
            return FieldsSource(path=Path(text))


def read_documents(
    source: Path | str,
    *,
    held_out: Path | str | None = None,
    task: Literal["classification", "extraction"] = "classification",
) -> Documents:
    """The documents of a source, given as for `source_named`; those of ``held_out`` are for testing only.

    For extraction they come with their fields.
    """

    def read(place: Path | str) -> Documents:
        named = fields_source_named if task == "extraction" else source_named
        return named(str(place)).read()

    return with_held_out(read(source), read(held_out)) if held_out else read(source)


def read_folder(folder: Path | str, *, layout: Layout | None = None) -> Documents:
    """The documents of a folder that holds one sub-folder per label; ``layout`` is that of `FolderSource`."""
    return FolderSource(path=Path(folder), layout=layout).read()
