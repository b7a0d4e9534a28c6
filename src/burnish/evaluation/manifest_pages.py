"""The pages of a prepared data set, as models are asked about them."""

from __future__ import annotations

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, read_bytes
from burnish.datasets.documents import Part
from burnish.datasets.fanning import in_order
from burnish.datasets.manifest import Manifest
from burnish.evaluation.predicting import Page

_AT_ONCE = 8


def pages_of(s3: Client, manifest: Manifest, part: Part, *, most: int | None = None) -> list[Page]:
    """The pages of a part with their images, at most so many, named for their documents."""
    chosen = manifest.pages_of(part)[:most]
    bodies = in_order(lambda one: read_bytes(s3, S3Uri.parse(one[1].uri or "")), chosen, workers=_AT_ONCE)
    return [
        Page(name=_name_of(document.name, document.pages.index(page)), label=document.label, png=png)
        for (document, page), png in zip(chosen, bodies, strict=True)
    ]


def _name_of(document: str, place: int) -> str:
    return document if place == 0 else f"{document}, page {place + 1}"
