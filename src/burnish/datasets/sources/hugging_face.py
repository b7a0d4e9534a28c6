"""A data set of Hugging Face's `datasets`, from the hub or from disk.

The names of labels are those of its own features: numbers mean different things in different copies of the
same data set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from burnish.cache import cache_folder
from burnish.datasets.documents import Documents, SourceFile, usable_documents
from burnish.datasets.sources.hugging_face_rows import UnusableRow, file_of, label_of, names_of
from burnish.datasets.sources.layouts import PARTS
from burnish.errors import InvalidDocuments


@dataclass(frozen=True, kw_only=True)
class HuggingFaceSource:
    """A data set by the name of its repository on the hub, or a folder that ``save_to_disk`` has written.

    Without ``image_column`` and ``label_column`` they are found by their features, if there is one of each.
    Needs the package ``datasets`` (``pip install 'burnish[datasets]'``).
    """

    name: str
    image_column: str | None = None
    label_column: str | None = None
    cache: Path | None = None

    def read(self) -> Documents:
        """The documents, each part of the data set as a part. Raises `InvalidDocuments`."""
        parts = loaded_parts(self.name)
        found = usable_documents(self.name, self._candidates(parts))
        return replace(found, notes=tuple(notes_on_parts(parts)))

    def _candidates(self, parts: Mapping[str, Any]) -> Iterator[SourceFile]:
        folder = self.cache or folder_of_copies(self.name)
        for name, part in parts.items():
            image, label = self._columns(part.features)
            names = names_of(part.features[label])
            # One part alone is called train by default: nobody has held anything out.
            role = PARTS.get(name.lower()) if len(parts) > 1 else None
            for number, row in enumerate(part.select_columns([image, label])):
                blank = SourceFile(path=folder, name=f"{name}/{number:07}", label=None, part=role)
                try:
                    path = file_of(row[image], beside=Path(self.name), cache=folder)
                    yield replace(blank, path=path, label=label_of(row[label], names))
                except UnusableRow as error:
                    yield replace(blank, reason=str(error))

    def _columns(self, features: Mapping[str, Any]) -> tuple[str, str]:
        """The columns with the images and with the labels. Raises `InvalidDocuments` if there is a choice."""
        kinds = {name: type(feature).__name__ for name, feature in features.items()}
        labels = [name for name, kind in kinds.items() if kind == "ClassLabel" or name == "label"]
        images = [name for name, kind in kinds.items() if kind == "Image"]
        if self.label_column:
            labels = [self.label_column]
        if self.image_column:
            images = [self.image_column]
        if len(images) == len(labels) == 1 and kinds.keys() >= {*images, *labels}:
            return images[0], labels[0]
        several = "several" if len(images) > 1 or len(labels) > 1 else "no"
        raise InvalidDocuments(
            f"The data set {self.name!r} has {several} columns that are known for images and labels; it has "
            f"{', '.join(f'{name} ({kind})' for name, kind in kinds.items())}: name that of the labels with "
            "--control NAME, or in Python both, as image_column and label_column of HuggingFaceSource"
        )


def folder_of_copies(name: str) -> Path:
    """Where the images of a data set are copied to."""
    return cache_folder() / "documents" / hashlib.sha256(name.encode()).hexdigest()[:24]


def loaded_parts(name: str) -> Mapping[str, Any]:
    """The parts of a data set, images not decoded. Raises `InvalidDocuments` where it cannot be loaded."""
    try:
        import datasets
    except ImportError as error:
        raise InvalidDocuments(
            f"{name!r} is read with Hugging Face's datasets: pip install 'burnish[datasets]'"
        ) from error
    try:
        found = datasets.load_from_disk(name) if Path(name).is_dir() else datasets.load_dataset(name)
    except (OSError, ValueError, datasets.exceptions.DatasetNotFoundError) as error:
        raise InvalidDocuments(f"The data set {name!r} cannot be loaded: {error}") from error
    parts = found if isinstance(found, datasets.DatasetDict) else {"train": found}
    return {name: _with_raw_images(part) for name, part in parts.items()}


def image_column_of(name: str, features: Mapping[str, Any], wanted: str | None) -> str:
    """The one column with images or lists of them. Raises `InvalidDocuments` if it is not clear which."""
    kinds = {
        column: type(getattr(feature, "feature", feature)).__name__ for column, feature in features.items()
    }
    found = [wanted] if wanted else [column for column, kind in kinds.items() if kind == "Image"]
    if len(found) == 1 and found[0] in kinds:
        return found[0]
    listed = ", ".join(f"{column} ({kind})" for column, kind in kinds.items())
    raise InvalidDocuments(
        f"The data set {name!r} has {'several columns' if len(found) > 1 else 'no column'} of images; it has "
        f"{listed}: give it one, or name it in Python, as image_column"
    )


def notes_on_parts(parts: Mapping[str, Any]) -> Iterator[str]:
    """What a user should know of parts that are not kept apart."""
    if len(parts) > 1 and (others := [name for name in parts if name.lower() not in PARTS]):
        yield f"Parts with other names are not kept apart: {', '.join(map(repr, others))}"


def _with_raw_images(part: Any) -> Any:  # noqa: ANN401  # `datasets` is an extra
    """The part with its images as they are stored, not decoded."""
    import datasets

    for name, feature in part.features.items():
        # The stored bytes are the document: decoded and encoded again they would have another digest.
        if isinstance(feature, datasets.Image):
            part = part.cast_column(name, datasets.Image(decode=False))
        elif isinstance(getattr(feature, "feature", None), datasets.Image):
            part = part.cast_column(name, type(feature)(datasets.Image(decode=False)))
    return part
