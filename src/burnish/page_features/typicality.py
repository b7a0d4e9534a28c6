"""How typical a page is of the pages that a model was trained on: a conformal p-value.

A classifier names one of its labels for every page, also for one of a type that it has never seen, and its
probabilities say nothing of that: they compare labels with each other. Here a page is compared with the
training pages. It is the less typical, the less its words are like those of the page that is most like it;
its p-value is the share of pages, itself among them, that are no more typical. Each training page is
compared with the others as a new page is with all. So pages like those of the training have a p-value of at
most 5 % in 5 % of cases, whatever the documents are (Vovk, Gammerman and Shafer, Algorithmic Learning in a
Random World, 2005). How many pages of other types are found that way, no theory says:
`benchmarks/abstention.py` measures it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FILE = "typicality.npz"
#: Words and pairs of words are counted in so many places: no page can bring words that have none.
PLACES = 2**18
#: On fewer pages no p-value is below 5 %.
FEWEST_PAGES = 19
#: More tell nothing more, and make every answer slower.
MOST_PAGES = 2000
#: As similar as this are copies. They count once: a page that has one says nothing of how alike others are.
COPY = 0.9


@dataclass(frozen=True, kw_only=True)
class TypicalPages:
    """Training pages to compare others with."""

    #: How often each word occurs, dampened, (pages, `PLACES`), sparse.
    counts: Any
    #: How similar each page is to the one that is most like it.
    nearest: Floats

    def p_values(self, texts: Sequence[str]) -> Floats:
        """The p-value of each page, above 0 and at most 1: the lower, the less typical."""
        import numpy as np

        counts = word_counts(texts)
        return np.array([self._p_value(counts[[place]]) for place in range(len(texts))])

    def save(self, folder: Path) -> None:
        """Write the pages into a folder."""
        import numpy as np

        counts = self.counts
        with (folder / FILE).open("wb") as file:
            np.savez(
                file,
                values=counts.data.astype("float32"),
                columns=counts.indices.astype("int32"),
                starts=counts.indptr,
                nearest=self.nearest,
            )

    @cached_property
    def _words(self) -> WordIndex:
        return WordIndex(self.counts)

    def _p_value(self, row: Any) -> float:  # noqa: ANN401  # sparse
        import numpy as np

        similarity = self._words.similarity(row)
        # The page may be what a training page is most like.
        others = np.maximum(self.nearest, similarity)
        return float((1 + (others <= similarity.max()).sum()) / (len(others) + 1))


class WordIndex:
    """Pages by their words, to be compared with one page at a time.

    A word weighs the more, the fewer of the other pages have it.
    """

    def __init__(self, counts: Any) -> None:  # noqa: ANN401  # sparse
        import numpy as np

        self._by_word = counts.tocsc()
        self._having = np.bincount(counts.indices, minlength=PLACES)
        weighted = counts.data * self._weights(self._having[counts.indices])
        self._squares = np.bincount(
            np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr)),
            weights=weighted**2,
            minlength=counts.shape[0],
        )

    def similarity(self, row: Any, *, is_one_of_them: bool = False) -> Floats:  # noqa: ANN401  # sparse
        """The cosine similarity of a page to each; one ``is_one_of_them`` is weighed by the others."""
        import numpy as np

        having = self._having[row.indices]
        usual, weights = self._weights(having), self._weights(having - is_one_of_them)
        shared = self._by_word[:, row.indices]
        products = shared @ (weights**2 * row.data)
        squares = self._squares + shared.power(2) @ (weights**2 - usual**2)
        lengths = np.sqrt(squares * ((weights * row.data) ** 2).sum())
        return np.asarray(np.divide(products, lengths, out=np.zeros(len(products)), where=lengths > 0))

    def _weights(self, having: NDArray[np.int_]) -> Floats:
        import numpy as np

        return np.asarray(np.log((1 + self._by_word.shape[0]) / (1 + having)) + 1)


def typical_pages(texts: Sequence[str]) -> TypicalPages | None:
    """The pages of a training by their texts; None of pages that are too few, or have no words."""
    counts = _without_copies(word_counts(_sample([text for text in texts if text.strip()])))
    if counts.shape[0] < FEWEST_PAGES:
        return None
    among = _similarities(counts, are_others=True)
    return TypicalPages(counts=counts, nearest=among.max(axis=1))


def _without_copies(counts: Any) -> Any:  # noqa: ANN401  # sparse
    """The pages without those that are copies of one before."""
    import numpy as np

    before = np.tril(_similarities(counts), -1)
    return counts[np.flatnonzero(before.max(axis=1, initial=0) < COPY)]


def _similarities(counts: Any, *, are_others: bool = False) -> Floats:  # noqa: ANN401  # sparse
    """How similar each page is to each, (pages, pages), and to itself not at all."""
    import numpy as np

    words, pages = WordIndex(counts), range(counts.shape[0])
    found = np.zeros((len(pages), len(pages)))
    for page in pages:
        found[page] = words.similarity(counts[[page]], is_one_of_them=are_others)
    np.fill_diagonal(found, 0)
    return found


def load_typical_pages(folder: Path) -> TypicalPages | None:
    """The pages in a folder; None where there are none. Raises `ValueError` where the file is damaged."""
    import numpy as np
    from scipy.sparse import csr_array

    path = folder / FILE
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    shape = (len(arrays["nearest"]), PLACES)
    counts = csr_array((arrays["values"], arrays["columns"], arrays["starts"]), shape=shape)
    return TypicalPages(counts=counts, nearest=arrays["nearest"])


def word_counts(texts: Sequence[str]) -> Any:  # noqa: ANN401  # sparse
    """How often words and pairs of words occur in each text, dampened, (texts, `PLACES`), sparse."""
    import numpy as np
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(
        ngram_range=(1, 2), n_features=PLACES, alternate_sign=False, norm=None, dtype=np.float32
    )
    counts = csr_array(hashing.transform(texts)) if texts else csr_array((0, PLACES), dtype=np.float32)
    counts.data = 1 + np.log(counts.data)
    return counts


def _sample(texts: Sequence[str]) -> Sequence[str]:
    """At most `MOST_PAGES` of the texts, the same each time."""
    import random

    if len(texts) <= MOST_PAGES:
        return texts
    return random.Random(0).sample(texts, MOST_PAGES)  # noqa: S311 - a sample, not a secret
