"""A data set of Hugging Face's `datasets`, from the hub or from disk.

The names of labels are those of its own features: numbers mean different things in different copies of the
same data set.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.cache import cache_folder
from burnish.datasets.documents import Candidate, Documents, sort_out
from burnish.datasets.sources.folders import PARTS
from burnish.errors import InvalidDocuments


@dataclass(frozen=True, kw_only=True)
class HuggingFaceSource:
    """A data set by the name of its repository on the hub, or a folder that ``save_to_disk`` has written.

    Without ``image_column`` and ``label_column`` they are found by their features. Needs the package
    ``datasets`` (``pip install 'burnish[datasets]'``).
    """

    name: str
    image_column: str | None = None
    label_column: str | None = None
    cache: Path | None = None

    def read(self) -> Documents:
        """The documents, each part of the data set as a part. Raises `InvalidDocuments`."""
        folder = (
            self.cache or cache_folder() / "documents" / hashlib.sha256(self.name.encode()).hexdigest()[:24]
        )
        return sort_out(self.name, self._candidates(folder))

    def _candidates(self, folder: Path) -> Iterator[Candidate]:
        parts = self._parts()
        for name, part in parts.items():
            image, label = self._columns(part.features)
            names = getattr(part.features[label], "names", None)
            for number, row in enumerate(part):
                yield Candidate(
                    path=_written(row[image], folder),
                    name=f"{name}/{number:07}",
                    label=_label_of(row[label], names),
                    part=PARTS.get(name.lower()) if len(parts) > 1 else None,
                )

    def _parts(self) -> Mapping[str, Any]:
        try:
            import datasets
        except ImportError as error:
            raise InvalidDocuments(
                f"{self.name!r} is read with Hugging Face's datasets: pip install 'burnish[datasets]'"
            ) from error
        on_disk = Path(self.name).is_dir()
        try:
            found = datasets.load_from_disk(self.name) if on_disk else datasets.load_dataset(self.name)
        except (OSError, ValueError, datasets.exceptions.DatasetNotFoundError) as error:
            raise InvalidDocuments(f"The data set {self.name!r} cannot be loaded: {error}") from error
        parts = found if isinstance(found, datasets.DatasetDict) else {"train": found}
        return {name: _with_raw_images(part) for name, part in parts.items()}

    def _columns(self, features: Mapping[str, Any]) -> tuple[str, str]:
        kinds = {name: type(feature).__name__ for name, feature in features.items()}
        image = self.image_column or next((name for name, kind in kinds.items() if kind == "Image"), None)
        label = self.label_column or next(
            (name for name, kind in kinds.items() if kind == "ClassLabel"),
            "label" if "label" in kinds else None,
        )
        if image is None or label is None or image not in kinds or label not in kinds:
            raise InvalidDocuments(
                f"The data set {self.name!r} has no columns that are known for images and labels; it has "
                f"{', '.join(f'{name} ({kind})' for name, kind in kinds.items())}: name them"
            )
        return image, label


def _with_raw_images(part: Any) -> Any:  # noqa: ANN401  # `datasets` is an extra
    """The part with its images as they are stored, not decoded."""
    import datasets

    for name, feature in part.features.items():
        if isinstance(feature, datasets.Image):
            part = part.cast_column(name, datasets.Image(decode=False))
    return part


def _label_of(value: Any, names: list[str] | None) -> str | None:  # noqa: ANN401
    if value is None or (names and value == -1):  # the hub's way of saying that there is none
        return None
    return names[value] if names else str(value)


def _written(image: Mapping[str, Any], folder: Path) -> Path:
    """The image as a file of the cache, named for its content; or the file that it already is."""
    body = image.get("bytes")
    if body is None:
        return Path(str(image["path"]))
    path = folder / f"{hashlib.sha256(body).hexdigest()}{_suffix_of(body)}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".part")
        fresh.write_bytes(body)
        fresh.replace(path)
    return path


def _suffix_of(body: bytes) -> str:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(body)) as image:
            kind = (image.format or "").lower()
    except (OSError, ValueError, SyntaxError):
        return ".png"  # which it is not, and the reader will say so
    return f".{kind}"
