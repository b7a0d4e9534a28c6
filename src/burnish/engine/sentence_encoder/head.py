"""The head on an encoder: a calibrated regression on the vectors of pages, kept as arrays and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from burnish.calibration.pooling import fitted_pool, pooled
from burnish.errors import ModelFailed
from burnish.page_features.linear_models import LinearModel, fitted_regression
from burnish.page_features.out_of_fold import PROBABILITY_FLOOR

ARRAYS, DESCRIPTION = "head.npz", "head.json"
#: Of the files' layout: a later one that differs gets another number.
LAYOUT = 1
#: The inverse of the regression's L2 penalty. From 3 to 100 it makes no difference that could be measured.
STRENGTH = 30.0


@dataclass(frozen=True, kw_only=True)
class VectorLearner:
    """Fits regressions to some of the rows that it was made of, by their places."""

    #: The rows centred and projected: none of their parts is louder than another.
    vectors: NDArray[np.float64]
    centre: NDArray[np.float64]
    projection: NDArray[np.float64]

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        """A model of the vectors at these places, which have these labels."""
        return fitted_regression(self.vectors[places], labels, strength=STRENGTH, label_count=label_count)

    def in_rows(self, model: LinearModel) -> LinearModel:
        """A model of the vectors as one of the rows."""
        coefficients = self.projection @ model.coefficients
        return LinearModel(
            coefficients=coefficients, intercepts=model.intercepts - self.centre @ coefficients
        )


def vector_learner(rows: NDArray[np.float64], *, parts: int = 4) -> VectorLearner:
    """A learner of rows that consist of so many parts of one width."""
    centre = rows.mean(axis=0)
    centred = rows - centre
    spread = np.sqrt((centred**2).reshape(len(rows), parts, -1).sum(axis=2).mean(axis=0) * parts)
    width = rows.shape[1] // parts
    scale = np.repeat(np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 1e-12), width)
    projection = np.diag(scale)
    if len(rows) < rows.shape[1]:
        # A rotation into the space of the rows: a regularized regression learns the same there, much faster.
        rotation = np.linalg.svd(centred * scale, full_matrices=False)[2]
        projection = scale[:, None] * rotation.T
    return VectorLearner(vectors=centred @ projection, centre=centre, projection=projection)


@dataclass(frozen=True, kw_only=True)
class Head:
    """The labels, the model of their log-probabilities, and how sure of these one may be."""

    labels: tuple[str, ...]
    model: LinearModel
    #: What log-probabilities are multiplied by, (1,): below 1 where the model is too sure of itself.
    sharpness: NDArray[np.float64]

    def probabilities(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probability of each label, (pages, labels)."""
        return pooled(floored(self.model.log_probabilities(vectors))[None], self.sharpness)

    def save(self, folder: Path) -> None:
        """Write the head into a folder."""
        description = {"layout": LAYOUT, "labels": self.labels}
        (folder / DESCRIPTION).write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
        with (folder / ARRAYS).open("wb") as file:
            np.savez(
                file,
                coefficients=self.model.coefficients.astype(np.float32),
                intercepts=self.model.intercepts,
                sharpness=self.sharpness,
            )


@dataclass(frozen=True, kw_only=True)
class HeadFit:
    """A head, and the cross-entropy of its out-of-fold answers, in nats."""

    head: Head
    loss: float
    #: The probability of each label out of fold, (pages, labels).
    out_of_fold: NDArray[np.float64]


def floored(log_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities of which none can veto a label."""
    return np.asarray(np.log(np.exp(log_probabilities) + PROBABILITY_FLOOR))


def fitted_model(rows: NDArray[np.float64], labels: NDArray[np.int_], label_count: int) -> LinearModel:
    """A model of all rows, which have these labels."""
    learner = vector_learner(rows)
    return learner.in_rows(learner.fit(np.arange(len(labels)), labels, label_count))


def fitted_head(
    rows: NDArray[np.float64],
    names: Sequence[str],
    labels: NDArray[np.int_],
    out_of_fold: NDArray[np.float64],
) -> HeadFit:
    """The head of rows whose labels are places among the names.

    It is as sure of itself as is right for ``out_of_fold``, log-probabilities of the labels for each of the
    rows by models that were not fitted to it, (pages, labels).
    """
    sharpness = fitted_pool(out_of_fold[None], labels).weights
    found = pooled(out_of_fold[None], sharpness)
    head = Head(labels=tuple(names), model=fitted_model(rows, labels, len(names)), sharpness=sharpness)
    loss = float(-np.log(found[np.arange(len(labels)), labels]).mean())
    return HeadFit(head=head, loss=loss, out_of_fold=found)


def load_head(folder: Path) -> Head:
    """The head in a folder. Raises `ModelFailed` where a file is missing or damaged."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as file:
            arrays = dict(file)
        if description["layout"] != LAYOUT:
            raise ModelFailed(f"{folder} was written by another version of Burnish: train the model again")
        model = LinearModel(coefficients=arrays["coefficients"], intercepts=arrays["intercepts"])
        return Head(labels=tuple(description["labels"]), model=model, sharpness=arrays["sharpness"])
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise ModelFailed(
            f"The model in {folder} is damaged ({error}): put back a copy from a backup that "
            "`burnish backup` has made"
        ) from error
