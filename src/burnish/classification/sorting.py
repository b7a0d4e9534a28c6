"""Documents in one folder per label, copied or linked; those for review in a folder of their own."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from burnish.classification.decisions import LabelVerdict, ReviewDecision
from burnish.classification.page_answers import DocumentAnswers

REVIEW = "review"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


@dataclass(frozen=True, kw_only=True)
class SortingFolder:
    """Where documents are put by their labels. What is there is never overwritten."""

    folder: Path
    link: bool = False

    def put(self, answers: DocumentAnswers, verdict: LabelVerdict) -> Path | None:
        """Where a document lies now; None where its file is gone."""
        path = Path(answers.path)
        if not path.is_file():
            return None
        name = self._name_of(path, verdict)
        for number in range(1, 10_000):
            target = name if number == 1 else name.with_stem(f"{name.stem} ({number})")
            if self._is_put(path, target):
                return target
        return None

    def _name_of(self, path: Path, verdict: LabelVerdict) -> Path:
        accepted = verdict.decision is ReviewDecision.ACCEPT and verdict.label
        folder = safe_name(verdict.label or "") if accepted else REVIEW
        # A label may be called as the folder for review is.
        folder = f"{folder} (label)" if accepted and folder == REVIEW else folder
        steps = [safe_name(step) for step in PurePosixPath(verdict.document).parts if step != "/"]
        suffix = "" if PurePosixPath(steps[-1]).suffix else path.suffix
        return self.folder.joinpath(folder, *steps[:-1], steps[-1] + suffix)

    def _is_put(self, path: Path, target: Path) -> bool:
        """Put a document there; False where another one lies there already."""
        if target.exists() or target.is_symlink():
            return target.is_file() and filecmp.cmp(path, target, shallow=False)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if self.link:
                target.symlink_to(path.resolve())
            else:
                _copy(path, target)
        except FileExistsError:
            return False
        return True


def safe_name(name: str) -> str:
    """A name as that of one file or folder, which leads nowhere else."""
    plain = _UNSAFE.sub("_", name).strip()
    return f"_{plain.lstrip('.')}" if not plain or plain.startswith(".") else plain


def _copy(path: Path, target: Path) -> None:
    """Copy a file whole or not at all. Raises `FileExistsError` rather than overwrite."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".copying.")
    os.close(descriptor)
    try:
        shutil.copyfile(path, name)
        shutil.copystat(path, name)
        os.link(name, target)  # unlike renaming, it refuses where something is
    finally:
        Path(name).unlink(missing_ok=True)
