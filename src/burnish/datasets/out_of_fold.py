"""Label probabilities for each document from models that were not trained on it.

A model reproduces the label of a document it was trained on, even a wrong one. So predictions are out of
fold: each document is scored by models trained on the other folds. Several plain models of text, layout and
brightness are combined in a logarithmic opinion pool whose weights are fitted to these predictions (stacked
generalization, Wolpert 1992). So the features that tell most in a given set of documents count most, and an
overconfident model is scaled down. The fit allows for a share of wrong labels, which would otherwise scale
down the models that contradict them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from burnish.datasets import feature_matrices
from burnish.datasets.document_features import DocumentFeatures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The lines of a page's head: its sender, its addressee, its title.
HEAD_LINES = 6
FOLDS = 5
#: With another assignment to folds each time: one unlucky fold moves a ranking less.
REPEATS = 2
#: Added to every probability, so that no single model can veto a label.
PROBABILITY_FLOOR = 1e-4
#: How strongly weights are pulled towards equal ones. Without it they grow without bound where models make no
#: mistakes.
WEIGHT_PENALTY = 1.0


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The weight of each model, 0 or more, and the penalized log-likelihood of the given labels."""

    weights: NDArray[np.float64]
    log_likelihood: float


def log_probabilities(
    features: Sequence[DocumentFeatures], similarity: NDArray[np.float64], labels: NDArray[np.int_]
) -> NDArray[np.float64]:
    """The out-of-fold log-probability of each label by each model, (models, documents, labels).

    ``similarity`` is that of their texts, (documents, documents). ``labels`` are the numbers of the given
    labels, counted from 0; each occurs at least twice.
    """
    import numpy as np

    return np.stack([_predicted(model, inputs, labels) for model, inputs in _models(features, similarity)])


def fitted_pool(
    log_probabilities: NDArray[np.float64], labels: NDArray[np.int_], *, error_rate: float = 0.0
) -> Pool:
    """The pool of models under which the given labels are most likely, if a share of them is wrong.

    ``log_probabilities`` are (models, documents, labels).
    """
    import numpy as np
    from scipy.optimize import minimize

    equal = np.full(len(log_probabilities), 1 / len(log_probabilities))
    documents = np.arange(len(labels))
    of_given = log_probabilities[:, documents, labels]
    # A given label is right, or wrong and any of the others: its likelihood is linear in its probability.
    least = error_rate / (log_probabilities.shape[2] - 1)
    slope = 1 - error_rate - least

    def loss_and_gradient(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        found = pooled(log_probabilities, weights)
        right = found[documents, labels]
        # Never the logarithm of nothing, which a pool that is sure of another label comes to.
        likelihood = least + slope * right + np.finfo(float).tiny
        deviation = weights - equal
        loss = -np.log(likelihood).sum() + WEIGHT_PENALTY * (deviation**2).sum()
        by_weight = of_given - (found * log_probabilities).sum(axis=2)
        gradient = -(slope * right / likelihood * by_weight).sum(axis=1) + 2 * WEIGHT_PENALTY * deviation
        return float(loss), gradient

    bounds = [(0, None)] * len(log_probabilities)
    best = minimize(loss_and_gradient, equal, jac=True, method="L-BFGS-B", bounds=bounds)
    return Pool(weights=np.asarray(best.x), log_likelihood=-float(best.fun))


def pooled(log_probabilities: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities of the weighted logarithmic pool of models, (documents, labels)."""
    import numpy as np
    from scipy.special import softmax

    return np.asarray(softmax(np.tensordot(weights, log_probabilities, 1), axis=1))


def _predicted(model: Any, inputs: Any, labels: NDArray[np.int_]) -> NDArray[np.float64]:  # noqa: ANN401  # sklearn
    """The log-probabilities of a model for documents outside of its training folds, (documents, labels)."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    # A stratified fold needs a document of each label, so the rarest label limits the number of folds.
    folds = min(FOLDS, int(np.bincount(labels).min()))
    predictions = [
        cross_val_predict(
            model,
            inputs,
            labels,
            # Seeded by the repetition: the same documents make the same sheet.
            cv=StratifiedKFold(folds, shuffle=True, random_state=repeat),
            method="predict_proba",
        )
        for repeat in range(REPEATS)
    ]
    return np.asarray(np.log(np.array(predictions) + PROBABILITY_FLOOR).mean(axis=0))


def _models(features: Sequence[DocumentFeatures], similarity: NDArray[np.float64]) -> list[tuple[Any, Any]]:
    """The models, each with its input matrix. Their settings were chosen on scanned business documents."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB

    texts = [one.text for one in features]
    heads = ["\n".join(text.splitlines()[:HEAD_LINES]) for text in texts]

    def regression(strength: float) -> LogisticRegression:
        return LogisticRegression(C=strength, max_iter=3000, class_weight="balanced")

    return [
        # No prior, as the weights of the regressions are balanced: a document of a rare label is not doubtful
        # for that.
        (MultinomialNB(alpha=0.05, fit_prior=False), feature_matrices.tfidf_words(texts)),
        (regression(30), feature_matrices.kernel_features(similarity)),
        (regression(30), feature_matrices.kernel_features(feature_matrices.text_similarity(heads))),
        (regression(30), feature_matrices.kernel_features(feature_matrices.word_shape_similarity(texts))),
        (regression(1), feature_matrices.text_statistics(texts)),
        (regression(0.3), feature_matrices.layout_features([one.lines for one in features])),
        (regression(0.1), feature_matrices.brightness_features([one.brightness for one in features])),
    ]
