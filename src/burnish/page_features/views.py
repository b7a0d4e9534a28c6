"""The views of a page that labels are learned from, each by a model of its own.

Their settings were chosen on scanned business documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from burnish.page_features.linear_models import (
    KernelComponents,
    LinearModel,
    fitted_bayes,
    fitted_regression,
    kernel_components,
)
from burnish.page_features.page_measures import (
    ReadPage,
    darkness_of,
    head,
    layout_of,
    statistics_of,
    whole_text,
    word_shapes,
)
from burnish.page_features.term_counts import CHARACTERS, LETTERS, WORDS, TermCounts, fitted_counts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: How many principal components are kept.
COMPONENTS = 30


class Features(Protocol):
    """How pages become rows of numbers, learned from the pages of a training."""

    def rows(self, pages: Sequence[ReadPage]) -> Any:  # noqa: ANN401  # dense or sparse
        """A row for each page."""

    def stored(self) -> tuple[dict[str, Any], Sequence[str]]:
        """What is to be kept of them: arrays by their names, and terms."""


class Learner(Protocol):
    """Fits models to some of the rows that it was made of, by their places."""

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        """A model of the vectors at these places, which have these labels."""

    @property
    def vectors(self) -> Any:  # noqa: ANN401  # dense or sparse
        """What `fit` fits models to and these predict from, one row for each page."""

    def in_rows(self, model: LinearModel) -> LinearModel:
        """A model of the vectors as one of the features' rows."""


class View(Protocol):
    """A view of pages: features that are learned from them, and how labels are learned from these."""

    @property
    def name(self) -> str:
        """Unique among the views, and the same in every version."""

    def features(self, pages: Sequence[ReadPage]) -> Features:
        """The features, as these pages have them."""

    def learner(self, rows: Any) -> Learner:  # noqa: ANN401  # dense or sparse
        """How labels are learned from rows of the features."""

    def restored(self, arrays: Mapping[str, Any], terms: Sequence[str]) -> Features:
        """The features that were stored as these."""


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
class MeasuredFeatures:
    """Measures of a page, projected: centred, and multiplied by a matrix."""

    measure: Callable[[ReadPage], Sequence[float]]
    centre: NDArray[np.float64]
    projection: NDArray[np.float64]

    def rows(self, pages: Sequence[ReadPage]) -> NDArray[np.float64]:
        import numpy as np

        measured = np.array([self.measure(page) for page in pages], dtype=float)
        return np.asarray((measured - self.centre) @ self.projection)

    def stored(self) -> tuple[dict[str, Any], Sequence[str]]:
        return {"centre": self.centre, "projection": self.projection}, ()


@dataclass(frozen=True, kw_only=True)
class BayesLearner:
    """Naive Bayes on counts."""

    vectors: Any

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        return fitted_bayes(self.vectors[places], labels, label_count=label_count)

    def in_rows(self, model: LinearModel) -> LinearModel:
        return model


@dataclass(frozen=True, kw_only=True)
class RegressionLearner:
    """A regression on rows of a few numbers."""

    vectors: NDArray[np.float64]
    strength: float

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        return fitted_regression(
            self.vectors[places], labels, strength=self.strength, label_count=label_count
        )

    def in_rows(self, model: LinearModel) -> LinearModel:
        return model


@dataclass(frozen=True, kw_only=True)
class KernelLearner:
    """A regression on counts of terms, by way of their kernel."""

    components: KernelComponents
    strength: float

    @property
    def vectors(self) -> NDArray[np.float64]:
        return self.components.vectors

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        return fitted_regression(
            self.vectors[places], labels, strength=self.strength, label_count=label_count
        )

    def in_rows(self, model: LinearModel) -> LinearModel:
        return self.components.in_rows(model)


@dataclass(frozen=True, kw_only=True)
class TextView:
    """Counts of terms in a text of the page; a regression of this strength, or naive Bayes without one."""

    name: str
    text_of: Callable[[ReadPage], str]
    analyzer: str
    #: The shortest and the longest n-grams.
    lengths: tuple[int, int]
    strength: float | None = None

    def features(self, pages: Sequence[ReadPage]) -> TextFeatures:
        texts = [self.text_of(page) for page in pages]
        return TextFeatures(text_of=self.text_of, counts=fitted_counts(texts, self.analyzer, self.lengths))

    def learner(self, rows: Any) -> Learner:  # noqa: ANN401  # sparse
        if self.strength is None:
            return BayesLearner(vectors=rows)
        return KernelLearner(components=kernel_components(rows), strength=self.strength)

    def restored(self, arrays: Mapping[str, Any], terms: Sequence[str]) -> TextFeatures:
        counts = TermCounts(
            analyzer=self.analyzer, lengths=self.lengths, terms=tuple(terms), idf=arrays["idf"]
        )
        return TextFeatures(text_of=self.text_of, counts=counts)


@dataclass(frozen=True, kw_only=True)
class MeasuredView:
    """A few measures of a page, projected as ``projected`` learns it from the measures of all pages."""

    name: str
    measure: Callable[[ReadPage], Sequence[float]]
    strength: float
    projected: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    def features(self, pages: Sequence[ReadPage]) -> MeasuredFeatures:
        import numpy as np

        measured = np.array([self.measure(page) for page in pages], dtype=float)
        return MeasuredFeatures(
            measure=self.measure, centre=measured.mean(axis=0), projection=self.projected(measured)
        )

    def learner(self, rows: NDArray[np.float64]) -> Learner:
        return RegressionLearner(vectors=rows, strength=self.strength)

    def restored(self, arrays: Mapping[str, Any], terms: Sequence[str]) -> MeasuredFeatures:
        return MeasuredFeatures(
            measure=self.measure, centre=arrays["centre"], projection=arrays["projection"]
        )


def standardized(measured: NDArray[np.float64]) -> NDArray[np.float64]:
    """The projection that gives each measure a variance of 1; to one that never varies it gives none."""
    import numpy as np

    spread = measured.std(axis=0)
    return np.diag(np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 1e-12))


def principal_components(measured: NDArray[np.float64]) -> NDArray[np.float64]:
    """The projection to the first principal components, of which the first has a variance of 1.

    One scale for all: standardized one by one, the last components would be noise as loud as the first.
    """
    import numpy as np
    from sklearn.decomposition import PCA

    with np.errstate(invalid="ignore"):  # identical pages have no variance to explain
        fitted = PCA(min(COMPONENTS, *measured.shape), random_state=0).fit(measured)
        spread = fitted.transform(measured).std(axis=0)[0]
    return np.asarray(fitted.components_.T / (spread if spread > 1e-12 else 1.0))


VIEWS: tuple[View, ...] = (
    TextView(name="words", text_of=whole_text, analyzer=WORDS, lengths=(1, 2)),
    TextView(name="letters", text_of=whole_text, analyzer=LETTERS, lengths=(2, 4), strength=30),
    TextView(name="head", text_of=head, analyzer=LETTERS, lengths=(2, 4), strength=30),
    TextView(name="word-shapes", text_of=word_shapes, analyzer=CHARACTERS, lengths=(2, 5), strength=30),
    MeasuredView(name="statistics", measure=statistics_of, projected=standardized, strength=1),
    MeasuredView(name="layout", measure=layout_of, projected=standardized, strength=0.3),
    MeasuredView(name="brightness", measure=darkness_of, projected=principal_components, strength=0.1),
)
