"""The pages of a prepared data set, as models are asked about them."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, read_bytes
from burnish.datasets.documents import Part
from burnish.datasets.manifest import Manifest, ManifestDocument, ManifestPage
from burnish.errors import InvalidRecords
from burnish.evaluation.field_values import comparable
from burnish.evaluation.predicting import Page
from burnish.extraction_prompts import ExtractionPrompt
from burnish.parallel import map_ordered

_AT_ONCE = 8


def pages_of(s3: Client, manifest: Manifest, part: Part, *, most: int | None = None) -> list[Page]:
    """The pages of a part with their images, at most so many, named for their documents.

    Where fields are extracted each is a document with all of its pages.

    Raises `InvalidRecords` for an image that is no longer what the manifest says.
    """
    chosen = manifest.records_of(part)[:most]
    names = _names(manifest, part)

    def images_of(record: tuple[ManifestDocument, tuple[ManifestPage, ...]]) -> list[bytes]:
        return [_image_of(s3, page) for page in record[1]]

    bodies = map_ordered(images_of, chosen, workers=_AT_ONCE)
    return [
        Page(
            name=names[document.digest, pages[0].digest],
            label=_truth_of(document, manifest),
            png=first,
            further=tuple(further),
        )
        for (document, pages), (first, *further) in zip(chosen, bodies, strict=True)
    ]


def _truth_of(document: ManifestDocument, manifest: Manifest) -> str:
    """The label of a document, or its fields as they are compared."""
    prompt = manifest.page_prompt()
    if isinstance(prompt, ExtractionPrompt) and isinstance(document.fields, dict):
        return comparable(document.fields, prompt.schema)
    return document.label


def _image_of(s3: Client, page: ManifestPage) -> bytes:
    body = read_bytes(s3, S3Uri.parse(page.uri or ""))
    # An image that was written over would be scored with the label of the one that was there.
    if sha256(body).hexdigest() != page.digest:
        raise InvalidRecords(
            f"{page.uri} is not the page that the manifest names, it was written over: delete it, and "
            "prepare the data set again"
        )
    return body


def page_names(manifest: Manifest) -> frozenset[str]:
    """What the pages of all parts are called."""
    return frozenset(name for part in Part for name in _names(manifest, part).values())


def _names(manifest: Manifest, part: Part) -> dict[tuple[str, str], str]:
    """The name of each record of a part by the digests of its document and of its first page.

    Where two sources have given the part documents of one name, a digest tells them apart.
    """
    records = manifest.records_of(part)
    digests: dict[str, set[str]] = defaultdict(set)
    for document, _ in records:
        digests[document.name].add(document.digest)
    return {
        (document.digest, pages[0].digest): _name_of(
            document, pages[0], is_shared=len(digests[document.name]) > 1
        )
        for document, pages in records
    }


def _name_of(document: ManifestDocument, page: ManifestPage, *, is_shared: bool) -> str:
    name = f"{document.name} ({document.digest[:8]})" if is_shared else document.name
    place = document.pages.index(page)
    return name if place == 0 else f"{name}, page {place + 1}"
