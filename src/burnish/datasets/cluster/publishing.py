"""The last step: records and manifest, written to files and then to S3, as of `burnish.datasets.writing`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

import msgspec

from burnish import checking
from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, size_of, upload_file
from burnish.datasets.cluster.catalogue import DocumentCatalogue
from burnish.datasets.documents import Document, Part, SkippedDocument
from burnish.datasets.manifest import (
    FILE_NAME,
    KEPT,
    DatasetFile,
    Dropped,
    ManifestDocument,
    manifest_pieces,
)
from burnish.datasets.prepared import Destination, Preparation
from burnish.datasets.render_worker import PageFacts
from burnish.datasets.writing import (
    manifest_document,
    manifest_head,
    manifest_pages,
    record_lines,
    records_place,
    repeated_pages,
)
from burnish.families import DatasetRules
from burnish.records import ClassificationPrompt

_MEMBERS = """
select c.shown, c.label, c.digest, coalesce(o.digest, c.digest), f.pages
from members m join chosen c using (rank) join facts f using (rank) left join chosen o on o.rank = m.copy_of
where m.part = ? order by place(c.digest)
"""


@dataclass(frozen=True, kw_only=True)
class ClusterDataset:
    """A data set that was prepared on a cluster: its figures, for its manifest may be larger than memory."""

    manifest_uri: str
    files: Mapping[Part, DatasetFile]
    labels: tuple[str, ...]
    #: Records, by label and part.
    counts: Mapping[tuple[str, Part], int]
    documents: int
    #: How many documents or pages are not used, and the first of them.
    dropped: int
    first_dropped: Sequence[SkippedDocument]
    notes: tuple[str, ...] = ()


class _FirstOrigins:
    """Where each page came first, in the catalogue's file: there is one for every page."""

    def __init__(self, catalogue: DocumentCatalogue) -> None:
        self._database = catalogue.database
        self._database.execute("create table origins (digest text primary key, origin text) without rowid")

    def setdefault(self, digest: str, origin: str, /) -> str:
        statement = "insert or ignore into origins values (?, ?)"
        if self._database.execute(statement, (digest, origin)).rowcount:
            return origin
        query = "select origin from origins where digest = ?"
        return str(self._database.execute(query, (digest,)).fetchone()[0])


@dataclass(kw_only=True)
class _Records:
    """The files of a data set on this machine, as they are written."""

    folder: Path
    prompt: ClassificationPrompt
    destination: Destination
    documents: int = 0
    counts: Counter[tuple[str, Part]] = field(default_factory=Counter)
    lines: Counter[Part] = field(default_factory=Counter)

    @property
    def documents_file(self) -> Path:
        return self.folder / "documents.jsonl"

    def file_of(self, part: Part) -> Path:
        return self.folder / f"{part}.jsonl"

    def write(self, catalogue: DocumentCatalogue) -> None:
        """Write the records of each part, and what the manifest says of documents."""
        first_with = _FirstOrigins(catalogue)
        with self.documents_file.open("wb") as documents, catalogue.together(), ExitStack() as files:
            for part in Part:
                file = files.enter_context(self.file_of(part).open("wb"))
                for row in catalogue.rows(_MEMBERS, (part,)):
                    one, left_out = _document(self.destination, part, row, first_with)
                    documents.write(msgspec.json.encode(one) + b"\n")
                    catalogue.leave_out(left_out)
                    self._write_lines(one, part, file)

    def _write_lines(self, one: ManifestDocument, part: Part, file: BinaryIO) -> None:
        self.documents += 1
        for line in record_lines([one], part, self.prompt, self.destination):
            file.write(line)
            self.lines[part] += 1
            self.counts[one.label, part] += 1

    def check(self, rules: DatasetRules) -> None:
        """Raise `InvalidRecords` with every problem of the records."""
        with ExitStack() as files:
            train = files.enter_context(self.file_of(Part.TRAIN).open("rb"))
            validation = files.enter_context(self.file_of(Part.VALIDATION).open("rb"))
            has_validation = self.file_of(Part.VALIDATION).stat().st_size > 0
            problems = checking.check_dataset(train, validation if has_validation else None, rules=rules)
        checking.raise_for(problems)

    def upload(self, s3: Client) -> dict[Part, DatasetFile]:
        """Upload the files that hold records."""
        found = {}
        for part in Part:
            if self.lines[part]:
                path, digest = self.file_of(part), _digest_of(self.file_of(part))
                place = records_place(self.destination, part, digest)
                _upload(s3, place, path, content_type="application/jsonl")
                found[part] = DatasetFile(uri=str(place), sha256=digest, records=self.lines[part])
        return found

    def manifest_documents(self) -> Iterator[ManifestDocument]:
        """What was written of documents."""
        decoder = msgspec.json.Decoder(ManifestDocument)
        with self.documents_file.open("rb") as lines:
            yield from map(decoder.decode, lines)


def publish(
    s3: Client,
    catalogue: DocumentCatalogue,
    folder: Path,
    *,
    origin: str,
    destination: Destination,
    preparation: Preparation,
    before_publishing: Callable[[], None] = lambda: None,
) -> ClusterDataset:
    """Check and write the records, and last of all the manifest."""
    prompt = preparation.prompt
    assert isinstance(prompt, ClassificationPrompt)  # noqa: S101 - fields are not prepared on clusters
    records = _Records(folder=folder, prompt=prompt, destination=destination)
    records.write(catalogue)
    records.check(preparation.rules)
    before_publishing()
    files = records.upload(s3)
    head = manifest_head(origin, preparation, prompt, files)
    dropped = (Dropped(name=one.name, reason=one.reason) for one in catalogue.left_out())
    pieces = manifest_pieces(head, records.manifest_documents(), dropped)
    uri = _write_manifest(s3, destination.folder, pieces, folder / FILE_NAME)
    return ClusterDataset(
        manifest_uri=str(uri),
        files=files,
        labels=tuple(prompt.labels),
        counts=records.counts,
        documents=records.documents,
        dropped=catalogue.count("left_out"),
        first_dropped=[one for one, _ in zip(catalogue.left_out(), range(20), strict=False)],
    )


def _document(
    destination: Destination, part: Part, row: tuple[str, str, str, str, bytes], first_with: _FirstOrigins
) -> tuple[ManifestDocument, list[SkippedDocument]]:
    name, label, digest, group, packed = row
    facts = msgspec.msgpack.decode(packed, type=tuple[PageFacts, ...])
    one = Document(path=Path(name), label=label, digest=digest, name=name)
    unused = repeated_pages(one, facts, first_with)
    left_out = [SkippedDocument(name=name, reason=reason) for reason in dict.fromkeys(unused.values())]
    pages = manifest_pages(destination, label, facts, unused)
    return manifest_document(one, part, group, pages), left_out


def _write_manifest(s3: Client, folder: S3Uri, pieces: Iterator[bytes], path: Path) -> S3Uri:
    with path.open("wb") as file:
        file.writelines(pieces)
    # The copy first: the manifest must never name a data set whose copy is missing.
    _upload(s3, folder.child(f"{KEPT}/{_digest_of(path)[:16]}.json"), path, content_type="application/json")
    uri = folder.child(FILE_NAME)
    upload_file(s3, uri, path, content_type="application/json")
    return uri


def _upload(s3: Client, place: S3Uri, path: Path, *, content_type: str) -> None:
    """Upload a file that is named for its content, unless it is there."""
    if size_of(s3, place) != path.stat().st_size:
        upload_file(s3, place, path, content_type=content_type)


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
