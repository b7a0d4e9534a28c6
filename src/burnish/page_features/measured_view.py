"""A view of what is measured on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from burnish.page_features.learners import Learner
from burnish.page_features.page_measures import ReadPage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MeasuredFeatures:
    """Measures of a page, centred and scaled. One that is unknown (not a number) counts as the mean."""

    measure: Callable[[ReadPage], Floats]
    centre: Floats
    scale: Floats

    def rows(self, pages: Sequence[ReadPage]) -> Floats:
        import numpy as np

        measured = np.stack([self.measure(page) for page in pages])
        return np.nan_to_num((measured - self.centre) * self.scale)

    def stored(self) -> tuple[dict[str, Any], Sequence[str]]:
        return {"centre": self.centre, "scale": self.scale}, ()


@dataclass(frozen=True, kw_only=True)
class MeasuredView:
    """Measures of a page that count alike, and how labels are learned from them."""

    name: str
    measure: Callable[[ReadPage], Floats]
    learner: Callable[[Floats], Learner]

    def features(self, pages: Sequence[ReadPage], labels: Sequence[str]) -> MeasuredFeatures:
        import numpy as np

        measured = np.stack([self.measure(page) for page in pages])
        centre, scale = standardized(measured)
        return MeasuredFeatures(measure=self.measure, centre=centre, scale=scale)

    def restored(self, arrays: Mapping[str, Any], terms: Sequence[str]) -> MeasuredFeatures:
        return MeasuredFeatures(measure=self.measure, centre=arrays["centre"], scale=arrays["scale"])


def standardized(measured: Floats) -> tuple[Floats, Floats]:
    """The mean of each measure, and the scale that gives each the same variance and rows a mean square of 1.

    So a penalty means the same for many measures and for few. A measure that never varies gets a scale of 0,
    and one that is unknown for all pages a mean of 0 as well.
    """
    import numpy as np

    known = np.isfinite(measured)
    counts = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, measured, 0).sum(axis=0) / counts
    spread = np.sqrt((np.where(known, measured - centre, 0) ** 2).sum(axis=0) / counts)
    root = np.sqrt(measured.shape[1])
    return centre, np.divide(1 / root, spread, out=np.zeros_like(spread), where=spread > 1e-12)
