"""Label probabilities for each page from models that were not trained on it.

A model reproduces the label of a page it was trained on, even a wrong one, and is surer of it than of any
other. So predictions are out of fold: each page is scored by models trained on the other folds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from burnish.errors import InvalidRecords
from burnish.page_features.learners import Learner
from burnish.page_features.page_measures import ReadPage
from burnish.page_features.views import VIEWS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDS = 5
#: With another assignment to folds each time: one unlucky fold moves a ranking less.
REPEATS = 2
#: Added to every probability, so that no single model can veto a label.
PROBABILITY_FLOOR = 1e-4


def log_probabilities(
    pages: Sequence[ReadPage],
    labels: NDArray[np.int_],
    names: Sequence[str],
    *,
    on_view: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """The out-of-fold log-probability of each label by each view, (views, pages, labels).

    ``labels`` are the places of the given labels among their ``names``. A label that occurs once is never
    predicted where it is given. ``on_view`` is called after each of the views.
    """
    import numpy as np

    predictions = []
    for view in VIEWS:
        learner = view.learner(view.features(pages, names).rows(pages))
        predictions.append(predicted(learner, labels))
        on_view()
    return np.stack(predictions)


def predicted(learner: Learner, labels: NDArray[np.int_]) -> NDArray[np.float64]:
    """The log-probabilities of a learner's models for pages outside of their training, (pages, labels)."""
    import numpy as np

    label_count = int(labels.max()) + 1
    repeats = np.zeros((REPEATS, len(labels), label_count))
    for repeat in range(REPEATS):
        for training, held_out in folds(labels, seed=repeat):
            model = learner.fit(training, labels[training], label_count)
            found = np.exp(model.log_probabilities(learner.vectors[held_out]))
            repeats[repeat, held_out] = np.log(found + PROBABILITY_FLOOR)
    return np.asarray(repeats.mean(axis=0))


def folds(labels: NDArray[np.int_], *, seed: int) -> Iterator[tuple[NDArray[np.int_], NDArray[np.int_]]]:
    """The places of the training pages and of the held-out ones, for each fold.

    Raises `InvalidRecords` where each label has one page only.
    """
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    counts = np.bincount(labels)
    if counts.max() < 2:
        raise InvalidRecords(
            "No label has two pages: models are weighted by answers for pages that they were not trained on. "
            "Add pages"
        )
    # A stratified fold needs a page of each label, so the rarest label that can be split limits their number.
    count = min(FOLDS, max(2, int(counts[counts > 1].min(initial=FOLDS))))
    # Seeded by the repetition: the same pages give the same predictions.
    splitter = StratifiedKFold(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        yield from splitter.split(labels, labels)
