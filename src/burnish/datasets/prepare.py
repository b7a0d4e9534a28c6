"""From documents to a data set in S3: read, divided, uploaded, written down, checked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, download_file, list_objects, size_of, upload_bytes
from burnish.datasets import checking, manifest, near_duplicates
from burnish.datasets.documents import Document, Documents, Part, Skipped, require_types
from burnish.datasets.fanning import in_order
from burnish.datasets.manifest import (
    DatasetFile,
    Dropped,
    Manifest,
    ManifestDocument,
    ManifestPage,
    PromptFacts,
    SplitFacts,
)
from burnish.datasets.page_index import Known, PageIndex
from burnish.datasets.page_readers import PageReaders
from burnish.datasets.page_worker import PageFacts
from burnish.datasets.pages import DEFAULT_RENDERING, Rendering
from burnish.datasets.perceptual_hash import PageHash
from burnish.datasets.splitting import Groups, Split, SplitPlan, sampled, split_documents
from burnish.disk import full_disk_named
from burnish.errors import InvalidConfig, InvalidDocuments
from burnish.families import DatasetRules
from burnish.names import S3_URI
from burnish.records import ClassificationPrompt, classification_prompt, classification_record, line_of

UPLOADS_AT_ONCE = 6
ADD_DOCUMENTS = "add documents of another type"


@dataclass(frozen=True, kw_only=True)
class TestPage:
    """A page that was kept out of training: its image on this machine, and the true label."""

    __test__ = False  # or pytest takes the class for a test

    document: str
    number: int
    label: str
    png: Path


@dataclass(frozen=True, kw_only=True)
class PreparedDataset:
    """A data set that a job can be started with."""

    manifest_uri: str
    manifest: Manifest
    test_pages: tuple[TestPage, ...]

    @property
    def train_uri(self) -> str:
        """The records to train on."""
        return self.manifest.files[Part.TRAIN].uri

    @property
    def validation_uri(self) -> str:
        """The records to validate with."""
        return self.manifest.files[Part.VALIDATION].uri

    @property
    def train_records(self) -> int:
        """How many there are to train on."""
        return self.manifest.files[Part.TRAIN].records

    @property
    def validation_records(self) -> int:
        """How many there are to validate with."""
        return self.manifest.files[Part.VALIDATION].records

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, sorted."""
        return tuple(self.manifest.prompt.labels)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was left out, and why."""
        return tuple(Skipped(name=one.name, reason=one.reason) for one in self.manifest.dropped)

    @property
    def prompt(self) -> ClassificationPrompt:
        """What is asked about every page."""
        return self.manifest.classification_prompt()


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a data set goes: a folder of a bucket that belongs to the account ``owner`` (twelve digits)."""

    bucket: str
    prefix: str
    owner: str

    def __post_init__(self) -> None:
        problems = []
        if not S3_URI.fullmatch(str(self.folder)):
            problems.append(
                f"{self.folder} is no place that Bedrock takes: letters, digits, and - _ . ! * ' ( ) only"
            )
        if not re.fullmatch("[0-9]{12}", self.owner):
            problems.append(f"owner is {self.owner!r}: it must be an account's twelve digits")
        if problems:
            raise InvalidConfig("The destination of the data set", problems)

    @property
    def folder(self) -> S3Uri:
        """The folder in S3."""
        return S3Uri(self.bucket, self.prefix.strip("/"))

    def place_of(self, label: str, page: PageFacts) -> S3Uri:
        """Where a page's image goes: named for its label and content, in characters that Bedrock takes."""
        return self.folder.child(f"pages/{slug_of(label)}/{page.digest}.png")


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How documents become a data set. ``keep_copies`` lets copies of a document be on two sides."""

    rules: DatasetRules
    plan: SplitPlan = field(default_factory=SplitPlan)
    rendering: Rendering = DEFAULT_RENDERING
    prompt: ClassificationPrompt | None = None
    keep_copies: bool = False
    readers: int = 2


def prepare_dataset(
    found: Documents,
    *,
    s3: Client,
    destination: Destination,
    preparation: Preparation,
    test_folder: Path | None = None,
    on_document: Callable[[int, int], None] | None = None,
) -> PreparedDataset:
    """The data set of these documents in S3; its test pages also as PNG in ``test_folder``, if one is given.

    Pages are named for their content: what is there is not read or uploaded again, so a second preparation
    does next to nothing and one that was interrupted goes on. What cannot be used is listed with its reason.
    Raises `InvalidDocuments` where a label has too few documents, and `InvalidRecords` with every problem
    before a record is written. ``on_document`` is told how many documents are done, and of how many.
    """
    require_types(found, 2, remedy=ADD_DOCUMENTS)
    documents = sampled(found.documents, preparation.plan)
    pages = _Pages(s3, destination, preparation, on_document or (lambda done, total: None))
    known = _small_enough(pages.of(documents), preparation.rules)
    readable = [one for one in documents if known[one.digest].pages]
    groups = {} if preparation.keep_copies else groups_of(readable, known)
    split = split_documents(readable, preparation.plan, groups)
    material = _Material(found, split, known, groups)
    _require_every_label(material)
    return _write(s3, destination, preparation, material, test_folder)


def groups_of(documents: Sequence[Document], known: Mapping[str, Known]) -> Groups:
    """By the digest of a document, that of the first document of which any page is a copy.

    Blank pages count for nothing. A document that is a copy of none is not listed.
    """
    owners, hashes = [], []
    for one in documents:
        for page in known[one.digest].pages:
            if page.blank:
                continue
            owners.append(one.digest)
            hashes.append(PageHash(int(page.upright, 16), tuple(int(turn, 16) for turn in page.turned)))
    return near_duplicates.joined(owners, near_duplicates.clusters(hashes))


def _small_enough(known: Mapping[str, Known], rules: DatasetRules) -> dict[str, Known]:
    """What is known, with a reason in the place of documents whose pages are larger than a service takes."""
    most = rules.max_image_bytes
    return {
        digest: _too_large(facts, most) if most and any(page.size > most for page in facts.pages) else facts
        for digest, facts in known.items()
    }


def _too_large(facts: Known, most: int) -> Known:
    size = max(page.size for page in facts.pages)
    return Known(reason=f"a page has {size} bytes as PNG; {most} are the most: take a smaller longest edge")


def slug_of(label: str) -> str:
    """A label in the characters that are safe in a key and in a file name. Not unique: never decode it."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-")[:60] or "type"


