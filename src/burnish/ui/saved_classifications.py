"""The finished classifications in folders, with their results and what people have decided about them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.classification.decisions import ReviewDecision
from burnish.classification.outputs import RESULTS_SUFFIX
from burnish.classification.result_files import ResultFile
from burnish.errors import BurnishError, NotFound
from burnish.review.opening import open_review
from burnish.review.queue import ReviewQueue
from burnish.ui.found_files import found_files, key_of, shown_place


@dataclass(frozen=True, kw_only=True)
class ClassificationLine:
    """A classification in the list; ``problem`` says why its results cannot be read."""

    key: str
    table: Path
    documents: int = 0
    to_review: int = 0
    problem: str = ""

    @property
    def place(self) -> str:
        """The table that `burnish classify` has written."""
        return shown_place(self.table)


class SavedClassifications:
    """What lies in the folders now. Threads may share one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._lock = threading.Lock()
        self._reviews: dict[tuple[Path, int], ReviewQueue] = {}

    def lines(self) -> list[ClassificationLine]:
        """A line about each, the latest first."""
        return [_line(path) for path in self._files()]

    def results(self, key: str) -> ResultFile:
        """The results of a classification, opened. Raises `NotFound` for any that is not in the list."""
        return ResultFile(self._file(key))

    def table(self, key: str) -> Path:
        """The table that a classification has written."""
        return _table_of(self._file(key))

    def review(self, key: str) -> ReviewQueue:
        """What people decide about a classification: one queue for all who ask, until it is run again."""
        path = self._file(key)
        version = (path, path.stat().st_mtime_ns)
        with self._lock:
            if version not in self._reviews:
                for old in [one for one in self._reviews if one[0] == path]:
                    self._reviews.pop(old).journal.close()
                self._reviews[version] = open_review(str(_table_of(path)))
            return self._reviews[version]

    def _file(self, key: str) -> Path:
        for path in self._files():
            if key_of(path) == key:
                return path
        raise NotFound("There is no such classification any more: go back to the list")

    def _files(self) -> list[Path]:
        return found_files(self._folders, lambda name: name.endswith(RESULTS_SUFFIX))


def _table_of(results: Path) -> Path:
    return results.with_name(results.name.removesuffix(RESULTS_SUFFIX))


def _line(path: Path) -> ClassificationLine:
    try:
        with ResultFile(path) as results:
            return ClassificationLine(
                key=key_of(path),
                table=_table_of(path),
                documents=results.count(),
                to_review=results.count(decision=ReviewDecision.REVIEW),
            )
    except BurnishError as error:
        return ClassificationLine(key=key_of(path), table=_table_of(path), problem=error.in_terminal)
