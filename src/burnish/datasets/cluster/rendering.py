"""The second reading of documents: their pages to S3, and the facts of these."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, size_of, upload_bytes
from burnish.datasets.cluster.shards import ShardSummary, changed, fetch, name_for, result_at
from burnish.datasets.documents import Document
from burnish.datasets.page_index import IndexedDocument, decoders
from burnish.datasets.pages import Rendering
from burnish.datasets.perceptual_hash import BITS, TURNS, PageHash
from burnish.datasets.prepare import small_enough
from burnish.datasets.prepared import Destination
from burnish.datasets.render_pool import RenderPool
from burnish.datasets.writing import UPLOADS_AT_ONCE
from burnish.disk import reporting_full_disk
from burnish.errors import CannotStart
from burnish.parallel import map_ordered

#: A page's document, counted within the shard, and its hashes.
_HASHES = struct.Struct(f">I{BITS // 8}s" + f"{BITS // 8}s" * len(TURNS))


class ChosenKey(NamedTuple):
    """A document that is to be rendered; ``name`` is its key below the prefix."""

    name: str
    digest: str
    label: str


@dataclass(frozen=True, kw_only=True)
class RenderShard:
    """Documents whose pages are to be in S3; what is known of them goes below the destination, too.

    ``decoders`` are those that all machines must have: others may give other bytes.
    """

    number: int
    prefix: S3Uri
    destination: Destination
    rendering: Rendering
    max_image_bytes: int | None
    decoders: str
    keys: tuple[ChosenKey, ...]

    @property
    def place(self) -> S3Uri:
        """Where the facts of the pages go."""
        # The digests say what was read, wherever it is; the labels, where its pages are.
        asked = [(one.digest, one.label) for one in self.keys]
        how = (self.rendering.pages, self.rendering.longest_edge, self.max_image_bytes, self.decoders)
        return self.destination.folder.child(name_for("pages", (how, asked)))

    def run(self, s3: Client) -> ShardSummary:
        """Ensure that the pages and what is known of them are in S3."""
        require_decoders(self.decoders)
        known = self._known(s3)
        missing = [number for number, facts in enumerate(known) if facts is None]
        if missing:
            self._render(s3, known, missing)
            found = [facts or IndexedDocument() for facts in known]
            # The hashes first: where there are facts, there are hashes.
            upload_bytes(s3, hashes_beside(self.place), b"".join(_packed(found)))
            upload_bytes(s3, self.place, msgspec.msgpack.encode(found))
        count = len(self.keys)
        return ShardSummary(number=self.number, place=self.place, count=count, reused=count - len(missing))

    def _known(self, s3: Client) -> list[IndexedDocument | None]:
        """What an earlier run has found out, as far as the pages are still there."""
        known = result_at(s3, self.place, list[IndexedDocument])
        if known is None or len(known) != len(self.keys):
            return [None] * len(self.keys)

        def checked(item: tuple[ChosenKey, IndexedDocument]) -> IndexedDocument | None:
            one, facts = item
            places = (self.destination.place_of(one.label, page) for page in facts.pages)
            return facts if facts.is_final and all(size_of(s3, place) for place in places) else None

        return list(map_ordered(checked, zip(self.keys, known, strict=True), workers=UPLOADS_AT_ONCE))

    def _render(self, s3: Client, known: list[IndexedDocument | None], missing: list[int]) -> None:
        with (
            TemporaryDirectory(prefix="burnish-shard-") as name,
            reporting_full_disk(Path(name)),
            RenderPool(1) as renderer,
        ):
            work = partial(self._rendered, s3, renderer, Path(name))
            # While one document is rendered, others are fetched and uploaded.
            for number, facts in zip(
                missing, map_ordered(work, missing, workers=1 + UPLOADS_AT_ONCE), strict=True
            ):
                known[number] = facts

    def _rendered(self, s3: Client, renderer: RenderPool, folder: Path, number: int) -> IndexedDocument:
        one = self.keys[number]
        uri = S3Uri(self.prefix.bucket, f"{self.prefix.key}{one.name}")
        path = folder / f"{number}{PurePosixPath(one.name).suffix[:10]}"
        fetch(s3, uri, path)
        with path.open("rb") as file:
            if file_digest(file, "sha256").hexdigest() != one.digest:
                raise changed(uri)
        document = Document(path=path, label=one.label, digest=one.digest, name=one.name)
        read = renderer.render(document, self.rendering)
        path.unlink()
        for page in read.pages:
            place = self.destination.place_of(one.label, page.facts)
            upload_bytes(s3, place, page.png, content_type="image/png")
        facts = IndexedDocument(
            pages=tuple(page.facts for page in read.pages), reason=read.reason, is_final=read.is_final
        )
        return small_enough(facts, self.max_image_bytes)


def require_decoders(wanted: str) -> None:
    """Raise `CannotStart` on a machine that would give other bytes."""
    if decoders() != wanted:
        raise CannotStart(
            f"The machines of the cluster decode documents differently: one with {wanted}, another with "
            f"{decoders()}. Install the same versions of burnish, Pillow and pypdfium2 on all of them"
        )


def hashes_beside(place: S3Uri) -> S3Uri:
    """Where the hashes of the pages are whose facts are at a place."""
    return S3Uri(place.bucket, f"{place.key}-hashes")


def _packed(found: list[IndexedDocument]) -> Iterator[bytes]:
    for number, facts in enumerate(found):
        for page in facts.pages:
            # Blank pages would join all documents that have one.
            if not page.blank:
                yield _HASHES.pack(number, *map(bytes.fromhex, (page.upright, *page.turned)))


def unpacked_hashes(body: bytes) -> Iterator[tuple[int, PageHash]]:
    """The hashes of pages, each with the number of its document in the shard."""
    for number, upright, *turned in _HASHES.iter_unpack(body):
        turns = tuple(int.from_bytes(one, "big") for one in turned)
        yield number, PageHash(int.from_bytes(upright, "big"), turns)
