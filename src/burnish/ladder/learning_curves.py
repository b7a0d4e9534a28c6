"""How accuracy grows with the number of training pages, and which labels more of them would help.

Errors fall by about the same share with every doubling of the training pages (a power law; Hestness et al.,
arXiv 1712.00409). So what the last doubling did to the errors of a label says what the next one would do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from burnish.evaluation.metrics import Metrics, metrics_of
from burnish.evaluation.statistics import ALPHA, PairComparison
from burnish.ladder.rungs import FEATURES
from burnish.ladder.runs import FoldRun
from burnish.ladder.standings import on_common_pages

_HALF, _WHOLE = 0.5, 1.0
#: How many errors the share that vanishes over all labels weighs, beside those of one label.
_STRENGTH = 5.0
#: Of the labels that more pages would help, the ones that are named.
_NAMED = 2


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """How good page features are with a share of the training pages of each fold."""

    share: float
    #: Per fold.
    training_pages: float
    metrics: Metrics


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """Page features with ever more training pages, all on the same held-out pages."""

    points: tuple[CurvePoint, ...]
    #: All training pages against half of them; None where half was not measured.
    last_doubling: PairComparison | None
    #: The labels of which more pages would fix most errors, the first the most.
    most_helped: tuple[str, ...]

    @property
    def is_rising(self) -> bool:
        """Whether the last doubling of the training pages has helped by more than chance."""
        last = self.last_doubling
        return last is not None and last.p_value < ALPHA and last.difference > 0


def learning_curve(runs: Sequence[FoldRun], labels: Sequence[str]) -> LearningCurve | None:
    """The learning curve on the folds that were run at every share; None with fewer than two shares."""
    by_share: dict[float, list[FoldRun]] = {}
    for run in sorted(runs, key=lambda one: one.share):
        if run.rung == FEATURES.name:
            by_share.setdefault(run.share, []).append(run)
    common = set.intersection(*({one.fold for one in some} for some in by_share.values())) if by_share else ()
    kept = {share: [one for one in some if one.fold in common] for share, some in by_share.items()}
    if len(kept) < 2 or not common:
        return None
    last = _doubling(kept)
    return LearningCurve(
        points=tuple(_point(share, some, labels) for share, some in kept.items()),
        last_doubling=last,
        most_helped=_most_helped(kept) if last else (),
    )


def _point(share: float, runs: Sequence[FoldRun], labels: Sequence[str]) -> CurvePoint:
    answers = [one for run in runs for one in run.predictions]
    pages = fmean(one.training_pages for one in runs)
    return CurvePoint(share=share, training_pages=pages, metrics=metrics_of(answers, labels))


def _doubling(kept: dict[float, list[FoldRun]]) -> PairComparison | None:
    if _HALF not in kept or _WHOLE not in kept:
        return None
    answers = {
        f"{share:.0%}": [one for run in kept[share] for one in run.predictions] for share in (_HALF, _WHOLE)
    }
    return on_common_pages(answers)


def _most_helped(kept: dict[float, list[FoldRun]]) -> tuple[str, ...]:
    """The labels with most errors left that another doubling would fix."""
    before, after = (_errors(kept[share]) for share in (_HALF, _WHOLE))
    usual = max(0.0, 1 - after.total() / before.total()) if before.total() else 0.0
    # Of a few errors what vanished is mostly chance: the share over all labels is mixed in.
    fixed = {
        label: left * max(0.0, before[label] - left + _STRENGTH * usual) / (before[label] + _STRENGTH)
        for label, left in after.items()
    }
    ordered = sorted(fixed, key=lambda label: (-fixed[label], label))
    return tuple(label for label in ordered[:_NAMED] if fixed[label] > 0)


def _errors(runs: Sequence[FoldRun]) -> Counter[str]:
    """How many pages of each label are not given it."""
    return Counter(one.label for run in runs for one in run.predictions if not one.is_right)
