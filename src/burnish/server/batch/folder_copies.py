"""Copies of the folders of unfinished batches, made while their records are answered."""

from __future__ import annotations

import shutil
from pathlib import Path

from burnish.server.batch.batch_folder import BATCHES, BatchFolder, batch_folders


def copy_batches(data: Path, target: Path) -> None:
    """Copy what batches have fetched and answered from one data folder to another. Raises `OSError`."""
    shutil.rmtree(target / BATCHES, ignore_errors=True)
    for folder in batch_folders(data):
        # One whose input is not whole yet is begun anew.
        if folder.names is not None:
            _copy(folder, BatchFolder(target / folder.path.relative_to(data)))


def _copy(folder: BatchFolder, target: BatchFolder) -> None:
    """Copy the folder of a batch, or nothing of it where the batch ends meanwhile.

    Answers that are written meanwhile may be copied and not be counted, or the reverse: `AnswerJournal` cuts
    both off.
    """
    target.path.mkdir(parents=True)
    try:
        for path in folder.path.iterdir():
            shutil.copyfile(path, target.path / path.name)
    except FileNotFoundError:
        target.remove()
