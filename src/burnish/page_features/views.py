"""The views of a page that labels are learned from, each by a model of its own.

Their settings were chosen on scanned business documents (`benchmarks/README.md`, "Page features").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from burnish.page_features.appearance import run_lengths, texture
from burnish.page_features.label_name_view import LabelNameView
from burnish.page_features.learners import Learner, LeastSquaresLearner, RegressionLearner
from burnish.page_features.line_measures import line_measures_of
from burnish.page_features.measured_view import MeasuredView
from burnish.page_features.page_measures import ReadPage, head, layout_of, whole_text, word_shapes
from burnish.page_features.term_counts import CHARACTERS, LETTERS, WORDS
from burnish.page_features.text_view import TextView

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Features(Protocol):
    """How pages become rows of numbers, learned from the pages of a training."""

    def rows(self, pages: Sequence[ReadPage]) -> Any:  # noqa: ANN401  # dense or sparse
        """A row for each page."""

    def stored(self) -> tuple[dict[str, Any], Sequence[str]]:
        """What is to be kept of them: arrays by their names, and terms."""


class View(Protocol):
    """A view of pages: features that are learned from them, and how labels are learned from these."""

    @property
    def name(self) -> str:
        """Unique among the views, and the same in every version."""

    def features(self, pages: Sequence[ReadPage], labels: Sequence[str]) -> Features:
        """The features, as these pages have them. ``labels`` are the names of the labels, each once."""

    def learner(self, rows: Any) -> Learner:  # noqa: ANN401  # dense or sparse
        """How labels are learned from rows of the features."""

    def restored(self, arrays: Mapping[str, Any], terms: Sequence[str]) -> Features:
        """The features that were stored as these."""


def _run_lengths_of(page: ReadPage) -> NDArray[np.float64]:
    return run_lengths(page.appearance)


def _texture_of(page: ReadPage) -> NDArray[np.float64]:
    return texture(page.appearance)


def _regression(rows: NDArray[np.float64], *, strength: float) -> RegressionLearner:
    return RegressionLearner(vectors=rows, strength=strength)


def _least_squares(rows: NDArray[np.float64], *, penalty: float) -> LeastSquaresLearner:
    return LeastSquaresLearner(vectors=rows, penalty=penalty)


VIEWS: tuple[View, ...] = (
    TextView(name="words", text_of=whole_text, analyzer=WORDS, lengths=(1, 2)),
    TextView(name="letters", text_of=whole_text, analyzer=LETTERS, lengths=(2, 4), penalty=0.3),
    TextView(name="head", text_of=head, analyzer=LETTERS, lengths=(2, 4), penalty=0.3),
    TextView(name="word-shapes", text_of=word_shapes, analyzer=CHARACTERS, lengths=(2, 5), penalty=0.3),
    LabelNameView(name="label-names"),
    MeasuredView(name="lines", measure=line_measures_of, learner=partial(_regression, strength=10)),
    MeasuredView(name="layout", measure=layout_of, learner=partial(_regression, strength=10)),
    MeasuredView(name="run-lengths", measure=_run_lengths_of, learner=partial(_least_squares, penalty=1)),
    MeasuredView(name="texture", measure=_texture_of, learner=partial(_least_squares, penalty=0.3)),
)
