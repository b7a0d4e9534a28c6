"""What an encoder tells of labels before any training: which of their texts a page is most similar to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

#: What similarities of pages and labels are divided by. Before any training there is nothing to fit it to.
UNTUNED_TEMPERATURE = 0.05


def probabilities_by_similarity(
    pages: NDArray[np.floating], label_texts: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The probabilities of labels, (pages, labels), by the mean vectors of pages and of the labels' texts."""
    similarities = _unit(pages) @ _unit(label_texts).T
    return np.asarray(softmax(similarities / UNTUNED_TEMPERATURE, axis=1))


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
