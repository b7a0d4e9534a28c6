"""What a rung has answered in a fold, kept so that nothing that is finished is done again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.datasets.prepared import PreparedDataset
from burnish.disk import replace_file, reporting_full_disk
from burnish.evaluation.identity import ModelIdentity
from burnish.evaluation.predicting import Prediction
from burnish.ladder.rungs import Rung


@dataclass(frozen=True, kw_only=True)
class FoldRun:
    """A rung trained on a share of the training pages of a fold, and its answers for the held-out pages."""

    rung: str
    fold: int
    share: float
    #: The pages that a job was given, those to validate with among them; 0 where nothing was trained.
    training_pages: int
    #: From the creation of the job to its end; None where nothing was trained.
    training_seconds: float | None
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True)
class KeptRuns:
    """Finished runs in a folder, each under a digest of everything that its answers depend on."""

    folder: Path

    def find(self, key: str) -> FoldRun | None:
        """The run of this key, if it was finished."""
        try:
            return msgspec.json.decode(self._path(key).read_bytes(), type=FoldRun)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def keep(self, key: str, run: FoldRun) -> None:
        """Write a run down. One with a call that failed is not kept: it is made again the next time."""
        if any(one.error is not None for one in run.predictions):
            return
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with reporting_full_disk(self.folder):
            replace_file(path, msgspec.json.encode(run))

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def run_key(
    rung: Rung, dataset: PreparedDataset, identity: ModelIdentity | None, *, fold: int, share: float
) -> str:
    """The key of a run: another one where the pages, their labels, the prompt or the model are others.

    The endpoint is no part of it: a server that is started again listens at another port.
    """
    manifest = dataset.manifest
    whole = {
        "rung": rung,
        "fold": fold,
        "share": share,
        "model": [identity.model_arn, identity.version] if identity else None,
        "prompt": manifest.prompt,
        "pages": [
            [one.digest, one.label, one.part, [page.digest for page in one.pages]]
            for one in manifest.documents
        ],
    }
    return hashlib.sha256(msgspec.json.encode(whole, order="deterministic")).hexdigest()[:32]
