"""Preparation of a data set in S3: render, split, upload, check, write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from burnish.aws.clients import Client
from burnish.datasets import near_duplicates
from burnish.datasets.documents import (
    Document,
    Documents,
    SkippedDocument,
    require_plain_labels,
    require_types,
)
from burnish.datasets.field_checks import require_valid_fields
from burnish.datasets.label_checks import require_prompt_for, with_label_notes
from burnish.datasets.page_index import IndexedDocument
from burnish.datasets.perceptual_hash import PageHash
from burnish.datasets.prepared import Destination, Preparation, PreparedDataset
from burnish.datasets.render_worker import PageFacts
from burnish.datasets.splitting import Groups, Split, sampled, split_documents
from burnish.datasets.stored_pages import StoredPages
from burnish.datasets.writing import DatasetContents, write_dataset
from burnish.errors import InvalidDocuments
from burnish.extraction_prompts import ExtractionPrompt
from burnish.families import DatasetRules

ADD_DOCUMENTS = "add documents of another type"


def prepare_dataset(
    found: Documents,
    *,
    s3: Client,
    destination: Destination,
    preparation: Preparation,
    test_folder: Path | None = None,
    on_document: Callable[[int, int], None] | None = None,
) -> PreparedDataset:
    """Prepare a data set in S3; its test pages are also saved as PNG in ``test_folder``, if that is given.

    Pages are named for their content, and what exists is neither rendered nor uploaded again. So a second
    preparation does next to nothing, and an interrupted one resumes. Documents that cannot be used are listed
    with the reasons. The notes of the result warn of labels that look alike. Raises `InvalidDocuments` where
    a label has too few documents, cannot stand in a prompt or is not asked about, and `InvalidRecords` with
    every problem before a record is written. ``on_document`` is told how many documents are done, and of how
    many.
    """
    indexed = index_documents(
        found, s3=s3, destination=destination, preparation=preparation, on_document=on_document
    )
    split = split_documents(indexed.readable, preparation.plan, indexed.groups)
    return write_split(
        indexed,
        split,
        s3=s3,
        destination=destination,
        preparation=preparation,
        test_folder=test_folder,
    )


@dataclass(frozen=True, kw_only=True)
class IndexedDocuments:
    """Documents whose pages are in S3: the facts of each by its digest, and groups of copies."""

    found: Documents
    known: Mapping[str, IndexedDocument]
    groups: Groups

    @property
    def readable(self) -> list[Document]:
        """The documents that have pages."""
        return [one for one in self.found.documents if one.digest in self.known and self.pages_of(one)]

    def pages_of(self, document: Document) -> tuple[PageFacts, ...]:
        """The pages of a document."""
        return self.known[document.digest].pages


def index_documents(
    found: Documents,
    *,
    s3: Client,
    destination: Destination,
    preparation: Preparation,
    on_document: Callable[[int, int], None] | None = None,
) -> IndexedDocuments:
    """The documents with their pages in S3, from which any number of splits can be written.

    Raises and tells ``on_document`` as `prepare_dataset` does.
    """
    if isinstance(preparation.prompt, ExtractionPrompt):
        require_valid_fields(found, preparation.prompt.schema)
    else:
        require_types(found, 2, remedy=ADD_DOCUMENTS)
        require_plain_labels(found.origin, found.documents)
        if preparation.prompt:
            require_prompt_for(found, preparation.prompt)
    # Before rendering, which is the expensive step.
    documents = sampled(found.documents, preparation.plan)
    pages = StoredPages(
        s3,
        destination,
        rendering=preparation.rendering,
        readers=preparation.readers,
        on_document=on_document or (lambda done, total: None),
    )
    # Only after the index, which knows how large pages are: how large they may be differs between models.
    known = _small_enough(pages.of(documents), preparation.rules)
    readable = [one for one in documents if known[one.digest].pages]
    # From all pages, and not from the first: an annex that two documents share leaks as well.
    alike = {} if preparation.keep_copies else groups_of([one.digest for one in readable], known)
    groups = _told_apart_by_fields(readable, alike)
    return IndexedDocuments(found=found, known=known, groups=groups)


def write_split(
    indexed: IndexedDocuments,
    split: Split,
    *,
    s3: Client,
    destination: Destination,
    preparation: Preparation,
    test_folder: Path | None = None,
) -> PreparedDataset:
    """A split of indexed documents as a data set: records and manifest. No page is uploaded again."""
    contents = DatasetContents(indexed.found, split, indexed.known, indexed.groups)
    trained = {one.label for one in split.train}
    require_every_label(indexed.found.labels, trained, contents.dropped)
    dataset = write_dataset(s3, destination, preparation, contents, test_folder)
    return replace(dataset, notes=with_label_notes(indexed.found).notes)


def groups_of(digests: Sequence[str], known: Mapping[str, IndexedDocument]) -> Groups:
    """Groups of documents that share a page, as a map from digest to the digest that names the group.

    Blank pages are ignored: they would join all documents that have one.
    """
    owners, hashes = [], []
    for digest in digests:
        for page in known[digest].pages:
            if page.blank:
                continue
            owners.append(digest)
            hashes.append(PageHash(int(page.upright, 16), tuple(int(turn, 16) for turn in page.turned)))
    return near_duplicates.connected_owners(owners, near_duplicates.clusters(hashes))


def _told_apart_by_fields(documents: Sequence[Document], groups: Groups) -> Groups:
    """The groups, without documents that look alike and say something else: such as two of one form."""
    if not groups or not any(one.fields for one in documents):
        return groups
    first: dict[tuple[str, str], str] = {}
    for one in sorted(documents, key=lambda document: document.digest):
        first.setdefault((groups.get(one.digest, one.digest), one.fields), one.digest)
    return {one.digest: first[groups[one.digest], one.fields] for one in documents if one.digest in groups}


def _small_enough(known: Mapping[str, IndexedDocument], rules: DatasetRules) -> dict[str, IndexedDocument]:
    return {digest: small_enough(facts, rules.max_image_bytes) for digest, facts in known.items()}


def small_enough(facts: IndexedDocument, most: int | None) -> IndexedDocument:
    """What is known of a document, or a reason in its place where a page has more than ``most`` bytes."""
    if not most or all(page.size <= most for page in facts.pages):
        return facts
    size = max(page.size for page in facts.pages)
    return IndexedDocument(
        reason=f"a page has {size} bytes as PNG; at most {most} are allowed: use a smaller longest edge"
    )


def require_every_label(
    labels: Collection[str], trained: Collection[str], dropped: Callable[[], Sequence[SkippedDocument]]
) -> None:
    """Raise `InvalidDocuments` where labels have nothing to train on, naming some of what was ``dropped``."""
    missing = sorted(set(labels) - set(trained))
    if missing:
        reasons = "".join(f"\n  - {one}" for one in dropped()[:20])
        raise InvalidDocuments(
            f"No document is left to train on for {', '.join(map(repr, missing))}. Left out were:{reasons}"
        )
