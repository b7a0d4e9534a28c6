"""Texts as weighted counts of their terms: words, or runs of characters (TF-IDF)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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

    def rows(self, texts: Sequence[str]) -> Any:  # noqa: ANN401  # sparse
        """The weighted counts of each text, (texts, terms), sparse; each row has length 1, or none."""
        return self._vectorizer.transform(map(_countable, texts))

    @cached_property
    def _vectorizer(self) -> Any:  # noqa: ANN401  # scikit-learn publishes no types
        vectorizer = _vectorizer(self.analyzer, self.lengths, vocabulary=self.terms)
        vectorizer.idf_ = self.idf
        return vectorizer


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


def _vectorizer(analyzer: str, lengths: tuple[int, int], vocabulary: Sequence[str] | None = None) -> Any:  # noqa: ANN401
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=analyzer, ngram_range=lengths, sublinear_tf=True, vocabulary=vocabulary)


def _countable(text: str) -> str:
    # scikit-learn refuses a vocabulary without a word, as a folder of blank pages has.
    return text if _WORD.search(text) else f"{text} nothing"
