"""A prepared data set as one of Hugging Face's `datasets`, for whatever else is to be trained on it."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, read_bytes
from burnish.datasets.documents import Part
from burnish.datasets.manifest import Manifest, ManifestDocument, ManifestPage
from burnish.errors import InvalidConfig
from burnish.parallel import map_ordered

_AT_ONCE = 8


def export_dataset(
    s3: Client, manifest: Manifest, folder: Path, *, on_page: Callable[[object], None] = lambda _: None
) -> Path:
    """The folder, as ``datasets.load_from_disk`` reads it, with a split for each part that has pages.

    Columns are ``image``, ``label`` (a ``ClassLabel`` with names) and ``document``; where fields are
    extracted ``pages`` (a list of images), ``fields`` (as JSON) and ``document``. Pages are never all in
    memory. Raises `InvalidConfig` where something is in the folder already, or the extra ``datasets`` is not
    installed.
    """
    try:
        from datasets import Dataset, DatasetDict
    except ImportError as error:
        raise InvalidConfig(
            "The export", ["Hugging Face's datasets is not installed: pip install 'burnish[datasets]'"]
        ) from error
    if folder.exists() and any(folder.iterdir()):
        raise InvalidConfig(f"The folder {str(folder)!r}", ["something is in it: name another"])
    features = _features_of(manifest)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside its destination, so that the move is a rename, and no half data set is ever there.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        parts = {
            str(part): Dataset.from_generator(
                lambda part=part: _rows(s3, manifest, part, on_page),
                features=features,
                cache_dir=f"{scratch}/{part}",
                # The generator holds a client, of which no fingerprint can be taken.
                fingerprint=hashlib.sha256(f"{manifest.files} {part}".encode()).hexdigest()[:16],
            )
            for part in Part
            if manifest.records_of(part)
        }
        DatasetDict(parts).save_to_disk(f"{scratch}/whole")
        if folder.exists():
            folder.rmdir()
        shutil.move(f"{scratch}/whole", folder)
    return folder


def _features_of(manifest: Manifest) -> Any:  # noqa: ANN401  # `datasets` is an extra
    from datasets import ClassLabel, Features, Image, List, Value

    columns = (
        {"pages": List(Image()), "fields": Value("string")}
        if manifest.has_fields
        else {"image": Image(), "label": ClassLabel(names=manifest.prompt.labels)}
    )
    return Features({**columns, "document": Value("string")})


def _rows(
    s3: Client, manifest: Manifest, part: Part, on_page: Callable[[object], None]
) -> Iterator[dict[str, Any]]:
    def images_of(record: tuple[ManifestDocument, tuple[ManifestPage, ...]]) -> list[dict[str, Any]]:
        bodies = (read_bytes(s3, S3Uri.parse(page.uri or "")) for page in record[1])
        return [{"bytes": png, "path": None} for png in bodies]

    records = manifest.records_of(part)
    # Streamed, so that memory stays bounded however large the data set is.
    for (document, _), images in zip(records, map_ordered(images_of, records, workers=_AT_ONCE), strict=True):
        for image in images:
            on_page(image)
        shown: dict[str, Any]
        if manifest.has_fields:
            shown = {"pages": images, "fields": json.dumps(document.fields, ensure_ascii=False)}
        else:
            shown = {"image": images[0], "label": manifest.prompt.labels.index(document.label)}
        yield {**shown, "document": document.name}
