"""How likely each label is for each document, by models that never saw the document.

Plain models of the text, the layout and the look of a page are each taught on some documents and asked about
the others. Their answers are pooled: a weight for each model, the ones under which the given labels are
likeliest (a logarithmic opinion pool whose weights are learned from answers about unseen documents: stacked
generalization, Wolpert 1992). So what tells is heard, in each set of documents, and a model that is too sure
of itself is taken down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from burnish.datasets import feature_matrices
from burnish.datasets.document_features import Looked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Of so many lines the head of a page is made: who writes to whom, and what the page calls itself.
HEAD = 6
FOLDS = 5
REPEATS = 2
#: Added to every probability: no single model can rule a label out.
FLOOR = 1e-4
#: How strongly weights are held near equal ones; without it they have no bound where models make no mistake.
HELD = 1.0


def probabilities(
    looked: Sequence[Looked], likeness: NDArray[np.float64], given: NDArray[np.int_]
) -> NDArray[np.float64]:
    """The probability of each label for each document, (documents, labels).

    ``likeness`` is that of their texts, (documents, documents), and ``given`` the number of each one's label,
    from 0 up, each at least twice.
    """
    import numpy as np

    said = np.stack([_asked(model, seen, given) for model, seen in _models(looked, likeness)])
    return pooled(said, weights_of(said, given))


def weights_of(said: NDArray[np.float64], given: NDArray[np.int_]) -> NDArray[np.float64]:
    """The weight of each model, 0 or more, under which the given labels are likeliest.

    ``said`` are logarithms of probabilities, (models, documents, labels).
    """
    import numpy as np
    from scipy.optimize import minimize

    equal = np.full(len(said), 1 / len(said))
    documents = np.arange(len(given))
    of_given = said[:, documents, given].sum(axis=1)

    def unlikely(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """How unlikely the given labels are, and in which direction that grows."""
        found = pooled(said, weights)
        away = weights - equal
        loss = -np.log(found[documents, given] + np.finfo(float).tiny).sum() + HELD * (away**2).sum()
        return float(loss), (found * said).sum(axis=(1, 2)) - of_given + 2 * HELD * away

    best = minimize(unlikely, equal, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(said))
    return np.asarray(best.x)


def pooled(said: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """What models say together, as probabilities, (documents, labels)."""
    import numpy as np
    from scipy.special import softmax

    return np.asarray(softmax(np.tensordot(weights, said, 1), axis=1))


def _asked(model: Any, seen: Any, given: NDArray[np.int_]) -> NDArray[np.float64]:  # noqa: ANN401  # sklearn
    """What a model says of documents that it was not taught on: logarithms, (documents, labels)."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = min(FOLDS, int(np.bincount(given).min()))
    answers = [
        cross_val_predict(
            model,
            seen,
            given,
            cv=StratifiedKFold(folds, shuffle=True, random_state=repeat),
            method="predict_proba",
        )
        for repeat in range(REPEATS)
    ]
    return np.asarray(np.log(np.array(answers) + FLOOR).mean(axis=0))


def _models(looked: Sequence[Looked], likeness: NDArray[np.float64]) -> list[tuple[Any, Any]]:
    """The models, and what each sees of the documents. Set by trying on business documents."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB

    texts = [one.text for one in looked]
    heads = ["\n".join(text.splitlines()[:HEAD]) for text in texts]

    def regression(strength: float) -> LogisticRegression:
        return LogisticRegression(C=strength, max_iter=3000, class_weight="balanced")

    return [
        (MultinomialNB(alpha=0.05, fit_prior=False), feature_matrices.counted_words(texts)),
        (regression(30), feature_matrices.places(likeness)),
        (regression(30), feature_matrices.places(feature_matrices.likenesses(heads))),
        (regression(30), feature_matrices.places(feature_matrices.likenesses_of_signs(texts))),
        (regression(1), feature_matrices.shapes_of_text(texts)),
        (regression(0.3), feature_matrices.layouts([one.lines for one in looked])),
        (regression(0.1), feature_matrices.pictures([one.shades for one in looked])),
    ]
