"""Writing of records and manifest, once every check has passed."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import msgspec

from burnish import checking
from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, download_file, size_of, upload_bytes
from burnish.datasets import manifest
from burnish.datasets.documents import Document, Documents, Part, SkippedDocument, joint_digest
from burnish.datasets.manifest import (
    DatasetFile,
    Dropped,
    Manifest,
    ManifestDocument,
    ManifestPage,
    PromptFacts,
    SplitFacts,
)
from burnish.datasets.page_index import IndexedDocument
from burnish.datasets.prepared import Destination, Preparation, PreparedDataset, TestPage, slug_of
from burnish.datasets.prepared_for import shared_id
from burnish.datasets.render_worker import PageFacts
from burnish.datasets.splitting import Groups, Split
from burnish.disk import reporting_full_disk
from burnish.extraction_prompts import ExtractionPrompt, Prompt, extraction_record
from burnish.parallel import map_ordered
from burnish.records import Record, classification_prompt, classification_record, line_of

UPLOADS_AT_ONCE = 6
#: Converse takes no more images in a message, so that a model could not be asked about more.
MOST_PAGES_OF_A_MESSAGE = 20


@dataclass(frozen=True)
class DatasetContents:
    """The contents of a data set: documents, their split, their pages, and groups of copies."""

    found: Documents
    split: Split
    known: Mapping[str, IndexedDocument]
    groups: Groups

    def dropped(self) -> list[SkippedDocument]:
        """The documents that are left out, before rendering, during it, or because they would leak."""
        documents = {one.digest: one for one in self.found.documents}
        unread = [
            SkippedDocument(name=documents[digest].name, reason=known.reason or "it has no pages")
            for digest, known in self.known.items()
            if not known.pages
        ]
        return [*self.found.skipped, *unread, *self.split.skipped]


def write_dataset(
    s3: Client,
    destination: Destination,
    preparation: Preparation,
    contents: DatasetContents,
    test_folder: Path | None,
) -> PreparedDataset:
    """Check and write the records, and last of all the manifest."""
    prompt = preparation.prompt or classification_prompt(contents.split.labels, contents.found.descriptions)
    documents, left_out = _documents(destination, contents, _most_pages(preparation, prompt))
    lines = {part: list(record_lines(documents, part, prompt, destination)) for part in Part}
    validation = lines[Part.VALIDATION] if contents.split.validation else None
    problems = checking.check_dataset(lines[Part.TRAIN], validation, rules=preparation.rules)
    checking.raise_for(problems)
    dropped = sorted([*contents.dropped(), *left_out], key=lambda one: (one.name, one.reason))
    files = {part: write_lines(s3, destination, part, lines[part]) for part in Part if lines[part]}
    whole = msgspec.structs.replace(
        manifest_head(contents.found.origin, preparation, prompt, files),
        documents=documents,
        dropped=[Dropped(name=one.name, reason=one.reason) for one in dropped],
    )
    test_pages = _saved(s3, whole, test_folder) if test_folder else ()
    # Last: a data set without a manifest counts as absent, so an interrupted preparation leaves nothing
    # half-done.
    uri = manifest.write_manifest(s3, destination.folder, whole)
    return PreparedDataset(manifest_uri=str(uri), manifest=whole, test_pages=test_pages)


def manifest_head(
    origin: str, preparation: Preparation, prompt: Prompt, files: dict[Part, DatasetFile]
) -> Manifest:
    """A manifest that names no document yet."""
    return Manifest(
        # Only the name: the path of a machine would make the manifests of equal data sets differ.
        source=Path(origin).name or origin,
        model=shared_id(preparation.model) if preparation.model else msgspec.UNSET,
        rendering=preparation.rendering,
        split=_split_facts(preparation),
        prompt=_prompt_facts(prompt),
        files=files,
        documents=[],
        dropped=[],
    )


def _most_pages(preparation: Preparation, prompt: Prompt) -> int | None:
    """How many pages of a document are in its one record; None where each page has a record of its own."""
    if not isinstance(prompt, ExtractionPrompt):
        return None
    return min(preparation.rules.max_images or MOST_PAGES_OF_A_MESSAGE, MOST_PAGES_OF_A_MESSAGE)


def _split_facts(preparation: Preparation) -> SplitFacts:
    plan = preparation.plan
    return SplitFacts(
        seed=plan.seed,
        test_share=plan.test_share,
        validation_share=plan.validation_share,
        per_label=plan.per_label,
        copies="kept" if preparation.keep_copies else "together",
    )


def _prompt_facts(prompt: Prompt) -> PromptFacts:
    if isinstance(prompt, ExtractionPrompt):
        return PromptFacts(
            labels=[],
            descriptions={},
            system=prompt.system,
            task=prompt.task,
            json_schema=prompt.json_schema,
        )
    return PromptFacts(
        labels=list(prompt.labels),
        descriptions=dict(prompt.descriptions),
        system=prompt.system,
        task=prompt.task,
    )


def _documents(
    destination: Destination, contents: DatasetContents, most_pages: int | None
) -> tuple[list[ManifestDocument], list[SkippedDocument]]:
    """The documents in the order of their parts, and the pages that are in no record.

    With ``most_pages`` a record has so many pages of its document at most; without, one page.
    """
    first_with: dict[str, str] = {}
    documents, left_out = [], []
    for part, one in _members(contents):
        facts = contents.known[one.digest].pages
        if most_pages is None:
            unused = repeated_pages(one, facts, first_with)
        else:
            unused = _pages_left_out(one, facts, first_with, most_pages)
        left_out += [
            SkippedDocument(name=one.name, reason=reason) for reason in dict.fromkeys(unused.values())
        ]
        pages = manifest_pages(destination, one.label, facts, unused)
        group = contents.groups.get(one.digest, one.digest)
        documents.append(manifest_document(one, part, group, pages))
    return documents, left_out


def manifest_document(one: Document, part: Part, group: str, pages: list[ManifestPage]) -> ManifestDocument:
    """What a manifest says of a document."""
    return ManifestDocument(
        name=one.name,
        digest=one.digest,
        label=one.label,
        part=part,
        group=group,
        pages=pages,
        fields=json.loads(one.fields) if one.fields else msgspec.UNSET,
    )


def manifest_pages(
    destination: Destination, label: str, facts: Sequence[PageFacts], unused: Container[int]
) -> list[ManifestPage]:
    """The pages of a document; those whose numbers are ``unused`` have no image in a record."""
    return [
        ManifestPage(
            uri=None if number in unused else str(destination.place_of(label, page)),
            digest=page.digest,
            width=page.width,
            height=page.height,
        )
        for number, page in enumerate(facts, 1)
    ]


class FirstOrigins(Protocol):
    """Where the page of each digest came first."""

    def setdefault(self, digest: str, origin: str, /) -> str:
        """Where it came first, which is this origin unless another is known."""
        ...


def repeated_pages(one: Document, pages: Sequence[PageFacts], first_with: FirstOrigins) -> dict[int, str]:
    """Why pages have no record of their own, by their numbers: each is the same as one before.

    ``first_with`` says of each page's digest where it came first, and learns of these.
    """
    repeated = {}
    for number, page in enumerate(pages, 1):
        origin = f"page {number} of {one.name}, labelled {one.label!r}"
        # Over all parts: with a second record, a page would be learned twice, or learned and tested on.
        earlier = first_with.setdefault(page.digest, origin)
        if earlier != origin:
            repeated[number] = f"its page {number} is the same as {earlier}"
    return repeated


def _pages_left_out(
    one: Document, pages: Sequence[PageFacts], first_with: dict[str, str], most: int
) -> dict[int, str]:
    """Why pages are not in the one record of their document, by their numbers."""
    # All pages together: documents may share an annex, and each is still to be read with it.
    earlier = first_with.setdefault(joint_digest([page.digest for page in pages]), one.name)
    if earlier != one.name:
        return dict.fromkeys(range(1, len(pages) + 1), f"its pages are the same as those of {earlier}")
    beyond = range(most + 1, len(pages) + 1)
    last = f"to {len(pages)} are" if len(beyond) > 1 else "is"
    reason = f"its page {most + 1} {last} left out: a model is given {most} pages of a document at most"
    return dict.fromkeys(beyond, reason.replace("page ", "pages ", 1) if len(beyond) > 1 else reason)


def _members(contents: DatasetContents) -> Iterator[tuple[Part, Document]]:
    """Each document with its part, in the order of the parts."""
    for part, members in contents.split.parts.items():
        for one in members:
            yield part, one


def record_lines(
    documents: Iterable[ManifestDocument], part: Part, prompt: Prompt, destination: Destination
) -> Iterator[bytes]:
    """The records of a part, a line each."""
    for document in documents:
        if document.part is part:
            yield from map(line_of, _records(document, prompt, destination.owner))


def _records(document: ManifestDocument, prompt: Prompt, owner: str) -> Iterator[Record]:
    uris = [page.uri for page in document.pages if page.uri]
    if not isinstance(prompt, ExtractionPrompt):
        for uri in uris:
            yield classification_record(prompt, image_uri=uri, bucket_owner=owner, label=document.label)
    elif uris:
        assert isinstance(document.fields, dict)  # noqa: S101 - `require_valid_fields` has refused others
        yield extraction_record(prompt, image_uris=uris, bucket_owner=owner, fields=document.fields)


def write_lines(s3: Client, destination: Destination, part: Part, lines: list[bytes]) -> DatasetFile:
    """Write the records of a part to a file that is named for its content."""
    body = b"".join(lines)
    digest = sha256(body).hexdigest()
    uri = records_place(destination, part, digest)
    # The name is a hash of the content, so an object of this name and size is this file already.
    if size_of(s3, uri) != len(body):
        upload_bytes(s3, uri, body, content_type="application/jsonl")
    return DatasetFile(uri=str(uri), sha256=digest, records=len(lines))


def records_place(destination: Destination, part: Part, digest: str) -> S3Uri:
    """Where the records of a part go, which are named for their content."""
    return destination.folder.child(f"{part}-{digest[:16]}.jsonl")


def _saved(s3: Client, whole: Manifest, folder: Path) -> tuple[TestPage, ...]:
    def save(item: tuple[ManifestDocument, ManifestPage]) -> TestPage:
        document, page = item
        path = folder / slug_of(document.label) / f"{page.digest}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        download_file(s3, S3Uri.parse(page.uri or ""), path)
        number = document.pages.index(page) + 1
        return TestPage(document=document.name, number=number, label=document.label, png=path)

    with reporting_full_disk(folder):
        return tuple(map_ordered(save, whole.pages_of(Part.TEST), workers=UPLOADS_AT_ONCE))
