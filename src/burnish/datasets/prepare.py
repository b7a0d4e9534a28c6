"""From documents to a data set in S3: pages rendered and uploaded, records written and checked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, list_objects, size_of, upload_bytes
from burnish.datasets import checking
from burnish.datasets.fanning import in_order
from burnish.datasets.pages import DEFAULT_RENDERING, Rendering, render_documents
from burnish.datasets.sources import Document, Skipped
from burnish.datasets.splitting import Split
from burnish.disk import full_disk_named
from burnish.errors import InvalidConfig, InvalidDocuments
from burnish.families import DatasetRules
from burnish.names import S3_URI
from burnish.records import ClassificationPrompt, classification_prompt, classification_record, line_of

UPLOADS_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a document as PNG. ``number`` counts from 1."""

    document: Document
    number: int
    png: bytes
    digest: str

    @property
    def file_name(self) -> str:
        """A path made of the label and the content, in the few characters that Bedrock takes in a key."""
        return f"{slug_of(self.document.label)}/{self.digest}.png"


@dataclass(frozen=True, kw_only=True)
class TestPage:
    """A page that was kept out of training: its image on this machine, and the true label."""

    __test__ = False  # or pytest takes the class for a test

    document: Path
    number: int
    label: str
    png: Path


@dataclass(frozen=True, kw_only=True)
class PreparedDataset:
    """A data set that a job can be started with, and the pages to test its model on."""

    train_uri: str
    validation_uri: str
    train_records: int
    validation_records: int
    test_pages: tuple[TestPage, ...]
    skipped: tuple[Skipped, ...]
    labels: tuple[str, ...]
    prompt: ClassificationPrompt


@dataclass(frozen=True, kw_only=True)
class _Uploaded:
    """A page that lies in S3."""

    uri: S3Uri
    label: str


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

    def place_of(self, page: Page) -> S3Uri:
        """Where a page's image goes."""
        return self.folder.child(f"pages/{page.file_name}")


def prepare_dataset(
    split: Split,
    *,
    s3: Client,
    destination: Destination,
    rules: DatasetRules,
    test_folder: Path,
    prompt: ClassificationPrompt | None = None,
    rendering: Rendering = DEFAULT_RENDERING,
    on_page: Callable[[Page], None] | None = None,
) -> PreparedDataset:
    """The training and validation sets in S3, and the test pages as PNG in a local folder.

    Files are named for their content: preparing the same documents again uploads nothing and gives the
    same URIs. A document that cannot be read and a page that was met before are left out and listed. Raises
    `InvalidRecords` with every problem before a data set is written.
    """
    prompt = prompt or classification_prompt(split.labels)
    reader = _Reader(rendering, on_page or (lambda page: None))
    train = _uploaded(s3, destination, reader.pages_of(split.train))
    validation = _uploaded(s3, destination, reader.pages_of(split.validation))
    test_pages = _saved(test_folder, reader.pages_of(split.test))
    _require_every_label(split, train, reader.skipped)
    train_lines, validation_lines = (_lines(pages, prompt, destination) for pages in (train, validation))
    checking.raise_for(checking.check_dataset(train_lines, validation_lines, rules=rules))
    return PreparedDataset(
        train_uri=_write(s3, destination, "train", train_lines),
        validation_uri=_write(s3, destination, "validation", validation_lines),
        train_records=len(train_lines),
        validation_records=len(validation_lines),
        test_pages=test_pages,
        skipped=(*split.skipped, *reader.skipped),
        labels=split.labels,
        prompt=prompt,
    )


def slug_of(label: str) -> str:
    """A label in the characters that are safe in a key and in a file name. Not unique: never decode it."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-")[:60] or "type"


class _Reader:
    """Renders documents part by part, remembering every page, so that none is used twice."""

    def __init__(self, rendering: Rendering, on_page: Callable[[Page], None]) -> None:
        self._rendering = rendering
        self._on_page = on_page
        self._first_with: dict[str, tuple[Document, int]] = {}
        self.skipped: list[Skipped] = []

    def pages_of(self, documents: Iterable[Document]) -> Iterator[Page]:
        """The pages of the documents that were not met before, in order."""
        for rendered in render_documents(documents, self._rendering):
            if rendered.reason:
                self.skipped.append(Skipped(path=rendered.document.path, reason=rendered.reason))
            for number, png in enumerate(rendered.pages, 1):
                page = Page(
                    document=rendered.document, number=number, png=png, digest=sha256(png).hexdigest()
                )
                if self._is_new(page):
                    self._on_page(page)
                    yield page

    def _is_new(self, page: Page) -> bool:
        origin = (page.document, page.number)
        first, number = self._first_with.setdefault(page.digest, origin)
        if (first, number) == origin:
            return True
        reason = (
            f"its page {page.number} is the same as page {number} of {first.path}, labelled {first.label!r}"
        )
        self.skipped.append(Skipped(path=page.document.path, reason=reason))
        return False


def _uploaded(s3: Client, destination: Destination, pages: Iterable[Page]) -> list[_Uploaded]:
    """Where each page lies, after writing those that are not there yet, several at a time."""
    there = set(list_objects(s3, destination.folder.child("pages/")))

    def upload(page: Page) -> _Uploaded:
        uri = destination.place_of(page)
        if uri not in there:
            upload_bytes(s3, uri, page.png, content_type="image/png")
        return _Uploaded(uri=uri, label=page.document.label)

    return list(in_order(upload, pages, workers=UPLOADS_AT_ONCE))


def _saved(folder: Path, pages: Iterable[Page]) -> tuple[TestPage, ...]:
    with full_disk_named(folder):
        return tuple(_save(folder / page.file_name, page) for page in pages)


def _save(path: Path, page: Page) -> TestPage:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(page.png)
    return TestPage(document=page.document.path, number=page.number, label=page.document.label, png=path)


def _require_every_label(split: Split, train: Iterable[_Uploaded], skipped: list[Skipped]) -> None:
    missing = sorted(set(split.labels) - {page.label for page in train})
    if missing:
        reasons = "".join(f"\n  - {one}" for one in skipped[:20])
        raise InvalidDocuments(
            f"No page is left to train on for {', '.join(map(repr, missing))}. Left out were:{reasons}"
        )


def _lines(pages: Iterable[_Uploaded], prompt: ClassificationPrompt, destination: Destination) -> list[bytes]:
    return [
        line_of(
            classification_record(
                prompt, image_uri=str(page.uri), bucket_owner=destination.owner, label=page.label
            )
        )
        for page in pages
    ]


def _write(s3: Client, destination: Destination, name: str, lines: list[bytes]) -> str:
    body = b"".join(lines)
    uri = destination.folder.child(f"{name}-{sha256(body).hexdigest()[:16]}.jsonl")
    if size_of(s3, uri) != len(body):
        upload_bytes(s3, uri, body, content_type="application/jsonl")
    return str(uri)
