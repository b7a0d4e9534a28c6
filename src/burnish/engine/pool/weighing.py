"""How much each member of a pool counts: weights fitted to answers on examples that none was trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from burnish.calibration.pooling import fitted_pool, pooled
from burnish.engine.answer_forms import common_form, form_and_label
from burnish.engine.conversations import Example, TrainingData
from burnish.page_features.out_of_fold import PROBABILITY_FLOOR

#: The probabilities of labels for each of some examples.
Answers: TypeAlias = Sequence[Mapping[str, float]]

#: Fewer validation examples say too little about the members.
MIN_WEIGHED = 4
#: One of so many training examples of a label is held out where there are too few validation examples; of
#: a label that has fewer, one, and none where that would leave too little to learn.
HELD_OUT_OF, MIN_OF_A_LABEL = 8, 4
#: For the pool's own answers to the examples that its weights are fitted to.
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class PoolWeights:
    """The weight of each member. ``answers`` are the pool's to the examples, each weighed without it."""

    weights: Mapping[str, float]
    answers: tuple[Mapping[str, float], ...] = ()


def labels_of(examples: Sequence[Example]) -> list[str]:
    """The label of each example; none where their answers do not all name one in the same form."""
    if common_form(example.answer for example in examples) is None:
        return []
    return [taken[1] for example in examples if (taken := form_and_label(example.answer))]


def held_out_places(data: TrainingData) -> tuple[int, ...]:
    """Which training examples are held out from members that do not answer out of fold.

    None where there are validation examples enough.
    """
    if len(data.validation) >= MIN_WEIGHED:
        return ()
    places: dict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels_of(data.training)):
        places[label].append(place)
    return tuple(sorted(place for mine in places.values() for place in _spread(mine)))


def _spread(places: Sequence[int]) -> Sequence[int]:
    """The share of a label's places that is held out, from all over its records."""
    if len(places) < MIN_OF_A_LABEL:
        return ()
    count = max(1, len(places) // HELD_OUT_OF)
    return places[:: len(places) // count][:count]


def fitted_weights(answers: Mapping[str, Answers], truth: Sequence[str]) -> PoolWeights:
    """The weights under which the true labels are most likely; the same for all without any examples."""
    names = list(answers)
    if not truth:
        return PoolWeights(weights=dict.fromkeys(names, 1 / len(names)))
    labels = sorted({*truth, *(label for one in answers.values() for found in one for label in found)})
    given = np.array([labels.index(label) for label in truth])
    scores = log_probabilities(list(answers.values()), labels)
    weights = fitted_pool(scores, given).weights
    return PoolWeights(
        weights=dict(zip(names, weights.tolist(), strict=True)),
        answers=tuple(dict(zip(labels, row, strict=True)) for row in _cross_fitted(scores, given).tolist()),
    )


def log_probabilities(answers: Sequence[Answers], labels: Sequence[str]) -> NDArray[np.float64]:
    """The log-probability that each member gives each label, (members, examples, labels).

    With a floor, so that no member can veto a label: neither one that it thinks impossible nor one that it
    has not learned.
    """
    found = [[[row.get(label, 0.0) for label in labels] for row in one] for one in answers]
    return np.asarray(np.log(np.array(found, dtype=float) + PROBABILITY_FLOOR))


def _cross_fitted(scores: NDArray[np.float64], given: NDArray[np.int_]) -> NDArray[np.float64]:
    """The pool's probabilities for each example, with weights fitted to the other folds."""
    folds = np.arange(len(given)) % FOLDS
    found = np.zeros(scores.shape[1:])
    for fold in np.unique(folds):
        here = folds == fold
        weights = fitted_pool(scores[:, ~here], given[~here]).weights
        found[here] = pooled(scores[:, here], weights)
    return found


def mean_loss(answers: Answers, truth: Sequence[str]) -> float:
    """The mean cross-entropy of the true labels, in nats."""
    given = [row.get(label, 0.0) + PROBABILITY_FLOOR for row, label in zip(answers, truth, strict=True)]
    return float(-np.log(given).mean())


def count_right(answers: Answers, truth: Sequence[str]) -> int:
    """For how many examples the likeliest label is the true one."""
    return sum(max(row, key=row.__getitem__) == label for row, label in zip(answers, truth, strict=True))
