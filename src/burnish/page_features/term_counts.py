"""Texts as weighted counts of their terms: words, or runs of characters (TF-IDF)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

#: What is counted: words, runs of characters within words, runs of any characters.
WORDS, LETTERS, CHARACTERS = "word", "char_wb", "char"
#: What `TfidfVectorizer` counts as a word at least.
_WORD = re.compile(r"\w\w")


@dataclass(frozen=True, kw_only=True)
class TermCounts:
    """Terms that texts were found to have, from the shortest to the longest n-grams, and their weights."""

    analyzer: str
    lengths: tuple[int, int]
    terms: tuple[str, ...]
    idf: NDArray[np.float64]

    def rows(self, texts: Sequence[str]) -> csr_array:
        """The weighted counts of each text, (texts, terms), sparse, with a length of 1 at most.

        Terms that are not known have no column but count in the length. So a text that says what no text of
        the training said has little in common with any, as it has for a model that was not trained on it.
        """
        import numpy as np
        from scipy.sparse import csr_array

        columns, weights, ends = [np.zeros(0, dtype=np.int64)], [np.zeros(0)], [0]
        for text in texts:
            known, weighed, square = self._weighed(Counter(self._analyze(_countable(text))))
            columns.append(known)
            weights.append(weighed / max(square**0.5, np.finfo(float).tiny))
            ends.append(ends[-1] + len(known))
        # Of the type of the coefficients: else all of these would be converted, for a single page too.
        data = np.concatenate(weights).astype(self.idf.dtype)
        return csr_array((data, np.concatenate(columns), ends), shape=(len(texts), len(self.terms)))

    def _weighed(self, counts: Counter[str]) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        """The columns of the known terms, their weights, and the square of the length of all."""
        import numpy as np

        size = len(counts)
        column_of = self._columns.get
        columns = np.fromiter(map(column_of, counts, repeat(-1)), dtype=np.int64, count=size)
        weights = 1 + np.log(np.fromiter(counts.values(), dtype=float, count=size))
        is_known = columns >= 0
        known = columns[is_known]
        weighed = weights[is_known] * self.idf[known]
        others = weights[~is_known] * self._idf_of_unknown
        return known, weighed, float(weighed @ weighed + others @ others)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.terms)}

    @cached_property
    def _idf_of_unknown(self) -> float:
        return float(self.idf.max(initial=1.0))

    @cached_property
    def _analyze(self) -> Callable[[str], list[str]]:
        return cast("Callable[[str], list[str]]", _vectorizer(self.analyzer, self.lengths).build_analyzer())


def fitted_counts(texts: Sequence[str], analyzer: str, lengths: tuple[int, int]) -> TermCounts:
    """The terms of these texts. Without a text there are none."""
    import numpy as np

    if not texts:
        return TermCounts(analyzer=analyzer, lengths=lengths, terms=(), idf=np.zeros(0))
    fitted = _vectorizer(analyzer, lengths).fit(map(_countable, texts))
    terms = tuple(map(str, fitted.get_feature_names_out()))
    return TermCounts(analyzer=analyzer, lengths=lengths, terms=terms, idf=np.asarray(fitted.idf_))


def text_similarity(texts: Sequence[str]) -> NDArray[np.float64]:
    """The cosine similarity of texts by their letter n-grams, (texts, texts)."""
    import numpy as np

    if not texts:
        return np.zeros((0, 0))
    rows = fitted_counts(texts, LETTERS, (2, 4)).rows(texts)
    return np.asarray((rows @ rows.T).toarray())


def _vectorizer(analyzer: str, lengths: tuple[int, int]) -> Any:  # noqa: ANN401  # scikit-learn publishes no types
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=analyzer, ngram_range=lengths, sublinear_tf=True)


def _countable(text: str) -> str:
    # scikit-learn refuses a vocabulary without a word, as a folder of blank pages has.
    return text if _WORD.search(text) else f"{text} nothing"
