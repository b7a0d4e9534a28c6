"""Where results go: tables of documents and of pages, the file that is browsed, the journal of answers."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, upload_bytes, upload_file
from burnish.cache import cache_folder, private_folder
from burnish.classification.document_journal import JOURNAL_SUFFIX
from burnish.classification.result_files import ResultRow, write_result_file
from burnish.classification.result_tables import Row, require_table_name, write_table
from burnish.classification.summary import ClassificationSummary
from burnish.disk import replace_file, reporting_full_disk

RESULTS_SUFFIX, _BATCH_SUFFIX = ".results.sqlite", ".batch.json"
_FACTS_SUFFIX, _DECISIONS_SUFFIX = ".run.json", ".decisions.jsonl"


@dataclass(frozen=True, kw_only=True)
class ResultPlaces:
    """The tables of a run by where they go, a file or ``s3://…``. Raises `InvalidConfig` for another kind."""

    to: str

    def __post_init__(self) -> None:
        require_table_name(self.to)

    @property
    def pages(self) -> str:
        """The table of pages: ``out-pages.csv`` beside ``out.csv``."""
        name = PurePosixPath(self.to)
        return self.to.removesuffix(name.name) + f"{name.stem}-pages{name.suffix}"

    @property
    def summary(self) -> str:
        """What came of the run, counted: ``out-summary.json`` beside ``out.csv``."""
        name = PurePosixPath(self.to)
        return self.to.removesuffix(name.name) + f"{name.stem}-summary.json"

    @property
    def journal(self) -> Path:
        """The file of answers: beside the tables, for those in S3 in the cache of this machine."""
        return self._kept_here(JOURNAL_SUFFIX)

    @property
    def results(self) -> Path:
        """The file that is browsed (`ResultFile`): where the journal is."""
        return self._kept_here(RESULTS_SUFFIX)

    @property
    def batch(self) -> Path:
        """The file that says which batch is pending: where the journal is."""
        return self._kept_here(_BATCH_SUFFIX)

    @property
    def run_facts(self) -> Path:
        """The file that says with what it was classified (`RunFacts`): where the journal is."""
        return self._kept_here(_FACTS_SUFFIX)

    @property
    def decisions(self) -> Path:
        """The file that a review keeps decisions in: where the journal is."""
        return self._kept_here(_DECISIONS_SUFFIX)

    def _kept_here(self, suffix: str) -> Path:
        if not self._is_remote:
            return Path(self.to + suffix)
        folder = private_folder(cache_folder() / "classifications")
        return folder / f"{hashlib.sha256(self.to.encode()).hexdigest()[:16]}{suffix}"

    @property
    def _is_remote(self) -> bool:
        return self.to.startswith("s3://")

    def write(
        self,
        documents: Iterable[Row],
        pages: Iterable[Row],
        results: Iterable[ResultRow],
        s3: Callable[[], Client],
    ) -> None:
        """Write the tables and what is browsed, each whole or not at all."""
        write_result_file(self.results, results)
        for place, rows in ((self.pages, pages), (self.to, documents)):
            if self._is_remote:
                _upload(s3(), place, rows)
            else:
                write_table(Path(place), rows)

    def write_summary(self, summary: ClassificationSummary, s3: Callable[[], Client]) -> None:
        """Write the summary as JSON, for people as well."""
        body = msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n"
        if self._is_remote:
            upload_bytes(s3(), S3Uri.parse(self.summary), body, content_type="application/json")
            return
        with reporting_full_disk(Path(self.summary).parent):
            replace_file(Path(self.summary), body)


def _upload(s3: Client, place: str, rows: Iterable[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PurePosixPath(place).name
        write_table(path, rows)
        upload_file(s3, S3Uri.parse(place), path)
