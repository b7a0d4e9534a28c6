"""The data sets that are known here: by jobs, evaluations and classifications, or because one was opened."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from burnish.aws.clients import Clients
from burnish.aws.jobs import get_job, list_jobs
from burnish.aws.objects import S3Uri, size_of
from burnish.classification.outputs import ResultPlaces
from burnish.classification.run_facts import read_run_facts
from burnish.datasets.manifest import (
    FILE_NAME,
    Manifest,
    ManifestDocument,
    ManifestPage,
    folder_of,
    kept_place,
    read_manifest,
)
from burnish.errors import BurnishError, InvalidInput, NotFound
from burnish.ui.links import step
from burnish.ui.page_pictures import page_body
from burnish.ui.saved_classifications import SavedClassifications
from burnish.ui.saved_evaluations import SavedEvaluations

#: So many manifests stay in memory.
_KEPT = 8
#: So many of the latest jobs are asked what they were trained on.
_JOBS = 50


@dataclass(frozen=True, kw_only=True)
class OpenedDataset:
    """A version of a data set, by the place at which it stays."""

    place: str
    manifest: Manifest

    @property
    def folder(self) -> str:
        """The folder of the data set, whose current version may be another."""
        return str(folder_of(self.place))

    @property
    def title(self) -> str:
        """The last step of its folder."""
        return title_of(self.folder)

    @property
    def version(self) -> str:
        """The digits that the version is named for."""
        return self.place.rpartition("/")[2].removesuffix(".json")

    @cached_property
    def documents(self) -> Mapping[str, ManifestDocument]:
        """The documents by their digests."""
        return {one.digest: one for one in self.manifest.documents}

    @cached_property
    def _pages(self) -> Mapping[str, ManifestPage]:
        return {page.digest: page for one in self.manifest.documents for page in one.pages if page.uri}

    def document(self, digest: str) -> ManifestDocument:
        """A document. Raises `NotFound` for a digest that none has."""
        if digest not in self.documents:
            raise NotFound("This version of the data set has no such document: go back to its documents")
        return self.documents[digest]

    def image_place(self, page_digest: str) -> str:
        """Where the image of a page lies. Raises `NotFound` for a page that is in no record."""
        if page_digest not in self._pages:
            raise NotFound("This version of the data set has no such page: go back to its documents")
        return str(self._pages[page_digest].uri)


@dataclass(frozen=True, kw_only=True)
class DatasetMention:
    """What names a data set. ``path`` leads to it, where it has a page here."""

    kind: str
    title: str
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class DatasetLine:
    """A data set in the list, in its current version; ``problem`` says why it cannot be read."""

    folder: str
    mentions: Sequence[DatasetMention]
    manifest: Manifest | None = None
    problem: str = ""

    @property
    def title(self) -> str:
        """The last step of its folder."""
        return title_of(self.folder)


class KnownDatasets:
    """Data sets by what names them. Threads may share one."""

    def __init__(
        self, clients: Clients, evaluations: SavedEvaluations, classifications: SavedClassifications
    ) -> None:
        self._clients = clients
        self._evaluations = evaluations
        self._classifications = classifications
        self._lock = threading.Lock()
        self._opened: OrderedDict[str, OpenedDataset] = OrderedDict()
        self._by_hand: dict[str, None] = {}
        self._training_data: dict[str, str | None] = {}

    def open(self, place: str) -> OpenedDataset:
        """The data set at a place: a version of it, or the current one of a folder.

        Raises `NotFound` where there is none, and `InvalidInput` for what is no place in S3.
        """
        with self._lock:
            if place in self._opened:
                self._opened.move_to_end(place)
                return self._opened[place]
        found = self._read(place)
        with self._lock:
            self._by_hand[found.folder] = None
            # Only what is named for its content: what is in the folder may be another data set tomorrow.
            if not found.place.endswith(f"/{FILE_NAME}"):
                self._opened[found.place] = found
            while len(self._opened) > _KEPT:
                self._opened.popitem(last=False)
        return found

    def page_body(self, dataset: OpenedDataset, page_digest: str) -> bytes:
        """The image of a page. Raises a `BurnishError` that says why there is none."""
        return page_body(self._clients.s3, dataset.image_place(page_digest), page_digest)

    def lines(self) -> tuple[list[DatasetLine], str]:
        """A line about each data set, and why the jobs could not be asked for theirs, if they could not."""
        found: dict[str, list[DatasetMention]] = {}
        for folder, mention in (*self._of_evaluations(), *self._of_classifications()):
            found.setdefault(folder, []).append(mention)
        of_jobs, doubt = self._of_jobs()
        for folder, mention in of_jobs:
            found.setdefault(folder, []).append(mention)
        with self._lock:
            opened = list(self._by_hand)
        for folder in opened:
            found.setdefault(folder, [])
        return [self._line(folder, mentions) for folder, mentions in found.items()], doubt

    def _read(self, place: str) -> OpenedDataset:
        uri = S3Uri.parse(place)
        if not uri.key.endswith(".json") or uri.key.endswith(f"/{FILE_NAME}"):
            uri = folder_of(uri).child(FILE_NAME)
        manifest = read_manifest(self._clients.s3, uri)
        kept = kept_place(folder_of(uri), manifest)
        is_kept = kept != uri and size_of(self._clients.s3, kept) is not None
        return OpenedDataset(place=str(kept if is_kept else uri), manifest=manifest)

    def _line(self, folder: str, mentions: Sequence[DatasetMention]) -> DatasetLine:
        try:
            return DatasetLine(
                folder=folder, mentions=mentions, manifest=read_manifest(self._clients.s3, folder)
            )
        except BurnishError as error:
            return DatasetLine(folder=folder, mentions=mentions, problem=error.in_terminal)

    def _of_evaluations(self) -> Iterator[tuple[str, DatasetMention]]:
        for line in self._evaluations.lines():
            if line.summary and (folder := _folder(line.summary.dataset)):
                path = f"/evaluations/{step(line.key)}"
                yield folder, DatasetMention(kind="evaluation", title=line.summary.title, path=path)

    def _of_classifications(self) -> Iterator[tuple[str, DatasetMention]]:
        for line in self._classifications.lines():
            try:
                facts = read_run_facts(ResultPlaces(to=str(line.table)).run_facts)
            except InvalidInput:
                continue  # its own page says what is wrong with it
            if facts and (folder := _folder(facts.dataset)):
                path = f"/documents/{step(line.key)}"
                yield folder, DatasetMention(kind="classification", title=line.place, path=path)

    def _of_jobs(self) -> tuple[list[tuple[str, DatasetMention]], str]:
        try:
            jobs = list(islice(list_jobs(self._clients.bedrock), _JOBS))
            places = [(_folder(self._training_data_of(job.job_arn)), job.job_name) for job in jobs]
        except BurnishError as error:
            return [], error.in_terminal
        return [(folder, _mention_of(name)) for folder, name in places if folder], ""

    def _training_data_of(self, job_arn: str) -> str | None:
        """The records of a job, which never change."""
        if job_arn not in self._training_data:
            self._training_data[job_arn] = get_job(self._clients.bedrock, job_arn).training_data_uri
        return self._training_data[job_arn]


def _mention_of(job_name: str) -> DatasetMention:
    return DatasetMention(kind="job", title=job_name, path=f"/jobs/{step(job_name)}")


def title_of(folder: str) -> str:
    """What a data set is called: the last step of its folder."""
    return folder.rstrip("/").rpartition("/")[2]


def _folder(place: str | None) -> str | None:
    """The folder of the data set at a place; None for what is not in S3."""
    try:
        return str(folder_of(place)) if place else None
    except BurnishError:
        return None
