"""A view of a page's text: counts of its terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.page_features.learners import BayesLearner, KernelLearner, Learner
from burnish.page_features.linear_models import kernel_components
from burnish.page_features.page_measures import ReadPage
from burnish.page_features.term_counts import TermCounts, fitted_counts


@dataclass(frozen=True, kw_only=True)
class TextFeatures:
    """Counts of terms in the text that ``text_of`` takes from a page."""

    text_of: Callable[[ReadPage], str]
    counts: TermCounts

    def rows(self, pages: Sequence[ReadPage]) -> Any:  # noqa: ANN401  # sparse
        return self.counts.rows([self.text_of(page) for page in pages])

    def stored(self) -> tuple[dict[str, Any], Sequence[str]]:
        return {"idf": self.counts.idf}, self.counts.terms


@dataclass(frozen=True, kw_only=True)
class TextView:
    """Counts of terms in a text of the page: a ridge regression with this penalty, or naive Bayes without."""

    name: str
    text_of: Callable[[ReadPage], str]
    analyzer: str
    #: The shortest and the longest n-grams.
    lengths: tuple[int, int]
    penalty: float | None = None

    def features(self, pages: Sequence[ReadPage], labels: Sequence[str]) -> TextFeatures:
        texts = [self.text_of(page) for page in pages]
        return TextFeatures(text_of=self.text_of, counts=fitted_counts(texts, self.analyzer, self.lengths))

    def learner(self, rows: Any) -> Learner:  # noqa: ANN401  # sparse
        if self.penalty is None:
            return BayesLearner(vectors=rows)
        return KernelLearner(components=kernel_components(rows), penalty=self.penalty)

    def restored(self, arrays: Mapping[str, Any], terms: Sequence[str]) -> TextFeatures:
        counts = TermCounts(
            analyzer=self.analyzer, lengths=self.lengths, terms=tuple(terms), idf=arrays["idf"]
        )
        return TextFeatures(text_of=self.text_of, counts=counts)