class _Pages:
    """Reads documents and uploads their pages, those that are not known and there."""

    def __init__(
        self,
        s3: Client,
        destination: Destination,
        preparation: Preparation,
        on_document: Callable[[int, int], None],
    ) -> None:
        self._s3 = s3
        self._destination = destination
        self._rendering = preparation.rendering
        self._count = preparation.readers
        self._on_document = on_document

    def of(self, documents: Sequence[Document]) -> dict[str, Known]:
        """What is known of each document, by its digest, once all of its pages are in S3."""
        there = set(list_objects(self._s3, self._destination.folder.child("pages/")))
        index = PageIndex()
        known: dict[str, Known] = {}

        def ready(document: Document) -> Known:
            facts = index.find(document.digest, self._rendering)
            if facts is None or not self._all_there(document, facts, there):
                facts = self._read(readers, document, there)
                index.keep(document.digest, self._rendering, facts)
            return facts

        try:
            with PageReaders(self._count) as readers:
                work = in_order(ready, documents, workers=self._count + UPLOADS_AT_ONCE)
                for done, (document, facts) in enumerate(zip(documents, work, strict=True), 1):
                    known[document.digest] = facts
                    self._on_document(done, len(documents))
        finally:
            index.close()
        return known

    def _all_there(self, document: Document, facts: Known, there: set[S3Uri]) -> bool:
        return all(self._destination.place_of(document.label, page) in there for page in facts.pages)

    def _read(self, readers: PageReaders, document: Document, there: set[S3Uri]) -> Known:
        read = readers.read(document, self._rendering)
        for page in read.pages:
            uri = self._destination.place_of(document.label, page.facts)
            if uri not in there:
                upload_bytes(self._s3, uri, page.png, content_type="image/png")
        return Known(pages=tuple(page.facts for page in read.pages), reason=read.reason)


@dataclass(frozen=True)
class _Material:
    """Everything that goes into the manifest."""

    found: Documents
    split: Split
    known: Mapping[str, Known]
    groups: Groups

    def dropped(self) -> list[Skipped]:
        """What is not used, and why: before reading, while reading, and because it would leak."""
        documents = {one.digest: one for one in self.found.documents}
        unread = [
            Skipped(name=documents[digest].name, reason=known.reason or "it has no pages")
            for digest, known in self.known.items()
            if not known.pages
        ]
        return [*self.found.skipped, *unread, *self.split.skipped]


