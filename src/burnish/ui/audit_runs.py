"""Audits that were started from a page: one at a time for each data set, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path

from burnish.aws.clients import Clients
from burnish.datasets.documents import Documents
from burnish.datasets.manifest import Manifest
from burnish.errors import BurnishError, Conflict


@dataclass(frozen=True, kw_only=True)
class AuditRun:
    """How far an audit is; once it has ended, its conclusion, or the problem that has ended it."""

    stage: str = "finding the documents"
    done: int = 0
    total: int = 0
    conclusion: str = ""
    problem: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return bool(self.conclusion or self.problem)


class AuditRuns:
    """The last run of each data set, by its folder. Threads may share one."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._runs: dict[str, AuditRun] = {}

    def of(self, dataset: str) -> AuditRun | None:
        """The last run of a data set."""
        return self._runs.get(dataset)

    def start(self, dataset: str, source: str, out: Path) -> None:
        """Audit the documents of a source, with the sheet in a folder. Raises `Conflict` while one runs."""
        with self._lock:
            if (run := self._runs.get(dataset)) and not run.is_over:
                raise Conflict("An audit of this data set is running: wait for its end")
            self._runs[dataset] = AuditRun()
        # It ends with the pages: what it has read by then is kept, and is not read again.
        threading.Thread(target=self._run, args=(dataset, source, out), daemon=True, name="audit").start()

    def _run(self, dataset: str, source: str, out: Path) -> None:
        try:
            conclusion = self._audited(dataset, source, out)
        except (BurnishError, OSError) as error:
            told = error.in_terminal if isinstance(error, BurnishError) else str(error)
            self._note(dataset, problem=told)
        except BaseException as error:
            self._note(dataset, problem=f"internal error ({type(error).__name__}): the terminal shows where")
            raise
        else:
            self._note(dataset, conclusion=conclusion)

    def _audited(self, dataset: str, source: str, out: Path) -> str:
        from burnish.datasets.audit_conclusion import conclusion_of
        from burnish.datasets.audit_pages import write_pages
        from burnish.datasets.audit_sheet import (
            CORRECTIONS_NAME,
            decisions_in,
            documents_on_sheet,
            write_audit,
        )
        from burnish.datasets.auditing import audit_documents
        from burnish.datasets.document_features import extract_features

        decided, found = decisions_in(out / CORRECTIONS_NAME), self._documents(source)
        self._note(dataset, stage="reading documents", total=len(found.documents))
        features, _ = extract_features(
            found.documents, on_document=lambda done: self._note(dataset, done=done)
        )
        self._note(dataset, stage="comparing documents", total=0)
        audited = audit_documents(features)
        self._note(dataset, stage="writing the sheet")
        pages = write_pages(documents_on_sheet(audited), out)
        write_audit(audited, features, out, source=found.origin, decided=decided, pages=pages)
        return conclusion_of(audited)

    def _documents(self, source: str) -> Documents:
        from burnish.datasets.sources import S3Source, source_named

        named = source_named(source)
        # Where the pages are about, and not where the environment may lead.
        return replace(named, s3=self._clients.s3).read() if isinstance(named, S3Source) else named.read()

    def _note(self, dataset: str, **facts: str | int) -> None:
        with self._lock:
            self._runs[dataset] = replace(self._runs[dataset], **facts)  # type: ignore[arg-type]


def likely_source(manifest: Manifest, folders: Sequence[Path]) -> str:
    """Where the documents of a data set may lie, whose manifest knows the last name of that only."""
    for folder in (Path(), *folders):
        for place in (folder / manifest.source, *sorted(folder.glob(f"*/{escape(manifest.source)}"))):
            if place.is_dir() or place.is_file():
                return str(place)
    return manifest.source
