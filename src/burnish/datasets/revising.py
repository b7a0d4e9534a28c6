"""A new version of a data set, from what people have decided about documents.

The version before is never changed: it stays under its own name, with its records and pages. What was decided
goes into the training part alone. The held-out parts are those of the version before, page by page, so that
models of both are measured on the same pages; what looks like one of these pages is not trained on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from burnish import checking
from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, read_bytes, size_of, upload_bytes
from burnish.datasets.documents import Document, Part, SkippedDocument
from burnish.datasets.manifest import (
    FILE_NAME,
    KEPT,
    DatasetLineage,
    Dropped,
    LabelDecision,
    Manifest,
    ManifestDocument,
    folder_of,
    kept_place,
    read_manifest,
    write_manifest,
)
from burnish.datasets.page_index import IndexedDocument, PageIndex
from burnish.datasets.prepare import groups_of
from burnish.datasets.prepared import Destination
from burnish.datasets.render_worker import PageFacts, rendered_page
from burnish.datasets.splitting import shuffled_place
from burnish.datasets.stored_pages import StoredPages
from burnish.datasets.writing import manifest_pages, record_lines, repeated_pages, write_lines
from burnish.errors import InvalidRecords
from burnish.families import DatasetRules
from burnish.parallel import map_ordered

_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class DecidedDocument:
    """A file that somebody has looked at, and its label; None where it is to be left out.

    ``digest`` is the SHA-256 of the file as it was looked at, and ``extent`` its part of a bundle.
    """

    path: Path
    name: str
    digest: str
    label: str | None
    by: str
    at: datetime
    before: str | None = None
    extent: tuple[int, int] | None = None

    @property
    def document_digest(self) -> str:
        """The digest by which a data set knows it: that of the file, or of a part of it."""
        if self.extent is None:
            return self.digest
        return hashlib.sha256(f"{self.digest} {self.extent[0]}-{self.extent[1]}".encode()).hexdigest()

    @property
    def whole_name(self) -> str:
        """Its name, with the pages of a part."""
        if self.extent is None:
            return self.name
        first, last = self.extent
        return f"{self.name}, page {first}" if first == last else f"{self.name}, pages {first}-{last}"

    @property
    def document(self) -> Document:
        """It as a document of a data set."""
        return Document(
            path=self.path,
            label=self.label or "",
            digest=self.document_digest,
            name=self.whole_name,
            extent=self.extent,
        )


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A new version, or why there is none: then nothing is different, and nothing was written."""

    parent: S3Uri
    #: Where the new version stays; the parent's place where nothing is different.
    place: S3Uri
    manifest: Manifest
    added: tuple[str, ...] = ()
    relabelled: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    #: Decisions that are so already.
    unchanged: int = 0
    #: Looked at, and of none of the labels.
    declined: tuple[str, ...] = ()
    #: What was decided and is not trained on, and why.
    left_out: tuple[SkippedDocument, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether there is a new version."""
        return bool(self.added or self.relabelled or self.removed)


@dataclass(frozen=True, kw_only=True)
class DatasetStore:
    """Where versions are read and written, and by which rules; ``owner`` is an account's twelve digits."""

    s3: Client
    owner: str
    rules: DatasetRules
    readers: int = 2
    on_document: Callable[[int, int], None] = lambda done, total: None


def revise_dataset(dataset: str, decided: Sequence[DecidedDocument], store: DatasetStore) -> Revision:
    """The version of a data set in which decisions are labels; it becomes the current one of its folder.

    ``dataset`` is a folder, of which the current version is meant, or a manifest. Raises `InvalidRecords` for
    a data set of fields, and where the rules of the model are broken; then nothing is written.
    """
    parent_place, body, parent = _kept_parent(store.s3, dataset)
    draft = _Draft(parent=parent)
    for one in decided:
        draft.take(one)
    known = _with_pages(draft, parent_place, store)
    destination = Destination(
        bucket=parent_place.bucket, prefix=folder_of(parent_place).key, owner=store.owner
    )
    draft.add_documents(known, destination, _known_parents(store.s3, parent))
    place, whole = parent_place, parent
    if draft.added or draft.relabelled or draft.removed:
        lineage = DatasetLineage(
            parent=str(parent_place),
            parent_sha256=hashlib.sha256(body).hexdigest(),
            decisions=sorted(draft.decisions, key=lambda one: (one.at, one.digest)),
        )
        whole = _written(draft, lineage, destination, store)
        place = kept_place(destination.folder, whole)
    return Revision(
        parent=parent_place,
        place=place,
        manifest=whole,
        added=tuple(sorted(one.name for one in draft.added.values())),
        relabelled=tuple(sorted(one.name for one in draft.relabelled.values())),
        removed=tuple(sorted(one.name for one in draft.removed.values())),
        unchanged=draft.unchanged,
        declined=tuple(sorted(draft.declined)),
        left_out=tuple(sorted(draft.left_out, key=lambda one: one.name)),
    )


@dataclass(kw_only=True)
class _Draft:
    """A version that is being made of its parent."""

    parent: Manifest
    new: dict[str, DecidedDocument] = field(default_factory=dict)
    added: dict[str, ManifestDocument] = field(default_factory=dict)
    relabelled: dict[str, ManifestDocument] = field(default_factory=dict)
    removed: dict[str, ManifestDocument] = field(default_factory=dict)
    unchanged: int = 0
    declined: list[str] = field(default_factory=list)
    left_out: list[SkippedDocument] = field(default_factory=list)
    decisions: list[LabelDecision] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._held = {one.digest: one for one in self.parent.documents}

    def take(self, one: DecidedDocument) -> None:
        """Take a decision: about a document of the parent, or a new one, whose pages are not here yet."""
        held = self._held.get(one.document_digest) or self._held.get(one.digest)
        if one.label is not None and one.label not in self.parent.prompt.labels:
            self._leave_out(one, f"the data set has no label {one.label!r}")
        elif held and held.part is not Part.TRAIN:
            self._leave_out(one, f"it is a {held.part} document: models are measured on those")
        elif held and held.digest != one.document_digest:
            self._leave_out(one, f"the whole of it is a training document, {held.name}")
        elif held:
            self._change(held, one)
        elif one.label is None:
            self.declined.append(one.whole_name)
            self._decided(one, before=one.before)
        elif reason := _why_not_as_decided(one):
            self._leave_out(one, reason)
        else:
            self.new[one.document_digest] = one

    def _change(self, held: ManifestDocument, one: DecidedDocument) -> None:
        if one.label == held.label:
            self.unchanged += 1
            return
        if one.label is None:
            self.removed[held.digest] = held
        else:
            self.relabelled[held.digest] = msgspec.structs.replace(held, label=one.label)
        self._decided(one, before=held.label)

    def add_documents(
        self,
        known: Mapping[str, IndexedDocument],
        destination: Destination,
        parents: Mapping[str, IndexedDocument],
    ) -> None:
        """Add the new documents with their pages, but for those that would leak a held-out one."""
        groups = groups_of([*parents, *self.new], {**parents, **known})
        mates = {
            groups[one.digest]: one
            # Held-out documents last, so that of a group with some one of those is named.
            for one in sorted(self.parent.documents, key=lambda document: document.part is not Part.TRAIN)
            if one.digest in groups
        }
        first_with = {
            page.digest: f"page {number} of {one.name}, labelled {one.label!r}"
            for one in self.parent.documents
            for number, page in enumerate(one.pages, 1)
        }
        for digest, one in self.new.items():
            pages, mate = known[digest].pages, mates.get(groups.get(digest, digest))
            if not pages:
                self._leave_out(one, known[digest].reason or "it has no pages")
            elif mate and mate.part is not Part.TRAIN:
                self._leave_out(one, f"it looks like {mate.name}, which is held out for {mate.part}")
            else:
                group = mate.group if mate else groups.get(digest, digest)
                self._add(one, pages, destination, group, first_with)

    def _add(
        self,
        one: DecidedDocument,
        pages: Sequence[PageFacts],
        destination: Destination,
        group: str,
        first_with: dict[str, str],
    ) -> None:
        document = one.document
        unused = repeated_pages(document, pages, first_with)
        if len(unused) == len(pages):
            self._leave_out(one, next(iter(unused.values())))
            return
        self.left_out += [SkippedDocument(name=one.whole_name, reason=reason) for reason in unused.values()]
        self.added[document.digest] = ManifestDocument(
            name=document.name,
            digest=document.digest,
            label=document.label,
            part=Part.TRAIN,
            group=group,
            pages=manifest_pages(destination, document.label, pages, unused),
        )
        self._decided(one, before=one.before)

    def documents(self) -> list[ManifestDocument]:
        """All documents: the training part shuffled as it was, then the held-out ones unchanged."""
        kept = [one for one in self.parent.documents if one.digest not in self.removed]
        changed = [self.relabelled.get(one.digest, one) for one in kept] + list(self.added.values())
        seed = self.parent.split.seed
        training = [one for one in changed if one.part is Part.TRAIN]
        training.sort(key=lambda one: shuffled_place(one.digest, seed))
        return training + [one for one in changed if one.part is not Part.TRAIN]

    def _leave_out(self, one: DecidedDocument, reason: str) -> None:
        self.left_out.append(SkippedDocument(name=one.whole_name, reason=reason))

    def _decided(self, one: DecidedDocument, *, before: str | None) -> None:
        self.decisions.append(
            LabelDecision(
                document=one.whole_name,
                digest=one.document_digest,
                by=one.by,
                at=one.at,
                before=before,
                after=one.label,
            )
        )


def _why_not_as_decided(one: DecidedDocument) -> str | None:
    """Why a file is not what was decided about; None where it is."""
    try:
        with one.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"{one.path} cannot be read ({error.strerror}): the decision waits until it is back"
    return None if found == one.digest else "its content has changed since the decision: review it again"


def _with_pages(draft: _Draft, place: S3Uri, store: DatasetStore) -> Mapping[str, IndexedDocument]:
    """The new documents with their pages in S3."""
    destination = Destination(bucket=place.bucket, prefix=folder_of(place).key, owner=store.owner)
    pages = StoredPages(
        store.s3,
        destination,
        rendering=draft.parent.rendering,
        readers=store.readers,
        on_document=store.on_document,
    )
    return pages.of([one.document for one in draft.new.values()]) if draft.new else {}


def _written(
    draft: _Draft, lineage: DatasetLineage, destination: Destination, store: DatasetStore
) -> Manifest:
    """Check and write the training records, and last of all the manifest."""
    parent, documents, prompt = draft.parent, draft.documents(), draft.parent.classification_prompt()
    missing = sorted(set(prompt.labels) - {one.label for one in documents if one.part is Part.TRAIN})
    if missing:
        raise InvalidRecords(
            f"With these decisions no document is left to train on for {', '.join(map(repr, missing))}: take "
            "some of them back"
        )
    training, validation = (
        list(record_lines(documents, part, prompt, destination)) for part in (Part.TRAIN, Part.VALIDATION)
    )
    checking.raise_for(checking.check_dataset(training, validation or None, rules=store.rules))
    left_out = [Dropped(name=one.name, reason=one.reason) for one in draft.left_out]
    whole = msgspec.structs.replace(
        parent,
        files={**parent.files, Part.TRAIN: write_lines(store.s3, destination, Part.TRAIN, training)},
        documents=documents,
        dropped=sorted({*parent.dropped, *left_out}, key=lambda one: (one.name, one.reason)),
        lineage=lineage,
    )
    write_manifest(store.s3, destination.folder, whole)
    return whole


def _kept_parent(s3: Client, dataset: str) -> tuple[S3Uri, bytes, Manifest]:
    """Where the version stays that is to be revised, its bytes, and what it is."""
    given = S3Uri.parse(dataset)
    place = given if given.key.endswith(".json") else given.child(FILE_NAME)
    parent = read_manifest(s3, place)
    parent.classification_prompt()  # raises for a data set of fields
    body = read_bytes(s3, place)
    kept = folder_of(place).child(f"{KEPT}/{hashlib.sha256(body).hexdigest()[:16]}.json")
    # The copy may be missing of a data set that was copied; the current manifest is about to be another.
    if size_of(s3, kept) != len(body):
        upload_bytes(s3, kept, body, content_type="application/json")
    return kept, body, parent


def _known_parents(s3: Client, parent: Manifest) -> dict[str, IndexedDocument]:
    """What is known of the pages of a version's documents: from this machine's index, or from S3."""
    index = PageIndex()
    images = {page.digest: page.uri for one in parent.documents for page in one.pages if page.uri}

    def pages_of(one: ManifestDocument) -> IndexedDocument:
        found = index.find(one.digest, parent.rendering)
        if found and [page.digest for page in found.pages] == [page.digest for page in one.pages]:
            return found
        known = IndexedDocument(pages=tuple(_page_facts(s3, one, images)))
        index.store(one.digest, parent.rendering, known)
        return known

    try:
        return dict(
            zip(
                (one.digest for one in parent.documents),
                map_ordered(pages_of, parent.documents, workers=_AT_ONCE),
                strict=True,
            )
        )
    finally:
        index.close()


def _page_facts(s3: Client, one: ManifestDocument, images: Mapping[str, str]) -> Iterator[PageFacts]:
    for page in one.pages:
        # A page without an image of its own is the same as one before, which has.
        yield rendered_page(read_bytes(s3, S3Uri.parse(images[page.digest]))).facts
