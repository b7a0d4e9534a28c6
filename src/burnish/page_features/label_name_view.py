"""A view of where a page names a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from burnish.page_features.label_names import mentions_of, stems_of
from burnish.page_features.learners import Learner, SharedLearner
from burnish.page_features.page_measures import ReadPage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class LabelNameFeatures:
    """How a page mentions each of the labels."""

    labels: tuple[str, ...]

    def rows(self, pages: Sequence[ReadPage]) -> NDArray[np.float64]:
        import numpy as np

        return np.array([mentions_of(page, self._stems) for page in pages], dtype=float)

    def stored(self) -> tuple[dict[str, Any], Sequence[str]]:
        return {}, self.labels

    @cached_property
    def _stems(self) -> tuple[tuple[str, ...], ...]:
        return tuple(stems_of(label) for label in self.labels)


@dataclass(frozen=True, kw_only=True)
class LabelNameView:
    """Mentions of labels. What they tell is learned from all labels together: there are a few numbers to
    learn, however many labels there are, and they hold for a label with one page as well."""

    name: str

    def features(self, pages: Sequence[ReadPage], labels: Sequence[str]) -> LabelNameFeatures:
        return LabelNameFeatures(labels=tuple(labels))

    def learner(self, rows: NDArray[np.float64]) -> Learner:
        return SharedLearner(vectors=rows)

    def restored(self, arrays: Mapping[str, Any], terms: Sequence[str]) -> LabelNameFeatures:
        return LabelNameFeatures(labels=tuple(terms))
