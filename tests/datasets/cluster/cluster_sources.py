"""Sources in S3 with everything that may go wrong in one, and both ways of preparing them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from page_files import written_page
from PIL import Image

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, list_details, read_bytes, upload_bytes
from burnish.datasets.cluster.preparing import ClusterPreparation, Reports, prepare_on_cluster
from burnish.datasets.cluster.shards import Machines, Shard, ShardSummary
from burnish.datasets.page_index import decoders
from burnish.datasets.pages import Rendering
from burnish.datasets.prepare import prepare_dataset
from burnish.datasets.prepared import Destination, Preparation
from burnish.datasets.sources import S3Source
from burnish.datasets.splitting import SplitPlan
from burnish.families import family_named
from burnish.records import classification_prompt

OWNER = "123456789012"
RULES = family_named("open_weights").tuning("local.any-v1:0").rules
SMALL = Rendering(longest_edge=256)


def png(text: str, **options) -> bytes:
    return encoded(written_page(text, **options), "PNG")


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    body = io.BytesIO()
    image.save(body, kind, **options)
    return body.getvalue()


def many_pages(*texts: str) -> bytes:
    first, *others = [written_page(text) for text in texts]
    return encoded(first, "TIFF", save_all=True, append_images=others)


def difficult_documents(*, labels: int = 3, each: int = 6) -> dict[str, bytes]:
    """Bodies by key: copies of every kind, broken ones, strange names, and what is no document."""
    names = [f"type {number}" for number in range(labels)]
    found = {
        f"{label}/{number:03}.png": png(f"{label} {number}") for label in names for number in range(each)
    }
    page = written_page("type 0 1")
    smaller = page.resize((page.width * 2 // 3, page.height * 2 // 3))
    return found | {
        "type 0/again.png": found["type 0/000.png"],
        "type 1/again under another label.png": found["type 0/000.png"],
        "type 0/scanned again.jpg": encoded(smaller, "JPEG", quality=40),
        "type 1/annex.tiff": many_pages("with an annex", "type 2 3", "the last"),
        "type 2/blank.png": encoded(Image.new("L", (300, 400), 255), "PNG"),
        "type 2/also blank.png": encoded(Image.new("L", (320, 400), 255), "PNG"),
        "type 1/broken.png": b"\x89PNG\r\n\x1a\nbroken",
        "type 1/notes.txt": b"not a document",
        "type 1/empty.png": b"",
        "type 1/without a suffix": png("without a suffix"),
        "type 2/tab\there.png": png("a tab in its name"),
        "type 2/.hidden.png": png("hidden"),
        "type 2/deep/er/page.png": png("deeper"),
        "on top.png": png("on top"),
    }


def put(s3: Client, place: S3Uri, bodies: dict[str, bytes]) -> S3Uri:
    """The folder with these objects in it."""
    for key, body in bodies.items():
        upload_bytes(s3, place.child(key), body)
    return place


@dataclass(frozen=True)
class ThisMachine:
    """Runs shards here, one after the other, the last of each few first."""

    s3: Client
    window: int = 3

    def run(self, shards: Iterable[Shard]) -> Iterator[ShardSummary]:
        waiting: list[Shard] = []
        for one in shards:
            waiting.append(one)
            if len(waiting) == self.window:
                yield waiting.pop().run(self.s3)
        while waiting:
            yield waiting.pop().run(self.s3)


def preparation(**options) -> Preparation:
    plan = {"test_share": 0.2, "validation_share": 0.2, "seed": 1} | options.pop("plan", {})
    return Preparation(rules=RULES, plan=SplitPlan(**plan), **{"rendering": SMALL} | options)


def prepare_here(s3: Client, source: S3Uri, to: S3Uri, asked: Preparation, cache: Path):
    """The data set as one machine prepares it."""
    found = S3Source(uri=str(source), s3=s3, cache=cache).read()
    whole = replace(asked, prompt=classification_prompt(found.labels, {}))
    destination = Destination(bucket=to.bucket, prefix=to.key, owner=OWNER)
    return prepare_dataset(found, s3=s3, destination=destination, preparation=whole)


def prepare_in_shards(
    s3: Client,
    source: S3Uri,
    to: S3Uri,
    asked: Preparation,
    *,
    machines: Machines | None = None,
    size: int = 12,
    reports: Reports | None = None,
    other_decoders: bool = False,
):
    """The data set as machines prepare it together."""
    return prepare_on_cluster(
        ClusterPreparation(
            prefix=S3Uri(source.bucket, f"{source.key}/"),
            destination=Destination(bucket=to.bucket, prefix=to.key, owner=OWNER),
            preparation=asked,
            prompt_for=lambda labels: classification_prompt(labels, {}),
            keys_of_a_shard=size,
        ),
        s3=s3,
        machines=machines or ThisMachine(s3),
        decoders="others" if other_decoders else decoders(),
        reports=reports,
    )


def objects_of(s3: Client, folder: S3Uri) -> dict[str, bytes]:
    """All that a data set consists of, by its key in the folder."""
    keys = [one.uri for one in list_details(s3, S3Uri(folder.bucket, f"{folder.key}/"))]
    return {
        name: read_bytes(s3, uri)
        for uri in keys
        if not (name := uri.key.removeprefix(f"{folder.key}/")).startswith("shards/")
    }


@contextmanager
def written_in(s3: Client) -> Iterator[list[str]]:
    """The keys that are written in a block."""
    keys: list[str] = []

    def hear(params, **_) -> None:
        keys.append(params["Key"])

    s3.meta.events.register("provide-client-params.s3.PutObject", hear, unique_id="written")
    try:
        yield keys
    finally:
        s3.meta.events.unregister("provide-client-params.s3.PutObject", unique_id="written")
