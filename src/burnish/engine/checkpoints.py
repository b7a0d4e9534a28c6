"""Checkpoints: what an interrupted training goes on from.

A checkpoint is a folder ``step-N`` with a manifest, which is written last and names every file with its hash.
A folder without one, or with other files than it names, is not whole, and is passed over. So is one of other
data, settings or weights: their fingerprint stands in the manifest.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from burnish.disk import is_disk_full, write_through
from burnish.engine.conversations import TrainingData

MANIFEST = "manifest.json"
#: The one before the latest is kept, in case the latest turns out to be damaged.
KEPT = 2
#: At most this share of the time goes into checkpoints, however often they are asked for.
MAX_SHARE = 0.02

log = logging.getLogger(__name__)

#: Writes the files of a checkpoint into a folder.
Write = Callable[[Path], None]


class Paused(Exception):
    """The training has written a checkpoint and goes no further for now."""

    def __init__(self, step: int) -> None:
        super().__init__(f"paused after step {step}")


class Checkpoints(Protocol):
    """Where a training writes checkpoints, and finds the latest."""

    @property
    def is_due(self) -> bool:
        """Whether it is time for the next one."""

    def latest(self) -> Path | None:
        """The folder of the latest that is whole; None where there is none."""

    def save(self, write: Write, *, step: int) -> None:
        """Write a checkpoint after so many steps."""

    def within(self, name: str) -> Checkpoints:
        """Those of a part of the training, such as a member of a pool."""


class NoCheckpoints:
    """For a training that begins again where it is interrupted."""

    is_due = False

    def latest(self) -> Path | None:
        """None."""
        return None

    def save(self, write: Write, *, step: int) -> None:
        """Write nothing."""

    def within(self, name: str) -> NoCheckpoints:
        """None either."""
        return self


NO_CHECKPOINTS: Final = NoCheckpoints()


class CheckpointManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint is of: the fingerprint of data and settings, and each file by its SHA-256."""

    fingerprint: str
    step: int
    files: dict[str, str]


class FolderCheckpoints:
    """Checkpoints in a folder, every so many seconds of training.

    One is due at once where training ``is_to_pause``; after it `Paused` is raised.
    """

    def __init__(
        self,
        folder: Path,
        *,
        fingerprint: str,
        every_seconds: float,
        is_to_pause: Callable[[], bool] = lambda: False,
    ) -> None:
        self._folder = folder
        self._fingerprint = fingerprint
        self._every_seconds = every_seconds
        self._is_to_pause = is_to_pause
        self._pause = every_seconds
        self._written_at = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether the seconds since the last one are over, and writing it took a small share of them."""
        return self._is_to_pause() or time.monotonic() - self._written_at >= self._pause

    def latest(self) -> Path | None:
        """The folder of the latest that is whole, of this training's data and settings."""
        for draft in self._folder.glob(".step-*"):  # of a process that was killed as it wrote
            shutil.rmtree(draft, ignore_errors=True)
        return next(filter(self._is_whole, newest_first(self._folder)), None)

    def save(self, write: Write, *, step: int) -> None:
        """Write a checkpoint after so many steps. A full disk costs the checkpoint and not the training.

        Raises `Paused` where the training is to go no further for now.
        """
        begun = time.monotonic()
        # Under a name of its own: a process that was thought dead may be writing the same step.
        draft = self._folder / f".step-{step}-{secrets.token_hex(4)}"
        try:
            draft.mkdir(parents=True)
            write(draft)
            self._complete(draft, step)
        except OSError as error:
            if not is_disk_full(error):
                raise
            log.warning("No checkpoint after step %d: the disk is full", step)
            shutil.rmtree(draft, ignore_errors=True)
        self._written_at = time.monotonic()
        self._pause = max(self._every_seconds, (self._written_at - begun) / MAX_SHARE)
        if self._is_to_pause():
            raise Paused(step)

    def within(self, name: str) -> FolderCheckpoints:
        """Those of a part of the training, in a sub-folder."""
        return FolderCheckpoints(
            self._folder / name,
            fingerprint=self._fingerprint,
            every_seconds=self._every_seconds,
            is_to_pause=self._is_to_pause,
        )

    def _complete(self, draft: Path, step: int) -> None:
        """Write the manifest, give the checkpoint its name, and remove what is older than the one before."""
        hashes = {path.name: _hash_of(path) for path in draft.iterdir()}
        manifest = CheckpointManifest(fingerprint=self._fingerprint, step=step, files=hashes)
        (draft / MANIFEST).write_bytes(msgspec.json.encode(manifest))
        for path in (*draft.iterdir(), draft):
            write_through(path)
        named = self._folder / f"step-{step}"
        shutil.rmtree(named, ignore_errors=True)
        draft.rename(named)
        write_through(self._folder)
        for old in newest_first(self._folder)[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def _is_whole(self, folder: Path) -> bool:
        try:
            manifest = whole_manifest(folder)
        except (OSError, ValueError) as error:
            log.warning("Passing over the checkpoint %s, which is not whole: %s", folder.name, error)
            return False
        if manifest.fingerprint != self._fingerprint:
            log.warning("Passing over the checkpoint %s, of other data or settings", folder.name)
            return False
        return True


def newest_first(folder: Path) -> list[Path]:
    """The checkpoints in a folder, whole or not."""
    found = [path for path in folder.glob("step-*") if path.name[5:].isdecimal()]
    return sorted(found, key=lambda path: int(path.name[5:]), reverse=True)


def whole_manifest(folder: Path) -> CheckpointManifest:
    """What a checkpoint is of. Raises `OSError` and `ValueError` where its files are not what was written."""
    manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=CheckpointManifest)
    found = {path.name: _hash_of(path) for path in folder.iterdir() if path.name != MANIFEST}
    # One that names no files is none: somebody has emptied its manifest.
    if not manifest.files or found != manifest.files:
        raise ValueError("its files are not what was written")
    return manifest


def fingerprint_of(data: TrainingData, settings: Any, *, weights: str) -> str:
    """The SHA-256 of everything that a training depends on; ``weights`` is the fingerprint of the base's."""
    digest = hashlib.sha256()
    for part in (weights, settings, *data.training, None, *data.validation):
        digest.update(msgspec.json.encode(part))
    return digest.hexdigest()


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