def _require_every_label(material: _Material) -> None:
    missing = sorted(set(material.found.labels) - {one.label for one in material.split.train})
    if missing:
        reasons = "".join(f"\n  - {one}" for one in material.dropped()[:20])
        raise InvalidDocuments(
            f"No document is left to train on for {', '.join(map(repr, missing))}. Left out were:{reasons}"
        )


def _write(
    s3: Client,
    destination: Destination,
    preparation: Preparation,
    material: _Material,
    test_folder: Path | None,
) -> PreparedDataset:
    descriptions = material.found.descriptions
    prompt = preparation.prompt or classification_prompt(material.split.labels, descriptions)
    documents, repeats = _documents(destination, material)
    lines = {part: list(_lines(documents, part, prompt, destination)) for part in Part}
    problems = checking.check_dataset(lines[Part.TRAIN], lines[Part.VALIDATION], rules=preparation.rules)
    checking.raise_for(problems)
    dropped = sorted([*material.dropped(), *repeats], key=lambda one: (one.name, one.reason))
    plan = preparation.plan
    whole = Manifest(
        source=Path(material.found.origin).name or material.found.origin,
        rendering=preparation.rendering,
        split=SplitFacts(
            seed=plan.seed,
            test_share=plan.test_share,
            validation_share=plan.validation_share,
            per_label=plan.per_label,
            copies="kept" if preparation.keep_copies else "together",
        ),
        prompt=PromptFacts(
            labels=list(prompt.labels),
            descriptions=dict(prompt.descriptions),
            system=prompt.system,
            task=prompt.task,
        ),
        files={part: _write_lines(s3, destination, part, lines[part]) for part in Part if lines[part]},
        documents=documents,
        dropped=[Dropped(name=one.name, reason=one.reason) for one in dropped],
    )
    test_pages = _saved(s3, whole, test_folder) if test_folder else ()
    uri = manifest.write_manifest(s3, destination.folder, whole)
    return PreparedDataset(manifest_uri=str(uri), manifest=whole, test_pages=test_pages)


def _documents(destination: Destination, material: _Material) -> tuple[list[ManifestDocument], list[Skipped]]:
    """The documents in the order of their parts, and the pages that are the same as one before."""
    first_with: dict[str, str] = {}
    documents, repeats = [], []
    for part, members in material.split.parts.items():
        for one in members:
            pages = []
            for number, page in enumerate(material.known[one.digest].pages, 1):
                origin = f"page {number} of {one.name}, labelled {one.label!r}"
                earlier = first_with.setdefault(page.digest, origin)
                uri = str(destination.place_of(one.label, page)) if earlier == origin else None
                if uri is None:
                    repeats.append(
                        Skipped(name=one.name, reason=f"its page {number} is the same as {earlier}")
                    )
                pages.append(ManifestPage(uri=uri, digest=page.digest, width=page.width, height=page.height))
            documents.append(
                ManifestDocument(
                    name=one.name,
                    digest=one.digest,
                    label=one.label,
                    part=part,
                    group=material.groups.get(one.digest, one.digest),
                    pages=pages,
                )
            )
    return documents, repeats


def _lines(
    documents: Iterable[ManifestDocument], part: Part, prompt: ClassificationPrompt, destination: Destination
) -> Iterator[bytes]:
    for document in documents:
        for page in document.pages:
            if document.part is part and page.uri:
                yield line_of(
                    classification_record(
                        prompt, image_uri=page.uri, bucket_owner=destination.owner, label=document.label
                    )
                )


def _write_lines(s3: Client, destination: Destination, part: Part, lines: list[bytes]) -> DatasetFile:
    body = b"".join(lines)
    digest = sha256(body).hexdigest()
    uri = destination.folder.child(f"{part}-{digest[:16]}.jsonl")
    if size_of(s3, uri) != len(body):
        upload_bytes(s3, uri, body, content_type="application/jsonl")
    return DatasetFile(uri=str(uri), sha256=digest, records=len(lines))


def _saved(s3: Client, whole: Manifest, folder: Path) -> tuple[TestPage, ...]:
    def save(item: tuple[ManifestDocument, ManifestPage]) -> TestPage:
        document, page = item
        path = folder / slug_of(document.label) / f"{page.digest}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        download_file(s3, S3Uri.parse(page.uri or ""), path)
        number = document.pages.index(page) + 1
        return TestPage(document=document.name, number=number, label=document.label, png=path)

    with full_disk_named(folder):
        return tuple(in_order(save, whole.pages_of(Part.TEST), workers=UPLOADS_AT_ONCE))
