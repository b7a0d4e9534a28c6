"""A classifier of pages by their counted features: a linear model of each view, pooled.

The pool's weights are fitted to out-of-fold predictions, so that its probabilities are those of pages that
it has not seen; each view's model is then fitted to all pages. It is kept as arrays and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.calibration.pooling import fitted_pool, pooled
from burnish.errors import ModelFailed
from burnish.page_features.cross_fitting import cross_fitted_pool
from burnish.page_features.linear_models import LinearModel
from burnish.page_features.out_of_fold import PROBABILITY_FLOOR, predicted
from burnish.page_features.page_measures import ReadPage
from burnish.page_features.views import VIEWS, Features

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ARRAYS, DESCRIPTION = "page-features.npz", "page-features.json"
#: Of the files' layout: a later one that differs gets another number.
LAYOUT = 2
#: On disk and in memory: half the space, and the third decimal of no probability changes.
STORED = "float32"


@dataclass(frozen=True, kw_only=True)
class FittedView:
    """A view's features as they were learned from the training pages, and the model of their labels."""

    features: Features
    model: LinearModel


@dataclass(frozen=True, kw_only=True)
class PageClassifier:
    """The labels, a fitted view for each of `VIEWS`, and the weights of their pool."""

    labels: tuple[str, ...]
    views: tuple[FittedView, ...]
    weights: NDArray[np.float64]

    def probabilities(self, pages: Sequence[ReadPage]) -> NDArray[np.float64]:
        """The probability of each label, (pages, labels)."""
        import numpy as np

        by_view = [view.model.log_probabilities(view.features.rows(pages)) for view in self.views]
        return pooled(np.log(np.exp(by_view) + PROBABILITY_FLOOR), self.weights)

    def save(self, folder: Path) -> None:
        """Write the classifier into a folder."""
        import numpy as np

        arrays: dict[str, Any] = {"weights": self.weights}
        terms: dict[str, Sequence[str]] = {}
        for view, fitted in zip(VIEWS, self.views, strict=True):
            stored, terms[view.name] = fitted.features.stored()
            stored |= {"coefficients": fitted.model.coefficients, "intercepts": fitted.model.intercepts}
            arrays |= {f"{view.name}.{name}": array.astype(STORED) for name, array in stored.items()}
        description = {"layout": LAYOUT, "labels": self.labels, "terms": terms}
        (folder / DESCRIPTION).write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
        with (folder / ARRAYS).open("wb") as file:
            np.savez(file, **arrays)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A classifier, and the cross-entropy of its out-of-fold answers, in nats."""

    classifier: PageClassifier
    loss: float
    #: The probability of each label out of fold, (pages, labels).
    out_of_fold: NDArray[np.float64]


def fitted_classifier(
    pages: Sequence[ReadPage],
    given: Sequence[str],
    *,
    on_view: Callable[[float], None] = lambda loss: None,
) -> Fit:
    """A classifier of pages with these labels, two at least.

    ``on_view`` is called after each of the views with the cross-entropy of its out-of-fold answers.
    """
    import numpy as np

    names = tuple(sorted(set(given)))
    labels = np.array([names.index(label) for label in given])
    every = np.arange(len(labels))
    fitted, predictions = [], []
    for view in VIEWS:
        features = view.features(pages, names)
        learner = view.learner(features.rows(pages))
        predictions.append(predicted(learner, labels))
        fitted.append(
            FittedView(features=features, model=learner.in_rows(learner.fit(every, labels, len(names))))
        )
        on_view(_loss(np.exp(predictions[-1]), labels))
    pool = fitted_pool(np.stack(predictions), labels)
    found = cross_fitted_pool(np.stack(predictions), labels)
    classifier = PageClassifier(labels=names, views=tuple(fitted), weights=pool.weights)
    return Fit(classifier=classifier, loss=_loss(found, labels), out_of_fold=found)


def load_classifier(folder: Path) -> PageClassifier:
    """The classifier in a folder. Raises `ModelFailed` where a file is missing or damaged."""
    import numpy as np

    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as file:
            arrays = dict(file)
        if description["layout"] != LAYOUT:
            raise ModelFailed(f"{folder} was written by another version of Burnish: train the model again")
        views = tuple(_restored_view(place, arrays, description["terms"]) for place in range(len(VIEWS)))
        return PageClassifier(labels=tuple(description["labels"]), views=views, weights=arrays["weights"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFailed(
            f"The model in {folder} is damaged ({error}): put back a copy from a backup that "
            "`burnish backup` has made"
        ) from error


def _restored_view(place: int, arrays: dict[str, Any], terms: dict[str, Sequence[str]]) -> FittedView:
    view = VIEWS[place]
    mine = {
        name.removeprefix(f"{view.name}."): array
        for name, array in arrays.items()
        if name.startswith(f"{view.name}.")
    }
    model = LinearModel(coefficients=mine.pop("coefficients"), intercepts=mine.pop("intercepts"))
    return FittedView(features=view.restored(mine, terms[view.name]), model=model)


def _loss(probabilities: NDArray[np.float64], labels: NDArray[np.int_]) -> float:
    import numpy as np

    given = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(given + np.finfo(float).tiny).mean())
