"""The evaluations in folders: a line about each, and each in full, which is read and scored once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from burnish.errors import NotFound
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.reports.folder import EVALUATION_NAME, SUMMARY_NAME, read_evaluation
from burnish.ui.found_files import found_files, key_of, shown_place

#: So many evaluations stay in memory.
_KEPT = 6


class _ScoreLine(msgspec.Struct, frozen=True):
    model: str


class _Summary(msgspec.Struct, frozen=True):
    """What is told of an evaluation in a list, from its ``summary.json``."""

    title: str
    created: datetime
    verdict: str
    conclusion: str
    scores: list[_ScoreLine]
    dataset: str = ""


@dataclass(frozen=True, kw_only=True)
class EvaluationLine:
    """An evaluation in the list. Without ``summary`` it cannot be read, and ``problem`` says why."""

    key: str
    folder: Path
    summary: _Summary | None
    problem: str = ""

    @property
    def place(self) -> str:
        """Where it lies."""
        return shown_place(self.folder)


class SavedEvaluations:
    """What lies in the folders now. Threads may share one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._lock = threading.Lock()
        self._read: OrderedDict[tuple[Path, int, int], Evaluation] = OrderedDict()

    def lines(self) -> list[EvaluationLine]:
        """A line about each, the latest first."""
        return [_line(path) for path in self._files()]

    def folder_of(self, key: str) -> Path:
        """The folder of an evaluation. Raises `NotFound` for any that is not in the list."""
        for path in self._files():
            if key_of(path) == key:
                return path.parent
        raise NotFound("There is no such evaluation any more: go back to the list")

    def evaluation(self, key: str) -> Evaluation:
        """An evaluation in full. Raises `NotFound`, and `InvalidInput` where it cannot be read."""
        path = self.folder_of(key) / EVALUATION_NAME
        facts = path.stat()
        version = (path, facts.st_mtime_ns, facts.st_size)
        # One at a time: two requests of one page would read and score it twice.
        with self._lock:
            if version not in self._read:
                self._read[version] = read_evaluation(path)
                while len(self._read) > _KEPT:
                    self._read.popitem(last=False)
            self._read.move_to_end(version)
            return self._read[version]

    def _files(self) -> list[Path]:
        return found_files(self._folders, lambda name: name == EVALUATION_NAME)


def _line(path: Path) -> EvaluationLine:
    try:
        summary = msgspec.json.decode((path.parent / SUMMARY_NAME).read_bytes(), type=_Summary)
    except (OSError, msgspec.MsgspecError) as error:
        problem = (
            f"Its {SUMMARY_NAME} cannot be read: {error}. Evaluate again; answers are not asked for twice"
        )
        return EvaluationLine(key=key_of(path), folder=path.parent, summary=None, problem=problem)
    return EvaluationLine(key=key_of(path), folder=path.parent, summary=summary)
